"""What stands where a list price would, and how old prices are; the same in the command line and the app."""

from datetime import date

from advisor.catalog.ages import RULE_DAYS, Ages, PriceAge, is_past
from advisor.catalog.records import Instance
from advisor.wording.figures import PURCHASES

NO_LIST_PRICE = "no list price"
NOT_OFFERED = "not offered here"
STALE = "!"
STALE_LEGEND = f"{STALE} older than the other prices of its kind, or than such a price may be"


def is_offered(instance: Instance, region: str) -> bool:
    """Whether it is sold in the region in any way."""
    return region in (*instance.regions, *instance.capacity_block_regions)


def unpriced(instance: Instance, region: str) -> str:
    """What stands in the place of a price that nobody lists: never a zero, never another region's price."""
    return NO_LIST_PRICE if is_offered(instance, region) else NOT_OFFERED


def sold_as(instance: Instance, region: str) -> str:
    """For an instance without an on-demand list price in a region: not offered there, or how it is sold."""
    if not is_offered(instance, region):
        return NOT_OFFERED
    ways = [PURCHASES[way] for way in instance.sold_in(region)]
    return f"{NO_LIST_PRICE}; sold as {', '.join(ways) or 'nothing known'}"


def marked(glyph: str, age: PriceAge) -> str:
    """The glyph of a price's level, with `!` beside it where the price is older than others are."""
    return f"{glyph}{STALE}" if age.is_marked else glyph


def priced_to(day: date | None, today: date) -> str:
    """The age of the catalogue in a few words: `prices to 2026-07`."""
    if day is None:
        return "no list prices"
    late = ", more than a year old" if is_past("on_demand", day, today) else ""
    return f"prices to {day:%Y-%m}{late}"


def perished(ages: Ages) -> str:
    """The kinds of price that are past their rule as a whole, so that no row is marked for it; empty where none is."""
    told = [
        f"{PURCHASES[option]} prices are of {day:%Y-%m} and hold {days(RULE_DAYS[option])}"
        for option, day in ages.perished.items()
    ]
    words = "; ".join(told)
    return f"{words[:1].upper()}{words[1:]}." if told else ""


def days(count: int) -> str:
    """`1 day`, `31 days`."""
    return "1 day" if count == 1 else f"{count} days"
