"""What feeds change: prices new, changed and no longer listed, and those that a person should look at first."""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from statistics import median

from advisor.catalog.families import HOME, is_off, priced_together
from advisor.catalog.feeds.reading import FeedPrice
from advisor.catalog.layers import REFRESHED
from advisor.catalog.records.hardware import PurchaseOption
from advisor.catalog.records.prices import Price
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

    doubts: "far" for a change beyond 30 %, "off_family" for a price off its family's regional multiplier,
    "above_list" for a commitment that costs more than on demand. Spot may do all of that.
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

    @property
    def is_known(self) -> bool:
        """Whether an earlier refresh wrote the same price of the same day, so that there is nothing to write."""
        if self.before is None or abs(self.usd_per_hour / self.before.usd_per_hour - 1) > _SAME:
            return False
        origin, stated = self.before.provenance, self.stated
        return (origin.layer, origin.as_of, origin.level) == (REFRESHED, stated.as_of, stated.price.level)


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
        return (*self.added, *self.changed, *(change for change in self.confirmed if not change.is_known))

    @property
    def changes(self) -> tuple[PriceChange, ...]:
        """Prices that change or are new, with what a person should look at first."""
        return tuple(sorted((*self.changed, *self.added), key=lambda change: not change.doubts))

    @property
    def doubtful(self) -> int:
        return sum(bool(change.doubts) for change in self.changes)


def difference(
    stated: Iterable[StatedPrice],
    listed: Callable[[str], Held],
    by_hand: Callable[[str], Held],
    covered: Collection[tuple[str, PurchaseOption]],
    instances: Collection[str],
    undecided: Collection[tuple[str, ...]] = (),
) -> Difference:
    """What the feeds' prices change.

    listed gives the prices of a region without what was written by hand, by_hand what was; covered are the
    (region, purchase option) pairs of which the feeds state all prices; undecided are region and key of prices that a
    feed states twice, differently: those are listed, though nobody knows at what.
    """
    rows = list(stated)
    expected = _Expected(rows, listed)
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
        tuple(_gone({(row.price.region, *row.price.key) for row in rows} | set(undecided), listed, covered, instances)),
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


def _doubts(row: StatedPrice, before: Price | None, expected: "_Expected") -> Iterable[str]:
    if row.price.option == "spot":
        return
    if before is not None and abs(row.price.usd_per_hour / before.usd_per_hour - 1) * 100 > FAR_PERCENT:
        yield "far"
    if row.price.option != "on_demand":
        if expected.is_above_list(row.price):
            yield "above_list"
    elif expected.is_off_family(row.price):
        yield "off_family"


def _gone(
    stated: Collection[tuple[str, ...]],
    listed: Callable[[str], Held],
    covered: Collection[tuple[str, PurchaseOption]],
    instances: Collection[str],
) -> Iterable[Price]:
    for region, option in sorted(covered):
        for key, price in sorted(listed(region).items()):
            is_list = price.option == option and price.statistic == "list"
            if is_list and key[0] in instances and (region, *key) not in stated:
                yield price


class _Expected:
    """What on demand costs in each region, and each family against the home region, by the prices known now.

    Derived ones count too.
    """

    def __init__(self, rows: Iterable[StatedPrice], listed: Callable[[str], Held]) -> None:
        self._listed = listed
        self._fresh = {
            (row.price.region, row.price.instance_type): row.price.usd_per_hour
            for row in rows
            if row.price.option == "on_demand"
        }
        self._home = {key[0]: price.usd_per_hour for key, price in listed(HOME).items() if price.option == "on_demand"}
        self._regions: dict[str, Mapping[str, float]] = {}

    def is_above_list(self, price: FeedPrice) -> bool:
        """Whether a commitment costs more than on demand; False where there is no price on demand."""
        usd = self._fresh.get((price.region, price.instance_type))
        if usd is None:
            listed = self._listed(price.region).get((price.instance_type, "on_demand", "", "", "list"))
            usd = None if listed is None else listed.usd_per_hour
        return usd is not None and price.usd_per_hour > usd

    def is_off_family(self, price: FeedPrice) -> bool:
        """Whether a price is off its family's multiplier; False where there is nothing to compare it with."""
        home = self._fresh.get((HOME, price.instance_type), self._home.get(price.instance_type))
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
