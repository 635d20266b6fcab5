"""Where figures come from: provenance by key, what lower layers say, and the sources that records cite."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from advisor.quantities.provenance import Provenance
from advisor.quantities.quantity import Quantity


@dataclass(frozen=True, slots=True)
class Beneath:
    """What a lower layer says of a figure that a higher one states differently."""

    layer: str
    value: Any


@dataclass(frozen=True, slots=True)
class Origin:
    """Provenance of a record's figures: one for the record, and overrides by key.

    beneath holds, by key, what lower layers say where layers disagree, the nearest first.
    """

    default: Provenance
    overrides: Mapping[str, Provenance] = field(default_factory=dict)
    beneath: Mapping[str, tuple[Beneath, ...]] = field(default_factory=dict)

    def of(self, key: str) -> Provenance:
        return self.overrides.get(key, self.default)

    def quantity(self, key: str, value: float | None, unit: str) -> Quantity:
        """The figure under `key` with its provenance; unknown where the record has none."""
        if value is None:
            return Quantity.unknown(unit)
        return Quantity(value, unit, self.of(key))


@dataclass(frozen=True, slots=True)
class Source:
    """Where a set of figures was read, once for all the records that cite it.

    version is the publisher's own stamp, by which a refresh sees whether there is something new.
    """

    id: str
    title: str
    location: str
    licence: str = ""
    note: str = ""
    version: str = ""
