"""What is checked: the records that could be read, every price row with its place, and every source that is cited."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from advisor.catalog.layers import REFRESHED, SHIPPED, Table
from advisor.catalog.prices import Key, in_force, key_of
from advisor.catalog.records.engines import Engine
from advisor.catalog.records.hardware import Accelerator, Instance
from advisor.catalog.records.prices import Price
from advisor.catalog.toml_lines import Part, line_of, written
from advisor.errors import InputError

Place = tuple[object, ...]


@dataclass(frozen=True, slots=True)
class PricedRow:
    """A price with the line it stands on."""

    price: Price
    file: Path
    line: int

    @property
    def is_shipped(self) -> bool:
        return self.price.provenance.layer == SHIPPED

    @property
    def key(self) -> Key:
        """What the price is for, in its region, without its day."""
        return key_of(self.price)

    @property
    def is_listed(self) -> bool:
        """Whether a vendor's list says so, and not a person."""
        return self.price.provenance.layer in (SHIPPED, REFRESHED)

    @property
    def place(self) -> Place:
        """What no other row of the catalogue may have."""
        return _place(self.price)

    def error(self, message: str, key: str, hint: str | None = None) -> InputError:
        name = f"{self.price.instance_type}.{key}"
        return InputError(message, file=self.file, line=self.line, key=name, hint=hint)


@dataclass(frozen=True, slots=True)
class Citation:
    """A source as a file cites it: the id of a listed one, which a colon and details may follow, or plain words."""

    source: str
    file: Path
    place: tuple[Part, ...] | int
    """Keys of a TOML file, or the line of a CSV file."""
    is_shipped: bool

    @property
    def id(self) -> str:
        """What stands for the source if it is a listed one."""
        return self.source.partition(": ")[0]

    def error(self, message: str, hint: str) -> InputError:
        if isinstance(self.place, int):
            return InputError(message, file=self.file, line=self.place, key="source", hint=hint)
        line = line_of(self.file.read_text(encoding="utf-8"), self.place)
        return InputError(message, file=self.file, line=line, key=written(self.place), hint=hint)


@dataclass(frozen=True, slots=True)
class Repeated:
    """A record that two files of one layer state."""

    id: str
    first: Path
    second: Path

    def error(self, message: str, hint: str) -> InputError:
        line = line_of(self.second.read_text(encoding="utf-8"), [self.id])
        return InputError(message, file=self.second, line=line, key=self.id, hint=hint)


@dataclass(frozen=True, slots=True)
class Subject:
    """Everything that the rules look at. Lists of instances and accelerators hold what could be read."""

    instances: Mapping[str, Instance]
    accelerators: Mapping[str, Accelerator]
    tables: Mapping[str, Table]
    """The tables of instances and accelerators, by id."""
    rows: Sequence[PricedRow]
    citations: Sequence[Citation]
    listed: Mapping[str, Path]
    """Sources by id, with the sources.toml that lists each."""
    repeated: Sequence[Repeated]
    discounts: Mapping[str, Table]
    """The tables of discounts, by id, those that have ended too."""
    today: date
    engines: Mapping[str, Engine]
    engine_tables: Mapping[str, Table]
    models: Collection[str]
    """Ids of the models."""
    max_age_days: int | None = None

    def current(self) -> list[PricedRow]:
        """The rows that hold, region by region."""
        places = {row.place: row for row in self.rows}
        regions: dict[str, list[Price]] = {}
        for row in self.rows:
            regions.setdefault(row.price.region, []).append(row.price)
        held = [price for prices in regions.values() for price in in_force(prices).values()]
        return [places[_place(price)] for price in held]


def _place(price: Price) -> Place:
    return price.provenance.layer, price.region, price.provenance.as_of, *key_of(price)
