"""Published measurements, read from the catalogue's CSV files."""

from collections.abc import Collection
from math import inf
from pathlib import Path

from advisor.catalog.layers import Layer, cited, read_csv
from advisor.catalog.load import Catalog
from advisor.errors import InputError, UnknownIdError, printable
from advisor.evidence.points import LOADS, EvidencePoint
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
_COUNTS = ("devices", "tensor_parallel_size", "input_tokens", "output_tokens")
_NUMBERS = ("devices", "tensor_parallel_size", "input_tokens", "output_tokens", "load_value", "value")
_LONGEST = 500


def published_points(catalog: Catalog) -> list[EvidencePoint]:
    """Every row of published/*.csv. InputError naming file, line and column for one that cannot be read."""
    return [
        _point(dict(zip(COLUMNS, cells, strict=True)), layer, path, line, catalog)
        for layer, path in catalog.layers.files("published/*.csv")
        for line, cells in read_csv(path, COLUMNS)
    ]


def _point(cells: dict[str, str], layer: Layer, path: Path, line: int, catalog: Catalog) -> EvidencePoint:
    row = {key: printable(value, _LONGEST) for key, value in cells.items()}
    key = ""
    try:
        numbers: dict[str, float | None] = {}
        for key in _NUMBERS:
            numbers[key] = _positive(row[key], whole=key in _COUNTS) if row[key] else None
        key = "as_of"
        as_of = AsOf.parse(row["as_of"]) if row["as_of"] else None
        key = "load"
        load = next((known for known in LOADS if known == row["load"]), None)
        if load is None:
            raise ValueError(f"'{row['load']}' is none of {', '.join(LOADS)}")
    except ValueError as error:
        raise InputError(str(error), file=path, line=line, key=key) from error
    model = _known("model", row["model"], catalog.models, path, line)
    checkpoints = catalog.models[model].checkpoints
    tensor_parallel_size = numbers["tensor_parallel_size"]
    return EvidencePoint(
        model=model,
        checkpoint=_known("checkpoint", row["checkpoint"], checkpoints, path, line),
        accelerator=_accelerator(row["accelerator"], catalog, path, line),
        devices=int(_needed(numbers, "devices", path, line)),
        tensor_parallel_size=int(tensor_parallel_size) if tensor_parallel_size else None,
        engine=_known("engine", row["engine"], catalog.engines, path, line),
        engine_version=row["engine_version"],
        input_tokens=int(_needed(numbers, "input_tokens", path, line)),
        output_tokens=int(_needed(numbers, "output_tokens", path, line)),
        load=load,
        load_value=numbers["load_value"],
        metric=row["metric"],
        value=_needed(numbers, "value", path, line),
        unit=row["unit"],
        statistic=row["statistic"],
        provenance=Provenance(Level.PUBLISHED, cited(row["source"], catalog.layers.sources), as_of, layer.name),
        note=row["note"],
    )


def _positive(cell: str, *, whole: bool) -> float:
    number = float(cell)
    if not 0 < number < inf:
        raise ValueError(f"'{cell}' is not a number above 0")
    if whole and number != int(number):
        raise ValueError(f"'{cell}' is not a whole number")
    return number


def _known(column: str, wanted: str, known: Collection[str], path: Path, line: int) -> str:
    if wanted not in known:
        raise UnknownIdError(column, wanted, known, key=column, file=path, line=line)
    return wanted


def _accelerator(wanted: str, catalog: Catalog, path: Path, line: int) -> str:
    """The canonical id of an accelerator under any of its names."""
    try:
        return catalog.accelerator(wanted).id
    except UnknownIdError as error:
        raise UnknownIdError(
            "accelerator", wanted, catalog.accelerators, key="accelerator", file=path, line=line
        ) from error


def _needed(numbers: dict[str, float | None], key: str, path: Path, line: int) -> float:
    value = numbers[key]
    if value is None:
        raise InputError("a number is missing", file=path, line=line, key=key)
    return value
