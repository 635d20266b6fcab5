"""What the Catalog room says: the columns of its table and their cells, the line above it, the drawer under it."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Literal

from rich.text import Text
from textual.content import Content

from advisor.catalog.ages import Ages
from advisor.quantities.provenance import Level
from advisor.quantities.quantity import Quantity
from advisor.tui.views.text import badge, lines, muted
from advisor.wording.catalog import STALE, missing_price, perished_kind, price_words, priced_to, unpriced
from advisor.wording.catalog_columns import HEADINGS
from advisor.wording.catalog_columns import cell as written
from advisor.wording.catalog_filters import LANGUAGE, meaning, removed
from advisor.wording.figures import PURCHASES
from advisor.workflows.catalog.columns import COLUMNS, Column
from advisor.workflows.catalog.figures import cost_figures
from advisor.workflows.catalog.filters import Condition, Removal
from advisor.workflows.catalog.prices import PriceLine
from advisor.workflows.catalog.rows import Buying, InstanceRow
from advisor.workflows.catalog.search import Unfinished

TICK = "✓"
_PRICE = "usd_per_hour"
_GAP = 2
_EDGES = 3
"""Columns that the table does not get: the margin of the room and a scrollbar."""

_SHOWN = (
    ("instance_type", 0, 18),
    ("accelerator", 0, 15),
    ("accelerator_count", 0, 2),
    ("memory_each_gib", 3, 8),
    ("memory_total_gib", 2, 7),
    ("memory_bandwidth_total_tb_per_s", 8, 8),
    ("interconnect", 7, 10),
    ("vcpus", 9, 5),
    ("network_gbps", 6, 10),
    (_PRICE, 0, 9),
    ("usd_per_month", 10, 9),
    ("usd_per_gib_hour", 4, 9),
    ("usd_per_tb_per_s_hour", 5, 10),
    ("usd_per_dense_bf16_pflops_hour", 11, 13),
)
"""Columns in order; which goes first where there is no room, the highest; and the widest value."""

_ASCENDING = ("instance_type", "family", "vendor", "accelerator", "interconnect")


@dataclass(frozen=True, slots=True)
class Order:
    """By which column rows stand, and whether the largest come first."""

    column: Column
    descending: bool

    @classmethod
    def by(cls, column: Column) -> "Order":
        """The direction that people look for first: names from A, the cheapest cost, the most of what is good."""
        return cls(column, column.key not in _ASCENDING and not column.key.startswith("usd_"))

    def turned(self) -> "Order":
        return Order(self.column, not self.descending)

    @property
    def arrow(self) -> str:
        return "↓" if self.descending else "↑"


@dataclass(frozen=True, slots=True)
class Shown:
    """One column of the table as it is shown: its key, and its width without the gap."""

    key: str
    width: int

    def label(self, order: Order) -> Text:
        """The heading, over its cells; the column by which rows stand has an arrow."""
        heading = HEADINGS[self.key]
        words = f"{heading.heading} {order.arrow}" if order.column.key == self.key else heading.heading
        words = f"  {words}" if self.key == "instance_type" else words
        return Text(words, justify=_side(self.key), style="bold" if order.column.key == self.key else "")


def columns(width: int, order: Order, rows: Iterable[InstanceRow]) -> list[Shown]:
    """The columns that fit into a width, the one by which rows stand always among them.

    The price column is as wide as the longest reason for which a row has no price.
    """
    reasons = max((len(unpriced(row)) for row in rows if row.price is None), default=0)
    wanted = [(key, 0 if key == order.column.key else drop, least) for key, drop, least in _SHOWN]
    if order.column.key not in {key for key, _, _ in wanted}:
        wanted.append((order.column.key, 0, 10))
    found = [
        (Shown(key, max(least, reasons * (key == _PRICE), _heading_width(key, order))), drop)
        for key, drop, least in wanted
    ]
    while sum(column.width + _GAP for column, _ in found) + _EDGES > width and any(drop for _, drop in found):
        found.remove(max(found, key=lambda pair: pair[1]))
    return [column for column, _ in found]


def _heading_width(key: str, order: Order) -> int:
    return len(HEADINGS[key].heading) + (len(f" {order.arrow}") if order.column.key == key else 0)


def cell(key: str, row: InstanceRow, ages: Ages, *, ticked: bool = False) -> Text:
    """A table cell; DataTable takes Rich text, aligned by itself."""
    if key == "instance_type":
        return Text(f"{TICK if ticked else ' '} {row.instance.id}")
    if key == _PRICE:
        return _price_cell(row, ages)
    return Text(_short(key, row), justify=_side(key))


def _short(key: str, row: InstanceRow) -> str:
    """The accelerator without its memory, which has a column of its own."""
    words = written(key, row)
    head, _, last = words.rpartition(" ")
    return head if key == "accelerator" and last.endswith("GB") else words


def _price_cell(row: InstanceRow, ages: Ages) -> Text:
    """The price with its level and a mark where it is old; or why there is none."""
    if row.price is None or row.held is None:
        return Text(unpriced(row), justify="right", style="dim")
    mark = STALE if ages.of(row.held).is_marked else " "
    return Text(f"{row.price.known:,.2f}{mark}{row.price.level.glyph}", justify="right")


def _side(key: str) -> Literal["left", "right"]:
    return "right" if HEADINGS[key].right else "left"


def age(buying: Buying, ages: Ages, newest: date | None) -> str:
    """How old the shown prices are: the catalogue's list prices, or a kind that no file keeps."""
    return perished_kind(ages, buying).rstrip(".") or priced_to(newest, ages.today)


