"""What a refresh says, the same in the command line and the app."""

from collections.abc import Mapping

from advisor.catalog.feeds.diff import FAR_PERCENT, PriceChange
from advisor.catalog.records.prices import Price
from advisor.quantities import text
from advisor.wording.figures import PURCHASES
from advisor.workflows.refresh.read import FeedReport, Progress, Refresh

HEADINGS = ("region", "instance", "bought as", "before", "now", "change", "look at")

_STATES = {
    "read": "read",
    "kept": "read earlier today",
    "unchanged": "unchanged since the last refresh",
    "not_listed": "AWS offers no such file",
}
_DOUBTS = {
    "far": f"moves by more than {FAR_PERCENT:g} %",
    "off_family": "off its family's multiplier in this region",
    "above_list": "costs more than on demand",
}
_SKIPPED = {
    "no_price": "without a price",
    "ambiguous": "stated twice, differently",
    "tenancy": "Dedicated",
    "market_option": "Capacity Block",
    "capacity_status": "of unused reservations",
    "pre_installed_software": "with software",
    "license_model": "with a licence",
    "operating_system": "of another system",
    "product_family": "of another product",
    "currency": "in another currency",
    "convertible": "convertible reservations",
    "unknown_term": "of an unknown term",
    "incomplete_term": "of an incomplete term",
    "other_plan": "of other plans",
    "unknown_location": "of an unknown location",
    "inconsistent": "whose two rates disagree",
}
"""What is skipped and worth a word. Other instances and other regions are not: they are nearly the whole file."""


def change_cells(change: PriceChange) -> tuple[str, ...]:
    """A new or changed price, in the order of HEADINGS."""
    price = change.stated.price
    before = "" if change.before is None else text.usd_per_hour(change.before.usd_per_hour)
    moved = "new" if change.percent is None else f"{change.percent:+.1f} %"
    notes = [_DOUBTS[doubt] for doubt in change.doubts]
    if change.own is not None:
        notes.append(f"your own {text.usd_per_hour(change.own.usd_per_hour)} stays in force")
    bought = bought_as(price.option, price.term, price.payment, price.statistic)
    now = text.usd_per_hour(price.usd_per_hour)
    return (price.region, price.instance_type, bought, before, now, moved, "; ".join(notes))


def gone_cells(price: Price) -> tuple[str, ...]:
    """A price that is listed no more, in the order of HEADINGS."""
    bought = bought_as(price.option, price.term, price.payment, price.statistic)
    before = text.usd_per_hour(price.usd_per_hour)
    return (
        price.region,
        price.instance_type,
        bought,
        before,
        "",
        "gone",
        f"kept with its date, {price.provenance.as_of}",
    )


def bought_as(option: str, term: str, payment: str, statistic: str) -> str:
    """`savings plan 3y no upfront`, `spot mean`; a list price needs no word."""
    return " ".join(
        filter(None, (PURCHASES[option], term, payment.replace("_", " "), "" if statistic == "list" else statistic))
    )


def feed_line(report: FeedReport) -> str:
    """What became of one file."""
    parts = [f"{report.what}: {_STATES[report.state]}"]
    if report.state in ("read", "kept"):
        parts.append(f"published {report.published}" if report.published else "it states no day of publication")
        parts.append(f"{report.prices:,} prices")
    elif report.version:
        parts.append(f"version {report.version}")
    if left_out := skipped_words(report.skipped):
        parts.append(f"left out: {left_out}")
    return ", ".join(parts)


def skipped_words(skipped: Mapping[str, int]) -> str:
    return ", ".join(f"{count:,} {_SKIPPED[reason]}" for reason, count in sorted(skipped.items()) if reason in _SKIPPED)


def summary(refresh: Refresh) -> str:
    """The whole difference in a sentence."""
    found = refresh.difference
    parts = [f"{len(found.added)} new", f"{len(found.changed)} changed", f"{len(found.confirmed)} unchanged"]
    if found.gone:
        parts.append(f"{len(found.gone)} no longer listed")
    if found.older:
        parts.append(f"{found.older} older than what is known, left out")
    if refresh.bands:
        parts.append(f"{len(refresh.bands)} interruption band{'s' if len(refresh.bands) > 1 else ''}")
    sentences = [f"{', '.join(parts)}."]
    if found.doubtful:
        sentences.append(f"Look at {found.doubtful} of them before you apply.")
    if len(found.gone) > len(found.rows):
        sentences.append("More is gone than is stated: the feed may not be what it was.")
    return " ".join(sentences)


def progress_line(progress: Progress) -> str:
    """Where a refresh stands: `3 of 24, on-demand page feed of eu-west-1, 0.1 of 0.3 MB`."""
    at = f"{progress.at} of {progress.files}, " if progress.files else ""
    size = f", {progress.bytes_read / 1e6:,.1f}" if progress.bytes_read else ""
    total = f" of {progress.bytes_total / 1e6:,.1f}" if size and progress.bytes_total else ""
    return f"{at}{progress.what}{size}{total}{' MB' if size else ''}"
