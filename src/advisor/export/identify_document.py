"""`advisor.identify/1`: what a server can be, by its KV cache, as a JSON document."""

from dataclasses import asdict
from datetime import date

from advisor.export.document import Document, ProvenanceMap, Say, reason_document
from advisor.fit.proof.declared import Identified
from advisor.fit.proof.identify import Match
from advisor.quantities.provenance import AsOf, Level, Provenance

SCHEMA = "advisor.identify/1"


def identify_document(found: Identified, say: Say, today: date) -> Document:
    """Everything that was concluded, every number with its provenance."""
    observed, search = found.observed, found.identification
    reasons = (*found.reasons, *(search.open_questions if search else ()))
    return {
        "schema": SCHEMA,
        "source": observed.source,
        "outcome": found.outcome,
        "observed": {
            "engine": observed.engine,
            "engine_version": observed.engine_version,
            "served_model": observed.served_model,
            "max_model_len": observed.max_model_len,
            "data_parallel_size": observed.engines,
            "blocks": observed.blocks,
            "block_tokens": observed.block_tokens,
            "cache_dtype": observed.cache_dtype,
            "gpu_memory_utilization": observed.gpu_memory_utilization,
            "kv_cache_tokens": observed.kv_cache_tokens,
            "kv_cache_max_concurrency": observed.kv_cache_max_concurrency,
        },
        "declared": {
            **asdict(found.declaration),
            "nearest": _match(found.nearest) if found.declared is not None else None,
        },
        "tried": search.tried if search else 0,
        "matches": [_match(match) for match in search.matches] if search else [],
        "closest": _match(search.closest) if search else None,
        "reasons": [reason_document(reason, say) for reason in reasons],
        "provenance": _provenance(found, today).as_document(),
    }


def _provenance(found: Identified, today: date) -> ProvenanceMap:
    observed = found.observed
    entries = ProvenanceMap()
    seen = Provenance(Level.SIMULATED if observed.simulated else Level.MEASURED, observed.source, AsOf.on(today))
    modelled = Provenance(
        Level.MODELLED, f"budget − weights − overheads of the catalogue, against {observed.source}", AsOf.on(today)
    )
    entries.add("/observed", seen)
    entries.add("/declared", Provenance(Level.ASSUMED, "the declaration"))
    entries.add("/declared/nearest", modelled)
    entries.add("/tried", Provenance(Level.DERIVED, "combinations of the catalogue that can run"))
    entries.add("/reasons", Provenance(Level.DERIVED, "stated with each reason"))
    entries.add("/matches", modelled)
    entries.add("/closest", modelled)
    return entries


def _match(match: Match | None) -> Document | None:
    if match is None:
        return None
    seen = match.implied
    return {
        "model": match.model,
        "checkpoint": match.checkpoint,
        "accelerator": match.accelerator,
        "tensor_parallel_size": match.tensor_parallel_size,
        "pipeline_parallel_size": match.pipeline_parallel_size,
        "data_parallel_size": match.data_parallel_size,
        "expert_parallel": match.expert_parallel,
        "max_num_batched_tokens": match.max_num_batched_tokens,
        "max_num_seqs": match.max_num_seqs,
        "consistency": seen.consistency.value,
        "hybrid": seen.hybrid,
        "blocks": seen.blocks,
        "predicted_blocks": seen.predicted_blocks,
        "block_bytes": seen.block_bytes,
        "kv_cache_bytes": seen.kv_cache_bytes,
        "predicted_kv_cache_bytes": seen.predicted_bytes,
        "difference_bytes": seen.difference_bytes,
        "band_bytes": seen.band_bytes,
        "beside_weights_bytes": seen.beside_bytes,
        "instances": [asdict(holder) for holder in match.holders],
    }
