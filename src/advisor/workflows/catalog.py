"""Questions about the catalogue that both screens and commands ask."""

from collections.abc import Sequence
from dataclasses import dataclass

from advisor.advice.offers import Offer, offers
from advisor.advice.workload import Purchase
from advisor.catalog.load import Catalog
from advisor.catalog.records import Accelerator, Instance, Price
from advisor.errors import UnknownIdError

_ALL_WAYS: tuple[Purchase, ...] = ("on_demand", "plan_3y", "capacity_block", "spot")


@dataclass(frozen=True, slots=True)
class InstanceRow:
    """An instance with its accelerator and its on-demand price in one region; None: no list price there."""

    instance: Instance
    accelerator: Accelerator | None
    price: Price | None

    @property
    def total_memory_gib(self) -> float:
        """Accelerator memory that processes can allocate, all chips together."""
        return 0.0 if self.accelerator is None else self.instance.accelerator_count * self.accelerator.memory_gib


def instance_rows(catalog: Catalog, region: str) -> list[InstanceRow]:
    """Every instance with its price in a region. UnknownIdError for a region that is none."""
    known = catalog.region(region)
    return [
        InstanceRow(instance, catalog.accelerator_of(instance), catalog.prices.find(instance.id, known, "on_demand"))
        for instance in catalog.instances.values()
    ]


def instance_offers(catalog: Catalog, instance: Instance, region: str) -> list[Offer]:
    """Every way in which the instance is sold in a region, priced or not."""
    return offers(catalog, instance, (region,), _ALL_WAYS)


def prices_of(catalog: Catalog, instance_type: str, region: str | None) -> list[Price]:
    """All prices that hold for an instance, in one region or in all."""
    instance = catalog.instance(instance_type)
    if region is not None and region not in (*catalog.regions, *catalog.prices.regions()):
        raise UnknownIdError("region", region, catalog.regions)
    regions: Sequence[str] = catalog.prices.regions() if region is None else (region,)
    found = [price for name in regions for price in catalog.prices.of(instance.id, name)]
    return sorted(found, key=lambda price: (price.region, price.option, price.term, price.payment, price.statistic))
