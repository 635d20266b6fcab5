"""The official bulk price list of EC2 as CSV, about 450 MB a region, read line by line.

Lines are looked at as bytes first: nearly all are of other products, and parsing them would take most of the
time.
"""

import csv
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from typing import Any

from advisor.catalog.feeds.bulk_offers import BulkOffers
from advisor.catalog.feeds.reading import FeedError, Node, Reading

HOST = "pricing.us-east-1.amazonaws.com"
INDEX = "/offers/v1.0/aws/AmazonEC2/current/region_index.json"

_LONGEST_LINE = 1 << 20
_MOST_METADATA = 20
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


def file_stem(document: Any, region: str) -> tuple[str, str] | None:
    """Path without suffix, and version, of a region's file by the index; None for a region that it does not list."""
    regions = Node("region index of the bulk price list", document).at("regions")
    if region not in regions.table():
        return None
    url = regions.at(region).at("currentVersionUrl")
    path = url.text()
    parts = path.split("/")
    if not path.startswith("/") or len(parts) < 3 or not path.endswith((".json", ".csv")):
        raise url.error("is no path like /offers/v1.0/aws/AmazonEC2/<version>/<region>/index.json")
    return path.rpartition(".")[0], parts[-3]


@dataclass(slots=True)
class BulkReader:
    """Takes the file in pieces of any size and keeps the wanted prices; memory does not grow with the file."""

    region: str
    wanted: Collection[str]
    _offers: BulkOffers = field(init=False)
    _columns: dict[str, int] = field(default_factory=dict)
    _rest: bytes = b""
    _lines: int = 0

    def __post_init__(self) -> None:
        self._offers = BulkOffers(self.region, self.wanted)

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
        return self._offers.close()

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
            self._offers.found.published = cells[1]
        elif len(cells) == 2 and cells[0] == "Version":
            self._offers.found.version = cells[1]
        elif self._lines > _MOST_METADATA:
            raise self._error("", "has no header line with a column SKU")

    def _row(self, cells: Sequence[str]) -> None:
        self._whole(cells)
        if cells[self._columns["Instance Type"]] in self.wanted:
            self._offers.take(dict(zip(self._columns, cells, strict=True)), f"line {self._lines:,}")

    def _whole(self, cells: Sequence[str]) -> None:
        if self._columns and len(cells) != len(self._columns):
            complaint = f"has {len(cells)} cells for {len(self._columns)} columns; the file may end early"
            raise self._error(f"line {self._lines:,}", complaint)

    def _error(self, path: str, complaint: str) -> FeedError:
        return FeedError(self._offers.name, path, complaint)
