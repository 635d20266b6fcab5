"""`advisor.evidence/1`: performance figures and observed memory as a JSON document."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict

from advisor.catalog.records.origin import Source
from advisor.evidence.points import EvidencePoint
from advisor.export.document import Document, ProvenanceMap
from advisor.fit.memory.measured import MeasuredMemory
from advisor.quantities.provenance import Level, Provenance

_DEFAULT = Provenance(Level.ASSUMED, "the engine's default: neither the server nor a user tells it")

Caveats = Callable[[EvidencePoint, Mapping[str, Source]], Sequence[str]]
"""Turns what must be known of a figure into sentences; the language is the caller's."""


def evidence_document(
    points: Sequence[EvidencePoint],
    sources: Mapping[str, Source],
    caveats: Caveats,
    memories: Sequence[MeasuredMemory] = (),
) -> Document:
    """Every figure with its key, load, origin and caveats, and every observation of an engine's memory."""
    entries = ProvenanceMap()
    rows = []
    for index, point in enumerate(points):
        source = sources.get(point.source_id)
        entries.add(f"/evidence/{index}", point.provenance)
        rows.append(
            {
                "model": point.model,
                "checkpoint": point.checkpoint,
                "accelerator": point.accelerator,
                "devices": point.devices,
                "tensor_parallel_size": point.tensor_parallel_size,
                "engine": point.engine,
                "engine_version": point.engine_version,
                "input_tokens": point.input_tokens,
                "output_tokens": point.output_tokens,
                "load": {"kind": point.load, "value": point.load_value},
                "metric": point.metric,
                "value": point.value,
                "unit": point.unit,
                "statistic": point.statistic,
                "level": point.level.value,
                "source": point.provenance.source,
                "as_of": str(point.provenance.as_of) if point.provenance.as_of else None,
                "run_id": point.run_id,
                "note": point.note or None,
                "source_id": point.source_id or None,
                "location": source.location if source else None,
                "place": point.place or None,
                "dataset": point.dataset or None,
                "caveats": list(caveats(point, sources)),
            }
        )
    for index, memory in enumerate(memories):
        entries.add(f"/memory/{index}", memory.provenance)
        for name in memory.assumed:
            entries.add(f"/memory/{index}/{name}", _DEFAULT)
    return {
        "schema": "advisor.evidence/1",
        "evidence": rows,
        "memory": [_memory(memory) for memory in memories],
        "provenance": entries.as_document(),
    }


def _memory(memory: MeasuredMemory) -> Document:
    return {
        "id": memory.id,
        **asdict(memory.stack),
        "blocks": memory.blocks,
        "kv_cache_tokens": memory.kv_cache_tokens,
        "kv_cache_bytes": memory.kv_cache_bytes,
        "beside_weights_bytes": memory.beside_bytes,
        "doubt_bytes": memory.doubt_bytes,
        "weights_bytes": memory.weights_bytes,
        "activation_bytes": memory.activation_bytes,
        "non_torch_bytes": memory.non_torch_bytes,
        "cuda_graph_bytes": memory.cuda_graph_bytes,
        "level": memory.provenance.level.value,
        "source": memory.provenance.source,
        "observed_at": memory.observed_at,
        "assumed": list(memory.assumed),
    }
