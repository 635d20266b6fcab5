"""An engine's overheads as they were measured, where they were, instead of the catalogue's."""

from dataclasses import replace

from advisor.catalog.records.engines import EngineVersion
from advisor.catalog.records.hardware import Accelerator
from advisor.fit.memory.budget import (
    MEASURED_BAND_BYTES,
    Overheads,
    Part,
    SchedulerLimits,
    scheduler_limits,
    vllm_overheads,
)
from advisor.fit.memory.kv import BLOCK_TOKENS
from advisor.fit.memory.measured import Chosen, MeasuredMemory, MemoryStack, choose
from advisor.fit.platforms.parallelism import replica_devices
from advisor.fit.request import FitRequest
from advisor.fit.versions import behaviour
from advisor.quantities.provenance import Provenance

_CONFLICT_BYTES = MEASURED_BAND_BYTES
"""Two observations that differ by more than their band, their settings allowed for, cannot both be typical."""

_SCHEDULER = frozenset({"max_num_seqs", "max_num_batched_tokens"})
"""Settings that move the overheads, and that a server does not publish."""


def recalibrated(
    modelled: Overheads,
    request: FitRequest,
    accelerator: Accelerator,
    version: EngineVersion,
    tensor_parallel_size: int,
    *,
    hybrid: bool,
) -> Overheads:
    """The modelled overheads of a request as its observations correct them; as they are where none counts.

    What was measured under other settings is moved by what the model says of the difference between them.
    """
    tp = tensor_parallel_size
    limits = scheduler_limits(request, accelerator)
    chosen = choose(stack_of(request, accelerator, version, tp, limits, hybrid=hybrid), request.measured)
    if chosen is None:
        return modelled
    then = _modelled(_under(request, chosen.memory.stack), accelerator, version, replica_devices(request, tp))
    return _corrected(modelled, then, chosen)


def conflicting(request: FitRequest, chosen: Chosen) -> tuple[MeasuredMemory, ...]:
    """The observations of the chosen one's kind that differ from it by more than their settings explain."""
    own = _excess_bytes(chosen.memory, request)
    return tuple(other for other in chosen.others if abs(_excess_bytes(other, request) - own) > _CONFLICT_BYTES)


def _excess_bytes(memory: MeasuredMemory, request: FitRequest) -> float:
    """What was seen beyond what the model says of the settings under which it was."""
    asked, accelerator = _under(request, memory.stack), request.accelerator
    version = behaviour(request.engine, request.engine_version)
    assert accelerator is not None and version is not None, "what was chosen for a request is of its engine and chip"
    return memory.beside_bytes - _modelled(asked, accelerator, version, memory.stack.devices).budgeted_bytes


def _under(request: FitRequest, seen: MemoryStack) -> FitRequest:
    """The request under the settings of another stack."""
    return replace(
        request,
        max_num_seqs=seen.max_num_seqs,
        max_num_batched_tokens=seen.max_num_batched_tokens,
        context_tokens=seen.max_model_len,
        block_tokens=seen.block_tokens,
        measured=(),
    )


def stack_of(
    request: FitRequest,
    accelerator: Accelerator,
    version: EngineVersion,
    tensor_parallel_size: int,
    limits: SchedulerLimits,
    *,
    hybrid: bool,
) -> MemoryStack:
    """The stack and settings of a request, every default in its place."""
    return MemoryStack(
        model=request.model.id,
        checkpoint=request.checkpoint.id,
        accelerator=accelerator.id,
        instance=request.instance.id,
        engine=request.engine.id,
        engine_version=request.engine_version,
        tensor_parallel_size=tensor_parallel_size,
        max_num_seqs=limits.max_num_seqs,
        max_num_batched_tokens=limits.max_num_batched_tokens,
        max_model_len=request.context_tokens,
        gpu_memory_utilization=request.gpu_memory_utilization or version.gpu_memory_utilization,
        block_tokens=request.block_tokens or BLOCK_TOKENS,
        hybrid_kv=hybrid,
        kv_dtype=request.kv_dtype,
        pipeline_parallel_size=request.pipeline_parallel_size,
        data_parallel_size=request.data_parallel_size,
        nodes=request.nodes,
        expert_parallel=request.expert_parallel,
        mm_encoder=request.mm_encoder,
    )


def _modelled(request: FitRequest, accelerator: Accelerator, version: EngineVersion, devices: int) -> Overheads:
    """What the model says; the number of groups decides what is allocated beside the budget, and nothing in it."""
    limits = scheduler_limits(request, accelerator)
    return vllm_overheads(request, accelerator, version, limits, devices, groups=1)


def _corrected(modelled: Overheads, then: Overheads, chosen: Chosen) -> Overheads:
    """modelled is for the question's settings, then for those of the measurement."""
    seen, origin = chosen.memory, chosen.memory.provenance
    doubt = seen.doubt_bytes if chosen.is_same_stack else MEASURED_BAND_BYTES
    band = _band_bytes(modelled, chosen)
    if not seen.has_parts:
        whole = _part(seen.beside_bytes - then.budgeted_bytes, doubt, origin)
        return replace(modelled, correction=whole, band_bytes=band, measured=chosen)
    with_parts = _with_parts(modelled, then, seen, doubt)
    at_then = _with_parts(then, then, seen, doubt)
    # What the parts leave unsaid is of this stack's weights, and says nothing of another's.
    rest = _part(seen.beside_bytes - at_then.budgeted_bytes, doubt, origin) if chosen.is_same_stack else None
    return replace(with_parts, correction=rest, band_bytes=band, measured=chosen)


def _band_bytes(modelled: Overheads, chosen: Chosen) -> float:
    """The doubt that is left: the band of what was measured, where the measurement leaves nothing to guess.

    A server that runs under other limits than its defaults shows more cache than the defaults would leave, by up to
    1.2 GiB; and a sum seen of one checkpoint holds the error of its weights, which another's does not share.
    """
    seen = chosen.memory
    is_certain = _SCHEDULER.isdisjoint(seen.assumed) and (chosen.is_same_stack or seen.has_parts)
    return MEASURED_BAND_BYTES if is_certain else modelled.band_bytes


def _with_parts(asked: Overheads, then: Overheads, seen: MeasuredMemory, doubt_bytes: float) -> Overheads:
    """The parts that a log stated; the activation moved by what the model says of the other settings."""
    assert seen.activation_bytes is not None and seen.non_torch_bytes is not None
    moved = _bytes(asked.activation) - _bytes(then.activation)
    graphs = asked.cuda_graphs
    if seen.cuda_graph_bytes is not None and _bytes(graphs):
        graphs = _part(seen.cuda_graph_bytes, doubt_bytes, seen.provenance)
    return replace(
        asked,
        activation=_part(seen.activation_bytes + moved, doubt_bytes, seen.provenance),
        non_torch=_part(seen.non_torch_bytes, doubt_bytes, seen.provenance),
        cuda_graphs=graphs,
    )


def _part(expected: float, doubt_bytes: float, origin: Provenance) -> Part:
    return Part(expected, expected - doubt_bytes, expected + doubt_bytes, origin)


def _bytes(part: Part | None) -> float:
    return 0.0 if part is None else part.bytes
