"""Recommend, export, and ask an exported recommendation whether it still holds."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from advisor.advice.advise import Knowledge, advise
from advisor.advice.recommendation import Recommendation
from advisor.advice.workload import Workload, workload_from
from advisor.export.document import Document, Say
from advisor.export.recommendation_document import recommendation_document
from advisor.export.recommendation_file import read_recommendation, workload_settings
from advisor.export.workload_file import read_workload
from advisor.quantities.units import HOURS_PER_MONTH


def recommend(settings: Mapping[str, Any], knowledge: Knowledge, assumed: Collection[str] = ()) -> Recommendation:
    """The recommendation for stated settings; everything unstated, or named in assumed, is a named default."""
    return advise(workload(settings, knowledge, assumed), knowledge)


def workload(settings: Mapping[str, Any], knowledge: Knowledge, assumed: Collection[str] = ()) -> Workload:
    """The workload of stated settings, checked against the catalogue."""
    catalog = knowledge.catalog
    return workload_from(settings, catalog.models, catalog.regions, assumed=assumed)


def settings_from_file(path: Path) -> dict[str, Any]:
    """Workload settings from a workload file."""
    return read_workload(path)


def workload_of(document: Document, knowledge: Knowledge) -> Workload:
    """The workload of an exported recommendation, with its own list of assumptions."""
    settings, defaulted = workload_settings(document)
    catalog = knowledge.catalog
    plain = {key: tuple(value) if isinstance(value, list) else value for key, value in settings.items()}
    return workload_from(plain, catalog.models, catalog.regions, defaulted)


@dataclass(frozen=True, slots=True)
class Change:
    """One thing in a recommendation file that no longer holds. before and now are as written for people."""

    key: str
    before: str
    now: str


@dataclass(frozen=True, slots=True)
class Recheck:
    """What became of a file: nothing changed, or what did."""

    file: str
    changes: tuple[Change, ...]

    @property
    def holds(self) -> bool:
        return not self.changes


def recheck(path: Path, knowledge: Knowledge, say: Say, *, today: date, max_cost_drift: float, frozen: bool) -> Recheck:
    """Ask whether a recommendation file still holds.

    frozen checks the file against itself only: its hash, its arithmetic on its own prices, its review date.
    Otherwise the workload is answered again with today's catalogue and evidence. max_cost_drift is a share.
    """
    document = read_recommendation(path)
    changes = _expired(document, today)
    if frozen:
        changes += _arithmetic(document)
    else:
        fresh = recommendation_document(advise(workload_of(document, knowledge), knowledge), say, document["state"])
        changes += _differences(document, fresh, max_cost_drift)
    return Recheck(str(path), tuple(changes))


def _expired(document: Document, today: date) -> list[Change]:
    review_by = document.get("review_by")
    if review_by is None or date.fromisoformat(review_by) >= today:
        return []
    return [Change("review_by", review_by, f"today is {today.isoformat()}")]


def _differences(document: Document, fresh: Document, max_cost_drift: float) -> list[Change]:
    found = []
    if document["status"] != fresh["status"]:
        found.append(Change("status", document["status"], fresh["status"]))
    if document["pick_hash"] != fresh["pick_hash"]:
        found += _pick_changes(document, fresh)
    before, now = _headline(document), _headline(fresh)
    if before and now and abs(now / before - 1) > max_cost_drift:
        found.append(Change("cost", f"{before:,.0f} USD", f"{now:,.0f} USD ({now / before - 1:+.1%})"))
    return found


def _pick_changes(document: Document, fresh: Document) -> list[Change]:
    keys = ("instance_type", "instances", "region", "purchase", "checkpoint", "engine", "tensor_parallel_size")
    before, now = document.get("pool", []), fresh.get("pool", [])
    if len(before) != len(now):
        return [Change("pool", f"{len(before)} pools", f"{len(now)} pools")]
    found = [
        Change(f"pool.{key}", str(old.get(key)), str(new.get(key)))
        for old, new in zip(before, now, strict=True)
        for key in keys
        if old.get(key) != new.get(key)
    ]
    return found or [Change("pick_hash", document["pick_hash"], fresh["pick_hash"])]


def _headline(document: Document) -> float | None:
    cost = document.get("cost", {})
    value = cost.get("usd_per_run", cost.get("usd_per_month"))
    return float(value) if value is not None else None


def _arithmetic(document: Document) -> list[Change]:
    """The file's own cost must follow from its own prices and counts."""
    keys = ("instance_type", "region", "purchase")
    prices = {tuple(row[key] for key in keys): row["usd_per_hour"] for row in document.get("price", [])}
    hours = document.get("cost", {}).get("run_hours", HOURS_PER_MONTH)
    owned = document["workload"].get("owned", {})
    total = 0.0
    for pool in document.get("pool", []):
        price = prices.get(tuple(pool[key] for key in keys))
        if price is None:
            return [Change("price", "a price for the pick", f"none for {pool['instance_type']}")]
        total += price * max(0, pool["instances"] - owned.get(pool["instance_type"], 0)) * hours
    stated = _headline(document)
    if stated is not None and abs(total - stated) > 1e-4 * max(stated, 1.0):
        return [Change("cost", f"{stated:,.2f} USD", f"{total:,.2f} USD by its own prices")]
    return []
