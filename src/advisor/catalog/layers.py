"""Catalogue layers: the shipped files, and a user's own beside or over them.

Tables merge by key: an overlay that states one key of a record changes that figure and no other, and
every figure remembers the layer that supplied it. Nothing here knows what the records mean.
"""

import csv
import tomllib
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import Any

from advisor.catalog.records import Beneath, Origin, Source
from advisor.catalog.toml_lines import Part, line_of, written
from advisor.errors import InputError, UnknownIdError, printable
from advisor.quantities.provenance import AsOf, Level, Provenance

SHIPPED = "shipped"
REFRESHED = "refreshed"
"""The layer that `advisor catalog refresh` writes: below everything that a person wrote by hand."""
_LONGEST_SOURCE = 500
BOOKKEEPING = ("source", "as_of", "level", "provenance")


@dataclass(frozen=True, slots=True)
class Layer:
    """One directory of catalogue files. name is what screens call it."""

    name: str
    root: Path

    @property
    def is_by_hand(self) -> bool:
        """Whether a person wrote it: what she states holds whatever its date."""
        return self.name not in (SHIPPED, REFRESHED)


def shipped_root() -> Path:
    """The catalogue in the wheel, or in the checkout when running from one."""
    package = Path(__file__).parents[1]
    packaged = package / "_catalog"
    return packaged if packaged.is_dir() else package.parents[1] / "catalog"


@dataclass(slots=True)
class Table:
    """One record as merged from the layers: plain values, and where each key came from."""

    path: tuple[str, ...]
    values: dict[str, Any] = field(default_factory=dict)
    origins: dict[str, tuple[Layer, Path]] = field(default_factory=dict)
    overrides: dict[str, Provenance] = field(default_factory=dict)
    default: Provenance | None = None
    overlaid: bool = False
    newest: Path | None = None
    """The last file that states something of this record."""
    place: tuple[Part, ...] = ()
    sources: Mapping[str, Source] = field(default_factory=dict)
    beneath: dict[str, tuple[Beneath, ...]] = field(default_factory=dict)

    def inside(self, *place: Part) -> "Table":
        """This record, for errors about what is nested in it at `place`."""
        return replace(self, place=place)

    def error(self, message: str, key: str | None = None, hint: str | None = None) -> InputError:
        file, line = self._where(key)
        return InputError(message, file=file, line=line, key=self._name(key), hint=hint)

    def unknown(self, kind: str, wanted: str, known: Collection[str], key: str) -> UnknownIdError:
        """A key that names something which is not there, with the nearest that is."""
        file, line = self._where(key)
        return UnknownIdError(kind, wanted, known, key=self._name(key), file=file, line=line)

    def _where(self, key: str | None) -> tuple[Path | None, int | None]:
        """File and line of a key of this record, or of the record: where it was stated last."""
        first = self.place[0] if self.place else key
        _, file = self.origins.get(str(first), (None, self.newest))
        if file is None:
            return None, None
        return file, line_of(file.read_text(encoding="utf-8"), self._full(key))

    def _full(self, key: str | None) -> list[Part]:
        return [*self.path, *self.place, *([key] if key else [])]

    def _name(self, key: str | None) -> str:
        return written(self._full(key))

    def origin(self) -> Origin:
        if self.default is None:
            raise self.error("the record has no source", hint="Add source = and as_of =.")
        return Origin(self.default, dict(self.overrides), dict(self.beneath))

    def take_table(self, values: dict[str, Any], key: str) -> dict[str, Any]:
        """A nested table, taken out of `values`; empty where there is none. InputError for what is no table."""
        found = values.pop(key, {})
        if not isinstance(found, dict):
            raise self.error("this is a table", key)
        return dict(found)

    def take_tables(self, values: dict[str, Any], key: str) -> list[dict[str, Any]]:
        """An array of tables, taken out of `values`; empty where there is none."""
        found = values.pop(key, [])
        if not isinstance(found, list) or not all(isinstance(part, dict) for part in found):
            raise self.error("this is an array of tables", key)
        return found

    def part_origin(self, stated: Mapping[str, Any]) -> Origin:
        """The origin of a nested table: what it states of itself, over the record's own."""
        default = self.origin().default
        try:
            level = Level(stated.get("level", default.level))
            as_of = read_as_of(stated["as_of"]) if "as_of" in stated else default.as_of
            source = cited(stated.get("source", default.source), self.sources)
        except ValueError as error:
            raise self.error(str(error)) from error
        return Origin(Provenance(level, source, as_of, default.layer))


