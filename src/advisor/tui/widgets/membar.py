"""The memory of one device as a bar: each part has a letter-free pattern of its own, so colour is not needed."""

from collections.abc import Sequence
from dataclasses import dataclass

from textual.content import Content
from textual.reactive import reactive
from textual.widgets import Static

_ONE_WORD = "\N{NO-BREAK SPACE}"


@dataclass(frozen=True, slots=True)
class Part:
    """One part of the bar. pattern is a single character."""

    label: str
    amount_bytes: float
    pattern: str
    style: str


class MemoryBar(Static):
    """Parts of a whole, drawn to scale; what exceeds the whole is drawn behind its end."""

    DEFAULT_CSS = "MemoryBar { height: auto; width: 1fr; }"

    parts: reactive[tuple[Part, ...]] = reactive(())

    def __init__(self, *, id: str) -> None:  # noqa: A002
        super().__init__(id=id, markup=False)
        self._whole = 1.0

    def show(self, parts: Sequence[Part], whole_bytes: float) -> None:
        self._whole = max(whole_bytes, 1.0)
        self.parts = tuple(parts)
        self.refresh()

    def render(self) -> Content:
        if not self.parts:
            return Content("")
        width = max(10, self.size.width)
        total = max(self._whole, sum(part.amount_bytes for part in self.parts))
        cells = _shares([part.amount_bytes for part in self.parts], total, width)
        bar = Content("").join(
            [Content.styled(part.pattern * count, part.style) for part, count in zip(self.parts, cells, strict=True)]
        )
        legend = Content("  ").join(
            [
                Content.assemble((part.pattern, part.style), _ONE_WORD + part.label.replace(" ", _ONE_WORD))
                for part in self.parts
                if part.amount_bytes > 0
            ]
        )
        return Content("\n").join([bar, legend])


def _shares(amounts: Sequence[float], total: float, width: int) -> list[int]:
    """Cells for each amount: at least one for what is there, rounded so that the bar is never too long."""
    cells = [max(1, round(amount / total * width)) if amount > 0 else 0 for amount in amounts]
    while sum(cells) > width and max(cells) > 1:
        cells[cells.index(max(cells))] -= 1
    return cells
