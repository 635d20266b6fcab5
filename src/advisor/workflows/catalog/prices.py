"""The prices of an instance: every row that holds, and every way of buying side by side in one region."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace

from advisor.advice.offers import is_sold, listed, offer_in
from advisor.advice.workload import Purchase
from advisor.catalog.interruptions import Interruption
from advisor.catalog.load import Catalog
from advisor.catalog.prices import UNPLACED
from advisor.catalog.records.hardware import Instance
from advisor.catalog.records.prices import Price
from advisor.quantities.quantity import Quantity
from advisor.workflows.catalog.rows import ALL_WAYS, check_region


@dataclass(frozen=True, slots=True)
class PriceLine:
    """One way of buying an instance in one region.

    price is None where nobody states one; is_sold says whether AWS sells it so there. A spot price is the
    middle of a range between zones, whose ends are its low and high. against_on_demand is the share by which
    it differs from the on-demand price, None where one of both is not known.
    """

    way: Purchase
    payment: str
    price: Quantity | None
    is_sold: bool
    rows: tuple[Price, ...] = ()
    against_on_demand: float | None = None
    interruption: Interruption | None = None
    """Of a spot market: how often it takes capacity back, where anybody has published it."""


def price_lines(catalog: Catalog, instance: Instance, region: str) -> list[PriceLine]:
    """Every way of buying, always in the same order, whether it is sold so and priced or not.

    A way that is paid in several manners has a line for each that has a price.
    """
    on_demand = offer_in(catalog, instance, region, "on_demand").usd_per_hour
    return [line for way in ALL_WAYS for line in _lines(catalog, instance, region, way, on_demand)]


def _lines(
    catalog: Catalog, instance: Instance, region: str, way: Purchase, on_demand: float | None
) -> list[PriceLine]:
    def line(price: Quantity, payment: str, *rows: Price) -> PriceLine:
        share = None if on_demand is None or way == "on_demand" else price.known / on_demand - 1
        return PriceLine(way, payment, price, True, rows, share)

    if way == "spot":
        return [_market(catalog, instance, region, line)]
    found = [line(row.quantity, row.payment, row) for row in listed(catalog, instance, region, way)]
    return found or [PriceLine(way, "", None, is_sold(instance, region, way))]


def _market(catalog: Catalog, instance: Instance, region: str, line: Callable[..., PriceLine]) -> PriceLine:
    """The spot market of a region."""
    market = offer_in(catalog, instance, region, "spot")
    if market.price is None:
        sold = PriceLine("spot", "", None, is_sold(instance, region, "spot"))
    else:
        sold = line(market.price, "", *market.rows)
    return replace(sold, interruption=market.interruption)


def prices_of(catalog: Catalog, name: str, region: str | None) -> list[Price]:
    """All prices that hold for an instance or UltraServer, in one region or in all."""
    regions: Sequence[str] = catalog.prices.regions() if region is None else (check_region(catalog, region),)
    known = _sold(catalog, name)
    return _ordered(price for each in regions for price in catalog.prices.of(known, each))


def price_history(catalog: Catalog, name: str, region: str | None) -> list[Price]:
    """Every price row that was read of an instance or UltraServer, in one region or in all, older ones first.

    Without a region, those too whose region the reader of a page could not name.
    """
    everywhere = (*catalog.prices.regions(), UNPLACED)
    regions = everywhere if region is None else (check_region(catalog, region),)
    known = _sold(catalog, name)
    return _ordered(row for each in regions for row in catalog.prices.rows(each) if row.instance_type == known)


def _sold(catalog: Catalog, name: str) -> str:
    """What prices call it. UnknownIdError for what is neither an instance nor an UltraServer."""
    return name if name in catalog.ultraservers else catalog.instance(name).id


def _ordered(prices: Iterable[Price]) -> list[Price]:
    return sorted(prices, key=lambda row: (row.region, row.option, row.term, row.payment, row.statistic, _day(row)))


def _day(row: Price) -> str:
    return str(row.provenance.as_of or "")
