"""The recommendation as a TOML file for a repository: stable order, no timestamp, readable again."""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from advisor.catalog.layers import read_toml
from advisor.catalog.toml_lines import Part, line_of, place_in, written
from advisor.errors import InputError
from advisor.export.document import Document
from advisor.export.files import write_atomically
from advisor.export.recommendation_document import SCHEMA
from advisor.export.recommendation_sense import complaints
from advisor.export.workload_file import checked_settings
from advisor.quantities.typed import finite_complaint, text_complaint

SCHEMA_FILE = "advisor.recommendation-1.schema.json"
_HEADER = f"#:schema {SCHEMA_FILE}\n# Written by advisor; `advisor recheck FILE` says whether it still holds.\n\n"


def recommendation_toml(document: Document) -> str:
    """The document as TOML text. Equal documents give equal bytes."""
    import tomli_w

    return _HEADER + tomli_w.dumps(document)


def write_recommendation(document: Document, path: Path) -> None:
    """Write the file atomically: a reader never sees half of it."""
    write_atomically(path, recommendation_toml(document))


def read_recommendation(path: Path) -> Document:
    """Read a recommendation file, checked against its contract.

    InputError naming file, line and key for a file that is none: a key that is missing or of another kind,
    text that would steer a terminal, a workload that no workload file could hold, or a pick without a pool.
    """
    if not path.is_file():
        raise InputError("there is no such file", file=path)
    document = read_toml(path)
    if document.get("schema") != SCHEMA:
        found = document.get("schema", "nothing")
        raise InputError(
            f"this is not a recommendation: schema is '{found}'", file=path, key="schema", hint=f"Expected {SCHEMA}."
        )
    for leaf, value in _leaves(document, ()):
        unfit = _complaint(value)
        if unfit is not None:
            raise _error(unfit, path, leaf)
    _check_contract(document, path)
    checked_settings(document["workload"], path, ["workload"])
    for place, complaint in complaints(document):
        raise _error(complaint, path, place)
    return document


def workload_settings(document: Document) -> tuple[dict[str, Any], tuple[str, ...]]:
    """The workload of a recommendation as settings, and the fields that were assumptions."""
    settings = dict(document["workload"])
    defaulted = tuple(settings.pop("defaulted", ()))
    return settings, defaulted


def _check_contract(document: Document, path: Path) -> None:
    from pydantic import ValidationError

    from advisor.export.recommendation_contract import Recommendation

    try:
        # As JSON, since strict validation takes the names of levels from there, and nothing else for a number.
        Recommendation.model_validate_json(json.dumps(document), strict=True)
    except ValidationError as error:
        # What is wrong says more than what is missing: a file of another kind lacks nearly everything.
        first = min(error.errors(), key=lambda each: each["type"] == "missing")
        message = "the key is missing" if first["type"] == "missing" else first["msg"][0].lower() + first["msg"][1:]
        raise _error(message, path, place_in(document, first["loc"])) from error


def _leaves(value: Any, place: tuple[Part, ...]) -> Iterator[tuple[tuple[Part, ...], Any]]:
    if isinstance(value, Mapping):
        for key, inner in value.items():
            yield (*place, key), key
            yield from _leaves(inner, (*place, key))
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            yield from _leaves(inner, (*place, index))
    else:
        yield place, value


def _complaint(value: Any) -> str | None:
    if isinstance(value, str):
        return text_complaint(value, one_line=True)
    if isinstance(value, float):
        return finite_complaint(value)
    return None if isinstance(value, int) else f'a date or time is written as text here, like "{value}"'


def _error(message: str, path: Path, place: tuple[Part, ...]) -> InputError:
    return InputError(message, file=path, line=line_of(path.read_text(encoding="utf-8"), place), key=written(place))
