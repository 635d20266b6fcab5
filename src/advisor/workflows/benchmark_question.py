"""What to measure, as a value; light enough to be made before anything heavy is loaded."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from advisor.bench.plan import Api
from advisor.evidence.subject import Statement
from advisor.workflows.benchmark_defaults import DEFAULT_API, DEFAULT_PRESET


@dataclass(frozen=True, slots=True)
class BenchmarkQuestion:
    """What to measure, in the words of a command line.

    model is the name that the server serves, needed only where it serves several. changes replace values
    of the preset; None among them means as the preset has it. statement says what the endpoint runs on.
    """

    endpoint: str
    model: str | None = None
    api: Api = DEFAULT_API
    preset: str = DEFAULT_PRESET
    changes: Mapping[str, object] = field(default_factory=dict)
    statement: Statement = field(default_factory=Statement)
