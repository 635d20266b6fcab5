"""The published figures as Evidence shows them: which match a filter, their rows, and all that is known of one."""

from collections.abc import Callable, Collection, Mapping, Sequence
from types import MappingProxyType
from typing import overload

from rich.text import Text
from textual.content import Content

from advisor.catalog.records.origin import Source
from advisor.evidence.names import Neighbour
from advisor.evidence.points import EvidencePoint
from advisor.tui.views.evidence import Heading, Table
from advisor.tui.views.text import badge, lines, muted
from advisor.wording import evidence as words

MOST_ROWS = 300
"""More rows than these would make the table stutter while a filter is typed, and nobody reads them."""

_HEADINGS = (
    Heading("", 0, 1),
    Heading("model", 17, 19),
    Heading("on", 14, 18),
    Heading("engine", 0, 16),
    Heading("in/out", 9, 10, right=True),
    Heading("load", 6, 7, right=True),
    Heading("figure", 9, 9),
    Heading("value", 8, 8, right=True),
)


class Published:
    """Every published figure, and those of them that match the words of a filter."""

    def __init__(
        self,
        points: Sequence[EvidencePoint],
        own: Collection[str] = (),
        sources: Mapping[str, Source] = MappingProxyType({}),
        elsewhere: Mapping[str, Neighbour] = MappingProxyType({}),
    ) -> None:
        """own: the models advised on. elsewhere: accelerators that no answer considers, by id."""
        self.points = points
        self._own = [point for point in points if point.model in own]
        self._sources = sources
        self._elsewhere = elsewhere
        self._searched: list[str] = []

    def matching(self, wanted: str) -> Sequence[EvidencePoint]:
        """Figures of the models advised on; with a filter, those of any model in which every word of it occurs."""
        asked = wanted.casefold().split()
        if not asked:
            return self._own
        if not self._searched:
            self._searched = [_searched(point) for point in self.points]
        found = zip(self.points, self._searched, strict=True)
        return [point for point, text in found if all(word in text for word in asked)]

    def table(self, matching: Sequence[EvidencePoint]) -> Table:
        """The first of them as rows."""
        shown = matching[:MOST_ROWS]
        details = _Details(shown, lambda point: drawer(point, self._sources))
        empty = "No published figure matches. esc clears the filter." if self.points else "There are none."
        return Table(_HEADINGS, tuple(_row(point) for point in shown), details, empty)

    def status(self, matching: Sequence[EvidencePoint], wanted: str) -> str:
        """How many are shown of how many, and how to come to the others."""
        if not wanted.strip():
            others = len(self.points) - len(self._own)
            return f"{len(self._own):,} figures of the models advised on; / searches {others:,} of others too"
        if len(matching) > MOST_ROWS:
            return f"showing {MOST_ROWS} of {len(matching):,} that match; more words narrow it"
        return f"{len(matching):,} of {len(self.points):,} match; esc clears the filter"

    def everything(self, point: EvidencePoint) -> Content:
        """One figure with all that is known of it."""
        chip = self._elsewhere.get(point.accelerator)
        return lines(
            _headline(point),
            f"{words.model_of(point)} on {words.hardware_of(point)}, {_parallel(point)}",
            f"{point.engine} {point.engine_version}, {words.shape_of(point)} tokens, load {words.load_of(point)}",
            f"{point.provenance.source}, {point.provenance.as_of or 'undated'}",
            muted(words.place_of(point, self._sources)),
            *(["", chip.name] if chip else [""]),
            *words.caveats(point, self._sources),
        )


class _Details(Sequence[Content]):
    """What the drawer says of each row, made when the cursor comes to it."""

    def __init__(self, points: Sequence[EvidencePoint], say: Callable[[EvidencePoint], Content]) -> None:
        self._points, self._say = points, say

    def __len__(self) -> int:
        return len(self._points)

    @overload
    def __getitem__(self, at: int) -> Content: ...
    @overload
    def __getitem__(self, at: slice) -> Sequence[Content]: ...
    def __getitem__(self, at: int | slice) -> Content | Sequence[Content]:
        if isinstance(at, slice):
            return _Details(self._points[at], self._say)
        return self._say(self._points[at])


def drawer(point: EvidencePoint, sources: Mapping[str, Source]) -> Content:
    """What stands under the table about one figure."""
    return lines(
        _headline(point),
        f"{words.model_of(point)} on {words.hardware_of(point)}, {point.engine} {point.engine_version}",
        f"{point.provenance.source}, {point.provenance.as_of or 'undated'}",
        *(muted(caveat) for caveat in words.caveats(point, sources)),
    )


def _headline(point: EvidencePoint) -> Content:
    figure = f"{point.metric} = {point.value:,.6g} {point.unit}, {point.statistic}, load {words.load_of(point)}"
    return Content.assemble(badge(point.level), f"   {figure}")


def _parallel(point: EvidencePoint) -> str:
    size = point.tensor_parallel_size
    return "tensor parallel size not stated" if size is None else f"tensor parallel {size}"


def _row(point: EvidencePoint) -> tuple[Text, ...]:
    return (
        Text(point.level.glyph),
        Text(words.model_of(point)),
        Text(words.hardware_of(point)),
        Text(f"{point.engine} {point.engine_version}".replace("unstated", "?")),
        Text(words.shape_of(point), justify="right"),
        Text(words.load_of(point).replace("batch ", "b"), justify="right"),
        Text(words.column_figure(point)),
        Text(words.column_value(point), justify="right"),
    )


def _searched(point: EvidencePoint) -> str:
    parts = (
        point.model,
        point.checkpoint,
        words.hardware_of(point).replace(" × ", "x "),
        point.engine,
        point.engine_version,
        words.shape_of(point),
        point.load,
        words.load_of(point),
        point.metric,
        words.column_figure(point),
        point.source_id,
        point.provenance.source,
        point.note,
    )
    return " ".join(parts).casefold()
