"""Memory under engines that fit judges and advice never picks: SGLang, TensorRT-LLM, Meta's reference code.

Less is known of them than of vLLM: one lump that rests on one observation, or overheads that nobody has
published. What their sources do say is exact: the share of a device, the request table, the RoPE table's element.
"""

from dataclasses import dataclass, replace

from advisor.anatomy.cache import kv_bytes_per_token_per_layer, kv_heads_per_device
from advisor.anatomy.parameters import rope_table_bytes
from advisor.catalog.records.engines import LocalCache, StaticShare
from advisor.errors import InputError
from advisor.fit.memory.budget import UNMEASURED_BAND_BYTES, Overheads, Part, unknown_overheads
from advisor.fit.memory.contiguous import ContiguousCache
from advisor.fit.memory.kv import context_limit, requests_per_rank
from advisor.fit.memory.plan import VERDICTS, Memory, device_memory, verdict_rank
from advisor.fit.memory.stages import Stage
from advisor.fit.memory.weights import StageWeights, sharding, weights_by_stage
from advisor.fit.request import FitRequest
from advisor.fit.result import KvCache, PerDevice
from advisor.fit.versions import rows_for
from advisor.quantities.units import GIB
from advisor.reasons import Reason, error, info, warning

_LUMP = "static"
_FEWEST_ROWS, _MOST_ROWS = 2048, 4096
"""Requests that SGLang prepares for: 512 for each that its cache holds, within these (source: resolve_max_num_reqs)."""
_ROWS_PER_REQUEST_HELD = 512
_TABLE_ENTRY_BYTES = 4
_TABLE_SPARE_TOKENS = 4
_PREFILL_TOKENS = 8192
"""Tokens of one chunk of prefill, which local layers hold beyond their own."""
_REFERENCE_LENGTHS = 2
"""Meta's code builds its table of complex64 for twice the length that it is started with (source: model.py)."""
_TOLD_FROM_BYTES = GIB


def planned_memory(request: FitRequest, tensor_parallel_size: int) -> Memory:
    """Memory of the fullest device. InputError for a cache of one chunk that the engine's version cannot have."""
    spread = sharding(request, tensor_parallel_size, None)
    staged = weights_by_stage(request.model.architecture, request.checkpoint, spread)
    judged = [_on_stage(request, tensor_parallel_size, weights) for weights in staged]
    return min(judged, key=lambda memory: memory.per_device.margin_bytes)


def plan_reasons(request: FitRequest, memory: Memory) -> list[Reason]:
    """What is particular about these engines' figures, and what overflows beside their share."""
    engine, source = request.engine, request.engine.origin.default.source
    match engine.memory_model:
        case "static_share":
            return [*_table_reasons(request, memory.overheads), *_share_reasons(request, memory.overheads)]
        case "free_share":
            share = _share_of_free(request)
            told = info("cache_share_of_free", engine.origin.of("cache_share_of_free").source, share=share)
            return [told, info("plan_overheads_unknown", source, engine=engine.name)]
        case "reference":
            told = info("reference_code", source, engine=engine.name)
            return [told, info("plan_overheads_unknown", source, engine=engine.name)]
        case _:
            return []


def _on_stage(request: FitRequest, tp: int, weights: StageWeights) -> Memory:
    weights = replace(weights, rope_table_bytes=float(_rope_bytes(request)))
    cache = _cache(request, tp, weights.stage)
    each = cache.request_bytes(request.context_tokens)
    needed = each * requests_per_rank(request)
    match request.engine.memory_model:
        case "static_share":
            share = static_share(request, tp * request.pipeline_parallel_size * request.data_parallel_size)
            pool = device_memory(request, _static_overheads(request, share, 0), share, weights, needed)
            overheads = _static_overheads(request, share, request_rows(request, pool.kv_cache_bytes / each))
            device = device_memory(request, overheads, share, weights, needed)
        case "free_share":
            overheads = unknown_overheads(request, 1.0)
            whole = device_memory(request, overheads, 1.0, weights, needed)
            device = _shared(whole, _share_of_free(request))
        case _:
            overheads = unknown_overheads(request, 1.0)
            device = device_memory(request, overheads, 1.0, weights, needed)
    overflow = overheads.late_bytes - overheads.headroom_bytes
    verdict = VERDICTS[int(verdict_rank(device.margin_bytes, device.band_bytes, overflow))]
    return Memory(
        verdict=verdict,
        per_device=device,
        weights=weights,
        overheads=overheads,
        kv_cache=_capacity(request, cache, device),
        hybrid_on=None,
        hybrid_off=None,
        limits=None,
    )


