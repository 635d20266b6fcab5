"""What an instance-hour costs by every way of buying that the workload allows."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from math import sqrt

from advisor.advice.workload import Purchase
from advisor.catalog.interruptions import Interruption
from advisor.catalog.load import Catalog
from advisor.catalog.prices import is_by_hand
from advisor.catalog.records.hardware import Instance, PurchaseOption
from advisor.catalog.records.prices import Price
from advisor.quantities.provenance import Level
from advisor.quantities.quantity import Quantity


@dataclass(frozen=True, slots=True)
class Offer:
    """One way to buy an instance in one region. price is None where it is sold so but no price is known."""

    instance_type: str
    region: str
    purchase: Purchase
    price: Quantity | None
    rows: tuple[Price, ...] = ()
    interruption: Interruption | None = None
    """Of a spot market: how often it takes capacity back, where anybody has published it."""

    @property
    def usd_per_hour(self) -> float | None:
        return None if self.price is None else self.price.value


@dataclass(frozen=True, slots=True)
class _Way:
    option: PurchaseOption
    term: str = ""


_WAYS: Mapping[Purchase, _Way] = {
    "on_demand": _Way("on_demand"),
    "plan_1y": _Way("savings_plan", "1y"),
    "plan_3y": _Way("savings_plan", "3y"),
    "reserved": _Way("reserved", "1y"),
    "capacity_block": _Way("capacity_block"),
    "spot": _Way("spot"),
}


def option_of(purchase: Purchase) -> PurchaseOption:
    """The way of buying in the catalogue's words: every savings plan is one, whatever its term."""
    return _WAYS[purchase].option


def offers(catalog: Catalog, instance: Instance, regions: Iterable[str], allowed: Iterable[Purchase]) -> list[Offer]:
    """Every allowed way to buy the instance in the allowed regions, priced or not."""
    return [
        offer_in(catalog, instance, region, purchase)
        for region in regions
        for purchase in allowed
        if is_sold(instance, region, purchase)
    ]


def cheapest(found: Iterable[Offer]) -> Offer | None:
    """The cheapest priced offer; ties go to the first region and way in order."""
    priced = [offer for offer in found if offer.usd_per_hour is not None]
    return min(priced, key=lambda offer: (offer.usd_per_hour, offer.region, offer.purchase), default=None)


def offer_in(catalog: Catalog, instance: Instance, region: str, purchase: Purchase) -> Offer:
    """One way to buy the instance in one region, whether or not it is stated to be sold so."""
    if purchase == "spot":
        return _spot(catalog, instance.id, region)
    rows = listed(catalog, instance, region, purchase)
    if not rows:
        return Offer(instance.id, region, purchase, None)
    best = min(rows, key=lambda price: price.usd_per_hour)
    return Offer(instance.id, region, purchase, best.quantity, (best,))


def listed(catalog: Catalog, instance: Instance, region: str, purchase: Purchase) -> list[Price]:
    """The prices that AWS states for one way to buy, one for each manner of paying; a spot market has none."""
    way = _WAYS[purchase]
    return [
        price
        for price in catalog.prices.of(instance.id, region)
        if price.option == way.option and price.term == way.term and price.statistic == "list"
    ]


def is_sold(instance: Instance, region: str, purchase: Purchase) -> bool:
    """Whether AWS sells the instance that way in the region, price known or not."""
    return instance.offered_in(region, option_of(purchase))


def _spot(catalog: Catalog, instance_type: str, region: str) -> Offer:
    """A spot market as a range: the cheapest and the dearest availability zone, where both were read together.

    The expected price is their geometric mean: prices between zones differ by factors, and neither end can
    be counted on. What AWS shows for the region as a whole, or an average, stands in where it was read later.
    """
    taken_back = catalog.interruptions.get((instance_type, region))
    lowest = _newest_spot(catalog, instance_type, region)
    if lowest is None:
        return Offer(instance_type, region, "spot", None, (), taken_back)
    highest = catalog.prices.find(instance_type, region, "spot", statistic="max")
    if lowest.statistic != "min" or highest is None or highest.provenance.as_of != lowest.provenance.as_of:
        return Offer(instance_type, region, "spot", lowest.quantity, (lowest,), taken_back)
    if lowest.usd_per_hour == highest.usd_per_hour:
        return Offer(instance_type, region, "spot", lowest.quantity, (lowest, highest), taken_back)
    middle = sqrt(lowest.usd_per_hour * highest.usd_per_hour)
    origin = lowest.provenance.but(
        Level.DERIVED, f"geometric mean of the cheapest and dearest zone; {lowest.provenance.source}"
    )
    price = Quantity(middle, "USD/h", origin, lowest.usd_per_hour, highest.usd_per_hour)
    return Offer(instance_type, region, "spot", price, (lowest, highest), taken_back)


def _newest_spot(catalog: Catalog, instance_type: str, region: str) -> Price | None:
    """What was written by hand, then what was read last; of one day, zones before the region and an average."""
    stated = (catalog.prices.find(instance_type, region, "spot", statistic=name) for name in ("mean", "list", "min"))
    found = [price for price in stated if price is not None]
    return max(reversed(found), key=lambda price: (is_by_hand(price), _read_on(price)), default=None)


def _read_on(price: Price) -> date:
    assert price.provenance.as_of is not None, "every price row is dated when it is read"
    return price.provenance.as_of.end
