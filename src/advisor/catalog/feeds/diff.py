"""What feeds change: prices new, changed and no longer listed, and those that a person should look at first."""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from statistics import median

from advisor.catalog.families import HOME, is_off, priced_together
from advisor.catalog.feeds.reading import FeedPrice
from advisor.catalog.records import Price, PurchaseOption
from advisor.quantities.provenance import AsOf

FAR_PERCENT = 30.0
"""A list price rarely moves so much at once; the cut of June 2025 by 44 % was announced."""
_SAME = 1e-9

Key = tuple[str, str, str, str, str]
Held = Mapping[Key, Price]
"""The prices that hold in one region, by key."""


@dataclass(frozen=True, slots=True)
class StatedPrice:
    """A price of a feed with its day and the id of its source."""

    price: FeedPrice
    as_of: AsOf
    source: str


@dataclass(frozen=True, slots=True)
class PriceChange:
    """One price that a feed states. before: what is listed now; own: what the user wrote by hand, which stays.

    doubts: "far" for a change beyond 30 %, "off_family" for a price off its family's regional multiplier.
    """

    stated: StatedPrice
    before: Price | None
    own: Price | None
    doubts: tuple[str, ...] = ()

    @property
    def usd_per_hour(self) -> float:
        return self.stated.price.usd_per_hour

    @property
    def percent(self) -> float | None:
        """By how much it changes; None for a price that was not listed before."""
        return None if self.before is None else (self.usd_per_hour / self.before.usd_per_hour - 1) * 100


@dataclass(frozen=True, slots=True)
class Difference:
    """Everything that feeds say, beside what is known. older: stated before what is known, and left out."""

    added: tuple[PriceChange, ...]
    changed: tuple[PriceChange, ...]
    confirmed: tuple[PriceChange, ...]
    gone: tuple[Price, ...]
    older: int

    @property
    def rows(self) -> tuple[PriceChange, ...]:
        """What applying writes."""
        return (*self.added, *self.changed, *self.confirmed)

    @property
    def doubtful(self) -> int:
        return sum(bool(change.doubts) for change in (*self.added, *self.changed))


def difference(
    stated: Iterable[StatedPrice],
    listed: Callable[[str], Held],
    by_hand: Callable[[str], Held],
    covered: Collection[tuple[str, PurchaseOption]],
    instances: Collection[str],
) -> Difference:
    """What the feeds' prices change.

    listed gives the prices of a region without what was written by hand, by_hand what was; covered are the
    (region, purchase option) pairs of which the feeds state all prices.
    """
    rows = list(stated)
    expected = _Multipliers(rows, listed)
    found: dict[str, list[PriceChange]] = defaultdict(list)
    for row in rows:
        region, key = row.price.region, row.price.key
        before = listed(region).get(key)
        own = by_hand(region).get(key)
        kind = _kind(row, before)
        doubts = tuple(_doubts(row, before, expected)) if kind in ("added", "changed") else ()
        found[kind].append(PriceChange(row, before, own, doubts))
    return Difference(
        tuple(sorted(found["added"], key=_order)),
        tuple(sorted(found["changed"], key=_order)),
        tuple(sorted(found["confirmed"], key=_order)),
        tuple(_gone(rows, listed, covered, instances)),
        len(found["older"]),
    )


def _order(change: PriceChange) -> tuple[str, Key]:
    return (change.stated.price.region, change.stated.price.key)


def _kind(row: StatedPrice, before: Price | None) -> str:
    if before is None:
        return "added"
    assert before.provenance.as_of is not None, "every price row is dated when it is read"
    if row.as_of < before.provenance.as_of:
        return "older"
    is_same = abs(row.price.usd_per_hour / before.usd_per_hour - 1) <= _SAME
    return "confirmed" if is_same else "changed"


def _doubts(row: StatedPrice, before: Price | None, expected: "_Multipliers") -> Iterable[str]:
    if row.price.option != "on_demand":
        return
    if before is not None and abs(row.price.usd_per_hour / before.usd_per_hour - 1) * 100 > FAR_PERCENT:
        yield "far"
    if expected.is_off(row.price):
        yield "off_family"


def _gone(
    rows: Iterable[StatedPrice],
    listed: Callable[[str], Held],
    covered: Collection[tuple[str, PurchaseOption]],
    instances: Collection[str],
) -> Iterable[Price]:
    stated = {(row.price.region, row.price.key) for row in rows}
    for region, option in sorted(covered):
        for key, price in sorted(listed(region).items()):
            is_list = price.option == option and price.statistic == "list"
            if is_list and key[0] in instances and (region, key) not in stated:
                yield price


class _Multipliers:
    """What a family costs in a region against the home region, by the prices that are known now, derived ones too."""

    def __init__(self, rows: Iterable[StatedPrice], listed: Callable[[str], Held]) -> None:
        self._listed = listed
        self._home = {key[0]: price.usd_per_hour for key, price in listed(HOME).items() if price.option == "on_demand"}
        fresh = [row.price for row in rows if row.price.region == HOME and row.price.option == "on_demand"]
        self._new_home = {**self._home, **{price.instance_type: price.usd_per_hour for price in fresh}}
        self._regions: dict[str, Mapping[str, float]] = {}

    def is_off(self, price: FeedPrice) -> bool:
        """Whether a price is off its family's multiplier; False where there is nothing to compare it with."""
        home = self._new_home.get(price.instance_type)
        known = self._of(price.region).get(priced_together(price.instance_type))
        if price.region == HOME or home is None or known is None:
            return False
        return is_off(price.usd_per_hour / home, known)

    def _of(self, region: str) -> Mapping[str, float]:
        if region not in self._regions:
            ratios: dict[str, list[float]] = defaultdict(list)
            for key, price in self._listed(region).items():
                if price.option == "on_demand" and key[0] in self._home:
                    ratios[priced_together(key[0])].append(price.usd_per_hour / self._home[key[0]])
            self._regions[region] = {family: median(found) for family, found in ratios.items()}
        return self._regions[region]
