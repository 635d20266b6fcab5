"""Which rows are wanted: conditions as values, and what each of them removes.

A figure that is not known satisfies no condition on it, and is counted apart, so that nobody takes
"not known" for "no".
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from math import inf
from typing import Protocol

from advisor.catalog.load import Catalog
from advisor.catalog.records.hardware import Accelerator
from advisor.errors import UnknownIdError
from advisor.workflows.catalog.columns import COLUMNS, Column
from advisor.workflows.catalog.rows import InstanceRow


class Condition(Protocol):
    """One thing that is asked of a row. stated is how the user wrote it."""

    @property
    def stated(self) -> str: ...

    def holds(self, row: InstanceRow, /) -> bool | None:
        """None where the row's figure is not known."""
        ...


@dataclass(frozen=True, slots=True)
class Within:
    """A figure between two ends, which count as inside; above and below say which of them does not."""

    stated: str
    column: Column
    low: float = -inf
    high: float = inf
    above: bool = False
    below: bool = False

    def holds(self, row: InstanceRow) -> bool | None:
        value = self.column.number(row)
        if value is None:
            return _missing(self.column, row)
        over = value > self.low if self.above else value >= self.low
        return over and (value < self.high if self.below else value <= self.high)


@dataclass(frozen=True, slots=True)
class OneOf:
    """A text figure that is one of several."""

    stated: str
    column: Column
    values: frozenset[str]

    def holds(self, row: InstanceRow) -> bool | None:
        value = self.column.of(row)
        return _missing(self.column, row) if value is None else str(value) in self.values


@dataclass(frozen=True, slots=True)
class Named:
    """A text figure in which these words stand together, and whole: `p6` is p6-b200 too, `p5` is not p5en."""

    stated: str
    column: Column
    words: str

    def holds(self, row: InstanceRow) -> bool | None:
        value = self.column.of(row)
        return _missing(self.column, row) if value is None else _stand_in(self.words, str(value))


@dataclass(frozen=True, slots=True)
class Unknown:
    """A bound on a figure that there is none of: nothing satisfies it. near are names that there are."""

    stated: str
    name: str
    near: tuple[str, ...]

    def holds(self, _row: InstanceRow, /) -> bool | None:
        return False


@dataclass(frozen=True, slots=True)
class HasChip:
    """One of some accelerators, by id."""

    stated: str
    ids: frozenset[str]

    def holds(self, row: InstanceRow) -> bool | None:
        return row.accelerator is not None and row.accelerator.id in self.ids


@dataclass(frozen=True, slots=True)
class Is:
    """Something that is so or not: FP8 arithmetic, EFA."""

    stated: str
    column: Column

    def holds(self, row: InstanceRow) -> bool | None:
        value = self.column.of(row)
        return _missing(self.column, row) if value is None else bool(value)


@dataclass(frozen=True, slots=True)
class Offered:
    """Sold in the row's region, in any way."""

    stated: str

    def holds(self, row: InstanceRow) -> bool | None:
        return row.is_offered


@dataclass(frozen=True, slots=True)
class SoldSo:
    """Sold in the row's region in the row's way of buying, whether or not a price is known."""

    stated: str

    def holds(self, row: InstanceRow) -> bool | None:
        return row.offer is not None


@dataclass(frozen=True, slots=True)
class Says:
    """Words in the names of a row, all of them."""

    stated: str

    def holds(self, row: InstanceRow) -> bool | None:
        names = _names(row)
        return all(word in names for word in self.stated.lower().split())


@dataclass(frozen=True, slots=True)
class Removal:
    """What one condition does: rows it does not keep, those of them without the figure, and what is left without it."""

    condition: Condition
    removed: int
    unknown: int
    left_without: int


@dataclass(frozen=True, slots=True)
class Selection:
    """The rows that all conditions keep, and what each condition removed."""

    rows: tuple[InstanceRow, ...]
    removals: tuple[Removal, ...]


def select(rows: Sequence[InstanceRow], conditions: Sequence[Condition]) -> Selection:
    """Rows for which every condition holds, in their order."""
    verdicts = [[condition.holds(row) for condition in conditions] for row in rows]
    kept = tuple(row for row, holds in zip(rows, verdicts, strict=True) if all(holds))
    removals = [
        Removal(
            condition,
            removed=sum(not holds[at] for holds in verdicts),
            unknown=sum(holds[at] is None for holds in verdicts),
            left_without=sum(all(each for other, each in enumerate(holds) if other != at) for holds in verdicts),
        )
        for at, condition in enumerate(conditions)
    ]
    return Selection(kept, tuple(removals))


def families(catalog: Catalog, wanted: Collection[str], stated: str) -> OneOf:
    """Instances of some families: `p5` is that one alone, `p6` every p6-b200 and p6-b300."""
    known = {instance.family for instance in catalog.instances.values()}
    found: set[str] = set()
    for name in wanted:
        named = {family for family in known if family == name.lower() or family.startswith(f"{name.lower()}-")}
        if not named:
            raise UnknownIdError("family", name, known)
        found |= named
    return OneOf(stated, COLUMNS["family"], frozenset(found))


def accelerators(catalog: Catalog, wanted: Collection[str], stated: str) -> HasChip:
    """Instances with some accelerators, by id, alias or part of a name: `H100`, `A100` both, `RTX PRO 6000`."""
    found: set[str] = set()
    for name in wanted:
        named = {chip.id for chip in catalog.accelerators.values() if _is_called(chip, name)}
        if not named:
            aliases = [alias for chip in catalog.accelerators.values() for alias in chip.aliases]
            raise UnknownIdError("accelerator", name, [*catalog.accelerators, *aliases])
        found |= named
    return HasChip(stated, frozenset(found))


def marketed_above(rows: Sequence[InstanceRow], condition: Condition) -> tuple[str, ...]:
    """Chips that a bound on usable memory leaves out though the name on the box reaches it: an 80 GB H100 at 80 GiB."""
    if not isinstance(condition, Within) or condition.column.key != "memory_each_gib":
        return ()
    chips = {row.accelerator.id: row.accelerator for row in rows if row.accelerator is not None}
    return tuple(
        sorted(chip.id for chip in chips.values() if chip.memory_gib < condition.low <= chip.memory_marketing_gb)
    )


def _missing(column: Column, row: InstanceRow) -> bool | None:
    """What a condition says without a figure: no where a chip's figure has no chip, and else that nobody knows."""
    return None if column.applies(row) else False


def _is_called(chip: Accelerator, wanted: str) -> bool:
    """Whether a name of the chip holds what is wanted: L4 is no L40S."""
    return any(_stand_in(wanted, name) for name in (chip.id, chip.name, *chip.aliases))


def _stand_in(wanted: str, name: str) -> bool:
    """Whether the words of `wanted` stand together, and whole, in a name."""
    words, parts = _words(wanted), _words(name)
    return bool(words) and any(parts[at : at + len(words)] == words for at in range(len(parts)))


def _words(name: str) -> list[str]:
    return name.lower().replace("-", " ").replace("_", " ").split()


def _names(row: InstanceRow) -> str:
    chip = row.accelerator
    of_chip = () if chip is None else (chip.id, chip.name, chip.vendor, chip.architecture, chip.interconnect_name)
    return " ".join((row.instance.id, *of_chip)).lower()
