"""The catalogue as one object: every room of it read when first asked for."""

import os
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from functools import cached_property, partial
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from advisor.catalog.build import build
from advisor.catalog.complaints import STRICT, Complaints
from advisor.catalog.layers import REFRESHED, SHIPPED, Layer, Layers, Table, shipped_root
from advisor.catalog.overlay import check_names
from advisor.catalog.records.hardware import Accelerator, Instance
from advisor.errors import InputError, UnknownIdError

# A room loads its records when it is first asked for: a first screen shows few of them.
if TYPE_CHECKING:
    from advisor.catalog.interruptions import Interruption
    from advisor.catalog.prices import PriceBook
    from advisor.catalog.records.engines import Engine
    from advisor.catalog.records.models import Checkpoint, Model
    from advisor.catalog.records.prices import ManagedRate
    from advisor.catalog.ultraservers import UltraServer

T = TypeVar("T")
INSTANCE_FILES = ("instances.toml", "instances/*.toml")
"""An overlay keeps its instances in one file or in several; the shipped ones lie in a file for each family."""


class Catalog:
    """Instances, accelerators, models, engines, prices and managed services of the merged layers."""

    def __init__(self, layers: Layers, today: date) -> None:
        self.layers = layers
        self.complaints = layers.complaints
        self._today = today
        self._families: dict[str, Mapping[str, Instance]] = {}

    @cached_property
    def prices(self) -> "PriceBook":
        from advisor.catalog.prices import PriceBook

        return PriceBook(self.layers, lambda: self.instances, lambda: self.ultraservers, self._today)

    @cached_property
    def accelerators(self) -> Mapping[str, Accelerator]:
        return self._records(self.layers.tables("accelerators.toml"), partial(_record, Accelerator))

    @cached_property
    def instances(self) -> Mapping[str, Instance]:
        return self._instances_in(*INSTANCE_FILES)

    @cached_property
    def ultraservers(self) -> "Mapping[str, UltraServer]":
        """What is sold whole and is no instance type."""
        return self._records(self.layers.tables("ultraservers.toml"), self._ultraserver)

    @cached_property
    def interruptions(self) -> "Mapping[tuple[str, str], Interruption]":
        """How often spot capacity is taken back, by instance type and region, where anybody published it."""
        from advisor.catalog.interruptions import read_interruptions  # nor anything of these

        return read_interruptions(self.layers, lambda: self.instances)

    @cached_property
    def managed(self) -> "Mapping[str, ManagedRate]":
        return self._records(self.layers.tables("managed.toml"), self._managed_rate)

    @cached_property
    def engines(self) -> "Mapping[str, Engine]":
        from advisor.catalog.read_engines import read_engine

        return self._records(self.layers.tables("engines.toml"), read_engine)

    @cached_property
    def models(self) -> "Mapping[str, Model]":
        from advisor.catalog.read_models import read_model

        return self._records(self.layers.tables("models/*.toml"), read_model)

    def instance(self, wanted: str) -> Instance:
        """One instance; only the file of its family is read for it, unless an overlay states instances."""
        family = wanted.partition(".")[0]
        known = self._family(family)
        return known[wanted] if wanted in known else self._one("instance", self.instances, wanted)

    def model(self, wanted: str) -> "Model":
        return self._one("model", self.models, wanted)

    def engine(self, wanted: str) -> "Engine":
        return self._one("engine", self.engines, wanted)

    def checkpoint(self, model: "Model", wanted: str) -> "Checkpoint":
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
        return None if instance.accelerator is None else self.accelerator(instance.accelerator)

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

    def _family(self, family: str) -> Mapping[str, Instance]:
        """The instances of a family, or all: once they are read, and where any file may state one of the family."""
        if "instances" in self.__dict__:
            return self.instances
        if family not in self._families:
            files = list(self.layers.files(*INSTANCE_FILES))
            own = [path for _, path in files if path.stem == family]
            if not own or any(layer.name != SHIPPED for layer, _ in files):
                return self.instances
            self._families[family] = self._instances_in(f"instances/{own[0].name}")
        return self._families[family]

    def _instances_in(self, *patterns: str) -> Mapping[str, Instance]:
        return self._records(self.layers.tables(*patterns), self._instance)

    def _records(self, tables: Mapping[str, Table], read: Callable[[Table], T]) -> dict[str, T]:
        """Every table as a record. Where complaints are only kept, one that an overlay spoilt is what lies beneath."""
        found: dict[str, T] = {}
        for key, table in tables.items():
            for version in table.versions():
                with self.complaints.skipping():
                    found[key] = read(version)
                    break
        return found

    def _ultraserver(self, table: Table) -> "UltraServer":
        from advisor.catalog.ultraservers import UltraServer  # nothing of them stands on a first screen

        found = _record(UltraServer, table)
        if found.accelerator is not None and found.accelerator not in self.accelerators:
            raise table.unknown("accelerator", found.accelerator, self.accelerators, "accelerator")
        return found

    def _managed_rate(self, table: Table) -> "ManagedRate":
        from advisor.catalog.records.prices import ManagedRate

        found = _record(ManagedRate, table)
        if found.model not in self.models:
            raise table.unknown("model", found.model, self.models, "model")
        return found

    def _instance(self, table: Table) -> Instance:
        """An instance names a chip that the catalogue holds, and how many of it, or none at all."""
        instance = _record(Instance, table)
        if instance.accelerator is None:
            if instance.accelerator_count:
                raise table.error("accelerators are counted, but none is named", "accelerator_count")
            return instance
        try:
            self.accelerator(instance.accelerator)
        except UnknownIdError as error:
            raise table.unknown("accelerator", instance.accelerator, self.accelerators, "accelerator") from error
        if instance.accelerator_count < 1:
            key = "accelerator_count"
            raise table.error("an instance with an accelerator has at least 1", key if key in table.values else None)
        return instance

    def _one(self, kind: str, records: Mapping[str, T], wanted: str) -> T:
        if wanted not in records:
            raise UnknownIdError(kind, wanted, records)
        return records[wanted]


