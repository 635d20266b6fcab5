"""What stands where a list price would, and how old prices are; the same in the command line and the app."""

from dataclasses import replace
from datetime import date

from advisor.advice.offers import option_of
from advisor.catalog.ages import RULE_DAYS, Ages, PriceAge, is_past
from advisor.catalog.interruptions import Interruption
from advisor.quantities import text
from advisor.quantities.provenance import UNLISTED, AsOf, Provenance
from advisor.quantities.quantity import Quantity
from advisor.wording.figures import PURCHASES
from advisor.workflows.catalog.prices import PriceLine
from advisor.workflows.catalog.rows import WAYS, Buying, InstanceRow

NO_LIST_PRICE = "no list price"
NOT_OFFERED = "not sold here"
NOT_SOLD_SO = "not sold this way"
TAKEN_BACK = "spot taken back a month"
STALE = "!"
STALE_LEGEND = f"{STALE} older than the other prices of its kind, or than such a price may be"


def unpriced(row: InstanceRow) -> str:
    """What stands in the place of a price that nobody states: never a zero, never another region's price."""
    if not row.is_offered:
        return NOT_OFFERED
    return NO_LIST_PRICE if row.offer is not None or row.buying == "on_demand" else NOT_SOLD_SO


def missing_price(row: InstanceRow) -> str:
    """Why a row has no price, and how the instance is sold in its region."""
    return "; ".join(filter(None, (unpriced(row), sold_instead(row))))


def sold_instead(row: InstanceRow) -> str:
    """How an instance without a price is sold in the row's region; empty where it is not."""
    if not row.is_offered:
        return ""
    if row.offer is not None and row.buying != "on_demand":
        return "sold this way"
    return f"sold as {', '.join(PURCHASES[way] for way in row.instance.sold_in(row.region)) or 'nothing known'}"


def dated(as_of: AsOf | None) -> str:
    """The day of a figure in a narrow column; of an interval the last, by which it had been read."""
    if as_of is None:
        return ""
    return str(as_of) if as_of.start == as_of.end else f"by {as_of.end}"


def bought(line: PriceLine) -> str:
    """`3-year savings plan, no upfront`, `spot`: a way of buying with the manner of paying."""
    return ", ".join(filter(None, (PURCHASES[line.way], line.payment.replace("_", " "))))


def stand_in(line: PriceLine, row: InstanceRow) -> tuple[str, Provenance]:
    """What stands in the place of a way's missing price, and how that is known: a price that nobody has published
    is unknown, whatever is known of the ways in which the instance is sold."""
    if line.is_sold:
        return NO_LIST_PRICE, UNLISTED
    return NOT_SOLD_SO if row.is_offered else NOT_OFFERED, row.instance.origin.of("purchase_options")


def price_words(price: Quantity) -> str:
    """The price of a way of buying; a spot market as its range."""
    if price.low is not None and price.high is not None and price.low < price.high:
        return f"{text.usd_per_hour(price.low)}–{text.usd_per_hour(price.high)}"
    return text.usd_per_hour(price.known)


def taken_back(known: Interruption | None) -> str:
    """The band of interruptions of a spot market: `>20 % of instances`."""
    return text.NO_DATA if known is None else f"{known.band.replace('%', ' %')} of instances"


def against(line: PriceLine) -> str:
    """How much less or more than on demand: `−57 %`; empty where one of both is not known."""
    if line.against_on_demand is None:
        return ""
    return f"{line.against_on_demand * 100:+.0f} %".replace("-", "−")


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


def perished_kind(ages: Ages, buying: Buying) -> str:
    """The same of the one kind that a way of buying is; empty where prices of that kind are not past their rule."""
    kind = option_of(WAYS[buying][0])
    return perished(replace(ages, rest={kind: ages.rest[kind]})) if kind in ages.perished else ""


def days(count: int) -> str:
    """`1 day`, `31 days`."""
    return "1 day" if count == 1 else f"{count} days"
