"""Published measurements, read from the catalogue's CSV files."""

import csv
from collections.abc import Iterator
from pathlib import Path

from advisor.catalog.layers import Layer, cited
from advisor.catalog.load import Catalog
from advisor.errors import InputError
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


def published_points(catalog: Catalog) -> list[EvidencePoint]:
    """Every row of published/*.csv. InputError naming file, line and column for one that cannot be read."""
    return [point for layer, path in catalog.layers.files("published/*.csv") for point in _read(layer, path, catalog)]


def _read(layer: Layer, path: Path, catalog: Catalog) -> Iterator[EvidencePoint]:
    with path.open(encoding="utf-8", newline="") as file:
        reader = csv.DictReader(file)
        if tuple(reader.fieldnames or ()) != COLUMNS:
            raise InputError(f"the header must be {','.join(COLUMNS)}", file=path, line=1)
        for row in reader:
            yield _point(row, layer, path, reader.line_num, catalog)


def _point(row: dict[str, str], layer: Layer, path: Path, line: int, catalog: Catalog) -> EvidencePoint:
    key = ""
    try:
        numbers: dict[str, float | None] = {}
        for key in ("devices", "tensor_parallel_size", "input_tokens", "output_tokens", "load_value", "value"):
            numbers[key] = float(row[key]) if row[key] else None
        key = "as_of"
        as_of = AsOf.parse(row["as_of"]) if row["as_of"] else None
        key = "load"
        load = next((known for known in LOADS if known == row["load"]), None)
        if load is None:
            raise ValueError(f"'{row['load']}' is none of {', '.join(LOADS)}")
    except ValueError as error:
        raise InputError(str(error), file=path, line=line, key=key) from error
    tensor_parallel_size = numbers["tensor_parallel_size"]
    return EvidencePoint(
        model=row["model"],
        checkpoint=row["checkpoint"],
        accelerator=catalog.accelerator(row["accelerator"]).id,
        devices=int(_needed(numbers, "devices", path, line)),
        tensor_parallel_size=int(tensor_parallel_size) if tensor_parallel_size else None,
        engine=row["engine"],
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


def _needed(numbers: dict[str, float | None], key: str, path: Path, line: int) -> float:
    value = numbers[key]
    if value is None:
        raise InputError("a number is missing", file=path, line=line, key=key)
    return value