def static_share(request: FitRequest, ranks: int) -> float:
    """The share of a device for weights and cache: stated, or the version's default for device and ranks."""
    if request.gpu_memory_utilization is not None:
        return request.gpu_memory_utilization
    rows: list[StaticShare] = rows_for(request.engine.static_shares, request.engine_version)
    memory = request.device_memory_gib
    row = next((row for row in rows if row.device_gib_below is None or memory < row.device_gib_below), None)
    if row is None:
        raise InputError(
            f"{request.engine.name} {request.engine_version} is older than the first version that serves Llama 4",
            hint=f"Use {request.engine.static_shares[0].since} or newer.",
            key="engine",
        )
    if row.shares:
        return row.shares[min(ranks.bit_length() - 1, len(row.shares) - 1)]
    return max(0.0, 1 - (row.reserved_gib + row.reserved_per_rank_gib * ranks) / memory)


def _static_overheads(request: FitRequest, share: float, rows: int) -> Overheads:
    lump = request.engine.overheads[_LUMP]
    expected = lump.activation_base_gib * GIB
    low, high = expected - UNMEASURED_BAND_BYTES, expected + UNMEASURED_BAND_BYTES
    usable = request.device_memory_gib * GIB
    table = float(rows * _row_bytes(request))
    return Overheads(
        activation=Part(expected, low, high, lump.origin.default),
        non_torch=None,
        cuda_graphs=None,
        block_table_bytes=table,
        counted_table_bytes=0.0,
        late_bytes=table,
        headroom_bytes=usable * (1 - share),
        band_bytes=UNMEASURED_BAND_BYTES,
    )


def request_rows(request: FitRequest, requests_held: float) -> int:
    """Rows of SGLang's request table: the requests that it prepares for, stated or by its cache, and one to spare."""
    by_cache = min(max(int(requests_held * _ROWS_PER_REQUEST_HELD), _FEWEST_ROWS), _MOST_ROWS)
    return (request.max_num_seqs or by_cache) + 1


def _row_bytes(request: FitRequest) -> int:
    return (request.context_tokens + _TABLE_SPARE_TOKENS) * _TABLE_ENTRY_BYTES


def _table_reasons(request: FitRequest, overheads: Overheads) -> list[Reason]:
    table, headroom = overheads.late_bytes, overheads.headroom_bytes
    source = request.engine.origin.default.source
    rows, tokens = int(table / _row_bytes(request)), request.context_tokens
    if table > headroom:
        say = error if table - headroom > overheads.band_bytes else warning
        return [
            say(
                "request_table_short",
                source,
                rows=rows,
                context_tokens=tokens,
                table_bytes=table,
                headroom_bytes=headroom,
            )
        ]
    if table < _TOLD_FROM_BYTES:
        return []
    return [info("request_table", source, rows=rows, context_tokens=tokens, table_bytes=table, headroom_bytes=headroom)]


def _share_reasons(request: FitRequest, overheads: Overheads) -> list[Reason]:
    found: list[Reason] = []
    local = local_cache(request)
    if request.hybrid_kv is None and local.default_share < 1:
        version = request.engine_version
        found.append(
            info(
                "local_layers_keep",
                local.source,
                engine=request.engine.name,
                version=version,
                share=local.default_share,
            )
        )
    if overheads.activation is not None:
        lump = overheads.activation
        found.append(warning("overhead_calibrated", lump.origin.source, overhead_bytes=lump.bytes))
    return found


