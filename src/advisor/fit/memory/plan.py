"""The memory of one device: what is left for the cache, what the requests need, and the margin between them."""

from dataclasses import dataclass, replace
from typing import NamedTuple

from advisor.catalog.records.engines import EngineVersion
from advisor.catalog.records.hardware import Accelerator
from advisor.errors import InputError
from advisor.fit.memory.budget import (
    Overheads,
    SchedulerLimits,
    overheads_of,
    scheduler_limits,
    tokens_in_headroom,
    unknown_overheads,
)
from advisor.fit.memory.columns import N, greater, over
from advisor.fit.memory.kv import (
    BlockRule,
    block_bytes,
    block_rule,
    blocks_in,
    context_limit,
    inflight_tokens,
    longest_with_tables,
    needed_bytes,
    requests_per_rank,
)
from advisor.fit.memory.weights import StageWeights, sharding, weights_by_stage
from advisor.fit.platforms.neuron import cache_cap_bytes
from advisor.fit.request import FitRequest
from advisor.fit.result import KvCache, PerDevice, Verdict
from advisor.fit.versions import behaviour
from advisor.quantities.units import GIB

VERDICTS = (Verdict.FITS, Verdict.TIGHT, Verdict.DOES_NOT_FIT)
"""In the order of `verdict_rank`."""


@dataclass(frozen=True, slots=True)
class Memory:
    """The memory of a replica's fullest device, and the caches that it leaves room for."""

    verdict: Verdict
    per_device: PerDevice
    weights: StageWeights
    overheads: Overheads
    kv_cache: KvCache
    hybrid_on: KvCache | None
    hybrid_off: KvCache | None
    limits: SchedulerLimits | None


def verdict_rank(margin_bytes: N, band_bytes: N, overflow_bytes: N) -> N:
    """0 fits, 1 tight, 2 does not fit: by the margin's place in the band, and by what overflows the headroom."""
    by_cache = 2.0 - over(margin_bytes, band_bytes) - (1.0 - over(-margin_bytes, band_bytes))
    by_headroom = over(overflow_bytes, 0.0) + over(overflow_bytes, band_bytes)
    return greater(by_cache, by_headroom)


def hybrid_in_force(request: FitRequest, version: EngineVersion) -> bool:
    """Stated, or the version's default. InputError where the version has no hybrid cache to force."""
    if request.hybrid_kv and version.hybrid_kv == "unavailable":
        raise InputError(
            f"{request.engine.name} {request.engine_version} has no hybrid KV cache for Llama 4",
            hint="It begins with 0.10.0.",
            key="hybrid_kv",
        )
    return version.hybrid_kv == "on" if request.hybrid_kv is None else request.hybrid_kv


def paging_version(request: FitRequest) -> EngineVersion | None:
    """The record of the engine's version where it pages its cache, None where it does not."""
    if request.engine.memory_model != "paged":
        return None
    return behaviour(request.engine, request.engine_version)


def utilization_in_force(request: FitRequest, version: EngineVersion | None) -> float:
    """The share of a device's memory that the engine may use: stated, or the version's default; else all."""
    return request.gpu_memory_utilization or (version.gpu_memory_utilization if version is not None else 1.0)


def paged_memory(request: FitRequest, accelerator: Accelerator, version: EngineVersion, tp: int) -> Memory:
    """Memory under an engine that pages its cache. InputError for a hybrid cache that the version lacks."""
    hybrid = hybrid_in_force(request, version)
    limits = scheduler_limits(request, accelerator)
    inflight = inflight_tokens(version, limits.max_num_batched_tokens, request.pipeline_parallel_size)
    rules: dict[bool, BlockRule[float]] = {
        state: block_rule(request, version, inflight, hybrid=state) for state in (True, False)
    }
    overheads = overheads_of(request, accelerator, version, tp, hybrid=hybrid, groups=rules[hybrid].groups)
    utilization = utilization_in_force(request, version)
    staged = weights_by_stage(request.model.architecture, request.checkpoint, sharding(request, tp, version))
    devices = [
        device_memory(
            request,
            overheads,
            utilization,
            weights,
            needed_bytes(
                rules[hybrid],
                block_bytes(request, tp, weights.stage, hybrid=hybrid),
                request.context_tokens,
                requests_per_rank(request),
            ),
        )
        for weights in staged
    ]
    fullest = min(range(len(devices)), key=lambda index: devices[index].margin_bytes)
    caches = {
        state: _paged_cache(
            request,
            rule,
            [
                _Pool(device.kv_cache_bytes, block_bytes(request, tp, weights.stage, hybrid=state))
                for device, weights in zip(devices, staged, strict=True)
            ],
            overheads.counted_table_bytes,
            tokens_in_headroom(request, version, limits, overheads, rule.groups),
        )
        for state, rule in rules.items()
    }
    device = devices[fullest]
    rank = verdict_rank(device.margin_bytes, device.band_bytes, overheads.late_bytes - overheads.headroom_bytes)
    return Memory(
        verdict=VERDICTS[int(rank)],
        per_device=device,
        weights=staged[fullest],
        overheads=overheads,
        kv_cache=caches[hybrid],
        hybrid_on=caches[True] if version.hybrid_kv != "unavailable" else None,
        hybrid_off=caches[False],
        limits=limits,
    )


