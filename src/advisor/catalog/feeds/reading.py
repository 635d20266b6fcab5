"""What a feed says, and errors that name the field which is not as expected.

No feed has a contract with us, so nothing of their shape is taken for granted: what is missing or of
another kind is named by feed and path, and what is skipped is counted by reason.
"""

import json
import math
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from advisor.catalog.records.hardware import PurchaseOption
from advisor.errors import EndpointError, printable
from advisor.quantities.provenance import Level

_MOST_NAMED = 6
_DECIMAL = re.compile(r"\d+(?:\.\d+)?(?:e[+-]?\d+)?", re.ASCII | re.IGNORECASE)
_LEAST_USD, _MOST_USD = 1e-4, 1e8
"""No instance-hour costs less, and three years of the dearest instance, paid up front, do not cost more."""


class FeedError(EndpointError):
    """A feed that is not shaped as it was: which feed, which field, what was there."""

    code = "feed_unreadable"

    def __init__(self, feed: str, path: str, complaint: str) -> None:
        super().__init__(f"{feed}: {path or 'the whole'} {complaint}", hint="Nothing was changed.")


@dataclass(frozen=True, slots=True)
class FeedPrice:
    """One price as a feed states it."""

    instance_type: str
    region: str
    option: PurchaseOption
    usd_per_hour: float
    level: Level
    term: str = ""
    payment: str = ""
    statistic: str = "list"

    @property
    def key(self) -> tuple[str, str, str, str, str]:
        """The key of a price row within its region."""
        return (self.instance_type, self.option, self.term, self.payment, self.statistic)


@dataclass(frozen=True, slots=True)
class Band:
    """How often instances of a type are interrupted in a region, and what they save on average, in percent."""

    instance_type: str
    region: str
    label: str
    savings_percent: float


@dataclass(slots=True)
class Reading:
    """What one file of a feed said. published is its own stamp, version its version; empty where it states none."""

    published: str = ""
    version: str = ""
    bands: list[Band] = field(default_factory=list)
    skipped: Counter[str] = field(default_factory=Counter)
    _held: dict[tuple[str, ...], FeedPrice | None] = field(default_factory=dict)

    @property
    def prices(self) -> list[FeedPrice]:
        return [price for price in self._held.values() if price is not None]

    @property
    def undecided(self) -> list[tuple[str, ...]]:
        """Region and key of each price that the file states twice, differently."""
        return [key for key, price in self._held.items() if price is None]

    def leave_open(self, key: tuple[str, ...]) -> None:
        """Hold a price for undecided."""
        self._held[key] = None

    def take(self, price: FeedPrice) -> None:
        """Keep a price; the same one said twice is one, and two different ones under one key are neither."""
        key = (price.region, *price.key)
        before = self._held.setdefault(key, price)
        if before is None or before.usd_per_hour != price.usd_per_hour:
            self._held[key] = None
            self.skipped["ambiguous"] += 1


@dataclass(frozen=True, slots=True)
class Node:
    """A place in a document, read step by step."""

    feed: str
    value: Any
    path: str = ""

    def error(self, complaint: str) -> FeedError:
        return FeedError(self.feed, self.path, complaint)

    def at(self, key: str) -> "Node":
        """The value under a key, which must be there."""
        table = self.table()
        if key not in table:
            raise self.error(f"has no '{key}'; it has {_named(table)}")
        return self._inside(key, table[key])

    def maybe(self, key: str) -> "Node":
        """The value under a key, or None in its place."""
        return self._inside(key, self.table().get(key))

    def table(self) -> Mapping[str, Any]:
        if not isinstance(self.value, dict):
            raise self.error(f"is {_kind(self.value)}, not a table")
        return self.value

    def items(self) -> Iterator[tuple[str, "Node"]]:
        for key, value in self.table().items():
            yield key, self._inside(key, value)

    def values(self) -> Iterator["Node"]:
        return (value for _, value in self.items())

    def rows(self) -> Iterator["Node"]:
        if not isinstance(self.value, list):
            raise self.error(f"is {_kind(self.value)}, not a list")
        for number, value in enumerate(self.value):
            yield Node(self.feed, value, f"{self.path}[{number}]")

    def text(self) -> str:
        if not isinstance(self.value, str):
            raise self.error(f"is {_kind(self.value)}, not text")
        return self.value

    def number(self) -> float:
        if isinstance(self.value, bool) or not isinstance(self.value, int | float):
            raise self.error(f"is {_kind(self.value)}, not a number")
        if not abs(self.value) < _MOST_USD:
            raise self.error(f"is {_shown(self.value)}, which cannot be")
        return float(self.value)

    def usd(self) -> float | None:
        """A price in USD; None where there is none: missing, empty, "N/A" or zero. FeedError for what is no price."""
        return price_of(self.value, self.feed, self.path)

    def _inside(self, key: str, value: Any) -> "Node":
        name = printable(key, 60)
        return Node(self.feed, value, f"{self.path}.{name}" if self.path else name)


def price_of(value: Any, feed: str, path: str) -> float | None:
    """A price in USD as feeds write it; None where they say that there is none."""
    if value is None or (isinstance(value, str) and value.strip().rstrip("*").upper() in ("", "N/A", "NA")):
        return None
    usd = _decimal(value)
    if usd == 0:
        return None
    if not _LEAST_USD <= usd <= _MOST_USD:
        raise FeedError(feed, path, f"is {_shown(value)}, not a price")
    return usd


def _decimal(value: Any) -> float:
    """A number, or text that is one in plain digits; NaN for anything else, Python's `1_000` among it."""
    if isinstance(value, str):
        stripped = value.strip()
        return float(stripped) if _DECIMAL.fullmatch(stripped) else math.nan
    if isinstance(value, bool) or not isinstance(value, int | float) or not abs(value) <= _MOST_USD:
        return math.nan
    return float(value)


def parsed(body: bytes | str, feed: str, path: str = "") -> Any:
    """A document of JSON. FeedError where it is none."""
    try:
        return json.loads(body)
    except (ValueError, RecursionError) as error:  # ValueError: also for no UTF-8, or a number of 5,000 digits
        raise FeedError(feed, path, f"is not JSON: {error}") from None


def _kind(value: Any) -> str:
    kinds = ((type(None), "missing"), (bool, "a yes or no"), (dict, "a table"), (list, "a list"), (str, "text"))
    return next((name for kind, name in kinds if isinstance(value, kind)), "a number")


def _shown(value: Any) -> str:
    return f"'{printable(str(value), 40)}'" if isinstance(value, str | int | float) else _kind(value)


def _named(table: Mapping[str, Any]) -> str:
    names = [printable(str(name), 40) for name in list(table)[:_MOST_NAMED]]
    more = f" and {len(table) - _MOST_NAMED} more" if len(table) > _MOST_NAMED else ""
    return (", ".join(names) or "nothing") + more
