"""`advisor.catalog/1` and `advisor.prices/1`: instances and prices as JSON documents."""

from collections.abc import Callable, Iterable
from dataclasses import fields
from typing import Any

from advisor.catalog.ages import Ages
from advisor.catalog.records import Accelerator, Instance, Price
from advisor.export.document import Document, ProvenanceMap

_NOT_FIGURES = ("id", "origin")


def catalog_document(
    rows: Iterable[tuple[Instance, Accelerator | None, Price | None]], region: str, ages: Ages
) -> Document:
    """Instances with their accelerators and their on-demand price in one region, every figure with its origin."""
    entries = ProvenanceMap()
    instances = []
    for index, (instance, accelerator, price) in enumerate(rows):
        pointer = f"/instances/{index}"
        instances.append(_instance(instance, accelerator, price, region, ages))
        entries.add(pointer, instance.origin.default)
        _overrides(instance, pointer, entries)
        if accelerator is not None:
            entries.add(f"{pointer}/accelerator_figures", accelerator.origin.default)
            _overrides(accelerator, f"{pointer}/accelerator_figures", entries)
        if price is not None:
            entries.add(f"{pointer}/usd_per_hour", price.provenance, _beneath(price))
            entries.add(f"{pointer}/price", price.provenance, _beneath(price))
    return {
        "schema": "advisor.catalog/1",
        "region": region,
        "instances": instances,
        "provenance": entries.as_document(),
    }


def prices_document(prices: Iterable[Price], ages: Callable[[str], Ages]) -> Document:
    """Price rows, each with its own source and date. ages gives those of a region."""
    entries = ProvenanceMap()
    rows = []
    for index, price in enumerate(prices):
        entries.add(f"/prices/{index}", price.provenance, _beneath(price))
        rows.append(_price(price, ages(price.region)))
    return {"schema": "advisor.prices/1", "prices": rows, "provenance": entries.as_document()}


def _price(price: Price, ages: Ages) -> Document:
    age = ages.of(price)
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
        "level": price.provenance.level.value,
        "layer": price.provenance.layer,
        "age": age.status.value,
        "age_days": age.days,
        "age_rule_days": age.rule_days,
    }


def _instance(
    instance: Instance, accelerator: Accelerator | None, price: Price | None, region: str, ages: Ages
) -> Document:
    found: Document = {"instance_type": instance.id, **_figures(instance)}
    found["accelerator_figures"] = None if accelerator is None else _figures(accelerator)
    found["usd_per_hour"] = None if price is None else price.usd_per_hour
    found["price"] = None if price is None else _price(price, ages)
    found["sold_as"] = list(instance.sold_in(region))
    return found


def _figures(record: Instance | Accelerator) -> dict[str, Any]:
    values = {item.name: getattr(record, item.name) for item in fields(record) if item.name not in _NOT_FIGURES}
    return {key: list(value) if isinstance(value, tuple) else value for key, value in values.items()}


def _overrides(record: Instance | Accelerator, pointer: str, entries: ProvenanceMap) -> None:
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
