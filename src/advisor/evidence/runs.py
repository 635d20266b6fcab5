"""A benchmark as it stands in a list."""

from dataclasses import dataclass
from pathlib import Path

from advisor.bench.meta import RunMeta
from advisor.bench.plan import Plan


@dataclass(frozen=True, slots=True)
class RunRow:
    """A run in a list. verdicts are those of its points in order.

    meta and plan are None where the directory cannot be read; broken says why.
    """

    id: str
    path: Path
    meta: RunMeta | None
    plan: Plan | None
    verdicts: tuple[str, ...]
    broken: str | None = None
