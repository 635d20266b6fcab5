"""The memory of one device as a bar: each part has a letter-free pattern of its own, so colour is not needed."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby

from textual.content import Content
from textual.geometry import Size
from textual.reactive import reactive
from textual.widgets import Static

_GAP = "  "


@dataclass(frozen=True, slots=True)
class Part:
    """One part of the bar. pattern is a single character. One that is unknown takes no room, but is told."""

    label: str
    amount_bytes: float
    pattern: str
    style: str
    is_unknown: bool = False


class MemoryBar(Static):
    """Parts drawn to scale, one after the other, with a mark at the limit and crosses for what exceeds it."""

    DEFAULT_CSS = "MemoryBar { height: auto; width: 1fr; }"

    parts: reactive[tuple[Part, ...]] = reactive(())

    def __init__(self, *, id: str) -> None:  # noqa: A002
        super().__init__(id=id, markup=False)
        self._limit = Part("", 0.0, " ", "")
        self._over: Part | None = None
        self._caption = ""

    def show(self, parts: Sequence[Part], limit: Part, over: Part | None, caption: str = "") -> None:
        """Parts in order; the mark stands where the limit's amount ends, and over is drawn behind it.

        caption stands before the labels, for what they share, such as a unit.
        """
        height = len(self._legend(self.size.width))
        self._limit, self._over, self._caption = limit, over, caption
        self.parts = tuple(parts)
        self.refresh(layout=len(self._legend(self.size.width)) != height)

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:  # noqa: ARG002  # as Textual calls it
        """One line of bar, and as many as the legend takes."""
        return 1 + len(self._legend(width)) if self.parts else 1

    def render(self) -> Content:
        if not self.parts:
            return Content("")
        return Content("\n").join([self._bar(), *self._legend(self.size.width)])

    def _legend(self, width: int) -> list[Content]:
        """Pattern and label of each part, never parted by the end of a line."""
        lines: list[Content] = [Content.styled(self._caption, "$secondary")] if self._caption and self.parts else []
        for part in (*self.parts, self._limit, *([self._over] if self._over is not None else [])):
            if part.amount_bytes > 0 or part.is_unknown:
                entry = Content.assemble((part.pattern, part.style), f" {part.label}")
                if lines and lines[-1].cell_length + len(_GAP) + entry.cell_length <= width:
                    lines[-1] = Content.assemble(lines[-1], _GAP, entry)
                else:
                    lines.append(entry)
        return lines

    def _bar(self) -> Content:
        width = max(10, self.size.width)
        total = max(self._limit.amount_bytes, sum(part.amount_bytes for part in self.parts))
        counts = _shares([part.amount_bytes for part in self.parts], total, width)
        cells = [
            (part.pattern, part.style) for part, count in zip(self.parts, counts, strict=True) for _ in range(count)
        ]
        at = min(len(cells) - 1, self._mark(counts, total))
        if self._over is not None:
            cells[at:] = [(self._over.pattern, self._over.style)] * (len(cells) - at)
        cells[at] = (self._limit.pattern, self._limit.style)
        return Content("").join(
            [Content.styled(pattern * len(list(same)), style) for (pattern, style), same in groupby(cells)]
        )

    def _mark(self, counts: Sequence[int], total: float) -> int:
        """The cell of the limit: between two parts where they meet at it, however their cells were rounded."""
        amount, cells = 0.0, 0
        for part, count in zip(self.parts, counts, strict=True):
            if abs(amount - self._limit.amount_bytes) < total / 1000:
                return cells
            amount, cells = amount + part.amount_bytes, cells + count
        return round(self._limit.amount_bytes / total * sum(counts))


def _shares(amounts: Sequence[float], total: float, width: int) -> list[int]:
    """Cells for each amount: at least one for what is there, rounded so that the bar is never too long."""
    cells = [max(1, round(amount / total * width)) if amount > 0 else 0 for amount in amounts]
    while sum(cells) > width and max(cells) > 1:
        cells[cells.index(max(cells))] -= 1
    return cells
