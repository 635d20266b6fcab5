"""Serving engines by version: what runs where, and what it keeps of a device's memory."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from advisor.catalog.records.hardware import AcceleratorKind
from advisor.catalog.records.origin import Origin

GatedFormat = Literal["kernels", "bf16", "fp8", "int4", "nvfp4", "kv_fp8"]
"""What an engine asks a compute capability for: its compiled code, formats of weights, and of the cache."""


@dataclass(frozen=True, slots=True)
class Overhead:
    """What an engine keeps per device beside weights and KV cache, in GiB.

    activation = activation_base + activation_per_8192_tokens * batched/8192 + activation_per_1024_seqs *
    seqs/1024. measured_on lists the (version minor, accelerator) pairs on which it was measured. A range is
    the lowest and the highest figure seen; without one the doubt is that of the whole budget.
    """

    id: str
    activation_base_gib: float
    activation_per_8192_tokens_gib: float
    activation_per_1024_sequences_gib: float
    non_torch_single_gib: float
    non_torch_parallel_gib: float
    cuda_graph_gib: float
    origin: Origin
    measured_on: tuple[str, ...] = ()
    non_torch_single_range_gib: tuple[float, ...] = ()
    non_torch_parallel_range_gib: tuple[float, ...] = ()
    cuda_graph_range_gib: tuple[float, ...] = ()
    startup_parallel_gib: float = 0.0
    """Taken on several devices before the engine looks at what is free, outside its budget; 0 where not seen."""


@dataclass(frozen=True, slots=True)
class EngineVersion:
    """How an engine behaves from one version on, until the next record."""

    since: str
    hybrid_kv: Literal["unavailable", "off", "on"]
    gpu_memory_utilization: float
    cuda_graphs_in_budget: bool
    batches_in_flight: Literal["one", "pipeline", "pipeline_plus_one"]
    """Batches whose tokens a chunked-local layer may hold beyond its chunk: one; two, or one for each stage of
    a pipeline; or one more than the stages."""
    scheduler_defaults: Literal["hopper", "memory", "memory_not_a100", "memory_large"]
    """What decides the default batch: the name H100 or H200; 70 GiB; the same but for A100; and a step at 160 GiB."""
    overhead: str
    source: str
    """Where the behaviour that begins here was read."""
    startup_check: Literal["request", "chunks", "one_group"] = "request"
    """What the start-up check asks room for: a request of the whole context; without the hybrid cache, one whose local
    layers keep a chunk all the same; with it, what one group of local layers keeps."""
    reserved_blocks: int = 0
    """KV blocks that the start-up check keeps back; the capacity that is printed counts them in."""
    tokens_by_concurrency: bool = False
    """Whether the printed token capacity is concurrency times context instead of blocks times their tokens."""
    concurrency_by_tokens: bool = False
    """Whether the printed concurrency divides tokens by the context instead of blocks by those of a request."""
    block_tables_in_budget: int = 0
    """Block tables that the memory profile sees; the rest is allocated when the cache has its size already."""
    block_table_copies: int = 1
    """Tables of each KV cache group."""
    sequence_parallel_experts: bool = False
    """Whether expert parallelism over TP and DP keeps the shared expert whole on every device."""
    vision_droppable: bool = False
    """Whether text-only serving leaves the vision encoder out of memory."""
    vision_on_first_stage: bool = False
    """Whether only the first pipeline stage holds the vision encoder, not every one."""


@dataclass(frozen=True, slots=True)
class Gate:
    """Which GPUs run a format under an engine, from a version on, until the next row of the same format.

    Figures are compute capabilities. runs_from None: no GPU runs it. Below native_from it runs, with less than the
    format promises: weights are widened before they are multiplied, BF16 is cast to FP16, an FP8 cache is untried.
    """

    format: GatedFormat
    since: str
    source: str
    runs_from: float | None = None
    runs_below: float | None = None
    native_from: float | None = None

    def runs(self, compute_capability: float) -> bool:
        if self.runs_from is None or compute_capability < self.runs_from:
            return False
        return self.runs_below is None or compute_capability < self.runs_below

    def is_native(self, compute_capability: float) -> bool:
        return self.native_from is None or compute_capability >= self.native_from


ReleaseStatus = Literal["beta", "stabilised", "pinned", "degraded", "maintenance"]


@dataclass(frozen=True, slots=True)
class Release:
    """What a vendor's release means for Llama 4, until the next one that is listed.

    kv_budget_share is the largest share of the budget that the release's serving plugin gives to the cache.
    """

    since: str
    status: ReleaseStatus
    documented_context_tokens: int
    source: str
    kv_budget_share: float | None = None


@dataclass(frozen=True, slots=True)
class DocumentedParallel:
    """Tensor-parallel degrees that the vendor documents on a family of instances."""

    family: str
    tensor_parallel_sizes: tuple[int, ...]
    source: str


@dataclass(frozen=True, slots=True)
class PublishedRun:
    """A configuration of Llama 4 that somebody published as running."""

    model: str
    family: str
    tensor_parallel_size: int
    max_sequences: int
    source: str
    context_tokens: int | None = None


MemoryModel = Literal["paged", "contiguous", "static_share", "free_share", "reference"]
"""How an engine shares out a device: blocks of a budget (vLLM); whole sequences (Neuron); a static share for
weights and cache (SGLang); a share of what is free after loading (TensorRT-LLM); nothing planned (reference code)."""


@dataclass(frozen=True, slots=True)
class StaticShare:
    """The share of a device that weights and cache take by default, from a version on, up to a device size.

    shares are for 1, 2, 4, 8 and 16 ranks and more; without them, reserved_gib and reserved_per_rank_gib for each
    rank are left outside the share.
    """

    since: str
    source: str
    device_gib_below: float | None = None
    shares: tuple[float, ...] = ()
    reserved_gib: float = 0.0
    reserved_per_rank_gib: float = 0.0


@dataclass(frozen=True, slots=True)
class LocalCache:
    """What chunked-local layers keep of a context, from a version on: a share of it, or one chunk where that is set.

    chunk_available: whether a setting lets them keep a chunk only.
    """

    since: str
    source: str
    default_share: float
    chunk_available: bool


@dataclass(frozen=True, slots=True)
class Engine:
    """A serving engine: which accelerators, which versions, what it costs in memory.

    supported_families limits a Neuron engine to instance families; empty means every family of its kind.
    """

    id: str
    name: str
    accelerators: AcceleratorKind
    default_version: str
    newest_known: str
    versions: tuple[EngineVersion, ...]
    overheads: Mapping[str, Overhead]
    origin: Origin
    supported_families: tuple[str, ...] = ()
    documented: bool = True
    """Whether the engine's vendor documents Llama 4 on these accelerators."""
    max_context_tokens: int | None = None
    max_sequences: int | None = None
    """Largest batch that a published configuration compiles; None where the device decides."""
    chunked_attention: bool = True
    vision: bool = True
    advised: bool = True
    """Whether advice may pick it. Fit judges the others too, with less certainty, and has no command for them."""
    gates: tuple[Gate, ...] = ()
    releases: tuple[Release, ...] = ()
    documented_parallel: tuple[DocumentedParallel, ...] = ()
    published_runs: tuple[PublishedRun, ...] = ()
    memory_model: MemoryModel = "paged"
    static_shares: tuple[StaticShare, ...] = ()
    local_caches: tuple[LocalCache, ...] = ()
    cache_share_of_free: float | None = None
    """Of what is free once weights are loaded, the share that the cache gets by default."""
    rope_element_bytes: int = 2

    note: str = ""

    @property
    def is_versioned(self) -> bool:
        """Whether versions of it are told apart: by how they behave, or by what each release supports."""
        return bool(self.versions or self.releases or self.gates)
