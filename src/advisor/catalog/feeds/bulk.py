"""The official bulk price list of EC2 as CSV, about 450 MB a region, read line by line.

One SKU is sold in many ways that cost nothing, cost more, or are not for sale: Capacity Blocks at $0,
Dedicated at 1.1 times the price, unused reservations, images with a database. The filters name the one
that a shared Linux instance costs (facts: catalog, section 3.3). Lines are looked at as bytes first: nearly
all are of other products, and parsing them would take most of the time.
"""

import csv
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from typing import Any

from advisor.catalog.feeds.reading import FeedError, FeedPrice, Node, Reading, price_of
from advisor.quantities.provenance import Level
from advisor.quantities.units import HOURS_PER_YEAR

HOST = "pricing.us-east-1.amazonaws.com"
INDEX = "/offers/v1.0/aws/AmazonEC2/current/region_index.json"

_LONGEST_LINE = 1 << 20
_MOST_METADATA = 20
_FAMILIES = ("Compute Instance", "Compute Instance (bare metal)")
_NEEDED = (
    "SKU",
    "TermType",
    "Unit",
    "PricePerUnit",
    "Currency",
    "Product Family",
    "Instance Type",
    "Tenancy",
    "Operating System",
    "License Model",
    "Pre Installed S/W",
    "CapacityStatus",
)
_TERMS = {"1yr": ("1y", 1), "3yr": ("3y", 3)}
PAYMENTS = {"No Upfront": "no_upfront", "Partial Upfront": "partial_upfront", "All Upfront": "all_upfront"}
_UPFRONT = "Quantity"
_HOURLY = "Hrs"
_TRAPS = (
    ("product_family", "Product Family", _FAMILIES),
    ("operating_system", "Operating System", ("Linux",)),
    ("tenancy", "Tenancy", ("Shared",)),
    ("market_option", "MarketOption", ("OnDemand", "")),
    ("capacity_status", "CapacityStatus", ("Used",)),
    ("pre_installed_software", "Pre Installed S/W", ("NA", "")),
    ("license_model", "License Model", ("No License required",)),
    ("currency", "Currency", ("USD",)),
)
"""Reason, column, and the values that pass. Older files and Local Zones lack MarketOption, and mean on demand."""


def csv_path(document: Any, region: str) -> tuple[str, str] | None:
    """Path and version of a region's file as the region index names them; None for a region that it does not list."""
    regions = Node("region index of the bulk price list", document).at("regions")
    if region not in regions.table():
        return None
    url = regions.at(region).at("currentVersionUrl")
    path = url.text()
    parts = path.split("/")
    if not path.startswith("/") or len(parts) < 3 or not path.endswith((".json", ".csv")):
        raise url.error("is no path like /offers/v1.0/aws/AmazonEC2/<version>/<region>/index.json")
    return f"{path.rpartition('.')[0]}.csv", parts[-3]


@dataclass(slots=True)
class _Reserved:
    """The two rows of a reservation: what an hour costs, and what is paid up front."""

    instance_type: str
    term: str
    payment: str
    years: int
    hourly: float | None = None
    upfront: float | None = None


