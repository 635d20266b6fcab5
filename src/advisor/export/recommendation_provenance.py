"""Where each number of a recommendation comes from, for its JSON form: read from the document itself."""

from collections.abc import Iterable, Iterator

from advisor.export.document import Document, ProvenanceMap
from advisor.quantities.provenance import AsOf, Level, Provenance

_SIZED = Provenance(Level.MODELLED, "sizing: roofline × efficiency, occupancy chain, replicas")
_MODELLED = ("pool", "verify", "weakest_link", "holds_while", "alternative", "rejected", "near_miss")
_SOURCED = ("price", "evidence", "claim")


def with_provenance(document: Document) -> Document:
    """The JSON form: the same tree with the origin of every number.

    A row that states its own level and source keeps them; what was computed from rows is derived.
    """
    entries = ProvenanceMap()
    for pointer, origin in _origins(document):
        entries.add(pointer, origin)
    return {**document, "provenance": {**document["provenance"], **entries.as_document()}}


def without_provenance(document: Document) -> Document:
    """The TOML form: the same tree without the pointers, which its rows make redundant."""
    kept = {key: value for key, value in document["provenance"].items() if not key.startswith("/")}
    return {**document, "provenance": kept}


def _origins(document: Document) -> Iterator[tuple[str, Provenance]]:
    workload = document["workload"]
    yield "/workload", Provenance(Level.DERIVED, "what the user stated")
    for key in workload.get("defaulted", []):
        if key in workload:
            yield f"/workload/{key}", Provenance(Level.ASSUMED, "a default: nobody stated it")
    yield from ((f"/{table}", _SIZED) for table in _MODELLED)
    for table in _SOURCED:
        yield from ((f"/{table}/{index}", _stated(row)) for index, row in enumerate(document.get(table, [])))
    yield "/cost", Provenance(Level.DERIVED, f"instances × price × hours; {'; '.join(_price_sources(document))}")
    yield from _managed(document)
    yield "/compared", Provenance(Level.DERIVED, "instances × price × hours of the other model's own pick")
    yield "/published_advice", Provenance(Level.CLAIMED, "a line of the published guide that the row names")


def _price_sources(document: Document) -> Iterable[str]:
    keys = ("instance_type", "region", "purchase")
    picked = {tuple(pool[key] for key in keys) for pool in document.get("pool", [])}
    rows = [row for row in document.get("price", []) if tuple(row[key] for key in keys) in picked]
    return dict.fromkeys(row["source"] for row in rows)


def _managed(document: Document) -> Iterator[tuple[str, Provenance]]:
    for index, row in enumerate(document.get("managed", [])):
        if "level" not in row:
            continue
        pointer, rate = f"/managed/{index}", _stated(row)
        yield pointer, rate
        computed = Provenance(Level.DERIVED, f"tokens × rate; {rate.source}", rate.as_of)
        for key in ("usd_per_month", "usd_per_run", "break_even_output_tokens_per_month"):
            if key in row:
                yield f"{pointer}/{key}", computed


def _stated(row: Document) -> Provenance:
    as_of = AsOf.parse(row["as_of"]) if "as_of" in row else None
    return Provenance(Level(row["level"]), row["source"], as_of)
