"""`advisor.fits/1`: the verdicts on many combinations as one JSON document."""

from collections.abc import Sequence

from advisor.export.document import Document, ProvenanceMap, Say
from advisor.export.fit_document import fit_document
from advisor.fit.batch import TableRow
from advisor.fit.check import check_fit
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
    """Every row with the keys of `advisor.fit/1`; where the numbers come from is said once for all of them."""
    return {
        "schema": SCHEMA,
        "fits": [_row(row, say) for row in rows],
        "provenance": _provenance().as_document(),
    }


def _row(row: TableRow, say: Say) -> Document:
    document = fit_document(check_fit(row.asked), say)
    document["reasons"] = [reason for reason in document["reasons"] if reason["severity"] != Severity.INFO.value]
    return {key: document[key] for key in _KEYS}


def _provenance() -> ProvenanceMap:
    """By the levels that hold for every row; ask for one combination to see the sources of its own figures."""
    entries = ProvenanceMap()
    entries.add("/fits", Provenance(Level.MODELLED, "the engine's budget by version; ask for one combination for more"))
    return entries
