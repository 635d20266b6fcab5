"""One instance with the source of every figure, and several side by side."""

from collections.abc import Sequence

from rich.text import Text
from textual.content import Content

from advisor.catalog.ages import Ages
from advisor.catalog.layers import SHIPPED
from advisor.catalog.load import Catalog
from advisor.quantities.provenance import UNKNOWN, Provenance
from advisor.tui.views.catalog import price_badge
from advisor.tui.views.text import badge, heading, lines, muted
from advisor.wording.catalog import (
    STALE,
    STALE_LEGEND,
    TAKEN_BACK,
    against,
    bought,
    dated,
    missing_price,
    perished,
    price_words,
    stand_in,
    taken_back,
)
from advisor.wording.comparison import Compared, comparison
from advisor.wording.layers import disagreements
from advisor.workflows.catalog.figures import Figure, cost_figures, figures_of
from advisor.workflows.catalog.prices import PriceLine
from advisor.workflows.catalog.rows import InstanceRow

_LABEL, _VALUE, _DATE = 27, 18, 13
_SOURCE_AT = _LABEL + _VALUE + _DATE + 5
BEST = "▸"


class _Sources:
    """Sources beside their figures where they fit on the line, else by number, in the order of the figures."""

    def __init__(self, width: int) -> None:
        """width: of the whole text."""
        self._room = width - _SOURCE_AT
        self._numbers: dict[str, int] = {}

    def cite(self, origin: Provenance) -> str:
        source = origin.source if origin.layer == SHIPPED else f"{origin.source}, from {origin.layer}"
        if len(source) <= self._room:
            return source
        return f"[{self._numbers.setdefault(source, len(self._numbers) + 1)}]"

    def written(self) -> list[Content | str]:
        """The list, where figures carry numbers."""
        listed = [muted(f"[{number}] {source}") for source, number in self._numbers.items()]
        return ["", heading("Sources"), *listed] if listed else []


def details(row: InstanceRow, prices: Sequence[PriceLine], ages: Ages, width: int) -> Content:
    """Every figure with level, date and source; a source that is longer than the line stands below by number."""
    sources, figures = _Sources(width), figures_of(row)
    parts: list[Content | str] = [row.instance.note, ""] if row.instance.note else []
    parts += [_figure(figure, sources) for figure in figures if figure.applies]
    parts += ["", heading(f"Prices in {row.region}")]
    for line in prices:
        parts.append(_price(line, row, ages, sources))
        if line.way == "spot" and line.is_sold:
            origin = UNKNOWN if line.interruption is None else line.interruption.provenance
            parts.append(
                _line(TAKEN_BACK, taken_back(line.interruption), badge(origin.level, word=False), origin, sources)
            )
    if row.price is None and row.is_offered:
        parts.append(Content.styled(missing_price(row), "$warning"))
    after = cost_figures(row)
    parts += [_figure(figure, sources) for figure in after if figure.applies]
    if any(ages.of(line.rows[0]).is_marked for line in prices if line.rows):
        parts += ["", muted(STALE_LEGEND)]
    if words := perished(ages):
        parts += ["", muted(words)]
    if disagree := disagreements([*figures, *after], prices):
        parts += ["", heading("Layers disagree"), *disagree]
    return lines(*parts, *sources.written())


def _figure(figure: Figure, sources: _Sources) -> Content:
    return _line(figure.label, figure.value, badge(figure.origin.level, word=False), figure.origin, sources)


def _price(line: PriceLine, row: InstanceRow, ages: Ages, sources: _Sources) -> Content:
    if line.price is None:
        value, origin = stand_in(line, row)
        return _line(bought(line), value, badge(origin.level, word=False), origin, sources)
    value = f"{price_words(line.price)}  {against(line)}".rstrip()
    return _line(bought(line), value, price_badge(line, ages), line.price.provenance, sources)


def _line(label: str, value: str, mark: Content, origin: Provenance, sources: _Sources) -> Content:
    named = f"{label:<{_LABEL}} "
    return Content.assemble(
        (named, "$secondary"),
        f"{value:<{max(0, _LABEL + 1 + _VALUE - len(named))}} ",
        mark,
        (f" {dated(origin.as_of):<{_DATE}} {sources.cite(origin)}", "$secondary"),
    )


def compared(catalog: Catalog, rows: Sequence[InstanceRow], ages: Ages) -> list[list[Text]]:
    """A row for each figure: its label, then a cell for each instance, the best of them marked."""
    return [
        [Text(line.label, style="dim"), *(_compared(line, at, ages) for at in range(len(rows)))]
        for line in comparison(catalog, rows)
    ]


def _compared(line: Compared, at: int, ages: Ages) -> Text:
    figure, price = line.figures[at], line.prices[at]
    if not figure.applies:
        return Text("")
    mark = STALE if price is not None and ages.of(price).is_marked else " "
    best = at in line.best
    words = f"{BEST + ' ' if best else ''}{figure.value}{mark}{figure.origin.level.glyph}"
    return Text(words, justify="right", style="bold" if best else "")
