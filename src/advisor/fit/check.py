"""The fit checker: one request in, verdict with numbers and reasons out.

Order of judgement: platform support, parallelism, context limit, then memory. Memory needs more than
the weights: what is left after them and the engine's overheads must hold the cache of the requests.
"""

from typing import NamedTuple

from advisor.fit.memory.budget import Overheads, sequences_in_headroom
from advisor.fit.memory.kv import context_limit
from advisor.fit.memory.plan import Memory, contiguous_memory, paged_memory, paging_version
from advisor.fit.memory.startup_check import startup_reasons
from advisor.fit.platforms.neuron import bank_reasons, degree_reasons
from advisor.fit.platforms.parallelism import objections, replica_devices, valid_sizes
from advisor.fit.platforms.support import platform_reasons
from advisor.fit.request import FitRequest
from advisor.fit.result import FitResult, Parallelism, PerDevice, Verdict
from advisor.fit.serve.command import serve_command
from advisor.reasons import Parameter, Reason, Severity, error, info, warning

_ARITHMETIC = "arithmetic on the model's published dimensions; nobody vouches that the engine runs there"


def check_fit(request: FitRequest) -> FitResult:
    """Judge one request. InputError only for a version that cannot be read."""
    asked = _before_memory(request)
    if asked.refusal is not None:
        return _refused(request, asked, asked.refusal)
    tp = asked.tensor_parallel_size
    memory = _memory(request, tp)
    parallelism = _parallelism(request, asked)
    return FitResult(
        request=request,
        verdict=memory.verdict,
        parallelism=parallelism,
        per_device=memory.per_device,
        kv_cache=memory.kv_cache,
        hybrid_on=memory.hybrid_on,
        hybrid_off=memory.hybrid_off,
        reasons=(*_memory_reasons(request, memory), *asked.reasons),
        serve=serve_command(request, parallelism, memory.kv_cache) if memory.verdict.runs else None,
        weights=memory.weights,
        overheads=memory.overheads,
    )


def refusal_of(request: FitRequest) -> FitResult | None:
    """The answer where platform, parallelism or context limit rule it out, whatever the memory; else None."""
    asked = _before_memory(request)
    return None if asked.refusal is None else _refused(request, asked, asked.refusal)


def _refused(request: FitRequest, asked: "_BeforeMemory", verdict: Verdict) -> FitResult:
    return FitResult(request, verdict, _parallelism(request, asked), None, None, None, None, asked.reasons)


class _BeforeMemory(NamedTuple):
    """What is said before memory is looked at. refusal is None where nothing speaks against it."""

    refusal: Verdict | None
    tensor_parallel_size: int
    valid_sizes: tuple[int, ...]
    reasons: tuple[Reason, ...]


def _before_memory(request: FitRequest) -> _BeforeMemory:
    platform = platform_reasons(request)
    if _fatal(platform) and request.accelerator is None:
        return _BeforeMemory(Verdict.UNSUPPORTED, request.tensor_parallel_size or 1, (), tuple(platform))
    sizes = valid_sizes(request) if request.pipeline_parallel_size <= request.device_count else ()
    tp = request.tensor_parallel_size or (sizes[-1] if sizes else 1)
    if _fatal(platform):
        return _BeforeMemory(Verdict.UNSUPPORTED, tp, sizes, (*platform, *_arithmetic(request, tp)))
    parallel = [*objections(request, tp), *degree_reasons(request, tp), *_context(request)]
    return _BeforeMemory(Verdict.INVALID if _fatal(parallel) else None, tp, sizes, (*parallel, *platform))


def _memory(request: FitRequest, tp: int) -> Memory:
    assert request.accelerator is not None, "a CPU instance is refused before its memory is asked for"
    version = paging_version(request)
    if version is not None:
        return paged_memory(request, request.accelerator, version, tp)
    if request.engine.memory_model == "contiguous":
        return contiguous_memory(request, tp)
    from advisor.fit.platforms.others import (
        planned_memory,  # most questions are about vLLM, and need not wait for the others
    )

    return planned_memory(request, tp)


def _memory_reasons(request: FitRequest, memory: Memory) -> list[Reason]:
    source = request.engine.origin.default.source
    found = [*_cache_reasons(memory.per_device, source), *_headroom_reasons(request, memory, source)]
    if request.engine.accelerators == "neuron":
        found += bank_reasons(request, memory.per_device)
    found += _measured_reasons(request, memory.overheads)
    if request.engine.memory_model not in ("paged", "contiguous"):
        from advisor.fit.platforms.others import plan_reasons

        found += plan_reasons(request, memory)
    limits, version = memory.limits, paging_version(request)
    if limits is not None and version is not None:
        found += startup_reasons(request, version, memory.kv_cache, memory.hybrid_on, limits)
    if limits is not None and request.concurrency > limits.max_num_seqs:
        found.append(
            warning("concurrency_over_max_num_seqs", source, concurrency=request.concurrency, limit=limits.max_num_seqs)
        )
    found += _tables_that_bound(request, memory, source)
    if version is not None and memory.hybrid_on is not None and memory.hybrid_off is not None:
        told = {"state": version.hybrid_kv, "engine": request.engine.name, "version": request.engine_version}
        found.append(info("hybrid_kv", source, **told))
    if request.tensor_parallel_size is None:
        found.append(info("tensor_parallel_defaulted"))
    if request.checkpoint.origin.default.level == "assumed":
        found.append(
            warning("checkpoint_assumed", request.checkpoint.origin.default.source, checkpoint=request.checkpoint.id)
        )
    return found


