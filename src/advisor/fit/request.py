"""The question put to the fit checker, with every default named."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from advisor.anatomy.cache import KvDtype

if TYPE_CHECKING:  # the app makes a question at its first paint, and judges one later
    from advisor.catalog.records.engines import Engine
    from advisor.catalog.records.hardware import Accelerator, Instance
    from advisor.catalog.records.models import Checkpoint, Model
    from advisor.fit.memory.measured import MeasuredMemory

DEFAULT_CONTEXT_TOKENS = 8192
"""Context when nobody states one: a chat window, and the length of one attention chunk."""

MmEncoder = Literal["weights", "data", "none"]
"""The vision encoder under tensor parallelism: sharded, whole on every device, or not loaded (text only)."""


@dataclass(frozen=True, slots=True)
class FitRequest:
    """One checkpoint on one instance under one engine.

    None leaves a setting to the engine's default for its version and the device. tensor_parallel_size
    None takes the largest valid degree that the instances have devices for. nodes is how many instances
    one replica may span; concurrency counts the requests of the whole replica, over its data-parallel ranks.
    """

    model: "Model"
    checkpoint: "Checkpoint"
    instance: "Instance"
    accelerator: "Accelerator | None"
    engine: "Engine"
    engine_version: str
    context_tokens: int = DEFAULT_CONTEXT_TOKENS
    concurrency: int = 1
    tensor_parallel_size: int | None = None
    pipeline_parallel_size: int = 1
    kv_dtype: KvDtype = "auto"
    gpu_memory_utilization: float | None = None
    max_num_seqs: int | None = None
    max_num_batched_tokens: int | None = None
    hybrid_kv: bool | None = None
    images: bool = False
    nodes: int = 1
    data_parallel_size: int = 1
    expert_parallel: bool = False
    mm_encoder: MmEncoder = "weights"
    block_tokens: int | None = None
    logical_core_config: int | None = None
    """Neuron: physical cores that make one logical core (LNC)."""
    measured: "tuple[MeasuredMemory, ...]" = ()
    """What engines were seen to use, on whatever stack: the one that counts is chosen where the degree is known."""

    @property
    def devices_per_chip(self) -> int:
        """What tensor parallelism counts on one chip: the GPU itself, or the logical Neuron cores."""
        if self.accelerator is None:
            return 0
        if self.logical_core_config is not None and self.accelerator.kind == "neuron":
            return self.accelerator.physical_cores // self.logical_core_config
        return self.accelerator.logical_cores

    @property
    def devices_per_instance(self) -> int:
        """GPUs, or logical Neuron cores, of one instance."""
        return self.instance.accelerator_count * self.devices_per_chip

    @property
    def device_count(self) -> int:
        """Devices of all the instances that a replica may span."""
        return self.nodes * self.devices_per_instance

    @property
    def device_memory_gib(self) -> float:
        """Memory of one such device that a process can allocate; logical cores share their chip's evenly."""
        if self.accelerator is None:
            return 0.0
        return self.accelerator.memory_gib / self.devices_per_chip
