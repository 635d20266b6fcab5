"""Canonical ids of what published figures are about: the catalogue's own, and its neighbours'.

Neighbours are models, engines and accelerators that advice never considers (cross-checks.toml). Their figures
are shown beside an answer and never enter its arithmetic.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

from advisor.catalog.layers import Table
from advisor.catalog.load import Catalog
from advisor.catalog.records.engines import Engine
from advisor.catalog.records.hardware import Accelerator
from advisor.catalog.records.models import Model
from advisor.errors import UnknownIdError, printable

Kind = Literal["model", "engine", "accelerator"]
KINDS: tuple[Kind, ...] = ("model", "engine", "accelerator")


@dataclass(frozen=True, slots=True)
class Neighbour:
    """Something that published figures speak of and advice does not. aliases are names that sources print."""

    id: str
    name: str
    aliases: tuple[str, ...] = ()


class Names:
    """Finds canonical ids under any of their names."""

    def __init__(self, catalog: Catalog) -> None:
        self._catalog = catalog
        self.complaints = catalog.complaints

    @cached_property
    def neighbours(self) -> Mapping[Kind, Mapping[str, Neighbour]]:
        """The neighbours of each kind, by id. InputError naming file, line and key for one that cannot be read."""
        tables = self._catalog.layers.tables("cross-checks.toml")
        found: dict[Kind, dict[str, Neighbour]] = {kind: {} for kind in KINDS}
        for key, table in tables.items():
            with self._catalog.complaints.skipping():
                kind = next((each for each in KINDS if each == key), None)
                if kind is None:
                    raise table.unknown("kind of name", key, KINDS, key="")
                found[kind] |= _neighbours(table)
        return found

    def ids(self, kind: Kind) -> tuple[str, ...]:
        """Every canonical id, the catalogue's own first."""
        return (*self._own(kind), *(key for key in self.neighbours[kind] if key not in self._own(kind)))

    def find(self, kind: Kind, wanted: str) -> str:
        """The canonical id under this name, however it is capitalised; UnknownIdError with the nearest ids."""
        if wanted in self._own(kind):
            return wanted
        found = self._by_name[kind].get(wanted.casefold())
        if found is None:
            raise UnknownIdError(kind, wanted, self.ids(kind))
        return found

    def _own(self, kind: Kind) -> Mapping[str, Model | Engine | Accelerator]:
        match kind:
            case "model":
                return self._catalog.models
            case "engine":
                return self._catalog.engines
            case "accelerator":
                return self._catalog.accelerators

    @cached_property
    def _by_name(self) -> Mapping[Kind, Mapping[str, str]]:
        """Ids by every name; one that two bear is the catalogue's own."""
        found: dict[Kind, dict[str, str]] = {kind: {} for kind in KINDS}
        for kind in KINDS:
            for neighbour in self.neighbours[kind].values():
                found[kind] |= {name.casefold(): neighbour.id for name in (neighbour.id, *neighbour.aliases)}
            for key, record in self._own(kind).items():
                found[kind] |= {name.casefold(): key for name in (key, *_other_names(record))}
        return found


def _other_names(record: Model | Engine | Accelerator) -> Iterator[str]:
    """A chip by its aliases, a model by the repositories of its checkpoints with and without their owner."""
    if isinstance(record, Accelerator):
        yield from record.aliases
    if isinstance(record, Model):
        for checkpoint in record.checkpoints.values():
            yield from (checkpoint.repository, checkpoint.repository.rpartition("/")[2])


def _neighbours(table: Table) -> Iterator[tuple[str, Neighbour]]:
    for key, stated in table.values.items():
        part = table.inside(key)
        if not isinstance(stated, dict) or not isinstance(stated.get("name"), str):
            raise part.error('this is a table with name = "…" and aliases = […]')
        for unknown in sorted(set(stated) - {"name", "aliases"}):
            raise part.unknown("key", unknown, ("name", "aliases"), unknown)
        aliases = stated.get("aliases", [])
        if not isinstance(aliases, list) or not all(isinstance(alias, str) for alias in aliases):
            raise part.error("this is a list of names", "aliases")
        yield key, Neighbour(key, printable(stated["name"]), tuple(printable(alias) for alias in aliases))
