"""Prices by region: one CSV file each, read when the region is first asked for."""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from advisor.catalog.layers import REFRESHED, SHIPPED, Layer, Layers, cited, read_csv
from advisor.catalog.records.hardware import PURCHASE_OPTIONS, Instance, PurchaseOption
from advisor.catalog.records.prices import Price
from advisor.errors import InputError, UnknownIdError, printable
from advisor.quantities.provenance import AsOf, Level, Provenance

if TYPE_CHECKING:
    from advisor.catalog.discounts import Discount

DISCOUNTS = "discounts.toml"
COLUMNS = (
    "instance_type",
    "option",
    "term",
    "payment",
    "statistic",
    "usd_per_hour",
    "as_of",
    "level",
    "source",
)

STATISTICS = ("list", "rounded", "min", "max", "mean")
"""A rounded price restates a list price with fewer digits: history, which never holds as the price."""
TERMS = ("1y", "3y")
PAYMENTS = ("no_upfront", "partial_upfront", "all_upfront")
COMPUTE_PLAN = "compute_"
"""Prefix of a payment: an EC2 Instance plan binds to a family and is the one that is meant without a word."""
UNPLACED = "unknown"
"""The file of rows whose region the reader of a page could not name: history that no question finds."""
WITH_TERM: tuple[PurchaseOption, ...] = ("savings_plan", "reserved")
Key = tuple[str, str, str, str, str]


class PriceBook:
    """Every price row of the layers, by region and loaded lazily; for one key the newest row holds.

    A row of an overlay holds over a shipped one whatever its date: the user wrote it for a reason. Over what is
    shipped or refreshed lie the private discounts that hold on `today`.
    """

    def __init__(
        self,
        layers: Layers,
        instances: Callable[[], Mapping[str, Instance]],
        ultraservers: Callable[[], Collection[str]],
        today: date,
    ) -> None:
        self._layers = layers
        self._instances = instances
        self._ultraservers = ultraservers
        self._today = today
        self._regions: dict[str, list[Price]] = {}
        self._held: dict[str, dict[Key, Price]] = {}

    @cached_property
    def discounts(self) -> "Sequence[Discount]":
        """The private discounts that hold today."""
        if not any(self._layers.files(DISCOUNTS)):
            return ()
        from advisor.catalog.discounts import load_discounts  # nobody without a discount waits for it

        return load_discounts(self._layers, self._instances, self._today)

    def regions(self) -> tuple[str, ...]:
        """Regions that have a price file."""
        return tuple(sorted({path.stem for _, path in self._layers.files("prices/*.csv")} - {UNPLACED}))

    def rows(self, region: str) -> list[Price]:
        """All rows of a region, older ones included, in file order."""
        if region not in self._regions:
            self._regions[region] = [
                row for layer, path in self._layers.files(f"prices/{region}.csv") for _, row in self._read(layer, path)
            ]
        return self._regions[region]

    def current(self, region: str) -> dict[Key, Price]:
        """The row that holds for each (instance, option, term, payment, statistic) of a region."""
        if region not in self._held:
            self._held[region] = {key: self._discounted(price) for key, price in in_force(self.rows(region)).items()}
        return self._held[region]

    def listed(self, region: str) -> dict[Key, Price]:
        """The same without what was written by hand, and without discounts: what AWS asks of everybody."""
        return in_force(row for row in self.rows(region) if not is_by_hand(row))

    def by_hand(self, region: str) -> dict[Key, Price]:
        """What users wrote in their own layers."""
        return in_force(row for row in self.rows(region) if is_by_hand(row))

    def find(
        self,
        instance_type: str,
        region: str,
        option: PurchaseOption,
        *,
        statistic: str = "list",
        term: str = "",
        payment: str = "",
    ) -> Price | None:
        """One price, or None where nobody has published it. Never another region's."""
        return self.current(region).get((instance_type, option, term, payment, statistic))

    def of(self, instance_type: str, region: str) -> list[Price]:
        """The rows that hold for one instance in one region."""
        return [price for key, price in self.current(region).items() if key[0] == instance_type]

    def _discounted(self, price: Price) -> Price:
        if self.discounts and not is_by_hand(price):
            for discount in self.discounts:
                if discount.covers(price):
                    return discount.on(price)
        return price

    def placed(self) -> Iterator[tuple[Price, Path, int]]:
        """Every row of every file with its file and line, those of no known region too."""
        for layer, path in self._layers.files("prices/*.csv"):
            for line, price in self._read(layer, path):
                yield price, path, line

    def _read(self, layer: Layer, path: Path) -> Iterator[tuple[int, Price]]:
        complaints, validates = self._layers.complaints, self._layers.validates(layer)
        for line, cells in read_csv(path, COLUMNS, complaints=complaints):
            with complaints.skipping():
                price = _price(cells, layer, path, line, self._layers)
                if layer.name == REFRESHED and price.instance_type not in self._instances():
                    continue  # read for an instance of one's own that has been taken out since
                if validates:
                    self._check(price, path, line)
                yield line, price

    def _check(self, price: Price, path: Path, line: int) -> None:
        instances = self._instances()
        if price.instance_type not in instances and price.instance_type not in self._ultraservers():
            key = "instance_type"
            raise UnknownIdError("instance", price.instance_type, instances, key=key, file=path, line=line)
        if not price.provenance.source.strip():
            hint = "Say what was read, or cite an id of sources.toml."
            raise InputError("a price has a source", file=path, line=line, key="source", hint=hint)
        has_term = price.option in WITH_TERM
        for key, value, known in (
            ("statistic", price.statistic, STATISTICS),
            ("term", price.term, TERMS if has_term else ("",)),
            ("payment", price.payment.removeprefix(COMPUTE_PLAN), ("", *PAYMENTS) if has_term else ("",)),
        ):
            if value not in known:
                choices = ", ".join(each or "empty" for each in known)
                raise InputError(f"'{printable(value)}' is none of {choices}", file=path, line=line, key=key)


