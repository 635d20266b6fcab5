"""How old a price is: by the rule of its kind, and beside the other prices of its kind. Pure: today is passed in.

The rules (facts: catalog, section 4): a list price may be a year old, a Capacity Block rate 31 days, since
its page is re-priced in steps of months, and a spot price one day. What ships in a file can keep only the
first: spot and Capacity Block rows are past their rule the day the file is packed, all of them alike. A
mark on each would say nothing, so that is told once for the table, and such a row is marked when it is
older than the rest of its kind, or when the rest has been refreshed and it has not.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from advisor.catalog.records.hardware import PurchaseOption
from advisor.catalog.records.prices import Price

RULE_DAYS: Mapping[PurchaseOption, int] = {
    "on_demand": 365,
    "savings_plan": 365,
    "reserved": 365,
    "capacity_block": 31,
    "spot": 1,
}
"""For how many days a price of each kind is believed."""

_MONTH_DAYS = 31
"""A file keeps a price whose rule is longer than this, and a row this much older than the rest stands out."""


class Age(StrEnum):
    """What can be said of a price's age."""

    FRESH = "fresh"
    OLDER = "older_than_the_rest"
    PAST = "past_its_rule"


@dataclass(frozen=True, slots=True)
class PriceAge:
    """The age of one price. days counts from the last day on which it may have been read."""

    status: Age
    days: int
    rule_days: int
    is_marked: bool
    """Whether its row is worth a mark: old in a way that the rest of its kind is not."""


@dataclass(frozen=True, slots=True)
class Ages:
    """The ages of the prices that hold in one region. rest is the day of most prices of each kind there."""

    today: date
    rest: Mapping[PurchaseOption, date]

    @classmethod
    def among(cls, prices: Iterable[Price], today: date) -> "Ages":
        """Ages beside the prices that hold in the same region."""
        days: dict[PurchaseOption, Counter[date]] = {}
        for price in prices:
            day = last_day(price)
            if day is not None:
                days.setdefault(price.option, Counter())[day] += 1
        return cls(today, {option: _most_common(counts) for option, counts in days.items()})

    def of(self, price: Price) -> PriceAge:
        """The age of one of these prices."""
        rule, day = RULE_DAYS[price.option], last_day(price)
        if day is None:  # no row is read without a date; one that was made otherwise is not called fresh
            return PriceAge(Age.PAST, 0, rule, is_marked=True)
        days = (self.today - day).days
        stands_out = (self.rest.get(price.option, day) - day).days > min(rule, _MONTH_DAYS)
        if days > rule:
            return PriceAge(Age.PAST, days, rule, is_marked=stands_out or price.option not in self.perished)
        return PriceAge(Age.OLDER if stands_out else Age.FRESH, days, rule, is_marked=stands_out)

    @property
    def perished(self) -> Mapping[PurchaseOption, date]:
        """The kinds that no file keeps and that are past their rule as a whole, with the day of most of their rows."""
        return {
            option: day
            for option, day in self.rest.items()
            if RULE_DAYS[option] <= _MONTH_DAYS and is_past(option, day, self.today)
        }


def is_past(option: PurchaseOption, day: date, today: date) -> bool:
    """Whether a price read on that day is older than its kind may be."""
    return (today - day).days > RULE_DAYS[option]


def last_day(price: Price) -> date | None:
    """The day of a price, or the last of an interval: an age is stated only where it is certain."""
    return price.provenance.as_of.end if price.provenance.as_of is not None else None


def _most_common(days: Counter[date]) -> date:
    """The day that most rows share; of several the oldest, so that a tie marks nobody."""
    most = max(days.values())
    return min(day for day, count in days.items() if count == most)
