"""In which order rows stand: by any column, what is not known always last."""

from collections.abc import Iterable

from advisor.errors import InputError, printable
from advisor.workflows.catalog.columns import Column, Value, column_named
from advisor.workflows.catalog.rows import InstanceRow

_DIRECTIONS = {"": False, "asc": False, "desc": True}


def read_order(written: str) -> tuple[Column, bool]:
    """`usd_per_hour`, or `memory_total_gib:desc`: the column, and whether the largest come first.

    UnknownIdError for a column, InputError for a direction that is none.
    """
    name, _, direction = written.partition(":")
    if direction.strip().lower() not in _DIRECTIONS:
        raise InputError(f"'{printable(direction)}' is no direction", hint=f"Write {name}:desc or {name}:asc.")
    return column_named(name), _DIRECTIONS[direction.strip().lower()]


def ordered(rows: Iterable[InstanceRow], column: Column, *, descending: bool = False) -> list[InstanceRow]:
    """Rows by a column; those without the figure stand last in both directions, and equals by family and size."""
    found = sorted(rows, key=_by_size)
    if column.key == "instance_type":
        return found[::-1] if descending else found
    known = [(row, value) for row in found if (value := column.of(row)) is not None]
    unknown = [row for row in found if column.of(row) is None]
    known.sort(key=lambda pair: _sortable(pair[1]), reverse=descending)
    return [*(row for row, _ in known), *unknown]


def _sortable(value: Value) -> tuple[float, str]:
    return (0.0, value.lower()) if isinstance(value, str) else (float(value), "")


def _by_size(row: InstanceRow) -> tuple[str, int, str]:
    """A family's sizes from the smallest on: g6e.xlarge stands before g6e.12xlarge."""
    return row.instance.family, row.instance.vcpus, row.instance.id
