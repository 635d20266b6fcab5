"""`advisor.fit/1`: a fit verdict as a JSON document."""

from dataclasses import asdict

from advisor.catalog.records.engines import Overhead
from advisor.export.document import Document, ProvenanceMap, Say, reason_document
from advisor.export.fit_answers import add_answer_provenance, answer_fields
from advisor.fit.memory.budget import Overheads, Part
from advisor.fit.result import FitResult, KvCache, PerDevice
from advisor.fit.versions import behaviour
from advisor.quantities.provenance import Level, Provenance
from advisor.quantities.quantity import Quantity

SCHEMA = "advisor.fit/1"
_ARITHMETIC = "arithmetic on the model's published dimensions"
_PART_KEYS = {
    "activation": "activation_bytes",
    "non_torch": "non_torch_bytes",
    "cuda_graphs": "cuda_graph_bytes",
    "correction": "correction_bytes",
}
"""The keys of `per_device` by the parts of the overheads, in their order."""


def fit_document(result: FitResult, say: Say) -> Document:
    """The whole answer, every number with its provenance."""
    request = result.request
    document: Document = {
        "schema": SCHEMA,
        "model": request.model.id,
        "checkpoint": request.checkpoint.id,
        "instance": request.instance.id,
        "engine": f"{request.engine.id}@{request.engine_version}",
        "verdict": result.verdict.value,
        "context_tokens": request.context_tokens,
        "concurrency": request.concurrency,
        "parallelism": {
            "tensor_parallel_size": result.parallelism.tensor_parallel_size,
            "pipeline_parallel_size": result.parallelism.pipeline_parallel_size,
            "devices_used": result.parallelism.devices_used,
            "valid_tensor_parallel_sizes": list(result.parallelism.valid_tensor_parallel_sizes),
            "data_parallel_size": result.parallelism.data_parallel_size,
            "expert_parallel": result.parallelism.expert_parallel,
            "nodes": result.parallelism.nodes,
            "replicas": result.parallelism.replicas,
        },
        "per_device": asdict(result.per_device) if result.per_device else None,
        "weights": [asdict(part) for part in result.weights.parts] if result.weights else None,
        "overheads": _overheads(result.overheads),
        "kv_cache": _cache(result.kv_cache),
        "alternatives": {"hybrid_on": _cache(result.hybrid_on), "hybrid_off": _cache(result.hybrid_off)},
        "reasons": [reason_document(reason, say) for reason in result.reasons],
        **answer_fields(result, say),
    }
    document["provenance"] = fit_provenance(result).as_document()
    return document


def fit_provenance(result: FitResult) -> ProvenanceMap:
    """Origin of every number in the document; screens take their glyphs from the same map."""
    request = result.request
    entries = ProvenanceMap()
    question = Provenance(Level.ASSUMED, "the question, or its default")
    entries.add("/context_tokens", question)
    entries.add("/concurrency", question)
    entries.add("/parallelism", Provenance(Level.DERIVED, "the engine's divisibility rules on the model's dimensions"))
    entries.add("/reasons", Provenance(Level.DERIVED, "stated with each reason"))
    overhead = overhead_origin(result)
    modelled = cache_origin(result, overhead)
    add_answer_provenance(entries, result, modelled)
    if result.per_device is None or request.accelerator is None:
        return entries
    weights = request.checkpoint.origin.default
    level = Level.ASSUMED if weights.level is Level.ASSUMED else Level.DERIVED
    device = result.per_device
    entries.add("/per_device", overhead)
    for index, (name, part) in enumerate(_named_parts(result.overheads)):
        entries.add(f"/per_device/{_PART_KEYS[name]}", part.origin)
        entries.add(f"/overheads/{index}", part.origin)
    entries.add("/per_device/usable_bytes", request.accelerator.origin.of("memory_gib"))
    entries.add("/per_device/budget_bytes", Provenance(Level.DERIVED, "usable memory × gpu_memory_utilization"))
    entries.add("/per_device/weights_bytes", weights.but(level, f"{_ARITHMETIC}; {weights.source}"))
    entries.add("/per_device/rope_table_bytes", _rope_origin(device))
    entries.add("/weights", weights.but(level, f"{_ARITHMETIC}; {weights.source}"))
    entries.add("/overheads", overhead)
    entries.add("/per_device/block_table_bytes", Provenance(Level.DERIVED, "the engine's block arithmetic"))
    entries.add("/per_device/kv_needed_bytes", Provenance(Level.DERIVED, "the engine's block arithmetic"))
    entries.add(
        "/per_device/band_bytes", Provenance(Level.ASSUMED, "1 GiB where the overheads were measured, else 2 GiB")
    )
    for key, value in (("kv_cache_bytes", device.kv_cache_bytes), ("margin_bytes", device.margin_bytes)):
        entries.add(f"/per_device/{key}", _banded(value, device, modelled))
    entries.add("/kv_cache", modelled)
    entries.add("/alternatives", modelled)
    return entries


def _rope_origin(device: PerDevice) -> Provenance:
    if device.rope_table_bytes is None:
        return Provenance(Level.UNKNOWN, "whether this engine keeps such a table is not published")
    return Provenance(Level.DERIVED, _ARITHMETIC)


def overhead_origin(result: FitResult) -> Provenance:
    """Who vouches for the engine's overheads; of several parts without a table by version, the first that is known."""
    request = result.request
    version = behaviour(request.engine, request.engine_version) if request.engine.versions else None
    if version is None:
        for _, part in _named_parts(result.overheads):
            if part.bytes:
                return part.origin
        return Provenance(Level.UNKNOWN, "overheads of this engine are not published")
    overhead: Overhead = request.engine.overheads[version.overhead]
    return overhead.origin.default


def cache_origin(result: FitResult, overhead: Provenance) -> Provenance:
    """Whose cache this is: predicted by the catalogue's overheads, or by those that were measured here."""
    chosen = result.overheads.measured if result.overheads else None
    if chosen is None:
        return Provenance(Level.MODELLED, f"budget − weights − overheads; {overhead.source}")
    seen = chosen.memory.provenance
    return seen.but(Level.CALIBRATED, f"budget − weights − overheads measured here; {seen.source}")


def _banded(value: float, device: PerDevice, origin: Provenance) -> Quantity:
    return Quantity(value, "B", origin, value - device.band_bytes, value + device.band_bytes)


def _overheads(overheads: Overheads | None) -> list[Document] | None:
    if overheads is None:
        return None
    return [
        {"part": name, "bytes": part.bytes, "low": part.low, "high": part.high}
        for name, part in _named_parts(overheads)
    ]


def _named_parts(overheads: Overheads | None) -> list[tuple[str, Part]]:
    if overheads is None:
        return []
    return [(name, part) for name, part in zip(_PART_KEYS, overheads.parts, strict=True) if part is not None]


def _cache(cache: KvCache | None) -> Document | None:
    return asdict(cache) if cache else None
