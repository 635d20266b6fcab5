"""Workload files: a TOML table of settings, strictly checked, errors naming file, key and line."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Literal, get_args, get_type_hints

from advisor.advice.workload import SETTINGS, Workload
from advisor.catalog.layers import read_toml
from advisor.catalog.toml_lines import line_of
from advisor.errors import InputError, near, printable
from advisor.quantities.typed import figure_complaint, text_complaint

_TABLE = "workload"
_MAY_BE_ZERO = frozenset({"shared_prefix_tokens", "batch_input_tokens", "batch_output_tokens", "owned"})
"""Zero says "none" here; everywhere else it says nothing."""


def read_workload(path: Path) -> dict[str, Any]:
    """Settings of a workload file: the keys of a `[workload]` table, or of the file itself.

    InputError naming file, line and key for an unknown key, a value of another kind, and a number that is
    negative, infinite or none.
    """
    if not path.is_file():
        raise InputError("there is no such file", file=path)
    document = read_toml(path)
    table = document.get(_TABLE, document)
    if not isinstance(table, Mapping):
        raise InputError("this must be a table", file=path, key=_TABLE, hint="Write it as [workload].")
    return checked_settings(table, path, [_TABLE] if _TABLE in document else [])


def checked_settings(table: Mapping[str, Any], path: Path, place: Sequence[str]) -> dict[str, Any]:
    """The settings of a table that stands at `place` in a file, each of its kind. InputError as `read_workload`."""
    from pydantic import ConfigDict, TypeAdapter, ValidationError

    hints = get_type_hints(Workload)
    found: dict[str, Any] = {}
    for key, value in table.items():
        if key in ("schema", "defaulted"):
            continue
        if key not in SETTINGS:
            options = near(key, SETTINGS)
            hint = f"Did you mean {' or '.join(options)}?" if options else None
            raise _error("unknown key", path, [*place, key], hint)
        kind = {"owned": dict[str, int]}.get(key, hints.get(key, float))
        plain = tuple(value) if isinstance(value, list) else value
        try:
            found[key] = TypeAdapter(kind, config=ConfigDict(strict=True)).validate_python(plain)
        except ValidationError as error:
            message = error.errors()[0]["msg"]
            raise _error(
                f"{message[0].lower()}{message[1:]}, got {printable(repr(value))}", path, [*place, key], _choices(kind)
            ) from error
        complaint = _complaint(key, found[key])
        if complaint is not None:
            raise _error(complaint, path, [*place, key], None)
    return found


def _complaint(key: str, value: Any) -> str | None:
    """What is wrong with a value of the right kind."""
    if isinstance(value, Mapping):
        complaints = (_complaint(key, each) for each in value.values())
        return next((complaint for complaint in complaints if complaint is not None), None)
    if isinstance(value, str):
        return text_complaint(value)
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return figure_complaint(value, may_be_zero=key in _MAY_BE_ZERO)


def _error(message: str, path: Path, place: Sequence[str], hint: str | None) -> InputError:
    line = line_of(path.read_text(encoding="utf-8"), place)
    return InputError(message, file=path, line=line, key=".".join(place), hint=hint)


def _choices(kind: Any) -> str | None:
    literals = [choice for choice in get_args(kind) if isinstance(choice, str)]
    return f"Use one of {', '.join(literals)}." if literals and kind is not Literal else None
