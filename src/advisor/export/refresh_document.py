"""`advisor.refresh/1`: what price feeds change, row by row, and what became of each file."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from advisor.catalog.feeds.diff import Difference, PriceChange
from advisor.catalog.records.prices import Price
from advisor.export.catalog_document import listed_price
from advisor.export.document import Document, ProvenanceMap
from advisor.quantities.provenance import Level, Provenance

_COUNTED = Provenance(Level.DERIVED, "counted in this refresh")


@dataclass(frozen=True, slots=True)
class BandRow:
    """An interruption band as the document shows it."""

    instance_type: str
    region: str
    band: str
    savings_percent: float
    origin: Provenance


def refresh_document(
    difference: Difference,
    feeds: Sequence[Mapping[str, Any]],
    bands: Sequence[BandRow],
    titles: Mapping[str, str],
    written: Sequence[Path],
) -> Document:
    """The document. titles: of sources by id; written: the files, where the difference was applied."""
    entries = ProvenanceMap()
    for counted in ("feeds", "confirmed", "older", "doubtful"):
        entries.add(f"/{counted}", _COUNTED)
    document: Document = {
        "schema": "advisor.refresh/1",
        "applied": bool(written),
        "feeds": [dict(feed) for feed in feeds],
        "added": [_change(change, f"/added/{at}", titles, entries) for at, change in enumerate(difference.added)],
        "changed": [_change(change, f"/changed/{at}", titles, entries) for at, change in enumerate(difference.changed)],
        "gone": [_gone(price, f"/gone/{at}", entries) for at, price in enumerate(difference.gone)],
        "confirmed": len(difference.confirmed),
        "older": difference.older,
        "doubtful": difference.doubtful,
        "interruptions": [_band(band, f"/interruptions/{at}", entries) for at, band in enumerate(bands)],
        "written": [str(path) for path in written],
    }
    return {**document, "provenance": entries.as_document()}


def _change(change: PriceChange, pointer: str, titles: Mapping[str, str], entries: ProvenanceMap) -> Document:
    stated, price = change.stated, change.stated.price
    entries.add(pointer, Provenance(price.level, titles[stated.source], stated.as_of, "refreshed"))
    if change.before is not None:
        entries.add(f"{pointer}/before_usd_per_hour", change.before.provenance)
        entries.add(f"{pointer}/percent", Provenance(Level.DERIVED, "now against before", stated.as_of))
    if change.own is not None:
        entries.add(f"{pointer}/own_usd_per_hour", change.own.provenance)
    return {
        "instance_type": price.instance_type,
        "region": price.region,
        "purchase_option": price.option,
        "term": price.term or None,
        "payment": price.payment or None,
        "statistic": price.statistic,
        "usd_per_hour": price.usd_per_hour,
        "before_usd_per_hour": None if change.before is None else change.before.usd_per_hour,
        "percent": change.percent,
        "own_usd_per_hour": None if change.own is None else change.own.usd_per_hour,
        "doubts": list(change.doubts),
        "as_of": str(stated.as_of),
        "source": titles[stated.source],
    }


def _gone(price: Price, pointer: str, entries: ProvenanceMap) -> Document:
    entries.add(pointer, price.provenance)
    return listed_price(price)


def _band(row: BandRow, pointer: str, entries: ProvenanceMap) -> Document:
    entries.add(pointer, row.origin)
    return {
        "instance_type": row.instance_type,
        "region": row.region,
        "band": row.band,
        "savings_percent": row.savings_percent,
    }
