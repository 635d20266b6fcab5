"""The catalogue as one object: every room of it read when first asked for."""

import os
from collections.abc import Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any, TypeVar

from advisor.catalog.build import build
from advisor.catalog.layers import BOOKKEEPING, SHIPPED, Layer, Layers, Table, shipped_root
from advisor.catalog.prices import PriceBook
from advisor.catalog.records import (
    Accelerator,
    Architecture,
    Checkpoint,
    Engine,
    EngineVersion,
    Instance,
    ManagedRate,
    Model,
    Notice,
    Overhead,
    Vision,
)
from advisor.errors import InputError, UnknownIdError

T = TypeVar("T")


class Catalog:
    """Instances, accelerators, models, engines, prices and managed services of the merged layers."""

    def __init__(self, layers: Layers) -> None:
        self.layers = layers
        self.prices = PriceBook(layers)

    @cached_property
    def accelerators(self) -> Mapping[str, Accelerator]:
        return self._records("accelerators.toml", Accelerator)

    @cached_property
    def instances(self) -> Mapping[str, Instance]:
        found = self._records("instances.toml", Instance)
        for instance in found.values():
            if instance.accelerator is not None:
                self.accelerator(instance.accelerator)
        return found

    @cached_property
    def managed(self) -> Mapping[str, ManagedRate]:
        return self._records("managed.toml", ManagedRate)

    @cached_property
    def engines(self) -> Mapping[str, Engine]:
        return {key: _engine(table) for key, table in self.layers.tables("engines.toml").items()}

    @cached_property
    def models(self) -> Mapping[str, Model]:
        return {key: _model(table) for key, table in self.layers.tables("models/*.toml").items()}

    def instance(self, wanted: str) -> Instance:
        return self._one("instance", self.instances, wanted)

    def model(self, wanted: str) -> Model:
        return self._one("model", self.models, wanted)

    def engine(self, wanted: str) -> Engine:
        return self._one("engine", self.engines, wanted)

    def checkpoint(self, model: Model, wanted: str) -> Checkpoint:
        return self._one(f"checkpoint of {model.id}", model.checkpoints, wanted)

    def accelerator(self, wanted: str) -> Accelerator:
        """By canonical id or by an alias that a published table uses."""
        found = self.accelerators.get(wanted)
        if found is not None:
            return found
        for accelerator in self.accelerators.values():
            if wanted in accelerator.aliases:
                return accelerator
        raise UnknownIdError("accelerator", wanted, self.accelerators)

    def accelerator_of(self, instance: Instance) -> Accelerator | None:
        return None if instance.accelerator is None else self.accelerators[instance.accelerator]

    @cached_property
    def regions(self) -> tuple[str, ...]:
        """Every region in which some instance is offered."""
        return tuple(sorted({region for instance in self.instances.values() for region in instance.regions}))

    def region(self, wanted: str) -> str:
        if wanted not in self.regions:
            raise UnknownIdError("region", wanted, self.regions)
        return wanted

    @property
    def prices_as_of(self) -> str | None:
        """The newest price day of the catalogue's home region, us-east-1: what a header shows as its age."""
        days = [row.provenance.as_of.end for row in self.prices.rows("us-east-1") if row.provenance.as_of]
        return max(days).isoformat() if days else None

    def _records(self, file: str, record: type[T]) -> dict[str, T]:
        tables = self.layers.tables(file)
        return {key: build(record, table, {"id": key, "origin": table.origin()}) for key, table in tables.items()}

    def _one(self, kind: str, records: Mapping[str, T], wanted: str) -> T:
        if wanted not in records:
            raise UnknownIdError(kind, wanted, records)
        return records[wanted]


def load_catalog(overlays: Sequence[Path] = ()) -> Catalog:
    """The shipped catalogue under the given overlay directories, later ones over earlier ones.

    Nothing is read before it is asked for. InputError when a directory does not exist.
    """
    layers = [Layer(SHIPPED, shipped_root())]
    for root in overlays:
        if not root.is_dir():
            raise InputError("this overlay is not a directory", file=root, hint="It holds files like instances.toml.")
        layers.append(Layer(str(root), root))
    return Catalog(Layers(layers))


def overlay_directories(stated: Path | None, config_root: Path) -> list[Path]:
    """Where overlays lie: the user's own, then ADVISOR_CATALOG, then --catalog; the first only if it exists."""
    found = [own] if (own := config_root / "catalog").is_dir() else []
    if from_environment := os.environ.get("ADVISOR_CATALOG"):
        found.append(Path(from_environment))
    if stated is not None:
        found.append(stated)
    return found


def _engine(table: Table) -> Engine:
    values = dict(table.values)
    given = {
        "id": table.path[0],
        "origin": table.origin(),
        "versions": tuple(build(EngineVersion, table, {}, part) for part in values.pop("versions", ())),
        "overheads": _parts(Overhead, table, values.pop("overheads", {}), {}),
    }
    return build(Engine, table, given, values)


def _model(table: Table) -> Model:
    values = dict(table.values)
    dimensions = dict(values.pop("architecture", {}))
    vision = build(Vision, table, {}, dimensions.pop("vision", {}))
    given = {
        "id": table.path[0],
        "origin": table.origin(),
        "architecture": build(Architecture, table, {"vision": vision}, dimensions),
        "checkpoints": _parts(Checkpoint, table, values.pop("checkpoints", {}), {"model": table.path[0]}),
        "notices": tuple(build(Notice, table, {}, part) for part in values.pop("notices", ())),
    }
    return build(Model, table, given, values)


def _parts(record: type[T], table: Table, stated: Mapping[str, Any], given: Mapping[str, Any]) -> dict[str, T]:
    """Nested records by id, each with the provenance that it states of itself."""
    return {
        key: build(
            record,
            table,
            {**given, "id": key, "origin": table.part_origin(part)},
            {name: value for name, value in part.items() if name not in BOOKKEEPING},
        )
        for key, part in stated.items()
    }
