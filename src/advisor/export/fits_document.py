"""`advisor.fits/1`: the verdicts on many combinations as one JSON document."""

from collections.abc import Sequence

from advisor.export.document import Document, ProvenanceMap, Say
from advisor.export.fit_document import cache_origin, fit_document, overhead_origin
from advisor.fit.batch import TableRow
from advisor.fit.check import check_fit
from advisor.fit.result import FitResult
from advisor.quantities.provenance import Level, Provenance
from advisor.reasons import Severity

SCHEMA = "advisor.fits/1"
_KEYS = (
    "model",
    "checkpoint",
    "instance",
    "engine",
    "verdict",
    "context_tokens",
    "concurrency",
    "parallelism",
    "per_device",
    "kv_cache",
    "alternatives",
    "reasons",
    "serve_argv",
    "serve_env",
)
"""What a row says, of its reasons errors and warnings; the rest of an answer, hundreds of times, would be megabytes."""


def fits_document(rows: Sequence[TableRow], say: Say) -> Document:
    """Every row with the keys of `advisor.fit/1`; where the numbers come from is said once for all that share it."""
    results = [check_fit(row.asked) for row in rows]
    return {
        "schema": SCHEMA,
        "fits": [_row(result, say) for result in results],
        "provenance": _provenance(results).as_document(),
    }


def _row(result: FitResult, say: Say) -> Document:
    document = fit_document(result, say)
    document["reasons"] = [reason for reason in document["reasons"] if reason["severity"] != Severity.INFO.value]
    return {key: document[key] for key in _KEYS}


def _provenance(results: Sequence[FitResult]) -> ProvenanceMap:
    """By the levels that hold for every row, and for those that rest on a measurement."""
    entries = ProvenanceMap()
    entries.add("/fits", Provenance(Level.MODELLED, "the engine's budget by version; ask for one combination for more"))
    for index, result in enumerate(results):
        if result.overheads is not None and result.overheads.measured is not None:
            entries.add(f"/fits/{index}", cache_origin(result, overhead_origin(result)))
    return entries