def _share_of_free(request: FitRequest) -> float:
    return request.gpu_memory_utilization or request.engine.cache_share_of_free or 1.0


def _shared(device: PerDevice, share: float) -> PerDevice:
    """The cache gets a share of what is free; of what is not there it gets nothing."""
    available = device.kv_cache_bytes * share if device.kv_cache_bytes > 0 else device.kv_cache_bytes
    return replace(device, kv_cache_bytes=available, margin_bytes=available - device.kv_needed_bytes)


def _rope_bytes(request: FitRequest) -> int:
    """The table for the model's positions in the engine's element; Meta's is for the length that it is started with."""
    arch = request.model.architecture
    if request.engine.memory_model == "reference":
        complex64 = 2 * request.engine.rope_element_bytes
        return _REFERENCE_LENGTHS * request.context_tokens * (arch.head_dim // 2) * complex64
    return rope_table_bytes(arch) // 2 * request.engine.rope_element_bytes


def local_cache(request: FitRequest) -> LocalCache:
    """What chunked-local layers keep under the engine's version."""
    rows = rows_for(request.engine.local_caches, request.engine_version)
    return rows[-1] if rows else LocalCache("", request.engine.origin.default.source, 1.0, chunk_available=False)


@dataclass(frozen=True, slots=True)
class _Kept:
    """What local layers keep: a share of the context, or so many tokens of it."""

    share: float
    tokens: int | None


def _kept(request: FitRequest) -> _Kept:
    local = local_cache(request)
    if request.hybrid_kv is None:
        return _Kept(local.default_share, None)
    if not request.hybrid_kv:
        return _Kept(1.0, None)
    if not local.chunk_available:
        raise InputError(
            f"{request.engine.name} {request.engine_version} has no cache of one chunk for the local layers of Llama 4",
            key="hybrid_kv",
        )
    return _Kept(1.0, chunk_tokens(request))


def chunk_tokens(request: FitRequest) -> int:
    """Tokens that local layers hold where they keep a chunk: their own, and one chunk of prefill."""
    return request.model.architecture.attention_chunk_size + _PREFILL_TOKENS


def _cache(request: FitRequest, tp: int, stage: Stage) -> ContiguousCache[float]:
    arch, kept = request.model.architecture, _kept(request)
    return ContiguousCache(
        bytes_per_token_per_layer=kv_bytes_per_token_per_layer(arch, kv_heads_per_device(arch, tp), request.kv_dtype),
        global_layers=stage.layers - stage.local_layers,
        local_layers=stage.local_layers * kept.share,
        local_tokens=kept.tokens,
    )


def _capacity(request: FitRequest, cache: ContiguousCache[float], device: PerDevice) -> KvCache:
    each = cache.request_bytes(request.context_tokens)
    available = max(0.0, device.kv_cache_bytes)
    limit = min(context_limit(request), _longest_row(request, device))
    table, table_per_token = 0.0, 0.0
    if request.engine.memory_model == "reference":
        table = float(_rope_bytes(request))
        table_per_token = table / request.context_tokens

    def longest(requests: int) -> int:
        left = max(0.0, device.kv_cache_bytes + table)
        return int(cache.longest_context(left / requests, table_per_token / requests))

    return KvCache(
        hybrid=cache.local_tokens is not None,
        dtype=request.kv_dtype,
        bytes_per_token_per_device=each / request.context_tokens,
        blocks=None,
        capacity_tokens=int(available / each * request.context_tokens),
        max_context_tokens=min(limit, longest(1)),
        max_concurrency_at_context=available / each,
        max_context_at_concurrency_tokens=min(limit, longest(requests_per_rank(request))),
    )


def _longest_row(request: FitRequest, device: PerDevice) -> int:
    """The longest context whose request table fits beside the share; no limit for an engine without one."""
    if request.engine.memory_model != "static_share":
        return context_limit(request)
    return max(0, int(device.headroom_bytes // (request_rows(request, 1.0) * _TABLE_ENTRY_BYTES)) - _TABLE_SPARE_TOKENS)
