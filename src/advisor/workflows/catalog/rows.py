"""Instances as rows: each with its chip, what it costs bought one way in one region, and what follows from both."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Literal

from advisor.advice.offers import Offer, cheapest, is_sold, offer_in
from advisor.advice.workload import Purchase
from advisor.catalog.ages import Ages
from advisor.catalog.load import Catalog
from advisor.catalog.records.hardware import Accelerator, Instance
from advisor.catalog.records.prices import Price
from advisor.errors import UnknownIdError
from advisor.export.catalog_document import CatalogEntry
from advisor.quantities.quantity import Quantity
from advisor.workflows.catalog.derived import derived_of

HOME_REGION = "us-east-1"
Buying = Literal["on_demand", "spot", "capacity_block", "savings_plan", "plan_1y", "plan_3y", "reserved"]
WAYS: Mapping[Buying, tuple[Purchase, ...]] = {
    "on_demand": ("on_demand",),
    "spot": ("spot",),
    "capacity_block": ("capacity_block",),
    "savings_plan": ("plan_1y", "plan_3y"),
    "plan_1y": ("plan_1y",),
    "plan_3y": ("plan_3y",),
    "reserved": ("reserved",),
}
"""Ways of buying that a price column can show; of several, the cheapest is shown."""

ALL_WAYS: tuple[Purchase, ...] = ("on_demand", "plan_1y", "plan_3y", "reserved", "capacity_block", "spot")
"""Every way of buying, in the order in which people are shown them."""


@dataclass(frozen=True, slots=True)
class InstanceRow:
    """An instance with its accelerator, and its price bought one way in one region.

    offer is None where it is not sold that way there; an offer without a price is sold so, and no price is
    known. derived holds the figures that follow from price and hardware, by key, each with its formula.
    """

    instance: Instance
    accelerator: Accelerator | None
    region: str
    buying: Buying
    offer: Offer | None
    derived: Mapping[str, Quantity] = field(default_factory=dict)

    @property
    def price(self) -> Quantity | None:
        """USD per hour; None where it is not sold so, or nobody states a price."""
        return None if self.offer is None else self.offer.price

    @property
    def held(self) -> Price | None:
        """The price row that the price rests on; of a spot market that of the cheapest zone."""
        return self.offer.rows[0] if self.offer is not None and self.offer.rows else None

    @property
    def usd_per_hour(self) -> float | None:
        return None if self.price is None else self.price.value

    @property
    def is_offered(self) -> bool:
        """Whether it is sold in the region in any way."""
        known = (*self.instance.regions, *self.instance.capacity_block_regions)
        return self.offer is not None or self.region in known


def regions_of(catalog: Catalog) -> tuple[str, ...]:
    """Every region in which something is sold or priced, Local Zones of Capacity Blocks included."""
    blocks = {region for instance in catalog.instances.values() for region in instance.capacity_block_regions}
    return tuple(sorted({*catalog.regions, *blocks, *catalog.prices.regions()}))


def check_region(catalog: Catalog, wanted: str) -> str:
    """The region as it was asked for. UnknownIdError, with the nearest, for one that is none."""
    known = regions_of(catalog)
    if wanted not in known:
        raise UnknownIdError("region", wanted, known)
    return wanted


def price_ages(catalog: Catalog, region: str, today: date) -> Ages:
    """How old each price of a region is, and how old the rest of its kind."""
    return Ages.among(catalog.prices.current(region).values(), today)


def catalog_day(catalog: Catalog, today: date) -> date | None:
    """The day of most list prices of the home region: what a header shows as the age of the catalogue."""
    return price_ages(catalog, HOME_REGION, today).rest.get("on_demand")


def instance_rows(catalog: Catalog, region: str, buying: Buying = "on_demand") -> list[InstanceRow]:
    """Every instance with its price in a region. UnknownIdError for a region that is none."""
    known = check_region(catalog, region)
    return [row_of(catalog, instance, known, buying) for instance in catalog.instances.values()]


def row_of(catalog: Catalog, instance: Instance, region: str, buying: Buying = "on_demand") -> InstanceRow:
    """One instance with its price in a region."""
    accelerator = catalog.accelerator_of(instance)
    sold = _sold(catalog, instance, region, WAYS[buying])
    row = InstanceRow(instance, accelerator, region, buying, cheapest(sold) or next(iter(sold), None))
    return replace(row, derived=derived_of(instance, accelerator, row.price))


def entry_of(catalog: Catalog, row: InstanceRow) -> CatalogEntry:
    """The row for a document, with every way in which the instance is sold in its region."""
    ways = instance_offers(catalog, row.instance, row.region)
    return CatalogEntry(row.instance, row.accelerator, row.price, row.held, row.derived, ways)


def instance_offers(catalog: Catalog, instance: Instance, region: str) -> list[Offer]:
    """Every way in which the instance is sold in a region, priced or not."""
    return _sold(catalog, instance, region, ALL_WAYS)


def _sold(catalog: Catalog, instance: Instance, region: str, ways: Iterable[Purchase]) -> list[Offer]:
    """Those of the ways in which the instance is sold in the region, priced or not."""
    found = (offer_in(catalog, instance, region, way) for way in ways)
    return [offer for offer in found if offer.price is not None or is_sold(instance, region, offer.purchase)]