@dataclass(slots=True)
class BulkReader:
    """Takes the file in pieces of any size and keeps the wanted prices; memory does not grow with the file."""

    region: str
    wanted: Collection[str]
    found: Reading = field(default_factory=Reading)
    _columns: dict[str, int] = field(default_factory=dict)
    _rest: bytes = b""
    _lines: int = 0
    _reserved: dict[tuple[str, str, str], _Reserved] = field(default_factory=dict)

    def feed(self, piece: bytes) -> None:
        """Read on. FeedError naming the column for a line that is not as expected."""
        *lines, self._rest = (self._rest + piece).split(b"\n")
        if len(self._rest) > _LONGEST_LINE:
            raise self._error("", f"has a line longer than {_LONGEST_LINE:,} bytes")
        for line in lines:
            self._line(line)

    def close(self) -> Reading:
        """The prices, after the last piece. FeedError for a file that ends early."""
        if self._rest.strip():  # the last line has no end: it is whole, or the file was cut
            self._whole(self._cells(self._rest))
            self._line(self._rest)
        if not self._columns:
            raise self._error("", "has no header line with a column SKU")
        for each in self._reserved.values():
            self._take_reserved(each)
        return self.found

    def _line(self, line: bytes) -> None:
        self._lines += 1
        if not self._columns:
            self._head(self._cells(line))
        elif b"Linux" in line:
            self._row(self._cells(line))

    def _cells(self, line: bytes) -> list[str]:
        try:
            return next(csv.reader([line.decode("utf-8").rstrip("\r")], strict=True), [])
        except UnicodeDecodeError:
            raise self._error(f"line {self._lines:,}", "is not UTF-8 text") from None
        except csv.Error as error:
            raise self._error(f"line {self._lines:,}", f"is not CSV: {error}") from None

    def _head(self, cells: Sequence[str]) -> None:
        if "SKU" in cells:
            self._columns = {name: at for at, name in enumerate(cells)}
            for name in _NEEDED:
                if name not in self._columns:
                    raise self._error("the header", f"has no column '{name}'")
        elif len(cells) == 2 and cells[0] == "Publication Date":
            self.found.published = cells[1]
        elif len(cells) == 2 and cells[0] == "Version":
            self.found.version = cells[1]
        elif self._lines > _MOST_METADATA:
            raise self._error("", "has no header line with a column SKU")

    def _row(self, cells: Sequence[str]) -> None:
        self._whole(cells)
        if self._cell(cells, "Instance Type") not in self.wanted:
            return
        for reason, column, passing in _TRAPS:
            if self._cell(cells, column) not in passing:
                self.found.skipped[reason] += 1
                return
        if self._cell(cells, "TermType") == "OnDemand":
            self._on_demand(cells)
        elif self._cell(cells, "TermType") == "Reserved":
            self._reservation(cells)

    def _whole(self, cells: Sequence[str]) -> None:
        if self._columns and len(cells) != len(self._columns):
            complaint = f"has {len(cells)} cells for {len(self._columns)} columns; the file may end early"
            raise self._error(f"line {self._lines:,}", complaint)

    def _cell(self, cells: Sequence[str], column: str) -> str:
        at = self._columns.get(column)
        return "" if at is None else cells[at]

    def _on_demand(self, cells: Sequence[str]) -> None:
        usd = self._usd(cells)
        if usd is None or self._cell(cells, "Unit") != _HOURLY:
            self.found.skipped["no_price"] += 1
        else:
            name = self._cell(cells, "Instance Type")
            self.found.take(FeedPrice(name, self.region, "on_demand", usd, Level.SPECIFIED))

    def _reservation(self, cells: Sequence[str]) -> None:
        length, option = self._cell(cells, "LeaseContractLength"), self._cell(cells, "PurchaseOption")
        if self._cell(cells, "OfferingClass") != "standard":
            self.found.skipped["convertible"] += 1
            return
        if length not in _TERMS or option not in PAYMENTS:
            self.found.skipped["unknown_term"] += 1
            return
        term, years = _TERMS[length]
        key = (self._cell(cells, "SKU"), term, option)
        name = self._cell(cells, "Instance Type")
        pair = self._reserved.setdefault(key, _Reserved(name, term, PAYMENTS[option], years))
        if self._cell(cells, "Unit") == _UPFRONT:
            pair.upfront = self._usd(cells) or 0.0
        else:
            pair.hourly = self._usd(cells) or 0.0

    def _take_reserved(self, each: _Reserved) -> None:
        """Effective price of an hour: what is paid by the hour, and the upfront payment spread over the term."""
        pays_first = each.payment != "no_upfront"
        if each.hourly is None or (pays_first and each.upfront is None):
            self.found.skipped["incomplete_term"] += 1
            return
        usd = each.hourly + (each.upfront or 0.0) / (HOURS_PER_YEAR * each.years)
        if not usd:
            self.found.skipped["no_price"] += 1
            return
        level = Level.DERIVED if pays_first else Level.SPECIFIED
        price = FeedPrice(each.instance_type, self.region, "reserved", usd, level, each.term, each.payment)
        self.found.take(price)

    def _usd(self, cells: Sequence[str]) -> float | None:
        path = f"line {self._lines:,}, PricePerUnit"
        return price_of(self._cell(cells, "PricePerUnit"), f"bulk price list of {self.region}", path)

    def _error(self, path: str, complaint: str) -> FeedError:
        return FeedError(f"bulk price list of {self.region}", path, complaint)