def _measured_reasons(request: FitRequest, overheads: Overheads) -> list[Reason]:
    """Whose overheads these are, and which other measurement contradicts them."""
    chosen = overheads.measured
    if chosen is None:
        return []
    from advisor.fit.memory.recalibrate import conflicting  # costs start-up time where nothing was measured

    seen, source = chosen.memory, chosen.memory.provenance.source
    code = "overheads_measured" if chosen.is_same_stack else "overheads_measured_elsewhere"
    stack = f"{seen.stack.model} {seen.stack.checkpoint} TP {seen.stack.tensor_parallel_size}"
    day = seen.observed_at[:10]
    found = [info(code, source, day=day, place=source, stack=stack, beside_bytes=seen.beside_bytes)]
    for other in conflicting(request, chosen):
        apart = abs(other.beside_bytes - seen.beside_bytes)
        place = other.provenance.source
        found.append(warning("overheads_conflict", place, apart_bytes=apart, day=other.observed_at[:10], place=place))
    return found


def _cache_reasons(device: PerDevice, source: str) -> list[Reason]:
    if device.margin_bytes >= -device.band_bytes:
        if device.margin_bytes > device.band_bytes:
            return []
        return [warning("within_band", source, margin_bytes=device.margin_bytes, band_bytes=device.band_bytes)]
    if device.kv_cache_bytes <= 0:
        over = -device.kv_cache_bytes
        return [error("weights_exceed_budget", source, over_bytes=over, budget_bytes=device.budget_bytes)]
    return [error("kv_short", source, short_bytes=-device.margin_bytes, available_bytes=device.kv_cache_bytes)]


def _headroom_reasons(request: FitRequest, memory: Memory, source: str) -> list[Reason]:
    """What is allocated after the cache has its size does not fit into what the budget leaves."""
    overheads, limits = memory.overheads, memory.limits
    overflow = overheads.late_bytes - overheads.headroom_bytes
    if limits is None or overflow <= 0:
        return []
    say = error if overflow > overheads.band_bytes else warning
    return [
        say(
            "headroom_short",
            source,
            late_bytes=overheads.late_bytes,
            block_table_bytes=overheads.block_table_bytes,
            headroom_bytes=overheads.headroom_bytes,
            max_num_seqs=limits.max_num_seqs,
            context_tokens=request.context_tokens,
        )
    ]


def _tables_that_bound(request: FitRequest, memory: Memory, source: str) -> list[Reason]:
    """The cache would hold one longer request than the block tables leave room for, and how many make room for it."""
    cache, limits, version = memory.kv_cache, memory.limits, paging_version(request)
    longest, held, groups = cache.max_context_tokens, cache.max_context_by_blocks_tokens, cache.groups
    if limits is None or version is None or held is None or groups is None:
        return []
    if longest != cache.max_context_by_tables_tokens or longest >= held or not memory.verdict.runs:
        return []
    said: dict[str, Parameter] = {"longest_tokens": longest, "held_tokens": held, "max_num_seqs": limits.max_num_seqs}
    enough = sequences_in_headroom(request, version, memory.overheads, groups, held)
    return [info("tables_bound_context", source, **said, enough=enough)] if enough else []


def _arithmetic(request: FitRequest, tp: int) -> list[Reason]:
    """What the memory alone would say of a platform that is not supported, where the engine is one for its chips."""
    accelerator = request.accelerator
    if accelerator is None or accelerator.kind != request.engine.accelerators or _fatal(objections(request, tp)):
        return []
    device = _memory(request, tp).per_device
    said: dict[str, Parameter] = {"weights_bytes": device.weights_bytes, "needed_bytes": device.kv_needed_bytes}
    if device.margin_bytes >= 0:
        return [info("memory_would_hold", _ARITHMETIC, **said, available_bytes=device.kv_cache_bytes)]
    return [info("memory_would_not_hold", _ARITHMETIC, **said, budget_bytes=device.budget_bytes)]


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


def _parallelism(request: FitRequest, asked: _BeforeMemory) -> Parallelism:
    devices = replica_devices(request, asked.tensor_parallel_size)
    return Parallelism(
        tensor_parallel_size=asked.tensor_parallel_size,
        pipeline_parallel_size=request.pipeline_parallel_size,
        devices_used=devices,
        valid_tensor_parallel_sizes=asked.valid_sizes,
        replicas=request.device_count // devices,
        data_parallel_size=request.data_parallel_size,
        expert_parallel=request.expert_parallel,
        nodes=request.nodes,
    )


def _fatal(reasons: list[Reason]) -> bool:
    return any(reason.severity is Severity.ERROR for reason in reasons)
