"""Workload files: a TOML table of settings, strictly checked, errors naming file, key and line."""

from pathlib import Path
from typing import Any, Literal, get_args, get_type_hints

from advisor.advice.workload import SETTINGS, Workload
from advisor.catalog.layers import read_toml
from advisor.catalog.toml_lines import line_of
from advisor.errors import InputError, near

_TABLE = "workload"


def read_workload(path: Path) -> dict[str, Any]:
    """Settings of a workload file: the keys of a `[workload]` table, or of the file itself."""
    from pydantic import ConfigDict, TypeAdapter, ValidationError

    if not path.is_file():
        raise InputError("there is no such file", file=path)
    document = read_toml(path)
    table = document.get(_TABLE, document)
    place = [_TABLE] if _TABLE in document else []
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
                f"{message[0].lower()}{message[1:]}, got {value!r}", path, [*place, key], _choices(kind)
            ) from error
    return found


def _error(message: str, path: Path, place: list[str], hint: str | None) -> InputError:
    line = line_of(path.read_text(encoding="utf-8"), place)
    return InputError(message, file=path, line=line, key=".".join(place), hint=hint)


def _choices(kind: Any) -> str | None:
    literals = [choice for choice in get_args(kind) if isinstance(choice, str)]
    return f"Use one of {', '.join(literals)}." if literals and kind is not Literal else None
