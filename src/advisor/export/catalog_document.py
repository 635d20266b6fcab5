"""`advisor.catalog/1` and `advisor.prices/1`: instances and prices as JSON documents."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, fields
from typing import Any

from advisor.advice.offers import Offer
from advisor.catalog.ages import Ages
from advisor.catalog.records.hardware import Accelerator, Instance
from advisor.catalog.records.prices import Price
from advisor.catalog.ultraservers import UltraServer
from advisor.export.document import Document, ProvenanceMap
from advisor.quantities.provenance import UNLISTED, Level, Provenance
from advisor.quantities.quantity import Quantity

_NOT_FIGURES = ("id", "origin")
_COUNTED = Provenance(Level.DERIVED, "counted over the instances of this catalogue")

DERIVED = (
    "memory_total_gib",
    "memory_bandwidth_total_tb_per_s",
    "bf16_dense_total_pflops",
    "fp8_dense_total_pflops",
    "usd_per_month",
    "usd_per_accelerator_hour",
    "usd_per_gib_hour",
    "usd_per_tb_per_s_hour",
    "usd_per_dense_bf16_pflops_hour",
)
"""Figures that follow from price and hardware; null where one of both is not known."""


@dataclass(frozen=True, slots=True)
class CatalogEntry:
    """One instance of the document: its price bought one way, what follows from it, and every way of buying.

    held is the price row that the price rests on.
    """

    instance: Instance
    accelerator: Accelerator | None
    price: Quantity | None
    held: Price | None
    derived: Mapping[str, Quantity] = field(default_factory=dict)
    offers: Sequence[Offer] = ()


@dataclass(frozen=True, slots=True)
class FilterCount:
    """What one filter did: the instances that it removes, those of them without the figure, and what is left
    without it."""

    filter: str
    removed: int
    unknown: int
    left_without: int


def catalog_document(
    entries: Iterable[CatalogEntry],
    region: str,
    ages: Ages,
    purchase_option: str = "on_demand",
    filters: Sequence[FilterCount] = (),
) -> Document:
    """Instances with their accelerators and their prices in one region, every figure with its origin."""
    origins = ProvenanceMap()
    instances = []
    for index, entry in enumerate(entries):
        instances.append(_instance(entry, region, ages))
        _origins(entry, f"/instances/{index}", origins)
    if filters:
        origins.add("/filters", _COUNTED)
    return {
        "schema": "advisor.catalog/1",
        "region": region,
        "purchase_option": purchase_option,
        "filters": [
            {
                "filter": each.filter,
                "removed": each.removed,
                "unknown": each.unknown,
                "left_without": each.left_without,
            }
            for each in filters
        ],
        "instances": instances,
        "ultraservers": [],
        "provenance": origins.as_document(),
    }


def ultraserver_document(server: UltraServer, region: str, ages: Ages) -> Document:
    """One UltraServer as a catalogue document without instances."""
    empty = catalog_document((), region, ages)
    origins = ProvenanceMap()
    origins.add("/ultraservers/0", server.origin.default)
    _overrides(server, "/ultraservers/0", origins)
    return {**empty, "ultraservers": [{"id": server.id, **_figures(server)}], "provenance": origins.as_document()}


def prices_document(prices: Iterable[Price], ages: Callable[[str], Ages]) -> Document:
    """Price rows, each with its own source and date. ages gives those of a region."""
    entries = ProvenanceMap()
    rows = []
    for index, price in enumerate(prices):
        entries.add(f"/prices/{index}", price.provenance, _beneath(price))
        rows.append(_price(price, ages(price.region)))
    return {"schema": "advisor.prices/1", "prices": rows, "provenance": entries.as_document()}


def listed_price(price: Price) -> Document:
    """One price, and of what it is the price."""
    return {
        "instance_type": price.instance_type,
        "region": price.region,
        "purchase_option": price.option,
        "term": price.term or None,
        "payment": price.payment or None,
        "statistic": price.statistic,
        "usd_per_hour": price.usd_per_hour,
        "as_of": str(price.provenance.as_of),
        "source": price.provenance.source,
    }


def _price(price: Price, ages: Ages) -> Document:
    age = ages.of(price)
    return {
        **listed_price(price),
        "level": price.provenance.level.value,
        "layer": price.provenance.layer,
        "age": age.status.value,
        "age_days": age.days,
        "age_rule_days": age.rule_days,
    }


def _instance(entry: CatalogEntry, region: str, ages: Ages) -> Document:
    instance = entry.instance
    found: Document = {"instance_type": instance.id, "family": instance.family, **_figures(instance)}
    found["accelerator_figures"] = None if entry.accelerator is None else _figures(entry.accelerator)
    found["usd_per_hour"] = None if entry.price is None else entry.price.value
    found["price"] = None if entry.held is None else _price(entry.held, ages)
    found["derived"] = {key: entry.derived[key].value if key in entry.derived else None for key in DERIVED}
    found["offers"] = [_offer(offer, ages) for offer in entry.offers]
    found["sold_as"] = list(instance.sold_in(region))
    return found


def _offer(offer: Offer, ages: Ages) -> Document:
    age = ages.of(offer.rows[0]) if offer.rows else None
    return {
        "purchase_option": offer.purchase,
        "payment": offer.rows[0].payment or None if offer.rows else None,
        "usd_per_hour": offer.usd_per_hour,
        "low": None if offer.price is None else offer.price.low,
        "high": None if offer.price is None else offer.price.high,
        "age": None if age is None else age.status.value,
        "age_days": None if age is None else age.days,
        "age_rule_days": None if age is None else age.rule_days,
        "interruption_band": None if offer.interruption is None else offer.interruption.band,
    }


def _origins(entry: CatalogEntry, pointer: str, origins: ProvenanceMap) -> None:
    origins.add(pointer, entry.instance.origin.default)
    _overrides(entry.instance, pointer, origins)
    if entry.accelerator is not None:
        origins.add(f"{pointer}/accelerator_figures", entry.accelerator.origin.default)
        _overrides(entry.accelerator, f"{pointer}/accelerator_figures", origins)
    if entry.price is not None and entry.held is not None:
        origins.add(f"{pointer}/usd_per_hour", entry.price, _beneath(entry.held))
        origins.add(f"{pointer}/price", entry.held.provenance, _beneath(entry.held))
    if entry.price is None:
        origins.add(f"{pointer}/usd_per_hour", UNLISTED)
    for key, quantity in entry.derived.items():
        origins.add(f"{pointer}/derived/{key}", quantity)
    for number, offer in enumerate(entry.offers):
        origins.add(f"{pointer}/offers/{number}", UNLISTED if offer.price is None else offer.price)
        if offer.interruption is not None:
            origins.add(f"{pointer}/offers/{number}/interruption_band", offer.interruption.provenance)


def _figures(record: Instance | Accelerator | UltraServer) -> dict[str, Any]:
    values = {item.name: getattr(record, item.name) for item in fields(record) if item.name not in _NOT_FIGURES}
    return {key: list(value) if isinstance(value, tuple) else value for key, value in values.items()}


def _overrides(record: Instance | Accelerator | UltraServer, pointer: str, entries: ProvenanceMap) -> None:
    origin = record.origin
    for key in {**origin.overrides, **origin.beneath}:
        said = [{"layer": each.layer, "value": each.value} for each in origin.beneath.get(key, ())]
        entries.add(f"{pointer}/{key}", origin.of(key), said)


def _beneath(price: Price) -> list[Document]:
    return [
        {
            "layer": each.provenance.layer,
            "value": each.usd_per_hour,
            "source": each.provenance.source,
            "as_of": str(each.provenance.as_of),
        }
        for each in price.beneath
    ]
