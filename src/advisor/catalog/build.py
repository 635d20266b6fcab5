"""From merged tables to records: names and types checked, errors that name file, table and key.

The shipped files are checked by the tests, so they are only built. A table that an overlay touched, and every
one in a thorough check, is validated with Pydantic first, which costs start-up time that nobody else pays.
"""

from collections.abc import Hashable, Mapping
from dataclasses import MISSING, Field, fields
from functools import cache
from typing import TYPE_CHECKING, Any, TypeVar

from advisor.catalog.layers import Table, as_tuples
from advisor.errors import near, printable
from advisor.quantities.typed import figure_complaint, text_complaint

if TYPE_CHECKING:
    from pydantic import TypeAdapter

R = TypeVar("R")

_SHARES = frozenset({"gpu_memory_utilization", "kv_budget_share", "shares", "default_share", "cache_share_of_free"})
_MAY_BE_ZERO = frozenset(
    {
        "accelerator_count",
        "local_nvme_gb",
        "scale_group",
        "scale_bytes",
        "reserved_blocks",
        "reserved_gib",
        "reserved_per_rank_gib",
        "activation_base_gib",
        "activation_per_8192_tokens_gib",
        "activation_per_1024_sequences_gib",
        "non_torch_single_gib",
        "non_torch_parallel_gib",
        "cuda_graph_gib",
        "values",
    }
)
"""Where zero says "none"."""


def build(record: type[R], table: Table, given: Mapping[str, Any], values: Mapping[str, Any] | None = None) -> R:
    """A record from its table. `given` supplies what the file does not state: id, origin, nested records."""
    stated = dict(table.values if values is None else values)
    stated = {key: as_tuples(value) if isinstance(value, list) else value for key, value in stated.items()}
    known = {item.name: item for item in fields(record)}  # type: ignore[arg-type]
    for key in stated:
        if key not in known or key in given:
            options = near(key, known.keys() - given.keys())
            raise table.error("unknown key", key, f"Did you mean {' or '.join(options)}?" if options else None)
    for name, item in known.items():
        if name not in stated and name not in given and _required(item):
            raise table.error(f"the key {name} is missing")
    if table.is_validated:
        _validate(record, table, stated)
    return record(**stated, **given)


def _required(item: "Field[Any]") -> bool:
    return item.default is MISSING and item.default_factory is MISSING


def _validate(record: type[Any], table: Table, stated: Mapping[str, Any]) -> None:
    from pydantic import ValidationError

    for key, value in stated.items():
        try:
            _kind(record, key).validate_python(value)  # type: ignore[arg-type]  # a class is hashable
        except ValidationError as error:
            first = error.errors()[0]
            message = f"{first['msg'][0].lower()}{first['msg'][1:]}, got {printable(repr(value))}"
            raise table.error(message, key) from error
        complaint = _complaint(key, value)
        if complaint is not None:
            raise table.error(complaint, key)


@cache
def _kind(record: Hashable, key: str) -> "TypeAdapter[Any]":
    """What a key of a record may hold; made once, since that takes longer than trying a value."""
    from typing import get_type_hints

    from pydantic import ConfigDict, TypeAdapter

    return TypeAdapter(get_type_hints(record)[key], config=ConfigDict(strict=True))


def _complaint(key: str, value: object) -> str | None:
    """What is wrong with a value of the right kind: no figure of hardware is negative, and few are zero."""
    if isinstance(value, tuple):
        return next((complaint for each in value if (complaint := _complaint(key, each)) is not None), None)
    if isinstance(value, str):
        return text_complaint(value)
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    if key in _SHARES and value > 1:
        return f"it is a share and at most 1, got {value:g}"
    return figure_complaint(value, may_be_zero=key in _MAY_BE_ZERO)
