"""Versions of an engine that start although one whole request does not fit: their start-up check asks for less."""

from advisor.catalog.records.engines import EngineVersion
from advisor.fit.memory.budget import SchedulerLimits
from advisor.fit.memory.kv import block_rule, inflight_tokens
from advisor.fit.request import FitRequest
from advisor.fit.result import KvCache
from advisor.reasons import Reason, warning


def startup_reasons(
    request: FitRequest, version: EngineVersion, cache: KvCache, hybrid_on: KvCache | None, limits: SchedulerLimits
) -> list[Reason]:
    """That the engine starts all the same, where it does: its being up is no proof of room for a request."""
    if _held(cache, request):
        return []
    if not _starts(request, version, cache, hybrid_on, limits):
        return []
    return [
        warning(
            "starts_without_room",
            version.source,
            engine=request.engine.name,
            version=request.engine_version,
            context_tokens=request.context_tokens,
            max_concurrency=round(cache.max_concurrency_at_context, 2),
        )
    ]


def _starts(
    request: FitRequest, version: EngineVersion, cache: KvCache, hybrid_on: KvCache | None, limits: SchedulerLimits
) -> bool:
    if version.startup_check == "chunks" and not cache.hybrid:
        return hybrid_on is not None and _held(hybrid_on, request)
    if version.startup_check == "one_group" and cache.hybrid and cache.blocks is not None:
        inflight = inflight_tokens(version, limits.max_num_batched_tokens, request.pipeline_parallel_size)
        rule = block_rule(request, version, inflight, hybrid=True)
        return cache.blocks >= rule.kept_blocks(request.context_tokens)
    return False


def _held(cache: KvCache, request: FitRequest) -> bool:
    """Whether the blocks hold one request of this context."""
    return (cache.max_context_by_blocks_tokens or 0) >= request.context_tokens
