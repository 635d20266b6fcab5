"""Ask an exported recommendation whether it still holds."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from advisor.advice.advise import Knowledge
from advisor.export.document import Document, Say
from advisor.export.recommendation_document import content_hash, identity, pick_hash
from advisor.export.recommendation_file import read_recommendation
from advisor.quantities.units import HOURS_PER_MONTH
from advisor.workflows.recommend import answer_again

_ROUNDING = 1e-4
"""Files keep six significant digits, so sums of their figures agree to about this share."""


_PICKED = (
    "model",
    "instance_type",
    "instances",
    "region",
    "purchase",
    "checkpoint",
    "checkpoint_repository",
    "checkpoint_revision",
    "engine",
    "tensor_parallel_size",
    "serve_argv",
)
"""What would be bought, and what would be run on it."""


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
    """Ask whether a recommendation file still holds. InputError for a file that is none.

    The file is first checked against itself: its id and hashes follow from what it says, its cost from its own
    prices and counts, and it is not past its review date. frozen ends there. Otherwise the workload is
    answered again with today's catalogue and evidence. max_cost_drift is a share.
    """
    document = read_recommendation(path)
    changes = [*_edited(document), *_expired(document, today), *_arithmetic(document)]
    if not frozen:
        changes += _differences(document, answer_again(document, knowledge, say), max_cost_drift)
    return Recheck(str(path), tuple(changes))


def _edited(document: Document) -> Iterator[Change]:
    """A file that somebody edited no longer says what was answered."""
    asked, picked = identity(document["workload"]), pick_hash(document.get("pool", []))
    if document["id"] != asked:
        yield Change("id", document["id"], f"the workload in the file makes {asked}")
    if document["pick_hash"] != picked:
        yield Change("pick_hash", document["pick_hash"], f"the pools in the file make {picked}")
    said = content_hash(document)
    if document["content_hash"] != said:
        yield Change("content_hash", document["content_hash"], f"what the file says makes {said}: it was edited")


def _expired(document: Document, today: date) -> Iterator[Change]:
    review_by = document.get("review_by")
    if review_by is not None and date.fromisoformat(review_by) < today:
        yield Change("review_by", review_by, f"today is {today.isoformat()}")


def _differences(document: Document, fresh: Document, max_cost_drift: float) -> Iterator[Change]:
    if document["status"] != fresh["status"]:
        yield Change("status", document["status"], fresh["status"])
    yield from _pick_changes(document, fresh)
    before, now = _headline(document), _headline(fresh)
    if before is None or now is None or before == now:
        return
    # From or to nothing is any drift: no share of zero allows it.
    drift = now / before - 1 if before else float("inf")
    if abs(drift) > max_cost_drift:
        change = f" ({drift:+.1%})" if before else ""
        yield Change("cost", f"{before:,.0f} USD", f"{now:,.0f} USD{change}")


def _pick_changes(document: Document, fresh: Document) -> Iterator[Change]:
    before, now = document.get("pool", []), fresh.get("pool", [])
    if len(before) != len(now):
        yield Change("pool", f"{len(before)} pools", f"{len(now)} pools")
        return
    for old, new in zip(before, now, strict=True):
        for key in _PICKED:
            if old.get(key) != new.get(key):
                yield Change(f"pool.{key}", _shown(old.get(key)), _shown(new.get(key)))


def _shown(value: object) -> str:
    return " ".join(str(word) for word in value) if isinstance(value, list) else str(value)


def _headline(document: Document) -> float | None:
    cost = document.get("cost", {})
    value = cost.get("usd_per_run", cost.get("usd_per_month"))
    return float(value) if value is not None else None


def _arithmetic(document: Document) -> Iterator[Change]:
    """The file's own cost must follow from its own prices, counts and hours."""
    keys = ("instance_type", "region", "purchase")
    prices = {tuple(row[key] for key in keys): row["usd_per_hour"] for row in document.get("price", [])}
    owned = dict(document["workload"].get("owned", {}))
    total = 0.0
    for pool in document.get("pool", []):
        price = prices.get(tuple(pool[key] for key in keys))
        if price is None:
            yield Change("price", "a price for the pick", f"none for {pool['instance_type']}")
            return
        have = owned.get(pool["instance_type"], 0)
        paid = max(0, pool["instances"] - have)
        owned[pool["instance_type"]] = max(0, have - pool["instances"])
        total += price * paid * pool.get("run_hours", HOURS_PER_MONTH)
    stated = _headline(document)
    if stated is not None and abs(total - stated) > _ROUNDING * max(stated, 1.0):
        yield Change("cost", f"{stated:,.2f} USD", f"{total:,.2f} USD by its own prices")
