"""A report's chart on the screen: three columns side by side, bars where there is room, and one row in detail."""

import textwrap
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from math import floor, log10

from textual.content import Content

from advisor.evidence.audit.verdicts import AuditVerdict
from advisor.evidence.charts.answers import Answer, Cell, ComputedChart, Group
from advisor.quantities.provenance import Level
from advisor.tui.views.text import LEVEL_STYLES, badge, lines, muted
from advisor.wording import report_charts as words

HEADINGS = ("", "as published", "recomputed", "best evidence", "vs best", "verdict")
_SIDES, _NUMBERS, _RATIO, _VERDICT = range(1, 4), range(1, 5), 4, 5
"""Columns: the three numbers, all that stand right, and the last two."""
_GAP = 2
_INDENT = " " * 15
_ENOUGH, _LEAST = 14, 9
"""Characters that show most numbers and labels, and those below which a column says nothing."""
_EIGHTHS = " ▏▎▍▌▋▊▉"
_MOST_BAR, _LEAST_BAR = 14, 4
_LOG_FROM = 10.0
"""Where the longest bar stands for ten times the shortest or more, lengths are logarithms."""

_VERDICT_STYLES = {
    AuditVerdict.OK: "$success",
    AuditVerdict.ROUNDING: "$success",
    AuditVerdict.SUSPICIOUS: "$warning",
    AuditVerdict.UNVERIFIABLE: "$secondary",
}


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the list: the heading of a group, or a row that can be marked."""

    content: Content
    cell: Cell | None = None


def head(chart: ComputedChart, number: int, total: int, report: str, width: int) -> Content:
    """Title, place among the charts, report, and what must be known before reading."""
    place = f"{chart.title}   {number} of {total}"
    of = _cut(f"   {report}", max(1, width - len(place)))
    first = Content.assemble((chart.title, "bold"), (place.removeprefix(chart.title), "$secondary"), (of, "$secondary"))
    return lines(first, muted(chart.note)) if chart.note else first


def rows(chart: ComputedChart, width: int, *, bars: bool) -> tuple[Content, list[Row]]:
    """The headings, and every line of the chart, for so many columns of the screen."""
    shapes = [_texts(cell, group) for group in chart.groups for cell in group.cells]
    layout = _layout([max(map(len, column)) for column in zip(HEADINGS, *shapes, strict=True)], width, bars=bars)
    scales = {group.unit: _scale(chart, group.unit) for group in chart.groups} if layout.bar else {}
    found: list[Row] = []
    for group in chart.groups:
        scale = scales.get(group.unit)
        found.append(Row(_title(group, scale)))
        found += [Row(_line(cell, group, layout, scale), cell) for cell in group.cells]
    empty = " " * (layout.bar + 1) if layout.bar else ""
    titles = [
        _cut(title if wide > 1 else " ", wide, right=at in _NUMBERS) + (empty if at in _SIDES else "")
        for at, (title, wide) in enumerate(zip(HEADINGS, layout.widths, strict=True))
        if wide
    ]
    return muted((" " * layout.gap).join(titles)), found


@dataclass(frozen=True, slots=True)
class _Layout:
    """Widths of the columns, of the gap between them, and of the bar after each of the three numbers; 0: left out."""

    widths: tuple[int, ...]
    gap: int
    bar: int


def _layout(natural: Sequence[int], width: int, *, bars: bool) -> _Layout:
    """What fits. Gaps give way first, then the ratio and the words of the verdict, which stand below in any case;
    then numbers and labels, cut to what says most of it."""
    widths, gap = list(natural), _GAP

    def excess() -> int:
        shown = [wide for wide in widths if wide]
        return sum(shown) + gap * (len(shown) - 1) - width

    if excess() > 0:
        gap = 1
    for at, narrowest in ((_RATIO, 0), (_VERDICT, 1)):
        if excess() > 0:
            widths[at] = narrowest
    for columns, least in ((_SIDES, _ENOUGH), ((0,), _ENOUGH), (_SIDES, _LEAST), ((0,), _LEAST)):
        while excess() > 0 and max(widths[at] for at in columns) > least:
            widths[max(columns, key=lambda at: widths[at])] -= 1
    bar = min(_MOST_BAR, -excess() // len(_SIDES) - 1)
    return _Layout(tuple(widths), gap, bar if bars and bar >= _LEAST_BAR else 0)


def _texts(cell: Cell, group: Group) -> tuple[str, ...]:
    """What stands in the columns of a row."""
    unit = words.common_unit(cell) or ""
    named = unit not in (group.unit, "") and unit not in cell.label
    label = f"{cell.label}, {unit}" if named else cell.label
    known = {group.unit, unit}
    sides = [f"{words.shown(side)}{_unit(side, known)} {side.level.glyph}" for side in cell.answers]
    return (label, *sides, words.ratio(cell.over_best), words.verdict(cell.verdict))


def _unit(side: Answer, known: Collection[str]) -> str:
    """The unit beside a number where neither heading nor label says it."""
    return f" {side.unit}" if side.value is not None and side.unit and side.unit not in known else ""


def _line(cell: Cell, group: Group, layout: _Layout, scale: "_Scale | None") -> Content:
    parts: list[Content] = []
    for at, (shown, wide) in enumerate(zip(_texts(cell, group), layout.widths, strict=True)):
        if not wide:
            continue
        style = "bold" if at == 0 else _VERDICT_STYLES.get(cell.verdict, "$error") if at == _VERDICT else ""
        part = Content.styled(_cut(shown, wide, right=at in _NUMBERS), style)
        if at in _SIDES and layout.bar:
            side = cell.answers[at - 1]
            length = scale.length(side, layout.bar) if scale is not None else ""
            part = Content.assemble(part, " ", (length.ljust(layout.bar), LEVEL_STYLES.get(side.level, "$secondary")))
        parts.append(part)
    return Content(" " * layout.gap).join(parts)


def _cut(shown: str, width: int, *, right: bool = False) -> str:
    """The text in its column, the mark of its level kept where it is cut."""
    if width == 1:
        return shown[:1]
    if len(shown) > width:
        first, _, last = shown.rpartition(" ")
        marked = right and len(last) == 1
        shown = f"{first[: width - 3]}… {last}" if marked else f"{shown[: width - 1]}…"
    return shown.rjust(width) if right else shown.ljust(width)


@dataclass(frozen=True, slots=True)
class _Scale:
    """What the bars of a chart's groups of one unit stand for: from `least`, whose bar is empty, to `most`."""

    least: float
    most: float
    is_log: bool
    unit: str

    def length(self, side: Answer, width: int) -> str:
        """A bar in eighths of a character; nothing for what has no number in the group's unit."""
        if side.value is None or side.value <= 0 or side.unit != self.unit:
            return ""
        share = side.value / self.most
        if self.is_log:
            share = log10(side.value / self.least) / log10(self.most / self.least)
        eighths = max(1, round(share * width * 8))
        return "█" * (eighths // 8) + (_EIGHTHS[eighths % 8] if eighths % 8 else "")


def _scale(chart: ComputedChart, unit: str) -> _Scale | None:
    """One scale for all groups of a unit, so that they compare; None where the numbers are no amounts of one thing."""
    cells = [cell for group in chart.groups if group.unit == unit for cell in group.cells]
    values = [side.value for cell in cells for side in cell.answers if side.value and side.unit == unit]
    if not unit or unit == "%" or len(values) < 2 or min(values) <= 0:
        return None
    least, most = min(values), max(values)
    is_log = most / least >= _LOG_FROM
    return _Scale(10.0 ** floor(log10(least)) if is_log else 0.0, most, is_log, unit)


def _title(group: Group, scale: _Scale | None) -> Content:
    said = ""
    if scale is not None:
        kind = "log scale" if scale.is_log else "linear"
        said = f"   bars: {kind}, {words.number(scale.least, '')} to {words.number(scale.most, '')}"
    note = f"   {group.note}" if group.note else ""
    return Content.assemble((words.heading(group), "bold $secondary"), (f"{said}{note}", "$secondary"))


def details(cell: Cell, width: int) -> Content:
    """One row below the chart: three numbers with where each comes from, a line each; `everything` has the rest."""
    ratios = words.ratios(cell)
    first = Content.assemble(
        (f"{cell.label}   ", "bold"),
        (words.verdict(cell.verdict), _VERDICT_STYLES.get(cell.verdict, "$error")),
        f"   {ratios}" if ratios else "",
    )
    line = f"line {cell.line}" if cell.line else words.origin(cell.published)
    parts = [first, _told("as published", cell.published, line, width)]
    for name, side in (("recomputed", cell.recomputed), ("best evidence", cell.best)):
        parts.append(_told(name, side, words.arithmetic(side) or words.origin(side), width))
        if side is cell.best and side.formula:
            parts.append(muted(_cut(f"{_INDENT}{words.origin(side)}", width)))
        parts += [muted(line) for remark in words.remarks(side) for line in _wrapped(remark, width)]
    nearby = "; ".join(words.nearby(point) for point in cell.best.nearby[:2])
    if nearby:
        mark = badge(Level.PUBLISHED, word=False)
        parts.append(Content.assemble(mark, muted(_cut(f" also published {nearby}", width - 1))))
    return lines(*parts)


def everything(cell: Cell) -> Content:
    """All that is known of a row: for each column its origin, every check, and figures nearby."""
    parts: list[Content | str] = [Content.styled(cell.label, "bold")]
    if cell.text:
        parts.append(cell.text)
    for name, side in zip(("As published", "Recomputed", "Best evidence"), cell.answers, strict=True):
        parts += ["", Content.assemble((name, "bold"), f"   {_number(side)}   ", badge(side.level))]
        parts += [part for part in (words.arithmetic(side), words.origin(side)) if part]
        parts += [f"  {remark}" for remark in words.remarks(side)]
    if cell.checks:
        parts += ["", Content.styled("Checks", "bold")]
        for check in cell.checks:
            parts += [words.check(check), *(muted(f"  {line}") for line in words.further(check))]
    if cell.best.nearby:
        parts += ["", Content.styled("Published of the same hardware, at another load or shape", "bold")]
        parts += [words.nearby(point) for point in cell.best.nearby]
    return lines(*parts)


def _number(side: Answer) -> str:
    """The number with unit and bounds."""
    unit = f" {side.unit}" if side.unit and side.value is not None else ""
    spread = words.spread(side)
    return f"{words.shown(side)}{unit}{f' ({spread})' if spread else ''}"


def _told(name: str, side: Answer, how: str, width: int) -> Content:
    known = Content.assemble((name.ljust(len(_INDENT)), "$secondary"), f"{_number(side)} ", badge(side.level))
    room = width - known.cell_length - 3
    return Content.assemble(known, ("   " + _cut(how, room).rstrip(), "$secondary")) if how and room > _LEAST else known


def _wrapped(remark: str, width: int) -> list[str]:
    return textwrap.wrap(remark, width, initial_indent=_INDENT, subsequent_indent=_INDENT)
