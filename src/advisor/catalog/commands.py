"""What the command line of a serving engine accepts, by `commands.toml`: flags, short forms, extras of its package."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from advisor.catalog.build import build
from advisor.catalog.layers import Layers, Table
from advisor.catalog.records.origin import Origin


@dataclass(frozen=True, slots=True)
class RemovedFlag:
    """A flag that older posts use: by is the first version without it, as far as was read."""

    by: str
    instead: str = ""


@dataclass(frozen=True, slots=True)
class ServeProgram:
    """The command of one engine at one version. flags is complete: the engine refuses any other.

    switches are flags that take no value, and numbers those that take one, with its kind: whole, length,
    length_or_auto or share. Neither is complete.
    """

    id: str
    program: str
    package: str
    version: str
    flags: tuple[str, ...]
    origin: Origin
    extras: tuple[str, ...] = ()
    images: tuple[str, ...] = ()
    switches: tuple[str, ...] = ()
    aliases: Mapping[str, str] = field(default_factory=dict)
    numbers: Mapping[str, str] = field(default_factory=dict)
    removed: Mapping[str, RemovedFlag] = field(default_factory=dict)


def serve_programs(layers: Layers) -> dict[str, ServeProgram]:
    """The programs of the merged layers by id; InputError naming file and key for one that cannot be used."""
    found = {}
    for key, table in layers.tables("commands.toml").items():
        with layers.complaints.skipping():
            found[key] = _program(key, table)
    return found


def _program(key: str, table: Table) -> ServeProgram:
    values = dict(table.values)
    aliases = table.take_table(values, "aliases")
    numbers = table.take_table(values, "numbers")
    removed = {
        flag: build(RemovedFlag, table.inside("removed", flag), {}, stated)
        for flag, stated in table.take_table(values, "removed").items()
    }
    given = {"id": key, "origin": table.origin(), "aliases": aliases, "numbers": numbers, "removed": removed}
    return build(ServeProgram, table, given, values)
