"""Questions about the catalogue that both screens and commands ask."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from advisor.advice.offers import Offer, offers
from advisor.advice.workload import Purchase
from advisor.catalog.ages import Ages
from advisor.catalog.load import Catalog
from advisor.catalog.records import Accelerator, Instance, Price
from advisor.errors import UnknownIdError
from advisor.fit.platforms import computes_fp8
from advisor.quantities import text
from advisor.quantities.provenance import UNKNOWN, Provenance
from advisor.quantities.units import HOURS_PER_MONTH

HOME_REGION = "us-east-1"
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

    @property
    def usd_per_month(self) -> float | None:
        """On demand, all month; None where there is no list price."""
        return None if self.price is None else self.price.usd_per_hour * HOURS_PER_MONTH

    @property
    def usd_per_gib_hour(self) -> float | None:
        """What an hour of one GiB of accelerator memory costs; None without a list price, or an accelerator."""
        if self.price is None or not self.total_memory_gib:
            return None
        return self.price.usd_per_hour / self.total_memory_gib


def instance_rows(catalog: Catalog, region: str) -> list[InstanceRow]:
    """Every instance with its price in a region. UnknownIdError for a region that is none."""
    known = catalog.region(region)
    return [
        InstanceRow(instance, catalog.accelerator_of(instance), catalog.prices.find(instance.id, known, "on_demand"))
        for instance in catalog.instances.values()
    ]


def price_ages(catalog: Catalog, region: str, today: date) -> Ages:
    """How old each price of a region is, and how old the rest of its kind."""
    return Ages.among(catalog.prices.current(region).values(), today)


def catalog_day(catalog: Catalog, today: date) -> date | None:
    """The day of most list prices of the home region: what a header shows as the age of the catalogue."""
    return price_ages(catalog, HOME_REGION, today).rest.get("on_demand")


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


@dataclass(frozen=True, slots=True)
class Figure:
    """One figure of an instance as written for people; "no data", with an unknown origin, where nobody knows it.

    applies is False for a chip's figure on an instance without one: the value is empty then. beneath: what lower
    layers say where they disagree, as (layer, value) pairs.
    """

    label: str
    value: str
    origin: Provenance
    applies: bool = True
    beneath: tuple[tuple[str, str], ...] = ()


def figures_of(row: InstanceRow) -> list[Figure]:
    """Every figure of an instance and its chip with its origin, in the same order for every instance."""
    instance, accelerator = row.instance, row.accelerator
    found: list[Figure] = []

    def of_chip(label: str, key: str, write: Callable[[Any], str]) -> None:
        if accelerator is None:
            found.append(Figure(label, "", instance.origin.default, applies=False))
        else:
            found.append(_figure(label, key, accelerator, write))

    def of_instance(label: str, key: str, write: Callable[[Any], str]) -> None:
        found.append(_figure(label, key, instance, write))

    found.append(Figure("accelerator", instance.accelerator or "none", instance.origin.of("accelerator")))
    of_instance("accelerators", "accelerator_count", str)
    of_chip("memory each, usable", "memory_gib", "{:,.2f} GiB".format)
    of_chip("memory each, marketing", "memory_marketing_gb", "{:,g} GB".format)
    of_chip("memory each, EC2 API", "memory_api_mib", "{:,} MiB".format)
    of_chip("memory each, driver", "memory_driver_mib", "{:,} MiB".format)
    of_chip("memory bandwidth each", "memory_bandwidth_gb_per_s", "{:,g} GB/s".format)
    of_chip("BF16 dense each", "bf16_dense_tflops", "{:,g} TFLOP/s".format)
    if accelerator is not None and computes_fp8(accelerator) is False:
        # Nobody publishes a figure for what a chip cannot do, and that is no gap in the data.
        found.append(Figure("FP8 dense each", "none", accelerator.origin.of("compute_capability")))
    else:
        of_chip("FP8 dense each", "fp8_dense_tflops", "{:,g} TFLOP/s".format)
    of_chip("interconnect", "interconnect_name", str)
    of_chip("link each, one direction", "link_gb_per_s", "{:,g} GB/s".format)
    of_instance("vCPU", "vcpus", "{:,}".format)
    of_instance("host memory", "memory_gib", "{:,g} GiB".format)
    of_instance("local NVMe", "local_nvme_gb", "{:,g} GB".format)
    of_instance("network", "network_gbps", "{:,g} Gbit/s".format)
    of_instance("quota", "quota", str)
    return found


def _figure(label: str, key: str, record: Instance | Accelerator, write: Callable[[Any], str]) -> Figure:
    value, origin = getattr(record, key), record.origin
    beneath = tuple((said.layer, _said(said.value, write)) for said in origin.beneath.get(key, ()))
    if value is None:
        return Figure(label, text.NO_DATA, UNKNOWN, beneath=beneath)
    return Figure(label, write(value), origin.of(key), beneath=beneath)


def _said(value: Any, write: Callable[[Any], str]) -> str:
    return text.NO_DATA if value is None else write(value)
