"""Several instances side by side: the same figures of each, every way of buying, and the best of each line."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from advisor.advice.workload import Purchase
from advisor.catalog.load import Catalog
from advisor.catalog.records.prices import Price
from advisor.quantities.provenance import UNKNOWN
from advisor.wording.catalog import TAKEN_BACK, bought, price_words, stand_in, taken_back
from advisor.workflows.catalog.figures import Figure, best_of, cost_figures, figures_of
from advisor.workflows.catalog.prices import PriceLine, price_lines
from advisor.workflows.catalog.rows import ALL_WAYS, InstanceRow


@dataclass(frozen=True, slots=True)
class Compared:
    """One line of a comparison: a figure of each instance, and which of them are the best.

    prices holds the row behind each price, None where the figure is none.
    """

    label: str
    figures: tuple[Figure, ...]
    prices: tuple[Price | None, ...]
    best: frozenset[int]


def comparison(catalog: Catalog, rows: Sequence[InstanceRow]) -> list[Compared]:
    """Every figure that applies to one of the instances at least, in the same order for any of them."""
    found = [_compared(figures) for figures in zip(*(figures_of(row) for row in rows), strict=True)]
    found += _prices(catalog, rows)
    found += [_compared(figures) for figures in zip(*(cost_figures(row) for row in rows), strict=True)]
    return [line for line in found if any(figure.applies for figure in line.figures)]


def _compared(figures: Sequence[Figure], prices: Sequence[Price | None] = ()) -> Compared:
    return Compared(figures[0].label, tuple(figures), tuple(prices) or (None,) * len(figures), best_of(figures))


def _prices(catalog: Catalog, rows: Sequence[InstanceRow]) -> Iterator[Compared]:
    """A line for each way of buying, and manner of paying, in which one of the instances is sold."""
    sold = [price_lines(catalog, row.instance, row.region) for row in rows]
    for way in ALL_WAYS:
        lines = [line for each in sold for line in each if line.way == way and (line.is_sold or line.price)]
        payments = dict.fromkeys(line.payment for line in lines if line.price) or dict.fromkeys(
            line.payment for line in lines
        )
        for payment in payments:
            found = [_line(each, way, payment) for each in sold]
            figures = [_priced(line, row) for line, row in zip(found, rows, strict=True)]
            yield _compared(figures, [line.rows[0] if line.rows else None for line in found])
            if way == "spot":
                yield _compared([_interrupted(line) for line in found])


def _interrupted(line: PriceLine) -> Figure:
    if not line.is_sold:
        return Figure(TAKEN_BACK, "", UNKNOWN, applies=False)
    known = line.interruption
    return Figure(TAKEN_BACK, taken_back(known), UNKNOWN if known is None else known.provenance)


def _line(lines: Sequence[PriceLine], way: Purchase, payment: str) -> PriceLine:
    """The price of a way and a manner of paying, or that way without one."""
    same = [line for line in lines if line.way == way]
    paid = next((line for line in same if line.payment == payment), None)
    return paid or PriceLine(way, payment, None, any(line.is_sold for line in same))


def _priced(line: PriceLine, row: InstanceRow) -> Figure:
    label = f"USD/h {bought(line)}"
    if line.price is not None and line.way == "spot":
        # A market that differs between zones and moves within a day has no best.
        return Figure(label, price_words(line.price), line.price.provenance)
    if line.price is not None:
        return Figure(label, price_words(line.price), line.price.provenance, amount=line.price.known, better="less")
    return Figure(label, *stand_in(line, row), better="less")
