"""What Catalog says: the columns of its table, the drawer under it, details and comparison."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

from rich.text import Text
from textual.content import Content

from advisor.advice.offers import Offer
from advisor.catalog.ages import Ages
from advisor.quantities import text
from advisor.quantities.provenance import UNKNOWN, Level, Provenance
from advisor.tui.views.text import badge, heading, lines, muted, strong
from advisor.tui.views.text import row as row_of
from advisor.wording.catalog import (
    NO_LIST_PRICE,
    STALE,
    STALE_LEGEND,
    TAKEN_BACK,
    missing_price,
    perished,
    taken_back,
    unpriced,
)
from advisor.wording.figures import PURCHASES
from advisor.workflows.catalog.figures import Figure
from advisor.workflows.catalog.rows import InstanceRow


@dataclass(frozen=True, slots=True)
class Column:
    """One column of the table. wide: shown only where there is room."""

    title: str
    width: int
    write: Callable[[InstanceRow], str]
    order: Callable[[InstanceRow], float | str]
    wide: bool = False
    right: bool = True


def _chip(row: InstanceRow) -> str:
    return "none" if row.accelerator is None else row.accelerator.name.partition(" ")[2]


def _price(row: InstanceRow) -> float:
    return _order(row.usd_per_hour)


def _price_cell(row: InstanceRow, ages: Ages) -> str:
    """The price with its level; nobody lists one, or it is not sold in the region at all."""
    if row.price is not None and row.held is not None:
        gap = STALE if ages.of(row.held).is_marked else " "
        return f"{row.price.known:,.2f}{gap}{row.price.level.glyph}"
    return f"no list {Level.UNKNOWN.glyph}" if row.is_offered else "not here  "


def _bandwidth(row: InstanceRow) -> float | None:
    return None if row.accelerator is None else row.accelerator.memory_bandwidth_gb_per_s


def _written(amount: float | None, form: str) -> str:
    return "" if amount is None else format(amount, form)


def _derived(row: InstanceRow, key: str) -> float | None:
    return row.derived[key].value if key in row.derived else None


def _order(amount: float | None) -> float:
    return float("inf") if amount is None else amount


COLUMNS = (
    Column("instance", 16, lambda row: row.instance.id, lambda row: row.instance.id, right=False),
    Column("accelerator", 20, _chip, _chip, right=False),
    Column("n", 2, lambda row: str(row.instance.accelerator_count or ""), lambda row: row.instance.accelerator_count),
    Column(
        "GiB each",
        8,
        lambda row: f"{row.accelerator.memory_gib:,.1f}" if row.accelerator else "",
        lambda row: row.accelerator.memory_gib if row.accelerator else 0.0,
    ),
    Column(
        "GiB all",
        7,
        lambda row: f"{_order(_derived(row, 'memory_total_gib')):,.0f}" if row.accelerator else "",
        lambda row: _order(_derived(row, "memory_total_gib")),
    ),
    Column(
        "GB/s",
        6,
        lambda row: _written(_bandwidth(row), ",g"),
        lambda row: _bandwidth(row) or 0.0,
        wide=True,
    ),
    Column(
        "link",
        10,
        lambda row: row.accelerator.interconnect if row.accelerator else "",
        lambda row: row.accelerator.interconnect if row.accelerator else "",
        wide=True,
        right=False,
    ),
    Column("vCPU", 5, lambda row: str(row.instance.vcpus), lambda row: row.instance.vcpus, wide=True),
    Column(
        "Gbit/s", 6, lambda row: f"{row.instance.network_gbps:,g}", lambda row: row.instance.network_gbps, wide=True
    ),
    Column("USD/h", 10, lambda row: f"{_price(row):,.2f}" if row.price else "", _price),
    Column("USD/month", 10, lambda row: _written(_derived(row, "usd_per_month"), ",.0f"), _price, wide=True),
    Column(
        "USD/GiB·h",
        9,
        lambda row: _written(_derived(row, "usd_per_gib_hour"), ".4f"),
        lambda row: _order(_derived(row, "usd_per_gib_hour")),
        wide=True,
    ),
)


def columns(*, wide: bool) -> list[Column]:
    return [column for column in COLUMNS if wide or not column.wide]


def cell(column: Column, row: InstanceRow, ages: Ages, *, marked: bool) -> Text:
    """A table cell; DataTable takes Rich text, aligned by itself."""
    words = column.write(row)
    if column.title == "instance":
        words = f"{'✓' if marked else ' '} {words}"
    elif column.title == "USD/h":
        words = _price_cell(row, ages)
    return Text(words, justify=_side(column))


def column_label(column: Column) -> Text:
    """The heading, over its cells."""
    return Text(f"  {column.title}" if column.title == "instance" else column.title, justify=_side(column))


def _side(column: Column) -> Literal["left", "right"]:
    return "right" if column.right else "left"


def matches(row: InstanceRow, wanted: str) -> bool:
    """Whether every word of the filter occurs in the row; `8x` asks for a count of accelerators."""
    haystack = " ".join(
        (row.instance.id, _chip(row), row.accelerator.vendor if row.accelerator else "", row.instance.quota)
    ).lower()
    for word in wanted.lower().split():
        if word.endswith("x") and word[:-1].isdigit():
            if row.instance.accelerator_count != int(word[:-1]):
                return False
        elif word not in haystack:
            return False
    return True


def drawer(row: InstanceRow, region: str, sold: Sequence[Offer], ages: Ages) -> Content:
    """What stands under the table about the row under the cursor."""
    instance = row.instance
    host = f"{instance.vcpus} vCPU · {instance.memory_gib:,g} GiB · {instance.network_gbps:,g} Gbit/s"
    parts: list[Content | str] = [Content.assemble((instance.id, "bold"), f"   {host}")]
    if row.accelerator is not None:
        speed = row.accelerator.link_gb_per_s
        rate = "speed unknown" if speed is None else f"{speed:,g} GB/s each way"
        link = f"{row.accelerator.interconnect_name}, {rate}"
        parts.append(muted(f"{instance.accelerator_count} × {row.accelerator.name} · {link}"))
    parts.append(_sold(row, region, sold, ages))
    if instance.note:
        parts.append(muted(instance.note))
    return lines(*parts)


def _sold(row: InstanceRow, region: str, sold: Sequence[Offer], ages: Ages) -> Content:
    if not sold:
        return Content.assemble((f"{region}: ", "$secondary"), (missing_price(row), "$warning"))
    parts = [
        Content.assemble(
            f"{PURCHASES[offer.purchase]} ",
            (text.usd_per_hour(offer.usd_per_hour), "bold" if offer.price else "$warning"),
            " ",
            _badge(offer, ages),
        )
        for offer in sold
    ]
    return Content.assemble((f"{region}: ", "$secondary"), Content(" · ").join(parts))


def details(row: InstanceRow, figures: Sequence[Figure], sold: Sequence[Offer], ages: Ages) -> Content:
    """Every figure with level, date, source and layer."""
    parts: list[Content | str] = []
    if row.instance.note:
        parts += [row.instance.note, ""]
    for figure in figures:
        if figure.applies:
            parts.append(_sourced(figure.label, figure.value, figure.origin))
    parts += ["", heading("Prices")]
    for offer in sold:
        if offer.price is None:
            parts.append(row_of(PURCHASES[offer.purchase], NO_LIST_PRICE))
        else:
            price = text.usd_per_hour(offer.price.value)
            parts.append(_sourced(PURCHASES[offer.purchase], price, offer.price.provenance, _badge(offer, ages)))
        if offer.purchase == "spot":
            known = offer.interruption
            origin = UNKNOWN if known is None else known.provenance
            parts.append(_sourced(TAKEN_BACK, taken_back(known), origin))
    if any(ages.of(offer.rows[0]).is_marked for offer in sold if offer.rows):
        parts += ["", muted(STALE_LEGEND)]
    if words := perished(ages):
        parts += ["", muted(words)]
    return lines(*parts)


def _badge(offer: Offer, ages: Ages) -> Content:
    """The level of an offer's price, with a mark where it is older than others; nothing where there is none."""
    if offer.price is None:
        return Content("")
    level = badge(offer.price.level, word=False)
    return Content.assemble(level, (STALE, "bold $warning")) if ages.of(offer.rows[0]).is_marked else level


