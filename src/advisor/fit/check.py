"""The fit checker: one request in, verdict with numbers and reasons out.

Order of judgement: platform support, parallelism, context limit, then memory. Memory needs more than
the weights: what is left after them and the engine's overheads must hold the cache of the requests.
"""

from dataclasses import dataclass

from advisor.catalog.records import Accelerator, EngineVersion
from advisor.errors import InputError
from advisor.fit.budget import (
    NEURON_OVERHEADS,
    Overheads,
    SchedulerLimits,
    scheduler_limits,
    vllm_overheads,
    weights_per_device,
)
from advisor.fit.kv import (
    PagedLayout,
    context_limit,
    neuron_capacity,
    neuron_request_bytes,
    paged_capacity,
    paged_layout,
)
from advisor.fit.parallelism import objections, replica_devices, valid_sizes
from advisor.fit.platforms import platform_reasons
from advisor.fit.request import FitRequest
from advisor.fit.result import FitResult, KvCache, Parallelism, PerDevice, Verdict
from advisor.fit.serve import serve_command
from advisor.fit.versions import behaviour
from advisor.quantities.units import GIB
from advisor.reasons import Reason, Severity, error, info, warning


def check_fit(request: FitRequest) -> FitResult:
    """Judge one request. InputError only for a version that cannot be read."""
    platform = platform_reasons(request)
    if _fatal(platform) and request.accelerator is None:
        return _refused(request, Verdict.UNSUPPORTED, platform, request.tensor_parallel_size or 1, ())
    sizes = valid_sizes(request) if request.pipeline_parallel_size <= request.device_count else ()
    tp = request.tensor_parallel_size or (sizes[-1] if sizes else 1)
    if _fatal(platform):
        return _refused(request, Verdict.UNSUPPORTED, platform, tp, sizes)
    parallel = [*objections(request, tp), *_context(request)]
    if _fatal(parallel):
        return _refused(request, Verdict.INVALID, [*parallel, *platform], tp, sizes)
    memory = _memory(request, tp)
    reasons = [*_memory_reasons(request, memory), *parallel, *platform]
    return FitResult(
        request=request,
        verdict=memory.verdict,
        parallelism=_parallelism(request, tp, sizes),
        per_device=memory.per_device,
        kv_cache=memory.kv_cache,
        hybrid_on=memory.hybrid_on,
        hybrid_off=memory.hybrid_off,
        reasons=tuple(reasons),
        serve=serve_command(request, tp) if memory.verdict.runs else None,
    )


@dataclass(frozen=True, slots=True)
class _Memory:
    verdict: Verdict
    per_device: PerDevice
    kv_cache: KvCache
    hybrid_on: KvCache | None
    hybrid_off: KvCache | None
    limits: SchedulerLimits | None
    hybrid_default: bool


def _memory(request: FitRequest, tp: int) -> _Memory:
    assert request.accelerator is not None, "a CPU instance is refused before its memory is asked for"
    version = behaviour(request.engine, request.engine_version) if request.engine.accelerators == "gpu" else None
    if version is None:
        return _neuron_memory(request, tp)
    return _vllm_memory(request, request.accelerator, version, tp)


def _vllm_memory(request: FitRequest, accelerator: Accelerator, version: EngineVersion, tp: int) -> _Memory:
    limits = scheduler_limits(request, accelerator)
    overheads = vllm_overheads(request, accelerator, version, limits, tp * request.pipeline_parallel_size)
    utilization = request.gpu_memory_utilization or version.gpu_memory_utilization
    available = _available(request, overheads, tp, utilization)
    hybrid_default = version.hybrid_kv == "on"
    if request.hybrid_kv and version.hybrid_kv == "unavailable":
        raise InputError(
            f"{request.engine.name} {request.engine_version} has no hybrid KV cache for Llama 4",
            hint="It begins with 0.10.0.",
            key="hybrid_kv",
        )
    hybrid = hybrid_default if request.hybrid_kv is None else request.hybrid_kv
    layouts = {
        state: paged_layout(
            request,
            tp,
            hybrid=state,
            inflight_tokens=limits.max_num_batched_tokens * (2 if version.async_scheduling else 1),
            reserved_blocks=version.reserved_blocks,
            tokens_by_concurrency=version.tokens_by_concurrency,
        )
        for state in (True, False)
    }
    capacities = {state: paged_capacity(layout, request, available) for state, layout in layouts.items()}
    needed = _needed_bytes(layouts[hybrid], request)
    per_device = _per_device(request, overheads, tp, utilization, available, needed)
    offered = version.hybrid_kv != "unavailable"
    return _Memory(
        verdict=_verdict(per_device),
        per_device=per_device,
        kv_cache=capacities[hybrid],
        hybrid_on=capacities[True] if offered else None,
        hybrid_off=capacities[False],
        limits=limits,
        hybrid_default=hybrid_default,
    )