def key_of(row: Price) -> Key:
    """What a price is for, in its region."""
    return row.instance_type, row.option, row.term, row.payment, row.statistic


def in_force(rows: Iterable[Price]) -> dict[Key, Price]:
    """For each key the row that holds, with what lower layers say beneath it where that differs."""
    held: dict[Key, Price] = {}
    for row in rows:
        key = key_of(row)
        before = held.get(key)
        if before is None:
            held[key] = row
        elif before.provenance.layer == row.provenance.layer:
            if _date(before) <= _date(row):
                held[key] = replace(row, beneath=before.beneath)
        elif is_by_hand(row) or _date(before) <= _date(row):
            held[key] = _over(row, before)
    return held


def _over(row: Price, before: Price) -> Price:
    lower = (replace(before, beneath=()), *before.beneath)
    return replace(row, beneath=tuple(each for each in lower if each.usd_per_hour != row.usd_per_hour))


def is_by_hand(row: Price) -> bool:
    """Whether a person wrote it, or a discount of hers made it."""
    return row.provenance.layer not in (SHIPPED, REFRESHED)


def _date(row: Price) -> AsOf:
    assert row.provenance.as_of is not None, "every price row is dated when it is read"
    return row.provenance.as_of


_RIGHT = {
    "usd_per_hour": "It is USD for an hour, like 55.04.",
    "as_of": "It is a date like 2026-07-20, or the first and the last day of a span: 2026-01-21/2026-05-18.",
    "level": f"It is one of {', '.join(Level)}.",
}
"""What would be right in a cell."""


def _wrong(cell: str, error: ValueError) -> str:
    """What is wrong with a cell; Python's own words for a number that is none help nobody."""
    return f"'{printable(cell)}' is no number" if str(error).startswith("could not convert") else str(error)


def _price(cells: list[str], layer: Layer, path: Path, line: int, layers: Layers) -> Price:
    row = dict(zip(COLUMNS, cells, strict=True))
    try:
        key = "usd_per_hour"
        usd = float(row[key])
        if not 0 < usd < float("inf"):
            raise ValueError("a price is a positive number; leave the row out where there is none")
        key = "option"
        option = next(known for known in (*PURCHASE_OPTIONS, None) if known == row[key] or known is None)
        if option is None:
            raise ValueError(f"'{row[key]}' is none of {', '.join(PURCHASE_OPTIONS)}")
        key = "as_of"
        as_of = AsOf.parse(row[key])
        key = "level"
        level = Level(row[key])
    except ValueError as error:
        raise InputError(_wrong(row[key], error), file=path, line=line, key=key, hint=_RIGHT.get(key)) from error
    provenance = Provenance(level, cited(row["source"], layers.sources), as_of, layer.name)
    return Price(
        row["instance_type"],
        path.stem,
        option,
        usd,
        provenance,
        row["term"],
        printable(row["payment"]),
        row["statistic"],
    )