class Layers:
    """The catalogue's files as layers, later ones over earlier ones."""

    def __init__(self, layers: Sequence[Layer]) -> None:
        self.layers = tuple(layers)

    def files(self, *patterns: str) -> Iterator[tuple[Layer, Path]]:
        """Files matching any of the patterns below each layer, in layer order, then by pattern, then by name."""
        for layer in self.layers:
            for pattern in patterns:
                for path in sorted(layer.root.glob(pattern)):
                    yield layer, path

    @property
    def has_overlay(self) -> bool:
        """Whether anything lies over the shipped catalogue."""
        return len(self.layers) > 1

    def first(self, name: str) -> Path:
        """The file of this name from the last layer that has one."""
        found = [path for _, path in self.files(name)]
        if not found:
            raise InputError(f"the catalogue has no file {name}", file=self.layers[0].root)
        return found[-1]

    @cached_property
    def sources(self) -> Mapping[str, Source]:
        """Sources by id. A record may also cite a source in plain words."""
        found: dict[str, Source] = {}
        for _, path in self.files("sources.toml"):
            for key, values in read_toml(path).items():
                found[key] = _source(key, values, found.get(key), path)
        return found

    def tables(self, *patterns: str) -> dict[str, Table]:
        """Top-level tables of all matching files, merged by key across layers."""
        merged: dict[str, Table] = {}
        for layer, path in self.files(*patterns):
            for key, values in read_toml(path).items():
                table = merged.setdefault(key, Table((key,), sources=self.sources))
                if not isinstance(values, dict):
                    raise InputError("this key stands outside a table", file=path, key=key)
                if not key.isprintable() or not key.strip():
                    raise InputError("this is no name for a record", file=path, key=key)
                self._merge(table, values, layer, path)
        return merged

    def _merge(self, table: Table, values: Mapping[str, Any], layer: Layer, path: Path) -> None:
        first = table.default is None
        own = _provenance(values, table.default, self.sources, layer, path, table.path)
        table.default = table.default or own
        table.newest = path
        table.overlaid = table.overlaid or layer.name != SHIPPED
        for key, value in values.items():
            if key in BOOKKEEPING:
                continue
            previous = table.values.get(key)
            if key in table.values and previous != value and not isinstance(previous, dict):
                said = Beneath(table.origins[key][0].name, previous)
                table.beneath[key] = (said, *table.beneath.get(key, ()))
            table.values[key] = _merged(previous, value)
            table.origins[key] = (layer, path)
            if not first:
                table.overrides[key] = own
        for key, stated in _stated_provenance(values, table, path):
            table.overrides[key] = _provenance(stated, own, self.sources, layer, path, (*table.path, "provenance", key))


def _stated_provenance(values: Mapping[str, Any], table: Table, path: Path) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """What a record says of single figures: `[<record>.provenance.<key>]`."""
    given = values.get("provenance", {})
    tables = given.items() if isinstance(given, Mapping) else [("", given)]
    for key, stated in tables:
        if not isinstance(stated, Mapping):
            place = [*table.path, "provenance", *([key] if key else [])]
            line = line_of(path.read_text(encoding="utf-8"), place)
            raise InputError("this is a table of source, as_of and level", file=path, line=line, key=".".join(place))
        yield key, stated


def read_toml(path: Path) -> dict[str, Any]:
    """A TOML file as a dictionary; a syntax error names file and line."""
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except tomllib.TOMLDecodeError as error:
        raise InputError(f"this is not valid TOML: {error}", file=path) from error
    except UnicodeDecodeError as error:
        raise InputError("this is not UTF-8 text", file=path) from error


