"""What a running server, or its start-up log, says of its own memory."""

from dataclasses import dataclass
from typing import Literal

from advisor.reasons import Reason

Failure = Literal["kv_cache_short", "no_memory_for_cache", "out_of_memory", "memory_taken", "other"]
"""Why a server did not start. memory_taken: less was free than the server asks for,
which says nothing about what it needs."""


@dataclass(frozen=True, slots=True)
class Observed:
    """Figures that an engine states of itself; None where it says nothing.

    source names the server (without credentials) or the file. KV figures are those of one data-parallel
    rank; engines counts the ranks that the server reports. Bytes are per device, on the device that the
    server or log speaks of.
    """

    source: str
    engine: str | None = None
    engine_version: str | None = None
    served_model: str | None = None
    model_root: str | None = None
    """What the server loaded: a repository or a path, where it says so beside the name it serves."""
    max_model_len: int | None = None
    engines: int = 1
    simulated: bool = False
    blocks: int | None = None
    block_tokens: int | None = None
    cache_dtype: str | None = None
    gpu_memory_utilization: float | None = None
    kv_pinned: bool = False
    """Whether a flag set the cache's size, which then says nothing of what memory was left for it."""
    kv_cache_tokens: int | None = None
    kv_cache_max_concurrency: float | None = None
    hybrid_kv: bool | None = None
    tensor_parallel_size: int | None = None
    pipeline_parallel_size: int | None = None
    max_num_batched_tokens: int | None = None
    max_num_seqs: int | None = None
    usable_bytes: float | None = None
    weights_bytes: float | None = None
    """What loading took, the RoPE table included, as the engine prints it."""
    activation_bytes: float | None = None
    non_torch_bytes: float | None = None
    cuda_graph_bytes: float | None = None
    kv_cache_bytes: float | None = None
    """Memory that is left for the KV cache."""
    expert_parallel: bool | None = None
    started: bool | None = None
    """Whether the server came up; None where a log ends before that is known."""
    failure: Failure | None = None
    kv_needed_bytes: float | None = None
    """What one request of max_model_len tokens takes, as an engine says that refuses to start."""
    estimated_max_model_len: int | None = None
    content_hash: str | None = None
    """Of a log, the SHA-256 of its bytes."""
    starts: int = 1
    """Starts that a log holds; the figures are those of the last."""
    reasons: tuple[Reason, ...] = ()
    """What kept the server from saying more."""
