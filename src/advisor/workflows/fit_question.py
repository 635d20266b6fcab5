"""A fit question as a value; light enough to be made before anything is judged."""

from dataclasses import dataclass

from advisor.anatomy.cache import KvDtype
from advisor.fit.request import DEFAULT_CONTEXT_TOKENS, MmEncoder

DEFAULT_CHECKPOINT = "bf16"


@dataclass(frozen=True, slots=True)
class FitQuestion:
    """A fit question in the words of a command line. engine may carry a version: `vllm@0.33`."""

    model: str
    instance: str
    checkpoint: str = DEFAULT_CHECKPOINT
    engine: str | None = None
    context_tokens: int = DEFAULT_CONTEXT_TOKENS
    concurrency: int = 1
    tensor_parallel_size: int | None = None
    pipeline_parallel_size: int = 1
    kv_dtype: KvDtype = "auto"
    gpu_memory_utilization: float | None = None
    max_num_seqs: int | None = None
    max_num_batched_tokens: int | None = None
    hybrid_kv: bool | None = None
    nodes: int = 1
    data_parallel_size: int = 1
    expert_parallel: bool = False
    mm_encoder: MmEncoder = "weights"
    images: bool = False
    block_tokens: int | None = None
    logical_core_config: int | None = None
