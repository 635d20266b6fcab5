"""Tables on a terminal that scrolls: columns are chosen by width, numbers never fold, running text wraps.

On a narrow terminal the least important columns are left out, and a column of sentences stands below
its row instead of beside it. In a pipe there is room for everything, one line a row.
"""

import textwrap
from collections.abc import Sequence
from dataclasses import dataclass, field

from advisor.cli.output import Output
from advisor.cli.safe_text import without_controls
from advisor.wording.glyphs import in_ascii

_GAP = 2
_LEAST_TEXT = 16
"""Narrower than this, running text is no pleasure beside its row."""

_FLOOR = 10
"""What is left of it where everything that can be left out is."""

_LEAST_SENTENCE = 32
_INDENT = "    "


@dataclass(frozen=True, slots=True)
class Column:
    """How a column is shown. drop: 0 always, otherwise the highest goes first where there is no room.

    flows: running text, which wraps. below: sentences, which move below their row where they would get little room.
    """

    heading: str
    right: bool = False
    drop: int = 0
    flows: bool = False
    below: bool = False


@dataclass(frozen=True, slots=True)
class Cell:
    """A cell with a style of its own, or one that wraps in a column that does not."""

    words: str
    style: str = ""
    flows: bool = False


Row = Sequence[str | Cell]
LEVEL = (Column(""), Column("level", drop=1))
"""How a figure is known: its glyph always, its name where there is room."""


@dataclass(slots=True)
class _Shown:
    """A column with its cells and the width it gets."""

    column: Column
    cells: list[Cell]
    width: int = 0
    natural: int = field(init=False)
    least: int = field(init=False)
    floor: int = field(init=False)

    def __post_init__(self) -> None:
        flowing = [len(cell.words) for cell in self.cells if self._flows(cell)]
        fixed = [len(cell.words) for cell in self.cells if not self._flows(cell)]
        heading = len(self.column.heading)
        self.natural = max([heading, *fixed, *flowing])
        self.least = max([heading, *fixed, min(_LEAST_TEXT, max(flowing, default=0))])
        self.floor = max([heading, *fixed, min(_FLOOR, max(flowing, default=0))])

    def lines(self, cell: Cell) -> list[str]:
        if len(cell.words) <= self.width or not self._flows(cell):
            return [cell.words]
        return textwrap.wrap(cell.words, self.width, break_on_hyphens=False)

    def _flows(self, cell: Cell) -> bool:
        return self.column.flows or self.column.below or cell.flows


def write_table(columns: Sequence[Column], rows: Sequence[Row], output: Output) -> None:
    """Write a table as wide as the output allows. What has no room is named on stderr."""
    width = output.console.width
    shown = [_Shown(column, [_cell(row[at], output) for row in rows]) for at, column in enumerate(columns)]
    beside, below, dropped = _chosen(shown, width)
    _share_out(beside, width)
    if any(each.column.heading for each in beside):
        _write_line([(each, _cell(Cell(each.column.heading, "bold"), output)) for each in beside], output)
    for number in range(len(rows)):
        _write_line([(each, each.cells[number]) for each in beside], output)
        for each in below:
            _write_below(each.cells[number], width, output)
    names = ", ".join(each.column.heading for each in dropped if each.column.heading)
    if names:
        output.note_once(f"advisor: no room for {names} in {width} columns; --json has everything")


def blocks(label: Column, columns: Sequence[Column], rows: Sequence[Row], output: Output) -> list[list[int]]:
    """Which columns go side by side, under the same label column, so that none has to be left out."""
    first, *rest = (
        _Shown(column, [_cell(row[at], output) for row in rows]) for at, column in enumerate([label, *columns])
    )
    found: list[list[int]] = [[]]
    used = first.least
    for at, each in enumerate(rest):
        if found[-1] and used + _GAP + each.least > output.console.width:
            found.append([])
            used = first.least
        found[-1].append(at)
        used += _GAP + each.least
    return found


def _cell(cell: str | Cell, output: Output) -> Cell:
    """The cell as it will be written, so that what is measured is what is shown."""
    plain = cell if isinstance(cell, Cell) else Cell(cell)
    words = " ".join(without_controls(plain.words).split("\n"))
    return Cell(words if output.unicode else in_ascii(words), plain.style, plain.flows)


def _chosen(shown: list[_Shown], width: int) -> tuple[list[_Shown], list[_Shown], list[_Shown]]:
    """Columns side by side, those below their row, and those that have no room."""
    beside = list(shown)
    below: list[_Shown] = []
    dropped: list[_Shown] = []
    while _needed(beside) > width:
        sentences = [each for each in beside if each.column.below]
        optional = [each for each in beside if each.column.drop]
        if sentences:
            below.insert(0, sentences[-1])
            beside.remove(sentences[-1])
        elif optional:
            last = max(optional, key=lambda each: each.column.drop)
            dropped.append(last)
            beside.remove(last)
        else:
            break
    return beside, below, dropped


def _needed(columns: Sequence[_Shown]) -> int:
    least = [
        max(each.least, min(each.natural, _LEAST_SENTENCE)) if each.column.below else each.least for each in columns
    ]
    return sum(least) + _GAP * (len(columns) - 1)


def _share_out(columns: Sequence[_Shown], width: int) -> None:
    """Every column gets its least; what is left goes to those that want more, a character each in turn.

    Where even the least is too much, running text gives way.
    """
    for each in columns:
        each.width = each.least
    left = width - sum(each.width for each in columns) - _GAP * (len(columns) - 1)
    for each in columns:
        given = max(0, min(-left, each.width - each.floor))
        each.width -= given
        left += given
    wanting = [each for each in columns if each.width < each.natural]
    while left > 0 and wanting:
        for each in wanting[:left]:
            each.width += 1
        left -= min(left, len(wanting))
        wanting = [each for each in wanting if each.width < each.natural]


def _write_line(cells: Sequence[tuple[_Shown, Cell]], output: Output) -> None:
    """One row, as many lines as its longest text takes."""
    from rich.text import Text

    texts = [shown.lines(cell) for shown, cell in cells]
    for number in range(max(map(len, texts), default=0)):
        line = Text()
        for (shown, cell), lines in zip(cells, texts, strict=True):
            words = lines[number] if number < len(lines) else ""
            line.append(words.rjust(shown.width) if shown.column.right else words.ljust(shown.width), cell.style)
            line.append(" " * _GAP)
        line.rstrip()
        output.console.print(line, no_wrap=True, overflow="ignore", crop=False)


def _write_below(cell: Cell, width: int, output: Output) -> None:
    from rich.text import Text

    if cell.words:
        wrapped = textwrap.fill(
            cell.words,
            width,
            initial_indent=_INDENT,
            subsequent_indent=_INDENT,
            break_on_hyphens=False,
        )
        output.console.print(Text(wrapped, style=cell.style or "dim"), no_wrap=True, overflow="ignore", crop=False)