def _sourced(label: str, value: str, origin: Provenance, mark: Content | None = None) -> Content:
    when = f", {origin.as_of}" if origin.as_of else ""
    layer = "" if origin.layer == "shipped" else f", from {origin.layer}"
    return Content.assemble(
        (f"{label:<26}", "$secondary"),
        f"{value:<20} ",
        mark or badge(origin.level, word=False),
        (f" {origin.source}{when}{layer}", "$secondary"),
    )


def comparison(rows: Sequence[InstanceRow], figures: Sequence[Sequence[Figure]], region: str, ages: Ages) -> Content:
    """Candidates as columns, figures as rows."""
    width = 19
    parts: list[Content | str] = [
        Content.assemble(" " * 26, *(strong(f"{row.instance.id:>{width}}") for row in rows)),
    ]
    for same in zip(*figures, strict=True):
        cells: list[Content] = []
        for figure in same:
            mark = badge(figure.origin.level, word=False) if figure.applies else " "
            cells.append(Content.assemble(f"{figure.value[: width - 3]:>{width - 2}} ", mark))
        parts.append(Content.assemble((f"{same[0].label:<26}", "$secondary"), *cells))
    shown = [_compared_price(row, width, ages) for row in rows]
    parts.append(Content.assemble((f"{'USD/h, ' + region:<26}", "$secondary"), *shown))
    without = [row for row in rows if row.price is None]
    parts += (
        ["", *(muted(f"{each.instance.id} in {region}: {missing_price(each)}") for each in without)] if without else []
    )
    return lines(*parts)


def _compared_price(row: InstanceRow, width: int, ages: Ages) -> Content:
    if row.price is None or row.held is None:
        return Content(f"{unpriced(row):>{width - 2}}  ")
    gap = STALE if ages.of(row.held).is_marked else " "
    price = f"{text.usd_per_hour(row.price.known):>{width - 2}}{gap}"
    return Content.assemble(price, badge(row.price.level, word=False))


def status(shown: int, total: int, region: str, order: Column, descending: bool, age: str) -> Content:
    """The line above the table: how many rows, whose prices, sorted by what, and how old."""
    arrow = "↓" if descending else "↑"
    return muted(f"{shown} of {total} · {region}, on demand · by {order.title} {arrow} · {age}")