def load_catalog(
    overlays: Sequence[Path] = (),
    refreshed: Path | None = None,
    today: date | None = None,
    complaints: Complaints = STRICT,
    *,
    is_thorough: bool = False,
) -> Catalog:
    """The shipped catalogue under refreshed prices and the given overlay directories, later ones over earlier ones.

    Nothing is read before it is asked for. refreshed may not exist yet. today decides which private discounts
    hold. is_thorough: what ships is tried as strictly as an overlay. InputError, unless complaints only keeps it,
    when an overlay does not exist, or holds a file that nothing would read.
    """
    layers = [Layer(SHIPPED, shipped_root())]
    if refreshed is not None and refreshed.is_dir():
        layers.append(Layer(REFRESHED, refreshed))
    for root in overlays:
        with complaints.skipping():
            if not root.is_dir():
                hint = "It holds files like instances.toml."
                raise InputError("this overlay is not a directory", file=root, hint=hint)
            check_names(root, complaints)
            layers.append(Layer(str(root), root))
    day = today or date.today()  # noqa: DTZ011 — contracts end on a local calendar day
    catalog = Catalog(Layers(layers, complaints, is_thorough=is_thorough), day)
    _check_price_regions(catalog)
    return catalog


def _check_price_regions(catalog: Catalog) -> None:
    """A price file of an overlay is named after a region in which something is sold."""
    shipped, *overlays = catalog.layers.layers
    known = {path.stem for path in shipped.root.glob("prices/*.csv")}
    for layer in overlays:
        for path in sorted(layer.root.glob("prices/*.csv")):
            if path.stem not in known:
                sold = {*known, *catalog.regions}
                sold |= {region for each in catalog.instances.values() for region in each.capacity_block_regions}
                with catalog.complaints.skipping():
                    if path.stem not in sold:
                        catalog.layers.left_out.add(path)
                        raise UnknownIdError("region", path.stem, sold, file=path)


def overlay_directories(stated: Path | None, config_root: Path) -> list[Path]:
    """Where overlays lie: the user's own, then ADVISOR_CATALOG, then --catalog; the first only if it exists."""
    found = [own] if (own := config_root / "catalog").is_dir() else []
    if from_environment := os.environ.get("ADVISOR_CATALOG"):
        found.append(Path(from_environment))
    if stated is not None:
        found.append(stated)
    return found


def _record(record: type[T], table: Table) -> T:
    return build(record, table, {"id": table.path[0], "origin": table.origin()})
