"""What all JSON documents share: the provenance map and plain values.

Each document carries `provenance`: a JSON pointer to level, source, date and bounds. An entry for a
table holds for every number below it that has none of its own.
"""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from advisor.quantities.provenance import Provenance
from advisor.quantities.quantity import Quantity
from advisor.reasons import Reason

Document = dict[str, Any]
Say = Callable[[Reason], str]
"""Turns a reason into a sentence; the language is the caller's."""


class ProvenanceMap:
    """Collects where each number of a document comes from."""

    def __init__(self) -> None:
        self._entries: dict[str, dict[str, Any]] = {}

    def add(self, pointer: str, origin: Provenance | Quantity, beneath: Iterable[Document] = ()) -> None:
        """State the origin of the number, or of all numbers, at a JSON pointer; beneath: what lower layers say."""
        if isinstance(origin, Quantity):
            entry = _entry(origin.provenance)
            if origin.low is not None and origin.high is not None:
                entry |= {"low": origin.low, "high": origin.high}
        else:
            entry = _entry(origin)
        if said := list(beneath):
            entry["beneath"] = said
        self._entries[pointer] = entry

    def as_document(self) -> dict[str, dict[str, Any]]:
        return dict(sorted(self._entries.items()))


def _entry(origin: Provenance) -> dict[str, Any]:
    entry: dict[str, Any] = {"level": origin.level.value, "source": origin.source}
    if origin.as_of is not None:
        entry["as_of"] = str(origin.as_of)
    if origin.layer != "shipped":
        entry["layer"] = origin.layer
    return entry


def reason_document(reason: Reason, say: Say) -> Document:
    """A reason with its code for programs and its sentence for people."""
    return {
        "code": reason.code,
        "severity": reason.severity.value,
        "message": say(reason),
        "params": {key: list(value) if isinstance(value, tuple) else value for key, value in reason.params.items()},
        "source": reason.source,
    }


def uncovered_numbers(document: Mapping[str, Any]) -> list[str]:
    """JSON pointers of numbers that no entry of the document's own provenance map covers."""
    entries = set(document["provenance"])
    found: list[str] = []
    for key, value in document.items():
        if key != "provenance":
            _walk(value, f"/{_escape(key)}", entries, found)
    return found


def _walk(value: Any, pointer: str, entries: set[str], found: list[str]) -> None:
    if isinstance(value, Mapping):
        for key, inner in value.items():
            _walk(inner, f"{pointer}/{_escape(str(key))}", entries, found)
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            _walk(inner, f"{pointer}/{index}", entries, found)
    elif isinstance(value, int | float) and not isinstance(value, bool):
        parts = pointer.split("/")
        if not any("/".join(parts[:depth]) in entries for depth in range(2, len(parts) + 1)):
            found.append(pointer)


def _escape(key: str) -> str:
    return key.replace("~", "~0").replace("/", "~1")
