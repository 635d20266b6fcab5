"""The recommendation as a TOML file for a repository: stable order, no timestamp, readable again."""

from pathlib import Path
from typing import Any

from advisor.catalog.layers import read_toml
from advisor.errors import InputError
from advisor.export.document import Document
from advisor.export.files import write_atomically
from advisor.export.recommendation_document import SCHEMA

SCHEMA_FILE = "advisor.recommendation-1.schema.json"
_HEADER = f"#:schema {SCHEMA_FILE}\n# Written by advisor; `advisor recheck FILE` says whether it still holds.\n\n"
_STATES = ("unverified", "confirmed", "refuted")


def recommendation_toml(document: Document) -> str:
    """The document as TOML text. Equal documents give equal bytes."""
    import tomli_w

    return _HEADER + tomli_w.dumps(document)


def write_recommendation(document: Document, path: Path) -> None:
    """Write the file atomically: a reader never sees half of it."""
    write_atomically(path, recommendation_toml(document))


def read_recommendation(path: Path) -> Document:
    """Read a recommendation file. InputError naming file and key for one that is none."""
    if not path.is_file():
        raise InputError("there is no such file", file=path)
    document = read_toml(path)
    if document.get("schema") != SCHEMA:
        found = document.get("schema", "nothing")
        raise InputError(
            f"this is not a recommendation: schema is '{found}'", file=path, key="schema", hint=f"Expected {SCHEMA}."
        )
    for key, kind in (("workload", dict), ("provenance", dict), ("pick_hash", str), ("status", str)):
        if not isinstance(document.get(key), kind):
            raise InputError(f"the key {key} is missing or of another kind", file=path, key=key)
    if document.get("state") not in _STATES:
        raise InputError(f"'{document.get('state')}' is none of {', '.join(_STATES)}", file=path, key="state")
    return document


def workload_settings(document: Document) -> tuple[dict[str, Any], tuple[str, ...]]:
    """The workload of a recommendation as settings, and the fields that were assumptions."""
    settings = dict(document["workload"])
    defaulted = tuple(settings.pop("defaulted", ()))
    return settings, defaulted