def status(shown: int, total: int, ticked: int, region: str, buying: Buying, order: Order, age: str) -> Content:
    """The line above the table: how many rows, whose prices, in which order, and how old."""
    parts = [
        f"{shown} of {total}" if shown < total else str(total),
        *([f"{ticked} ticked"] if ticked else []),
        f"[{region}] {PURCHASES[buying]}",
    ]
    return muted(" · ".join([*parts, f"by {HEADINGS[order.column.key].heading} {order.arrow}", age]))


def filter_hint(conditions: Sequence[Condition], unfinished: Sequence[Unfinished]) -> Content:
    """What the filter line may say, or how it was read."""
    terms = [*map(meaning, conditions), *map(meaning, unfinished)]
    return muted(f"try  {LANGUAGE}" if not terms else f"reads  {'  ·  '.join(terms)}")


def nothing(removals: Iterable[Removal], total: int) -> Content:
    """What stands in the drawer where no row is left: which part of the filter is in the way."""
    return lines(
        "No instance matches; esc clears the filter.", *(muted(each) for each in removed(list(removals), total))
    )


def drawer(row: InstanceRow, prices: Sequence[PriceLine], ages: Ages) -> Content:
    """What stands under the table about the row under the cursor."""
    instance, chip = row.instance, row.accelerator
    host = f"{instance.vcpus} vCPU · {instance.memory_gib:,g} GiB · {instance.network_gbps:,g} Gbit/s"
    efa = " EFA" if instance.efa else ""
    parts: list[Content | str] = []
    if chip is None:
        parts.append(Content.assemble((instance.id, "bold"), f"   no accelerator · {host}{efa}"))
    else:
        count = f"{instance.accelerator_count} × {_short('accelerator', row)}"
        parts.append(Content.assemble((instance.id, "bold"), f"   {count} · {host}{efa}"))
    parts.append(_priced(row, prices, ages))
    costs = [f"{figure.value} {figure.label.removeprefix('USD/h ')}" for figure in cost_figures(row) if figure.amount]
    if costs[1:]:
        parts.append(muted(f"an hour {PURCHASES[row.buying]}: {' · '.join(costs[1:])}"))
    if instance.note:
        parts.append(muted(instance.note))
    return lines(*parts)


def _priced(row: InstanceRow, prices: Sequence[PriceLine], ages: Ages) -> Content:
    """Every way of buying that has a price, cheapest manner of paying; what is sold without one is named."""
    found: dict[str, tuple[Quantity, PriceLine]] = {}
    for line in prices:
        held = found.get(line.way)
        if line.price is not None and (held is None or line.price.known < held[0].known):
            found[line.way] = line.price, line
    if not found:
        return Content.assemble((f"{row.region}: ", "$secondary"), (missing_price(row), "$warning"))
    parts = [
        Content.assemble(f"{PURCHASES[line.way]} ", (price_words(price), "bold"), " ", price_badge(line, ages))
        for price, line in found.values()
    ]
    if row.price is None:
        parts.insert(0, Content.styled(f"{PURCHASES[row.buying]} {unpriced(row)}", "$warning"))
    return Content.assemble((f"{row.region}: ", "$secondary"), Content(" · ").join(parts))


def price_badge(line: PriceLine, ages: Ages) -> Content:
    """The level of a price, with a mark where it is older than others; a question mark where there is none."""
    if line.price is None:
        return badge(Level.UNKNOWN, word=False)
    level = badge(line.price.level, word=False)
    return Content.assemble(level, (STALE, "bold $warning")) if ages.of(line.rows[0]).is_marked else level


def orders(order: Order) -> list[tuple[str, str]]:
    """Every column by which rows can stand, with the one in force marked."""
    return [
        (key, f"{heading.title} {order.arrow}" if key == order.column.key else heading.title)
        for key, heading in HEADINGS.items()
        if key in COLUMNS
    ]
