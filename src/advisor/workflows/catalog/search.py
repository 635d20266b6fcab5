"""The language of a filter line: `8x`, `>=80GiB`, `total>=600`, `<40$`, `family=g7e`, `fp8`, `nvlink`, and plain words.

A term that is none of these is a word to look for. One that is not finished yet (`>=8` without a unit)
asks for nothing, so that a table does not go blank while somebody types.
"""

import re
from dataclasses import dataclass
from math import inf

from advisor.errors import InputError, UnknownIdError, printable
from advisor.quantities.text import ungrouped
from advisor.workflows.catalog.columns import COLUMNS, Column, column_named
from advisor.workflows.catalog.filters import Condition, Is, Named, OneOf, Says, Unknown, Within

_NUMBER = r"\d[\d,_]*(?:\.\d*)?"
_TIMES = re.compile(r"(\d{1,3})x")
_COMPARED = re.compile(rf"([a-z][a-z0-9_-]*)?(>=|<=|>|<|=)\$?({_NUMBER})?([a-z$/]*)")
_NAMED = re.compile(r"([a-z][a-z0-9_-]*)=([^\s<>=]+)")
_RANGE = re.compile(rf"\s*({_NUMBER})?\s*([a-z$]*)\s*(-|\.\.)?\s*({_NUMBER})?\s*([a-z$]*)\s*")

_UNITS = {"gib": "memory_each_gib", "gb": "memory_each_gb", "$": "usd_per_hour", "usd": "usd_per_hour"}
"""Which figure a bound is on that names none. GB is what stands on the box, GiB what a process can use."""

_KINDS = ("nvlink", "neuronlink", "pcie")
_FLAGS = ("fp8", "efa")
_TEXTS = ("instance_type", "family", "vendor", "accelerator", "interconnect")


@dataclass(frozen=True, slots=True)
class Unfinished:
    """A term that asks for nothing yet."""

    stated: str


def read_search(written: str) -> tuple[list[Condition], list[Unfinished]]:
    """The conditions of a filter line, and the terms that are not finished."""
    conditions: list[Condition] = []
    unfinished: list[Unfinished] = []
    for term in written.split():
        found = _term(term)
        if isinstance(found, Unfinished):
            unfinished.append(found)
        else:
            conditions.append(found)
    return conditions, unfinished


def read_range(written: str, column: Column, stated: str, *, plain: bool = True) -> Within:
    """`80-141`, `80-`, `-200`, or where plain a lone `80` for at least that.

    A memory range in GB instead of GiB asks for what is printed on the chip. InputError for anything else.
    """
    matched = _RANGE.fullmatch(written.lower())
    first, unit, dash, last, last_unit = matched.groups() if matched else (None,) * 5
    if (first or last) is None or (dash is None and last is not None):
        raise InputError(f"'{printable(written)}' is no range", key=stated, hint="Write it like 80-141, 80- or -200.")
    if dash is None and not plain:
        hint = f"Write {first}- for at least that, or -{first} for at most."
        raise InputError(f"'{printable(written)}' may mean at least or at most", key=stated, hint=hint)
    try:
        low, high = -inf if first is None else _number(first), inf if last is None else _number(last)
    except ValueError:
        hint = "A comma is between thousands only."
        raise InputError(f"'{printable(written)}' is no range", key=stated, hint=hint) from None
    if low > high:
        raise InputError(f"'{printable(written)}' ends before it starts", key=stated)
    measured = _in_unit(column, {unit, last_unit} - {"", None}, written, stated)
    return Within(f"{stated} {written}", measured, low, high)


def _in_unit(column: Column, units: set[str | None], written: str, stated: str) -> Column:
    """The figure that a unit asks for: the one that is named in GiB or USD, or its twin in GB."""
    own = "gib" if column.key.endswith("_gib") else "usd"
    in_gb = COLUMNS.get(f"{column.key.removesuffix('_gib')}_gb") if own == "gib" else None
    if units <= {own, "$" if own == "usd" else own}:
        return column
    if units == {"gb"} and in_gb is not None:
        return in_gb
    known = "USD" if own == "usd" else "GiB, or in GB as printed on the chip" if in_gb else "GiB"
    raise InputError(f"'{printable(written)}' is in another unit", key=stated, hint=f"It is in {known}.")


def _term(term: str) -> Condition | Unfinished:
    lowered = term.lower()
    if times := _TIMES.fullmatch(lowered):
        count = float(times[1])
        return Within(term, COLUMNS["accelerator_count"], count, count)
    if lowered in _FLAGS:
        return Is(term, COLUMNS[lowered])
    if lowered in _KINDS:
        return OneOf(term, COLUMNS["interconnect"], frozenset({lowered}))
    if (named := _NAMED.fullmatch(lowered)) and (column := _text_column(named[1])) is not None:
        return Named(term, column, named[2])
    if compared := _COMPARED.fullmatch(lowered):
        return _comparison(term, compared)
    return Says(term)


def _text_column(name: str) -> Column | None:
    return next((COLUMNS[key] for key in _TEXTS if name in (key, *COLUMNS[key].aliases)), None)


def _comparison(term: str, matched: re.Match[str]) -> Condition | Unfinished:
    name, sign, number, unit = matched.groups()
    try:
        column = column_named(name) if name else COLUMNS[_UNITS[_money(term, unit)]]
    except UnknownIdError as error:
        return Unknown(term, name, error.suggestions)
    except KeyError:
        return Unfinished(term)
    if number is None:
        return Unfinished(term)
    try:
        value = _number(number)
    except ValueError:  # `<1,00` on the way to `<1,000`
        return Unfinished(term)
    low = value if sign in (">", ">=", "=") else -inf
    high = value if sign in ("<", "<=", "=") else inf
    return Within(term, column, low, high, above=sign == ">", below=sign == "<")


def _money(term: str, unit: str) -> str:
    """`<$40` is `<40$`."""
    return "$" if not unit and "$" in term else unit


def _number(written: str) -> float:
    return float(ungrouped(written))
