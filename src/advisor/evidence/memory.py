"""From what a server says of its memory to evidence about its stack, where nothing speaks against it.

A figure is measured (E1) for the stack that was asked about only if the server's own words, and what its
cache implies, can be true of that stack. What the built-in endpoint says stays simulated.
"""

from datetime import UTC, datetime

from advisor.catalog.records.engines import EngineVersion
from advisor.fit.memory.budget import scheduler_limits
from advisor.fit.memory.measured import MeasuredMemory
from advisor.fit.memory.recalibrate import stack_of
from advisor.fit.proof.implied import Consistency, Implied, implied
from advisor.fit.proof.observed import Observed
from advisor.fit.result import FitResult
from advisor.fit.versions import behaviour
from advisor.quantities.provenance import AsOf, Level, Provenance
from advisor.reasons import Reason, warning

_UNFIT_FAILURES = frozenset({"memory_taken", "out_of_memory", "other"})
"""Starts that ended before their memory was what they would run with."""

_SETTINGS = ("max_num_seqs", "max_num_batched_tokens", "gpu_memory_utilization", "block_tokens")
"""Settings that move the memory, and that a request leaves open where neither the server nor a user tells them."""


def memory_of(result: FitResult, observed: Observed, now: datetime) -> MeasuredMemory | Reason:
    """The observation as evidence about the judged stack, or the reason why it is none.

    The result's request must have the server's settings, and nothing that the server says of itself may deny it.
    """
    seen = implied(result, observed)
    version = behaviour(result.request.engine, result.request.engine_version)
    if seen is None or version is None or observed.failure in _UNFIT_FAILURES:
        return warning("memory_silent", observed.source)
    if seen.consistency.denies:
        code = "memory_impossible" if seen.consistency is Consistency.IMPOSSIBLE else "memory_implausible"
        return warning(code, observed.source, beside_bytes=seen.beside_bytes, predicted_bytes=seen.predicted_bytes)
    return _entry(result, version, seen, observed, now)


def _entry(
    result: FitResult, version: EngineVersion, seen: Implied, observed: Observed, now: datetime
) -> MeasuredMemory:
    request, tp = result.request, result.parallelism.tensor_parallel_size
    accelerator = request.accelerator
    assert accelerator is not None, "what has no accelerator has no blocks"
    limits = scheduler_limits(request, accelerator)
    stack = stack_of(request, accelerator, version, tp, limits, hybrid=seen.hybrid)
    moment = now.astimezone(UTC)
    level = Level.SIMULATED if observed.simulated else Level.MEASURED
    return MeasuredMemory(
        stack=stack,
        blocks=observed.blocks,
        kv_cache_tokens=observed.kv_cache_tokens,
        kv_cache_bytes=seen.kv_cache_bytes,
        beside_bytes=seen.beside_bytes,
        doubt_bytes=seen.doubt_bytes,
        provenance=Provenance(level, observed.source, AsOf.on(moment.date()), "ledger"),
        observed_at=moment.strftime("%Y-%m-%dT%H:%M:%SZ"),
        weights_bytes=observed.weights_bytes,
        activation_bytes=observed.activation_bytes,
        non_torch_bytes=observed.non_torch_bytes,
        cuda_graph_bytes=observed.cuda_graph_bytes,
        assumed=tuple(name for name in _SETTINGS if getattr(request, name) is None),
    )
