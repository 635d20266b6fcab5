"""What holds between the keys of a recommendation, and no contract of single keys says.

Readers of a file (the card, the review page, `recheck`, `verify`) rely on it; a file that somebody edited
may break it.
"""

from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any, get_args

from advisor.advice.workload import SETTINGS, Purchase
from advisor.catalog.toml_lines import Part
from advisor.export.document import Document
from advisor.quantities.provenance import AsOf

Complaint = tuple[tuple[Part, ...], str]
"""Where, and what is wrong."""

_WITH_PICK = ("recommended", "not_distinguishable")
_ALWAYS = ("model", "mode")
_OF_A_PICK = ("input_tokens_p50", "output_tokens_p50")
_BOUGHT = ("pool", "price", "alternative")
_DATED = ("price", "claim", "evidence", "managed")
_MISSING = "the key is missing"


def complaints(document: Document) -> Iterator[Complaint]:
    """Everything that does not make sense, in no particular order. The document keeps its contract."""
    yield from _dates(document)
    yield from _purchases(document)
    yield from _workload(document)
    yield from _costs(document)
    yield from _managed(document)
    if document["status"] in _WITH_PICK:
        yield from _pick(document)


def _rows(document: Document, table: str) -> Iterator[tuple[int, Mapping[str, Any]]]:
    return enumerate(document.get(table, []))


def _dates(document: Document) -> Iterator[Complaint]:
    for table in _DATED:
        for index, row in _rows(document, table):
            if not _is_date(row.get("as_of"), AsOf.parse):
                yield (table, index, "as_of"), f"'{row['as_of']}' is no date like 2026-07-20, nor two of them"
    if not _is_date(document.get("review_by"), date.fromisoformat):
        yield ("review_by",), f"'{document['review_by']}' is no date like 2026-12-31"


def _is_date(written: str | None, parse: Any) -> bool:
    try:
        return written is None or bool(parse(written))
    except ValueError:
        return False


def _purchases(document: Document) -> Iterator[Complaint]:
    known = get_args(Purchase)
    for table in _BOUGHT:
        for index, row in _rows(document, table):
            if row["purchase"] not in known:
                yield (table, index, "purchase"), f"'{row['purchase']}' is none of {', '.join(known)}"


def _workload(document: Document) -> Iterator[Complaint]:
    workload = document["workload"]
    for key in (*_ALWAYS, *(_OF_A_PICK if document["status"] in _WITH_PICK else ())):
        if key not in workload:
            yield ("workload", key), _MISSING
    defaulted = workload.get("defaulted", [])
    if not isinstance(defaulted, list):
        yield ("workload", "defaulted"), "this is a list of the keys that nobody stated"
        return
    for index, key in enumerate(defaulted):
        if not isinstance(key, str) or key not in SETTINGS:
            yield ("workload", "defaulted", index), "this is no key of a workload"


def _costs(document: Document) -> Iterator[Complaint]:
    for index, row in _rows(document, "alternative"):
        if "usd_per_month" not in row and "usd_per_run" not in row:
            yield ("alternative", index), "an alternative needs its cost: usd_per_month or usd_per_run"
    for index, row in _rows(document, "compared"):
        if "instances" in row and "instance_type" not in row:
            yield ("compared", index, "instance_type"), _MISSING
    cost = document.get("cost", {})
    if "usd_per_request" in cost and "utilisation_at_mean_load" not in cost:
        yield ("cost", "utilisation_at_mean_load"), _MISSING


def _managed(document: Document) -> Iterator[Complaint]:
    for index, row in _rows(document, "managed"):
        if "excluded" in row:
            continue
        if not {"level", "source"} <= set(row) or not {"usd_per_month", "usd_per_run"} & set(row):
            yield ("managed", index), "a managed service needs its cost with level and source, or why it is excluded"
        for key in ("usd_per_month", "usd_per_run"):
            if row.get(key, 1) <= 0:
                yield ("managed", index, key), "a cost is above 0"


def _pick(document: Document) -> Iterator[Complaint]:
    pools = document.get("pool", [])
    if not pools:
        yield ("pool",), f"a file that is {document['status']} needs a [[pool]]"
        return
    cost = document.get("cost", {})
    if "usd_per_month" not in cost or ("usd_per_run" in cost and "run_hours" not in cost):
        yield ("cost",), "a pick needs its cost: usd_per_month, and run_hours for a batch"
    models = [pool["model"] for pool in pools]
    for index, row in _rows(document, "verify"):
        if row["model"] not in models:
            yield ("verify", index, "model"), f"no [[pool]] serves '{row['model']}'"
    if len(document.get("weakest_link", [])) > len(pools):
        yield ("weakest_link",), "there are more of them than pools"
