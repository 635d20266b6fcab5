"""The question put to the fit checker, with every default named."""

from dataclasses import dataclass

from advisor.anatomy.cache import KvDtype
from advisor.catalog.records import Accelerator, Checkpoint, Engine, Instance, Model

DEFAULT_CONTEXT_TOKENS = 8192
"""Context when nobody states one: a chat window, and the length of one attention chunk."""


@dataclass(frozen=True, slots=True)
class FitRequest:
    """One checkpoint on one instance under one engine.

    None leaves a setting to the engine's default for its version and the device. tensor_parallel_size
    None takes the largest valid degree that the instance has devices for.
    """

    model: Model
    checkpoint: Checkpoint
    instance: Instance
    accelerator: Accelerator | None
    engine: Engine
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

    @property
    def device_count(self) -> int:
        """Devices that tensor parallelism counts: GPUs, or logical Neuron cores."""
        if self.accelerator is None:
            return 0
        return self.instance.accelerator_count * self.accelerator.logical_cores

    @property
    def device_memory_gib(self) -> float:
        """Memory of one such device that a process can allocate."""
        if self.accelerator is None:
            return 0.0
        return self.accelerator.memory_gib / self.accelerator.logical_cores
