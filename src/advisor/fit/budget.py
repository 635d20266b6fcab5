"""Where one device's memory goes: weights by component, overheads by engine version."""

from dataclasses import dataclass

from advisor.anatomy.parameters import REPLICATED, component_bytes, rope_table_bytes
from advisor.catalog.records import Accelerator, EngineVersion, Overhead
from advisor.fit.request import FitRequest
from advisor.fit.versions import minor
from advisor.quantities.units import GIB

MEASURED_BAND_BYTES = 1 * GIB
UNMEASURED_BAND_BYTES = 2 * GIB
_LARGE_DEVICE_GIB = 160
_MEDIUM_DEVICE_GIB = 70


@dataclass(frozen=True, slots=True)
class SchedulerLimits:
    """max_num_batched_tokens and max_num_seqs in force, stated or vLLM's default for the device."""

    max_num_batched_tokens: int
    max_num_seqs: int


def scheduler_limits(request: FitRequest, accelerator: Accelerator) -> SchedulerLimits:
    """vLLM's server defaults by device memory (facts: model-fit, section 3), where nothing is stated."""
    if request.device_memory_gib >= _LARGE_DEVICE_GIB:
        tokens, sequences = 16384, 1024
    elif request.device_memory_gib >= _MEDIUM_DEVICE_GIB and accelerator.architecture != "Ampere":
        tokens, sequences = 8192, 1024
    else:
        tokens, sequences = 2048, 256
    return SchedulerLimits(request.max_num_batched_tokens or tokens, request.max_num_seqs or sequences)


def weights_per_device(request: FitRequest, tensor_parallel_size: int) -> float:
    """Weight bytes on the fullest device, RoPE table not counted.

    Tensor parallelism shards all but router, norms and projector. Pipeline stages share the layers; the
    first also holds embedding and vision, the last the lm_head.
    """
    stored = component_bytes(request.model.architecture, request.checkpoint)
    pp = request.pipeline_parallel_size
    first_stage = ("embedding", "vision", "projector")
    per_device = {
        name: float(size) if name in REPLICATED else size / tensor_parallel_size for name, size in stored.items()
    }
    if pp == 1:
        return sum(per_device.values())
    layers = sum(size for name, size in per_device.items() if name not in (*first_stage, "lm_head")) / pp
    return layers + max(sum(per_device[name] for name in first_stage), per_device["lm_head"])


@dataclass(frozen=True, slots=True)
class Overheads:
    """Bytes per device beside weights and cache, None where unpublished; and the width of the doubt."""

    rope_table_bytes: float
    activation_bytes: float | None
    non_torch_bytes: float | None
    cuda_graph_bytes: float | None
    band_bytes: float

    @property
    def known_bytes(self) -> float:
        parts = (self.rope_table_bytes, self.activation_bytes, self.non_torch_bytes, self.cuda_graph_bytes)
        return sum(part for part in parts if part is not None)


def vllm_overheads(
    request: FitRequest,
    accelerator: Accelerator,
    version: EngineVersion,
    limits: SchedulerLimits,
    devices_used: int,
) -> Overheads:
    """vLLM's RoPE table, activation peak, NCCL and context, and CUDA graphs where the version counts them."""
    overhead: Overhead = request.engine.overheads[version.overhead]
    activation = (
        overhead.activation_base_gib
        + overhead.activation_per_8192_tokens_gib * limits.max_num_batched_tokens / 8192
        + overhead.activation_per_1024_sequences_gib * limits.max_num_seqs / 1024
    )
    non_torch = overhead.non_torch_single_gib if devices_used == 1 else overhead.non_torch_parallel_gib
    measured = f"{minor(request.engine_version)}/{accelerator.id}" in overhead.measured_on
    return Overheads(
        rope_table_bytes=rope_table_bytes(request.model.architecture),
        activation_bytes=activation * GIB,
        non_torch_bytes=non_torch * GIB,
        cuda_graph_bytes=overhead.cuda_graph_gib * GIB if version.cuda_graphs_in_budget else 0.0,
        band_bytes=MEASURED_BAND_BYTES if measured else UNMEASURED_BAND_BYTES,
    )


NEURON_OVERHEADS = Overheads(0.0, None, None, None, UNMEASURED_BAND_BYTES)
"""Nobody has published activation and runtime memory of Llama 4 on Neuron; the band has to cover them."""
