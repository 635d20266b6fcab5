"""Engine versions: parsing `vllm@0.33`, ordering, and the record that holds for one."""

import re
from collections.abc import Sequence
from functools import lru_cache
from typing import Protocol, TypeVar

from advisor.catalog.records.engines import Engine, EngineVersion
from advisor.errors import InputError


@lru_cache(maxsize=256)
def version_key(version: str) -> tuple[int, ...]:
    """Numbers of a version, for ordering: `0.10.1` is (0, 10, 1), `0.4.6.post5` (0, 4, 6, 5). InputError for others."""
    if not re.fullmatch(r"\d+(\.\d+)*(\.post\d+)?", version):
        raise InputError(f"'{version}' is not a version", hint="Write it like 0.33 or 0.33.0.")
    return tuple(int(part.removeprefix("post")) for part in version.split("."))


def minor(version: str) -> str:
    """`0.33.0` as `0.33`; a version that is not numbers as it stands."""
    return ".".join(version.split(".")[:2])


def release_of(told: str | None) -> str | None:
    """`0.11.1` of `0.11.1rc2.dev3+g1234567`, as servers write it; None where no number begins it."""
    found = re.match(r"\d+(\.\d+)*", told or "")
    return found[0] if found else None


def minor_distance(first: str, second: str) -> int:
    """Minor releases between two versions of one major line; 10 for each major apart, 0 when either is unstated."""
    try:
        left, right = version_key(first), version_key(second)
    except InputError:
        return 0
    left, right = (*left, 0, 0)[:2], (*right, 0, 0)[:2]
    return abs(left[0] - right[0]) * 10 + abs(left[1] - right[1])


def behaviour(engine: Engine, version: str) -> EngineVersion | None:
    """The record that holds for a version: the newest not after it. None for an engine without records."""
    if not engine.versions:
        return None
    held = row_for(engine.versions, version)
    if held is None:
        raise InputError(
            f"{engine.name} {version} is older than the first version that serves Llama 4",
            hint=f"Use {engine.versions[0].since} or newer.",
        )
    return held


class Dated(Protocol):
    """A row of a table by version."""

    @property
    def since(self) -> str: ...


D = TypeVar("D", bound=Dated)


def row_for(rows: Sequence[D], version: str) -> D | None:
    """The row that holds for a version: the last one that does not begin after it. None before the first."""
    if not rows:
        return None
    wanted = _padded(version)
    held = [row for row in rows if _padded(row.since) <= wanted]
    return held[-1] if held else None


def rows_for(rows: Sequence[D], version: str) -> list[D]:
    """All the rows of the version that holds, in their order, where one version has several."""
    newest = row_for(rows, version)
    return [] if newest is None else [row for row in rows if row.since == newest.since]


def reaches(version: str, since: str) -> bool:
    """Whether a version is `since` or newer."""
    return _padded(version) >= _padded(since)


@lru_cache(maxsize=256)
def _padded(version: str) -> tuple[int, ...]:
    """A version of fewer parts stands for the last release of that line, so 0.33 includes 0.33.0 and 0.33.1."""
    key = version_key(version)
    return key + (10**6,) * (3 - len(key)) if len(key) < 3 else key
