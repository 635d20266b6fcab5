"""Published measurements, read from the catalogue's CSV files.

`published/<model>/*.csv` holds figures of that model alone, so that a question about one model reads no other's
files; `published/*.csv`, where users put their own, may hold figures of any.
"""

from collections.abc import Callable, Collection, Iterator
from math import inf
from pathlib import Path
from typing import Any

from advisor.catalog.layers import Layer, cited, read_csv
from advisor.catalog.load import Catalog
from advisor.errors import InputError, UnknownIdError, printable
from advisor.evidence.names import Names
from advisor.evidence.points import LOADS, EvidencePoint, Load
from advisor.quantities.provenance import AsOf, Level, Provenance

COLUMNS = (
    "model",
    "checkpoint",
    "accelerator",
    "devices",
    "tensor_parallel_size",
    "engine",
    "engine_version",
    "input_tokens",
    "output_tokens",
    "load",
    "load_value",
    "metric",
    "value",
    "unit",
    "statistic",
    "as_of",
    "source",
    "note",
)
OPTIONAL_COLUMNS = ("dataset", "place")
_ALL = (*COLUMNS, *OPTIONAL_COLUMNS)
PRECISIONS = ("bf16", "fp16", "fp8", "int8", "w4a16", "nvfp4", "fp4", "unstated")
"""Checkpoints that a figure of a model which the catalogue does not hold may name."""
_VALUED_LOADS = ("concurrency", "rate", "batch")
_LONGEST = 500


def published_points(catalog: Catalog) -> list[EvidencePoint]:
    """Published figures of the models that the catalogue advises on. InputError naming file, line and column for a
    row that cannot be read."""
    return published_points_of(catalog, catalog.models)


def all_published_points(catalog: Catalog) -> list[EvidencePoint]:
    """Every published figure, neighbours included: what is shown, and more than is ever computed with."""
    return published_points_of(catalog, Names(catalog).ids("model"))


def published_points_of(catalog: Catalog, models: Collection[str]) -> list[EvidencePoint]:
    """Published figures of these models, each model's together and in the order of layers, files and rows; those
    of an unstated request shape, which nothing is computed with, come last. The files of other models stay closed.
    """
    names = Names(catalog)
    place = {model: index for index, model in enumerate(models)}
    reader = _Reader(catalog, names)
    found = [
        point
        for layer in catalog.layers.layers
        for path, model in _files(layer, models, names)
        for point in reader.read(layer, path, model)
        if point.model in place
    ]
    return sorted(found, key=lambda point: (place[point.model], point.input_tokens is None))


def _files(layer: Layer, models: Collection[str], names: Names) -> Iterator[tuple[Path, str]]:
    """The files of a layer to read, each with the model that its folder is named after."""
    root = layer.root / "published"
    if layer.is_by_hand:
        with names.complaints.skipping():
            _check_folders(root, names)
    for path in sorted(root.glob("*.csv")):
        yield path, ""
    for model in models:
        for path in sorted((root / model).glob("*.csv")):
            yield path, model


def _check_folders(root: Path, names: Names) -> None:
    """A folder of an overlay whose name is no model's would never be read."""
    for folder in sorted(root.iterdir()) if root.is_dir() else ():
        if folder.is_dir() and not folder.name.startswith(".") and folder.name not in names.ids("model"):
            raise UnknownIdError("model", folder.name, names.ids("model"), file=folder)


