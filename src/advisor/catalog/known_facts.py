"""Facts that no record of the catalogue holds but that reports get wrong, each with its source (`facts.toml`)."""

from dataclasses import dataclass

from advisor.catalog.build import build
from advisor.catalog.layers import Layers
from advisor.catalog.records.origin import Origin


@dataclass(frozen=True, slots=True)
class KnownFact:
    """One fact. values are the numbers that are right: one, or each of several; for a statement, 1 is so and 0 not.

    names are what exists, where the fact is a list of names.
    """

    id: str
    statement: str
    origin: Origin
    values: tuple[float, ...] = ()
    names: tuple[str, ...] = ()
    unit: str = ""


def known_facts(layers: Layers) -> dict[str, KnownFact]:
    """The facts of the merged layers by id."""
    return {
        key: build(KnownFact, table, {"id": key, "origin": table.origin()})
        for key, table in layers.tables("facts.toml").items()
    }