def read_csv(path: Path, columns: Sequence[str], optional: Sequence[str] = ()) -> Iterator[tuple[int, list[str]]]:
    """The rows of a CSV file with these columns and the line each ends on; InputError for one of another shape.

    Optional columns may follow the others, in their order; a cell of one that is left out is empty.
    """
    with path.open(encoding="utf-8", newline="") as file:
        reader = csv.reader(file)
        try:
            header = next(reader, [])
            if header != [*columns, *(name for name in optional if name in header)]:
                hint = f"{', '.join(optional)} may follow." if optional else None
                raise InputError(f"the header must be {','.join(columns)}", file=path, line=1, hint=hint)
            absent = [len(columns) + at for at, name in enumerate(optional) if name not in header]
            for cells in reader:
                if cells and len(cells) != len(header):
                    complaint = f"{len(header)} cells are needed, {len(cells)} are here"
                    raise InputError(complaint, file=path, line=reader.line_num)
                if cells:
                    for at in absent:
                        cells.insert(at, "")
                    yield reader.line_num, cells
        except UnicodeDecodeError as error:
            raise InputError("this is not UTF-8 text", file=path) from error
        except csv.Error as error:
            raise InputError(f"this is not CSV: {error}", file=path, line=reader.line_num) from error


def read_as_of(value: object) -> AsOf:
    """A date, or a pair of dates for an interval; ValueError for anything else."""
    if isinstance(value, date):
        return AsOf.on(value)
    if isinstance(value, list) and len(value) == 2 and all(isinstance(day, date) for day in value):
        return AsOf(value[0], value[1])
    if isinstance(value, str):
        return AsOf.parse(value)
    raise ValueError("as_of is a date like 2026-07-20, or a pair of dates")


def _source(key: str, values: object, before: Source | None, path: Path) -> Source:
    """A listed source; one that an earlier layer lists keeps what this one does not state."""
    known = [item.name for item in fields(Source) if item.name != "id"]
    stated = {} if before is None else {name: getattr(before, name) for name in known}
    for name, value in values.items() if isinstance(values, Mapping) else [("", values)]:
        if name not in known or not isinstance(value, str):
            line = line_of(path.read_text(encoding="utf-8"), [key, name])
            place = f"{key}.{name}".rstrip(".")
            hint = f"It has {', '.join(known)}."
            raise InputError("a source is a table of text", file=path, line=line, key=place, hint=hint)
        stated[name] = printable(value, _LONGEST_SOURCE)
    for name in ("title", "location"):
        if name not in stated:
            raise InputError(f"the key {name} is missing", file=path, key=key)
    return Source(id=key, **stated)


def cited(source: object, sources: Mapping[str, Source]) -> str:
    """The title of a listed source, or the words themselves, safe to print. ValueError for what is no text.

    An id may be followed by a colon and what was found there: the title takes the id's place.
    """
    if not isinstance(source, str):
        raise ValueError("source is text: what was read, or the id of an entry of sources.toml")
    id_, colon, found = source.partition(": ")
    known = sources.get(id_)
    return printable(f"{known.title}{colon}{found}" if known else source, _LONGEST_SOURCE)


def _provenance(
    values: Mapping[str, Any],
    inherited: Provenance | None,
    sources: Mapping[str, Source],
    layer: Layer,
    path: Path,
    place: Sequence[str],
) -> Provenance:
    default_source = inherited.source if inherited and layer.name == SHIPPED else f"overlay {path.name}"
    try:
        level = Level(values.get("level", inherited.level if inherited else Level.SPECIFIED))
        as_of = read_as_of(values["as_of"]) if "as_of" in values else (inherited.as_of if inherited else None)
        source = cited(values.get("source", default_source), sources)
    except ValueError as error:
        text = path.read_text(encoding="utf-8")
        raise InputError(str(error), file=path, line=line_of(text, place), key=".".join(place)) from error
    return Provenance(level, source, as_of, layer.name)


def _merged(previous: Any, value: Any) -> Any:
    if isinstance(previous, dict) and isinstance(value, dict):
        return {**previous, **{key: _merged(previous.get(key), inner) for key, inner in value.items()}}
    return value


def as_tuples(values: Iterable[Any]) -> tuple[Any, ...]:
    """Lists of TOML as tuples, all the way down."""
    return tuple(as_tuples(value) if isinstance(value, list) else value for value in values)