def _needed_bytes(layout: PagedLayout, request: FitRequest) -> float:
    reserved = layout.reserved_blocks * layout.block_bytes
    return max(1, request.concurrency) * layout.request_bytes(request.context_tokens) + reserved


def _neuron_memory(request: FitRequest, tp: int) -> _Memory:
    available = _available(request, NEURON_OVERHEADS, tp, 1.0)
    needed = max(1, request.concurrency) * neuron_request_bytes(request, tp, request.context_tokens)
    per_device = _per_device(request, NEURON_OVERHEADS, tp, 1.0, available, needed)
    capacity = neuron_capacity(request, tp, available)
    return _Memory(_verdict(per_device), per_device, capacity, None, None, None, request.engine.chunked_attention)


def _available(request: FitRequest, overheads: Overheads, tp: int, utilization: float) -> float:
    budget = request.device_memory_gib * GIB * utilization
    return budget - weights_per_device(request, tp) - overheads.known_bytes


def _per_device(
    request: FitRequest, overheads: Overheads, tp: int, utilization: float, available: float, needed: float
) -> PerDevice:
    usable = request.device_memory_gib * GIB
    return PerDevice(
        usable_bytes=usable,
        budget_bytes=usable * utilization,
        weights_bytes=weights_per_device(request, tp),
        rope_table_bytes=overheads.rope_table_bytes,
        activation_bytes=overheads.activation_bytes,
        non_torch_bytes=overheads.non_torch_bytes,
        cuda_graph_bytes=overheads.cuda_graph_bytes,
        kv_cache_bytes=available,
        kv_needed_bytes=needed,
        margin_bytes=available - needed,
        band_bytes=overheads.band_bytes,
    )


def _verdict(memory: PerDevice) -> Verdict:
    if memory.margin_bytes > memory.band_bytes:
        return Verdict.FITS
    return Verdict.TIGHT if abs(memory.margin_bytes) <= memory.band_bytes else Verdict.DOES_NOT_FIT


def _memory_reasons(request: FitRequest, memory: _Memory) -> list[Reason]:
    device = memory.per_device
    source = request.engine.origin.default.source
    found: list[Reason] = []
    if memory.verdict is Verdict.DOES_NOT_FIT and device.kv_cache_bytes <= 0:
        over = -device.kv_cache_bytes
        found.append(error("weights_exceed_budget", source, over_bytes=over, budget_bytes=device.budget_bytes))
    elif memory.verdict is Verdict.DOES_NOT_FIT:
        short = -device.margin_bytes
        found.append(error("kv_short", source, short_bytes=short, available_bytes=device.kv_cache_bytes))
    elif memory.verdict is Verdict.TIGHT:
        found.append(warning("within_band", source, margin_bytes=device.margin_bytes, band_bytes=device.band_bytes))
    limits = memory.limits
    if limits is not None and request.concurrency > limits.max_num_seqs:
        found.append(
            warning("concurrency_over_max_num_seqs", source, concurrency=request.concurrency, limit=limits.max_num_seqs)
        )
    if memory.hybrid_on is not None and memory.hybrid_off is not None:
        state = "on" if memory.kv_cache.hybrid else "off"
        found.append(info("hybrid_kv", source, state=state, engine=request.engine.name, version=request.engine_version))
    if request.tensor_parallel_size is None:
        found.append(info("tensor_parallel_defaulted"))
    if request.checkpoint.origin.default.level == "assumed":
        found.append(
            warning("checkpoint_assumed", request.checkpoint.origin.default.source, checkpoint=request.checkpoint.id)
        )
    return found


def _context(request: FitRequest) -> list[Reason]:
    limit = context_limit(request)
    if request.context_tokens <= limit:
        return []
    return [
        error(
            "context_over_model_limit",
            request.model.origin.of("max_context_tokens").source,
            context_tokens=request.context_tokens,
            limit_tokens=limit,
            model=request.model.short_name,
        )
    ]


def _refused(
    request: FitRequest, verdict: Verdict, reasons: list[Reason], tp: int, sizes: tuple[int, ...]
) -> FitResult:
    return FitResult(request, verdict, _parallelism(request, tp, sizes), None, None, None, None, tuple(reasons))


def _parallelism(request: FitRequest, tp: int, sizes: tuple[int, ...]) -> Parallelism:
    devices = replica_devices(request, tp)
    return Parallelism(
        tensor_parallel_size=tp,
        pipeline_parallel_size=request.pipeline_parallel_size,
        devices_used=devices,
        valid_tensor_parallel_sizes=sizes,
        replicas=request.device_count // devices,
        data_parallel_size=request.data_parallel_size,
        expert_parallel=request.expert_parallel,
        nodes=request.nodes,
    )


def _fatal(reasons: list[Reason]) -> bool:
    return any(reason.severity is Severity.ERROR for reason in reasons)
