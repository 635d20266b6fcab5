"""The records of the catalogue, as plain frozen dataclasses.

Figures are plain numbers with the unit in the field's name, so that arithmetic stays readable; each
record carries an `Origin`, which knows level, source and date of every one of them.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from advisor.errors import InputError
from advisor.quantities.provenance import Provenance
from advisor.quantities.quantity import Quantity

AcceleratorKind = Literal["gpu", "neuron"]
Interconnect = Literal["nvlink", "neuronlink", "pcie"]
PurchaseOption = Literal["on_demand", "spot", "capacity_block", "savings_plan", "reserved"]
PURCHASE_OPTIONS: tuple[PurchaseOption, ...] = ("on_demand", "spot", "capacity_block", "savings_plan", "reserved")
WeightFormat = Literal["bf16", "fp8", "int4", "nvfp4"]
GatedFormat = Literal["kernels", "bf16", "fp8", "int4", "nvfp4", "kv_fp8"]
"""What an engine asks a compute capability for: its compiled code, formats of weights, and of the cache."""
Rate = Literal["memory_bandwidth_gb_per_s", "bf16_dense_tflops", "link_gb_per_s"]
RATES: tuple[Rate, ...] = ("memory_bandwidth_gb_per_s", "bf16_dense_tflops", "link_gb_per_s")
"""What a roofline is drawn from."""


@dataclass(frozen=True, slots=True)
class Beneath:
    """What a lower layer says of a figure that a higher one states differently."""

    layer: str
    value: Any


@dataclass(frozen=True, slots=True)
class Origin:
    """Provenance of a record's figures: one for the record, and overrides by key.

    beneath holds, by key, what lower layers say where layers disagree, the nearest first.
    """

    default: Provenance
    overrides: Mapping[str, Provenance] = field(default_factory=dict)
    beneath: Mapping[str, tuple[Beneath, ...]] = field(default_factory=dict)

    def of(self, key: str) -> Provenance:
        return self.overrides.get(key, self.default)

    def quantity(self, key: str, value: float | None, unit: str) -> Quantity:
        """The figure under `key` with its provenance; unknown where the record has none."""
        if value is None:
            return Quantity.unknown(unit)
        return Quantity(value, unit, self.of(key))


@dataclass(frozen=True, slots=True)
class Accelerator:
    """One accelerator chip. Figures are per chip, dense (no sparsity), link rates per direction.

    memory_gib is what a process can allocate (CUDA-visible for GPUs), the only one of the four memory
    figures that fit uses; the other three are shown beside it. None means unknown.
    """

    id: str
    name: str
    vendor: str
    kind: AcceleratorKind
    architecture: str
    memory_gib: float
    memory_marketing_gb: float
    memory_type: str
    interconnect: Interconnect
    interconnect_name: str
    origin: Origin
    memory_bandwidth_gb_per_s: float | None = None
    bf16_dense_tflops: float | None = None
    link_gb_per_s: float | None = None
    memory_api_mib: int | None = None
    memory_driver_mib: int | None = None
    fp8_dense_tflops: float | None = None
    int8_dense_tops: float | None = None
    fp4_dense_tflops: float | None = None
    compute_capability: float | None = None
    logical_cores: int = 1
    """Neuron: logical cores per chip at the default LNC, each with its own memory bank."""
    physical_cores: int = 1
    aliases: tuple[str, ...] = ()

    @property
    def unknown_rates(self) -> tuple[Rate, ...]:
        """Rates that nobody has published, without which no time can be computed for the chip."""
        return tuple(key for key in RATES if getattr(self, key) is None)

    def rate(self, key: Rate) -> float:
        """A rate that a computation needs. InputError where nobody has published it."""
        value: float | None = getattr(self, key)
        if value is None:
            hint = "An overlay's accelerators.toml can state it."
            raise InputError(f"nobody has published {key} of {self.name}", key=f"{self.id}.{key}", hint=hint)
        return value

    def dense_tflops(self, weight_format: WeightFormat) -> float:
        """Peak rate for weights of this format, per chip; a format without arithmetic of its own runs at BF16.

        InputError where nobody has published it.
        """
        if weight_format == "fp8" and self.fp8_dense_tflops is not None:
            return self.fp8_dense_tflops
        if weight_format == "nvfp4" and self.fp4_dense_tflops is not None:
            return self.fp4_dense_tflops
        return self.rate("bf16_dense_tflops")


@dataclass(frozen=True, slots=True)
class Instance:
    """One EC2 instance type. accelerator is None for a CPU instance; None elsewhere is unknown."""

    id: str
    vcpus: int
    memory_gib: float
    network_gbps: float
    quota: str
    purchase_options: tuple[PurchaseOption, ...]
    regions: tuple[str, ...]
    origin: Origin
    accelerator: str | None = None
    accelerator_count: int = 0
    local_nvme_gb: float | None = None
    efa: bool | None = None
    efa_interfaces: int | None = None
    cpu_architecture: str = "x86_64"
    capacity_block_regions: tuple[str, ...] = ()
    memory_bandwidth_gb_per_s: float | None = None
    """Host memory bandwidth; given for CPU instances only."""
    note: str = ""

    @property
    def family(self) -> str:
        return self.id.partition(".")[0]

    def offered_in(self, region: str, option: PurchaseOption) -> bool:
        """Whether AWS sells this instance that way in the region, price known or not."""
        if option not in self.purchase_options:
            return False
        return region in (self.capacity_block_regions if option == "capacity_block" else self.regions)

    def sold_in(self, region: str) -> tuple[PurchaseOption, ...]:
        """Every way in which AWS sells it in the region, price known or not."""
        return tuple(option for option in self.purchase_options if self.offered_in(region, option))


@dataclass(frozen=True, slots=True)
class Price:
    """One price: what one instance-hour costs, bought one way, in one region, on one day.

    statistic is "list" for a price that AWS states, "min" and "max" for the cheapest and dearest
    availability zone of a spot market, "mean" for an estimate of it. beneath holds the prices of lower
    layers, and the list price below a discount, where they differ from this one.
    """

    instance_type: str
    region: str
    option: PurchaseOption
    usd_per_hour: float
    provenance: Provenance
    term: str = ""
    payment: str = ""
    statistic: str = "list"
    beneath: tuple["Price", ...] = ()
    discount: str = ""
    """The id of the private discount that made it of the list price beneath."""

    @property
    def quantity(self) -> Quantity:
        return Quantity(self.usd_per_hour, "USD/h", self.provenance)


@dataclass(frozen=True, slots=True)
class Vision:
    """Dimensions of the vision encoder and its adapter, as released (not the class defaults)."""

    layers: int
    hidden_size: int
    intermediate_size: int
    patch_size: int
    image_size: int
    adapter_input_size: int
    adapter_hidden_size: int
    adapter_output_size: int


@dataclass(frozen=True, slots=True)
class Architecture:
    """Every dimension of a Llama 4 text model and its vision tower."""

    hidden_size: int
    layers: int
    attention_heads: int
    kv_heads: int
    head_dim: int
    vocabulary_size: int
    experts: int
    experts_per_token: int
    expert_intermediate_size: int
    shared_expert_intermediate_size: int
    moe_layer_step: int
    """1: every layer routes; 2: every second layer does, the others are dense."""
    dense_intermediate_size: int
    attention_chunk_size: int
    """Tokens a chunked-local layer attends to and, with a hybrid KV manager, keeps."""
    global_layer_step: int
    """Every n-th layer attends globally without RoPE; the others are chunked-local."""
    max_position_embeddings: int
    vision: Vision

    @property
    def moe_layers(self) -> int:
        return self.layers // self.moe_layer_step

    @property
    def dense_layers(self) -> int:
        return self.layers - self.moe_layers

    @property
    def global_layers(self) -> int:
        return self.layers // self.global_layer_step

    @property
    def local_layers(self) -> int:
        return self.layers - self.global_layers


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """Published weights of a model at one precision.

    quantised names the components stored in weight_format; the rest is BF16. Scales cost scale_bytes
    for every scale_group weights, or one per output channel where scale_group is 0.
    """

    id: str
    model: str
    publisher: str
    repository: str
    weight_format: WeightFormat
    origin: Origin
    quantised: tuple[str, ...] = ()
    scale_group: int = 0
    scale_bytes: int = 0
    revision: str | None = None
    note: str = ""


@dataclass(frozen=True, slots=True)
class Notice:
    """Something about a model that a reader must see before deciding, with its source.

    code identifies it; applies_to is "always", or "eu" for a region or residency in the European Union.
    """

    code: str
    applies_to: Literal["always", "eu"]
    text: str
    source: str


@dataclass(frozen=True, slots=True)
class Model:
    """A model: architecture, context limits, checkpoints and notices."""

    id: str
    name: str
    short_name: str
    architecture: Architecture
    max_context_tokens: int
    base_max_context_tokens: int
    checkpoints: Mapping[str, Checkpoint]
    notices: tuple[Notice, ...]
    origin: Origin


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


@dataclass(frozen=True, slots=True)
class ManagedRate:
    """Per-token price of a managed service for one model."""

    id: str
    service: str
    model: str
    usd_per_million_input_tokens: float
    usd_per_million_output_tokens: float
    region_group: str
    regions: tuple[str, ...]
    origin: Origin


@dataclass(frozen=True, slots=True)
class Source:
    """Where a set of figures was read, once for all the records that cite it.

    version is the publisher's own stamp, by which a refresh sees whether there is something new.
    """

    id: str
    title: str
    location: str
    licence: str = ""
    note: str = ""
    version: str = ""
