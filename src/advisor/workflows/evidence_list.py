"""The figures and observations that match a question about evidence: those of the models advised on, or of all."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from advisor.catalog.load import Catalog
from advisor.errors import UnknownIdError
from advisor.evidence.names import KINDS, Kind, Names
from advisor.evidence.points import EvidencePoint
from advisor.fit.memory.measured import MeasuredMemory
from advisor.paths import UserPaths
from advisor.quantities.provenance import Level
from advisor.workflows.knowledge import all_points
from advisor.workflows.measured_memory import every_memory

Test = Callable[[EvidencePoint], bool]


@dataclass(frozen=True, slots=True)
class EvidenceFilter:
    """What figures are asked for; None asks for any. A source matches by the beginning of its id.

    everything includes the models that advice never considers; so does naming one.
    """

    model: str | None = None
    accelerator: str | None = None
    engine: str | None = None
    level: str | None = None
    metric: str | None = None
    source: str | None = None
    everything: bool = False


@dataclass(frozen=True, slots=True)
class EvidenceList:
    """Figures and observed memory that match, and how many more figures do of models which advice never considers."""

    points: Sequence[EvidencePoint]
    left_out: int
    memories: Sequence[MeasuredMemory] = ()


def list_evidence(catalog: Catalog, paths: UserPaths, wanted: EvidenceFilter) -> EvidenceList:
    """Measured figures first, then published ones, the catalogue's own models before others.

    UnknownIdError, with the nearest that would do, for a filter that names what is not there.
    """
    points, memories = all_points(catalog, paths), every_memory(paths)
    about = {
        kind: _canonical(kind, name, points, Names(catalog))
        for kind in KINDS
        if (name := getattr(wanted, kind)) is not None
    }
    tests = tuple(_tests(wanted, points, about, memories))
    matching = [point for point in points if all(test(point) for test in tests)]
    seen = [memory for memory in memories if _matches(memory, wanted, about)]
    if wanted.everything or wanted.model is not None:
        return EvidenceList(matching, 0, seen)
    shown = [point for point in matching if point.level is not Level.PUBLISHED or point.model in catalog.models]
    return EvidenceList(shown, len(matching) - len(shown), seen)


def _matches(memory: MeasuredMemory, wanted: EvidenceFilter, about: Mapping[Kind, str]) -> bool:
    """Whether an observation of memory is asked for; a metric asks for figures only."""
    source, level = wanted.source or "", memory.provenance.level
    return (
        wanted.metric is None
        and all(getattr(memory.stack, kind) == name for kind, name in about.items())
        and wanted.level in (None, level.value)
        and (memory.id.startswith(source) or memory.provenance.source.startswith(source))
    )


def _tests(
    wanted: EvidenceFilter,
    points: Sequence[EvidencePoint],
    about: Mapping[Kind, str],
    memories: Sequence[MeasuredMemory],
) -> Iterator[Test]:
    yield from (_is_about(kind, name) for kind, name in about.items())
    if wanted.level is not None:
        level = _known("level", wanted.level, Level)
        yield lambda point: point.level.value == level
    if wanted.metric is not None:
        metric = _known("metric", wanted.metric, {point.metric for point in points})
        yield lambda point: point.metric == metric
    if (source := wanted.source) is not None:
        ids = {source_of(point) for point in points} | {memory.id for memory in memories}
        ids |= {memory.provenance.source for memory in memories}
        if not any(each.startswith(source) for each in ids):
            raise UnknownIdError("source", source, ids)
        yield lambda point: source_of(point).startswith(source)


def source_of(point: EvidencePoint) -> str:
    """What a figure can be asked for by: the id of its source or of its run, or its source in words."""
    return point.source_id or point.run_id or point.provenance.source


def _is_about(kind: Kind, key: str) -> Test:
    return lambda point: getattr(point, kind) == key


def _canonical(kind: Kind, name: str, points: Sequence[EvidencePoint], names: Names) -> str:
    """An id under any of its names; what was measured here may be about something that nobody listed."""
    return name if any(getattr(point, kind) == name for point in points) else names.find(kind, name)


def _known(kind: str, wanted: str, known: Iterable[str]) -> str:
    values = set(known)
    if wanted not in values:
        raise UnknownIdError(kind, wanted, values)
    return wanted
