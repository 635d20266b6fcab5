"""What rules need that loading forgets: every source that a file cites, with its place, and who states a record."""

import csv
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from advisor.catalog.check.subject import Citation, Repeated
from advisor.catalog.layers import SHIPPED, Layer, Layers, read_toml
from advisor.catalog.load import INSTANCE_FILES
from advisor.catalog.toml_lines import Part
from advisor.errors import InputError

_SOURCES = "sources.toml"
_KEY = "source"


def citations(layers: Layers) -> Iterator[Citation]:
    """Citations of all files that can be read; loading complains of the others."""
    for layer, path in layers.files("*.toml", "*/*.toml"):
        if path.name != _SOURCES:
            for place, source in _in_tables(_read(path), ()):
                yield Citation(source, path, place, layer.name == SHIPPED)
    for layer, path in layers.files("*.csv", "*/*.csv", "*/*/*.csv"):
        yield from _in_rows(layer, path)


def repeated_records(layers: Layers) -> Iterator[Repeated]:
    """Records that two files of one layer state: which of them holds would follow from their names."""
    first: dict[tuple[str, str], Path] = {}
    for layer, path in layers.files(*INSTANCE_FILES, "models/*.toml"):
        for key in _read(path):
            before = first.setdefault((layer.name, key), path)
            if before != path:
                yield Repeated(key, before, path)


def listed_sources(layers: Layers) -> Mapping[str, Path]:
    """The sources that are listed, each with the last file that lists it."""
    return {key: path for _, path in layers.files(_SOURCES) for key in _read(path)}


def _read(path: Path) -> Mapping[str, Any]:
    try:
        return read_toml(path)
    except InputError:  # said once, by loading
        return {}


def _in_tables(value: object, place: tuple[Part, ...]) -> Iterator[tuple[tuple[Part, ...], str]]:
    if isinstance(value, Mapping):
        for key, inner in value.items():
            if key == _KEY and isinstance(inner, str):
                yield (*place, key), inner
            else:
                yield from _in_tables(inner, (*place, key))
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            yield from _in_tables(inner, (*place, index))


def _in_rows(layer: Layer, path: Path) -> Iterator[Citation]:
    """Rows that can be read as text; the columns are another matter, and loading's."""
    with path.open(encoding="utf-8", errors="replace", newline="") as file:
        reader = csv.reader(file)
        try:
            header = next(reader, [])
            for cells in reader:
                if _KEY in header and len(cells) == len(header):
                    yield Citation(cells[header.index(_KEY)], path, reader.line_num, layer.name == SHIPPED)
        except csv.Error:  # said once, by loading
            return