class _Reader:
    """Reads files of figures. Each distinct cell of a column is understood once: thousands of rows repeat a few."""

    def __init__(self, catalog: Catalog, names: Names) -> None:
        self._catalog, self._names = catalog, names
        self._layer, self._path, self._model, self._line = "", Path(), "", 0
        self._columns = tuple((name, self._meaning(name), dict[str, Any]()) for name in _ALL)
        self._origins: dict[tuple[str, AsOf | None, str], Provenance] = {}
        self._checked: set[tuple[Any, ...]] = set()

    def read(self, layer: Layer, path: Path, model: str) -> Iterator[EvidencePoint]:
        """The figures of one file; of one model alone where its folder is named after it, else model is empty."""
        self._layer, self._path, self._model = layer.name, path, model
        complaints = self._catalog.complaints
        for self._line, cells in read_csv(path, COLUMNS, OPTIONAL_COLUMNS, complaints):
            with complaints.skipping():
                row: dict[str, Any] = {}
                for (name, meaning, known), cell in zip(self._columns, cells, strict=True):
                    try:
                        row[name] = known[cell]
                    except KeyError:
                        row[name] = known[cell] = self._understood(name, meaning, cell)
                self._check(row)
                yield self._point(row)

    def _understood(self, name: str, meaning: Callable[[str], Any], cell: str) -> Any:
        try:
            return meaning(cell)
        except UnknownIdError as error:
            raise UnknownIdError(name, cell, error.suggestions, key=name, file=self._path, line=self._line) from error
        except ValueError as error:
            raise self._error(str(error), name) from error

    def _error(self, message: str, key: str, hint: str | None = None) -> InputError:
        return InputError(message, file=self._path, line=self._line, key=key, hint=hint)

    def _meaning(self, name: str) -> Callable[[str], Any]:
        match name:
            case "model" | "engine" | "accelerator" as kind:
                return lambda cell: self._names.find(kind, cell)
            case "devices" | "tensor_parallel_size" | "input_tokens" | "output_tokens":
                return _count
            case "load_value":
                return lambda cell: _positive(cell) if cell else None
            case "value":
                return _positive
            case "load":
                return _load
            case "as_of":
                return lambda cell: AsOf.parse(cell) if cell else None
            case _:
                return lambda cell: printable(cell, _LONGEST)

    def _point(self, row: dict[str, Any]) -> EvidencePoint:
        source = row.pop("source")
        origin = self._origin(source, row.pop("as_of"))
        source_id = source if source in self._catalog.layers.sources else ""
        return EvidencePoint(**row, provenance=origin, source_id=source_id)

    def _check(self, row: dict[str, Any]) -> None:
        """What no cell shows alone: the model is the folder's, the checkpoint one of its, and the load has a value
        or needs none."""
        key = (self._model, row["model"], row["checkpoint"], row["load"], row["load_value"])
        if key in self._checked:
            return
        if self._model and self._model != row["model"]:
            raise self._error(f"this file is in the folder of {self._model}, and the row is of {row['model']}", "model")
        model = self._catalog.models.get(row["model"])
        checkpoints = PRECISIONS if model is None else (*model.checkpoints, "unstated")
        if row["checkpoint"] not in checkpoints:
            raise UnknownIdError(
                "checkpoint", row["checkpoint"], checkpoints, key="checkpoint", file=self._path, line=self._line
            )
        if (row["load_value"] is not None) != (row["load"] in _VALUED_LOADS):
            needed = "needs a number" if row["load_value"] is None else "has no number"
            raise self._error(f"a load of {row['load']} {needed}", "load_value")
        self._checked.add(key)

    def _origin(self, source: str, as_of: AsOf | None) -> Provenance:
        key = (source, as_of, self._layer)
        if key not in self._origins:
            title = cited(source, self._catalog.layers.sources)
            self._origins[key] = Provenance(Level.PUBLISHED, title, as_of, self._layer)
        return self._origins[key]


def _count(cell: str) -> int | None:
    """A whole number; None for what the source does not state."""
    if not cell:
        return None
    number = _positive(cell)
    if number != int(number):
        raise ValueError(f"'{cell}' is not a whole number")
    return int(number)


def _positive(cell: str) -> float:
    if not cell:
        raise ValueError("a number is missing")
    number = float(cell)
    if not 0 < number < inf:
        raise ValueError(f"'{cell}' is not a number above 0")
    return number


def _load(cell: str) -> Load:
    load = next((known for known in LOADS if known == cell), None)
    if load is None:
        raise ValueError(f"'{cell}' is none of {', '.join(LOADS)}")
    return load
