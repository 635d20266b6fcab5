"""A region's on-demand price is the home region's times one multiplier for the whole family.

A row that is a thousandth off was mistyped, is of another day, or belongs to another region. The multipliers
are computed from the rows that AWS states; a derived row must be what they give.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from statistics import median

from advisor.catalog.ages import last_day
from advisor.catalog.check.findings import Finding, doubtful, judged
from advisor.catalog.check.subject import PricedRow, Subject
from advisor.catalog.families import HOME, is_off, priced_together
from advisor.catalog.layers import SHIPPED
from advisor.errors import InputError
from advisor.quantities.provenance import Level

Group = tuple[str, str, str]
"""Families, region, and the layer whose rows are compared: refreshed prices are of another day than shipped ones."""


def family_multipliers(subject: Subject) -> Iterator[Finding]:
    """Rows off their family's multiplier in their region, and derived rows that are not what it gives."""
    ratios = _ratios(row for row in subject.rows if (row.price.option, row.price.statistic) == ("on_demand", "list"))
    multipliers = _multipliers(ratios)
    for row, ratio in ratios:
        expected = multipliers.get(_group(row))
        if expected is None:
            yield doubtful("derived_without_basis", _no_basis(row))
        elif is_off(ratio, expected):
            yield judged(_code(row), _off(row, ratio, expected), is_shipped=row.is_shipped)


def _ratios(rows: Iterable[PricedRow]) -> list[tuple[PricedRow, float]]:
    """Each row outside the home region beside the home price that held when it was read."""
    kept = list(rows)
    home: dict[str, list[PricedRow]] = defaultdict(list)
    for row in kept:
        if row.price.region == HOME and row.is_listed:
            home[row.price.instance_type].append(row)
    return [
        (row, row.price.usd_per_hour / _held(home[row.price.instance_type], row).price.usd_per_hour)
        for row in kept
        if row.price.region != HOME and row.price.instance_type in home
    ]


def _held(home: Sequence[PricedRow], row: PricedRow) -> PricedRow:
    """The newest home price that was read no later than this row, or the oldest there is."""
    ordered = sorted(home, key=_read)
    earlier = [each for each in ordered if _read(each) <= _read(row)]
    return earlier[-1] if earlier else ordered[0]


def _multipliers(ratios: Iterable[tuple[PricedRow, float]]) -> Mapping[Group, float]:
    """The middle of what the stated rows of a family and region say."""
    stated: dict[Group, list[float]] = defaultdict(list)
    for row, ratio in ratios:
        if row.is_listed and row.price.provenance.level is Level.SPECIFIED:
            stated[_group(row)].append(ratio)
    return {group: median(found) for group, found in stated.items()}


def _off(row: PricedRow, ratio: float, expected: float) -> InputError:
    families, region, _ = _group(row)
    message = f"{row.price.usd_per_hour:g} is {ratio:.4f} times the price in {HOME}, and {families} has {expected:.4f}"
    by_it = row.price.usd_per_hour / ratio * expected
    return row.error(f"{message} in {region}", "usd_per_hour", f"By that it is {by_it:.5f}.")


def _no_basis(row: PricedRow) -> InputError:
    families, region, _ = _group(row)
    message = f"this is derived, and no stated price of {families} in {region} gives a multiplier"
    return row.error(message, "level", "A derived row follows from one that AWS states.")


def _code(row: PricedRow) -> str:
    return "derived_price" if row.price.provenance.level is Level.DERIVED else "family_multiplier"


def _group(row: PricedRow) -> Group:
    return (
        priced_together(row.price.instance_type),
        row.price.region,
        row.price.provenance.layer if row.is_listed else SHIPPED,
    )


def _read(row: PricedRow) -> date:
    return last_day(row.price) or date.min
