"""The figures that match a question about evidence: those of the models advised on, or of all."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from advisor.catalog.load import Catalog
from advisor.errors import UnknownIdError
from advisor.evidence.names import KINDS, Kind, Names
from advisor.evidence.points import EvidencePoint
from advisor.paths import UserPaths
from advisor.quantities.provenance import Level
from advisor.workflows.knowledge import all_points

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
    """Figures that match, and how many more do that are of models which advice never considers."""

    points: Sequence[EvidencePoint]
    left_out: int


def list_evidence(catalog: Catalog, paths: UserPaths, wanted: EvidenceFilter) -> EvidenceList:
    """Measured figures first, then published ones, the catalogue's own models before others.

    UnknownIdError, with the nearest that would do, for a filter that names what is not there.
    """
    points = all_points(catalog, paths)
    tests = tuple(_tests(wanted, points, Names(catalog)))
    matching = [point for point in points if all(test(point) for test in tests)]
    if wanted.everything or wanted.model is not None:
        return EvidenceList(matching, 0)
    shown = [point for point in matching if point.level is not Level.PUBLISHED or point.model in catalog.models]
    return EvidenceList(shown, len(matching) - len(shown))


def _tests(wanted: EvidenceFilter, points: Sequence[EvidencePoint], names: Names) -> Iterator[Test]:
    for kind in KINDS:
        if (name := getattr(wanted, kind)) is not None:
            yield _is_about(kind, _canonical(kind, name, points, names))
    if wanted.level is not None:
        level = _known("level", wanted.level, Level)
        yield lambda point: point.level.value == level
    if wanted.metric is not None:
        metric = _known("metric", wanted.metric, {point.metric for point in points})
        yield lambda point: point.metric == metric
    if (source := wanted.source) is not None:
        ids = {source_of(point) for point in points}
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