def contiguous_memory(request: FitRequest, tp: int) -> Memory:
    """Memory under an engine that keeps one stretch of cache for each sequence of the compiled length."""
    from advisor.fit.memory.contiguous import contiguous_cache  # no GPU needs it

    utilization = utilization_in_force(request, None)
    overheads = unknown_overheads(request, utilization)
    (weights,) = weights_by_stage(request.model.architecture, request.checkpoint, sharding(request, tp, None))[:1]
    cache = contiguous_cache(request, tp)
    each = cache.request_bytes(request.context_tokens)
    requests = requests_per_rank(request)
    device = _capped(request, device_memory(request, overheads, utilization, weights, each * requests))
    concurrency = max(0.0, device.kv_cache_bytes) / each
    limit = context_limit(request)
    kv_cache = KvCache(
        hybrid=request.engine.chunked_attention,
        dtype=request.kv_dtype,
        bytes_per_token_per_device=each / request.context_tokens,
        blocks=None,
        capacity_tokens=int(concurrency) * request.context_tokens,
        max_context_tokens=min(limit, int(cache.longest_context(device.kv_cache_bytes))),
        max_concurrency_at_context=concurrency,
        max_context_at_concurrency_tokens=min(limit, int(cache.longest_context(device.kv_cache_bytes / requests))),
    )
    verdict = VERDICTS[int(verdict_rank(device.margin_bytes, device.band_bytes, 0.0))]
    return Memory(verdict, device, weights, overheads, kv_cache, None, None, None)


def _capped(request: FitRequest, device: PerDevice) -> PerDevice:
    """The cache is no larger than the release's plugin lets it be."""
    most = cache_cap_bytes(request, device.budget_bytes)
    if most is None or device.kv_cache_bytes <= most:
        return device
    return replace(device, kv_cache_bytes=most, margin_bytes=most - device.kv_needed_bytes)


class _Pool(NamedTuple):
    """What a device of a stage has for its cache, and the size of one block there."""

    available_bytes: float
    block_bytes: int

    @property
    def blocks(self) -> int:
        return int(blocks_in(self.available_bytes, self.block_bytes))


def _paged_cache(
    request: FitRequest, rule: BlockRule[float], pools: list[_Pool], table_bytes: float, most_tokens: float
) -> KvCache:
    """The cache of a rank: vLLM gives every stage the number of blocks that the poorest can hold."""
    pool = min(pools, key=lambda pool: pool.blocks)
    context, limit = request.context_tokens, context_limit(request)
    each = rule.blocks_per_request(context)

    def longest(requests: int) -> int:
        held = (
            longest_with_tables(rule, pool.available_bytes, pool.block_bytes, table_bytes, context, requests)
            for pool in pools
        )
        return int(min(limit, most_tokens, *held))

    return KvCache(
        hybrid=bool(rule.local_groups),
        dtype=request.kv_dtype,
        bytes_per_token_per_device=each * pool.block_bytes / context,
        blocks=pool.blocks,
        capacity_tokens=int(rule.capacity_tokens(pool.blocks, context)),
        max_context_tokens=longest(1),
        max_concurrency_at_context=rule.concurrency(pool.blocks, context),
        block_bytes=pool.block_bytes,
        block_tokens=rule.block_tokens,
        groups=rule.groups,
        max_context_at_concurrency_tokens=longest(requests_per_rank(request)),
        max_context_by_blocks_tokens=min(limit, int(rule.longest_context(rule.free_blocks(pool.blocks)))),
        max_context_by_tables_tokens=int(min(limit, most_tokens)),
    )


def device_memory(
    request: FitRequest, overheads: Overheads, utilization: float, weights: StageWeights, needed: float
) -> PerDevice:
    """One device under a budget: what weights and overheads leave of it, against what the requests need."""
    usable = request.device_memory_gib * GIB
    budget = usable * utilization
    held = weights.total_bytes
    available = available_bytes(budget, held, (weights.rope_table_bytes or 0.0) + overheads.budgeted_bytes)
    activation, non_torch, graphs, correction = (None if part is None else part.bytes for part in overheads.parts)
    return PerDevice(
        usable_bytes=usable,
        budget_bytes=budget,
        weights_bytes=held,
        rope_table_bytes=weights.rope_table_bytes,
        activation_bytes=activation,
        non_torch_bytes=non_torch,
        cuda_graph_bytes=graphs,
        kv_cache_bytes=available,
        kv_needed_bytes=needed,
        margin_bytes=available - needed,
        band_bytes=overheads.band_bytes,
        block_table_bytes=overheads.block_table_bytes,
        headroom_bytes=overheads.headroom_bytes,
        correction_bytes=correction,
    )


def available_bytes(budget_bytes: N, weights_bytes: N, beside_bytes: N) -> N:
    """What the engine leaves for the cache; below 0 where weights and overheads exceed the budget."""
    return budget_bytes - weights_bytes - beside_bytes
