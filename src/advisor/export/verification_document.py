"""The part `verification` of `advisor.fit/1`: predicted beside observed."""

from collections.abc import Iterator
from datetime import date

from advisor.export.document import Document, ProvenanceMap, Say, reason_document
from advisor.export.fit_document import fit_document
from advisor.fit.memory.measured import MeasuredMemory
from advisor.fit.proof.compare import Comparison, Line, Setting
from advisor.fit.proof.observed import Observed
from advisor.fit.result import FitResult
from advisor.quantities.provenance import AsOf, Level, Provenance

_OBSERVED = (
    "engine",
    "engine_version",
    "served_model",
    "max_model_len",
    "blocks",
    "block_tokens",
    "cache_dtype",
    "gpu_memory_utilization",
    "kv_cache_tokens",
    "kv_cache_max_concurrency",
    "usable_bytes",
    "weights_bytes",
    "activation_bytes",
    "non_torch_bytes",
    "cuda_graph_bytes",
    "kv_cache_bytes",
    "kv_needed_bytes",
    "estimated_max_model_len",
    "started",
    "failure",
    "simulated",
)


def verified_document(
    result: FitResult,
    observed: Observed,
    comparison: Comparison,
    say: Say,
    today: date,
    kept: MeasuredMemory | None = None,
) -> Document:
    """The verdict under the server's settings with `verification`, every number with its provenance.

    kept is the evidence that was entered from it.
    """
    document = fit_document(result, say)
    document["verification"] = {
        "outcome": comparison.outcome.value,
        "source": observed.source,
        "observed": {
            **{name: getattr(observed, name) for name in _OBSERVED},
            "data_parallel_size": observed.engines,
        },
        "lines": [_line(line) for line in comparison.lines],
        "settings": [_setting(setting) for setting in comparison.settings],
        "reasons": [reason_document(reason, say) for reason in comparison.reasons],
        "evidence_id": kept.id if kept else None,
    }
    entries = ProvenanceMap()
    for path, origin in _origins(observed, comparison, today):
        entries.add(f"/verification/{path}", origin)
    document["provenance"] |= entries.as_document()
    return document


def _line(line: Line) -> Document:
    return {
        "quantity": line.quantity,
        "unit": line.unit,
        "predicted": line.predicted,
        "observed": line.observed,
        "error": line.error,
        "relative_error": line.relative_error,
        "limit": line.limit,
        "within": line.within,
    }


def _setting(setting: Setting) -> Document:
    return {
        "name": setting.name,
        "stated": setting.stated,
        "told": setting.told,
        "used": setting.used,
        "denied": setting.is_denied,
    }


def _origins(observed: Observed, comparison: Comparison, today: date) -> Iterator[tuple[str, Provenance]]:
    seen = Provenance(Level.SIMULATED if observed.simulated else Level.MEASURED, observed.source, AsOf.on(today))
    yield "observed", seen
    yield "settings", Provenance(Level.ASSUMED, "the question")
    yield "reasons", Provenance(Level.DERIVED, "stated with each reason")
    for number in range(len(comparison.settings)):
        yield f"settings/{number}/told", seen
    yield "lines", Provenance(Level.DERIVED, "predicted − observed, and the band of the prediction")
    for number in range(len(comparison.lines)):
        yield f"lines/{number}/predicted", Provenance(Level.MODELLED, "this verdict")
        yield f"lines/{number}/observed", seen
