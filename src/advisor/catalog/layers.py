"""Catalogue layers: the shipped files, and a user's own beside or over them.

Tables merge by key: an overlay that states one key of a record changes that figure and no other, and
every figure remembers the layer that supplied it. Nothing here knows what the records mean.
"""

import csv
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from datetime import date, datetime
from functools import cached_property
from pathlib import Path
from typing import Any, TextIO, TypeGuard

import tomli

from advisor.catalog.complaints import STRICT, Complaints
from advisor.catalog.records.origin import Beneath, Origin, Source
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
    layer: str = SHIPPED
    """The last layer that states something of this record."""
    below: "Table | None" = None
    """The record as the layers beneath that one have it."""
    values: dict[str, Any] = field(default_factory=dict)
    origins: dict[str, tuple[Layer, Path]] = field(default_factory=dict)
    overrides: dict[str, Provenance] = field(default_factory=dict)
    default: Provenance | None = None
    is_validated: bool = False
    """Whether names and types are tried: what ships is, by the tests."""
    newest: Path | None = None
    """The last file that states something of this record."""
    place: tuple[Part, ...] = ()
    sources: Mapping[str, Source] = field(default_factory=dict)
    beneath: dict[str, tuple[Beneath, ...]] = field(default_factory=dict)

    def under(self, layer: str) -> "Table":
        """A copy of this record for a layer to state more of it."""
        below = self if layer != self.layer else self.below
        return replace(
            self,
            layer=layer,
            below=below,
            values=dict(self.values),
            origins=dict(self.origins),
            overrides=dict(self.overrides),
            beneath=dict(self.beneath),
        )

    def versions(self) -> "Iterator[Table]":
        """This record, then as it is without the last layer that states something of it, and so on."""
        version: Table | None = self
        while version is not None:
            yield version
            version = version.below

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

    def __init__(self, layers: Sequence[Layer], complaints: Complaints = STRICT, *, is_thorough: bool = False) -> None:
        """complaints is told of what cannot be read. is_thorough: what ships is tried as strictly as an overlay."""
        self.layers = tuple(layers)
        self.complaints = complaints
        self.left_out: set[Path] = set()
        """Files that are not read, since something is wrong with their names."""
        self._is_thorough = is_thorough

    def validates(self, layer: Layer) -> bool:
        """Whether names, types and references of this layer's records are tried. What ships is tried by the tests."""
        return self._is_thorough or layer.is_by_hand

    def files(self, *patterns: str) -> Iterator[tuple[Layer, Path]]:
        """Files matching any of the patterns below each layer, in layer order, then by pattern, then by name."""
        for layer in self.layers:
            for pattern in patterns:
                for path in sorted(layer.root.glob(pattern)):
                    if path not in self.left_out:
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
            with self.complaints.skipping():
                for key, values in read_toml(path).items():
                    with self.complaints.skipping():
                        found[key] = _source(key, values, found.get(key), path)
        return found

    def tables(self, *patterns: str) -> dict[str, Table]:
        """Top-level tables of all matching files, merged by key across layers."""
        merged: dict[str, Table] = {}
        for layer, path in self.files(*patterns):
            with self.complaints.skipping():
                for key, values in read_toml(path).items():
                    with self.complaints.skipping():
                        merged[key] = self._with_more(merged.get(key), key, values, layer, path)
        return merged

    def _with_more(self, before: Table | None, key: str, values: object, layer: Layer, path: Path) -> Table:
        """A record with what one more file states of it."""
        if not isinstance(values, dict):
            raise InputError("this key stands outside a table", file=path, key=key)
        if not key.isprintable() or not key.strip():
            raise InputError("this is no name for a record", file=path, key=key)
        table = Table((key,), layer.name, sources=self.sources) if before is None else before.under(layer.name)
        self._merge(table, values, layer, path)
        return table

    def _merge(self, table: Table, values: Mapping[str, Any], layer: Layer, path: Path) -> None:
        first = table.default is None
        own = _provenance(values, table.default, self.sources, layer, path, table.path)
        table.default = table.default or own
        table.newest = path
        table.is_validated = table.is_validated or self.validates(layer)
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
    """A TOML file as a dictionary; a syntax error names file and line.

    tomli is compiled and takes a third of tomllib's time, which every command spends before it answers.
    """
    try:
        with _opened(path) as file:
            return tomli.loads(file.read())
    except tomli.TOMLDecodeError as error:
        raise InputError(f"this is not valid TOML: {error}", file=path, line=error.lineno) from error
    except UnicodeDecodeError as error:
        raise InputError("this is not UTF-8 text", file=path) from error


def _opened(path: Path) -> TextIO:
    """A file to read. InputError where that is not permitted, or where it is none."""
    try:
        return path.open(encoding="utf-8", newline="")
    except OSError as error:
        raise InputError(f"it cannot be read: {error.strerror}", file=path) from error


def read_csv(
    path: Path, columns: Sequence[str], optional: Sequence[str] = (), complaints: Complaints = STRICT
) -> Iterator[tuple[int, list[str]]]:
    """The rows of a CSV file with these columns and the line of each; InputError for one of another shape.

    Optional columns may follow the others, in their order; a cell of one that is left out is empty. Complaints
    that are only kept leave out the row, or the rest of a file that is no CSV.
    """
    with complaints.skipping(), _opened(path) as file:
        # Without strict, a quote that is never closed swallows the rest of the file in silence.
        reader, before = csv.reader(file, strict=True), 0
        try:
            header = next(reader, [])
            if header != [*columns, *(name for name in optional if name in header)]:
                hint = f"{', '.join(optional)} may follow." if optional else None
                raise InputError(f"the header must be {','.join(columns)}", file=path, line=1, hint=hint)
            absent = [len(columns) + at for at, name in enumerate(optional) if name not in header]
            before = reader.line_num
            for cells in reader:
                line, before = before + 1, reader.line_num
                if len(cells) == len(header) and line == before:
                    for at in absent:
                        cells.insert(at, "")
                    yield line, cells
                elif cells:
                    with complaints.skipping():
                        raise _misshapen(cells, header, path, line, before)
        except UnicodeDecodeError as error:
            raise InputError("this is not UTF-8 text", file=path) from error
        except csv.Error as error:
            hint = "Is a quote left open?"
            raise InputError(f"this is not CSV: {error}", file=path, line=before + 1, hint=hint) from error


def _misshapen(cells: Sequence[str], columns: Sequence[str], path: Path, line: int, last: int) -> InputError:
    if len(cells) != len(columns):
        hint = f"They are {','.join(columns)}."
        return InputError(f"{len(columns)} cells are needed, {len(cells)} are here", file=path, line=line, hint=hint)
    hint = "A row is one line; is a quote left open?"
    return InputError(f"this row goes on to line {last}", file=path, line=line, hint=hint)


def read_as_of(value: object) -> AsOf:
    """A date, or a pair of dates for an interval; ValueError for anything else."""
    if _is_day(value):
        return AsOf.on(value)
    if isinstance(value, list) and len(value) == 2 and all(map(_is_day, value)):
        return AsOf.parse(f"{value[0]}/{value[1]}")
    if isinstance(value, str):
        return AsOf.parse(value)
    raise ValueError("as_of is a date like 2026-07-20, or a pair of dates")


def _is_day(value: object) -> TypeGuard[date]:
    """Whether it is a date of TOML, and not one with a time of day, which no other date can be compared with."""
    return isinstance(value, date) and not isinstance(value, datetime)


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
