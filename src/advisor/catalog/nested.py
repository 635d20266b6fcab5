"""Records inside records: the arrays and tables that a table of the catalogue holds."""

from collections.abc import Mapping
from typing import Any, TypeVar

from advisor.catalog.build import build
from advisor.catalog.layers import BOOKKEEPING, Table, cited

T = TypeVar("T")


def rows_of(record: type[T], table: Table, values: dict[str, Any], name: str) -> tuple[T, ...]:
    """Nested records of an array of tables, in order."""
    stated = table.take_tables(values, name)
    return tuple(build(record, table.inside(name, index), {}, part) for index, part in enumerate(stated))


def cited_rows(record: type[T], table: Table, values: dict[str, Any], name: str) -> tuple[T, ...]:
    """Rows that state a source of their own, its id read as the title that it stands for."""
    rows = values.get(name)
    if isinstance(rows, list):
        values[name] = [_cited(table.inside(name, index), row) for index, row in enumerate(rows)]
    return rows_of(record, table, values, name)


def _cited(table: Table, row: Any) -> Any:
    if not isinstance(row, dict) or "source" not in row:
        return row
    try:
        return {**row, "source": cited(row["source"], table.sources)}
    except ValueError as error:
        raise table.error(str(error), "source") from error


def parts_of(
    record: type[T], table: Table, values: dict[str, Any], name: str, given: Mapping[str, Any]
) -> dict[str, T]:
    """Nested records by id, each with the provenance that it states of itself."""
    found: dict[str, T] = {}
    for key, part in table.take_table(values, name).items():
        inner = table.inside(name, key)
        if not isinstance(part, Mapping):
            raise inner.error("this is a table")
        own = {**given, "id": key, "origin": inner.part_origin(part)}
        found[key] = build(record, inner, own, {each: part[each] for each in part if each not in BOOKKEEPING})
    return found
