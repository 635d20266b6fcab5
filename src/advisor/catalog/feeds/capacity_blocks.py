"""The page of Capacity Block prices: tables in JSON, inside a page of HTML (facts: catalog, section 3.6).

Two shapes are known: until spring 2026 a table lay in one text of JSON, `jsonData`; since then in three,
`itemHeading`, `itemTableRowGroups` and `itemTableData`. The first figure of a cell is the instance's rate,
the one in brackets that of one accelerator; where the two do not fit together, neither is believed.
"""

import re
from collections.abc import Collection, Iterator, Mapping
from html import unescape

from advisor.catalog.feeds.locations import region_of
from advisor.catalog.feeds.reading import FeedError, FeedPrice, Node, Reading, parsed, price_of
from advisor.quantities.provenance import Level

HOST, PATH = "aws.amazon.com", "/ec2/capacityblocks/pricing/"

_NAME = "Capacity Block page"
_SCRIPT = re.compile(rb'<script[^>]*type="application/json"[^>]*>(.*?)</script>', re.DOTALL)
_TAG = re.compile(r"<[^>]*>")
_RATES = re.compile(
    r"\$?\s*(?P<instance>[\d,]+(?:\.\d+)?)(?:\s*USD)?\s*(?:\(\s*\$?\s*(?P<each>[\d,]+(?:\.\d+)?)[^)]*\))?"
)
_REGION, _RATE = "2", "3"
"""Columns of the table: the first holds the instance type, which a row names by the id of its group."""
_TOLERANCE = 0.01


def read_capacity_blocks(page: bytes, regions: Collection[str], wanted: Mapping[str, int]) -> Reading:
    """Rates of the wanted instances, given with their number of accelerators. FeedError for a page without a table."""
    found, tables = Reading(), 0
    for labels, rows in _tables(page):
        tables += 1
        for row in rows.rows():
            _take_row(row, labels, regions, wanted, found)
    if not tables:
        raise FeedError(_NAME, "", "has no table of prices in a script of JSON")
    return found


def _tables(page: bytes) -> Iterator[tuple[Mapping[str, str], Node]]:
    """Each table of prices: the instance types by row group, and its rows."""
    for number, script in enumerate(_SCRIPT.findall(page)):
        document = parsed(script, _NAME, f"script {number}")
        data = document.get("data") if isinstance(document, dict) else None
        if not isinstance(data, dict) or "items" not in data:
            continue
        for item in Node(_NAME, data, f"script {number}.data").at("items").rows():
            fields = item.maybe("fields")
            if isinstance(fields.value, dict) and (table := _table(fields)) is not None:
                yield table


def _table(fields: Node) -> tuple[Mapping[str, str], Node] | None:
    if "jsonData" in fields.table():
        inner = _inner(fields.at("jsonData"))
        if not isinstance(inner.value, dict) or not _is_prices(inner.maybe("heading").value):
            return None
        table = inner.at("table")
        return _labels(table.at("rowDefinitions")), table.at("items")
    if _is_prices(fields.maybe("itemHeading").value):
        return _labels(_inner(fields.at("itemTableRowGroups"))), _inner(fields.at("itemTableData"))
    return None


def _is_prices(heading: object) -> bool:
    return isinstance(heading, str) and "Pricing" in heading and "OS" not in heading.split()


def _labels(groups: Node) -> Mapping[str, str]:
    return {row.at("id").text(): _plain(row.at("label").text()) for row in groups.rows()}


def _take_row(
    row: Node, labels: Mapping[str, str], regions: Collection[str], wanted: Mapping[str, int], found: Reading
) -> None:
    name = labels.get(row.at("idProperty").text(), "")
    if name not in wanted:
        found.skipped["other_instance"] += 1
        return
    region = region_of(_plain(row.at(_REGION).text()))
    if region is None or region not in regions:
        found.skipped["unknown_location" if region is None else "other_region"] += 1
        return
    cell = row.at(_RATE)
    stated = _RATES.search(_plain(cell.text()))
    usd, each = (_usd(stated[name], cell) for name in ("instance", "each")) if stated else (None, None)
    if usd is None:
        found.skipped["no_price"] += 1
        return
    if each is not None and abs(each * wanted[name] / usd - 1) > _TOLERANCE:
        found.skipped["inconsistent"] += 1
        return
    found.take(FeedPrice(name, region, "capacity_block", usd, Level.SPECIFIED))


def _usd(stated: str | None, cell: Node) -> float | None:
    return None if stated is None else price_of(stated.replace(",", ""), cell.feed, cell.path)


def _inner(text: Node) -> Node:
    """A value of JSON that is JSON text itself."""
    return Node(text.feed, parsed(text.text(), text.feed, text.path), text.path)


def _plain(text: str) -> str:
    """The words of a cell without tags."""
    return " ".join(_TAG.sub(" ", unescape(text)).split())
