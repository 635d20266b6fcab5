"""The contracts of `advisor.fit/1` and `advisor.fits/1`."""

from typing import Literal

from pydantic import BaseModel, Field

from advisor.export.contracts import Document, Number, ReasonDocument, Reported


class Parallelism(BaseModel):
    tensor_parallel_size: int
    pipeline_parallel_size: int
    devices_used: int
    valid_tensor_parallel_sizes: list[int]
    data_parallel_size: int
    expert_parallel: bool
    nodes: int = Field(description="instances that one replica may span")
    replicas: int = Field(description="such replicas that these instances hold")


class PerDevice(BaseModel):
    """Bytes on one device. null: nobody has published it."""

    usable_bytes: Number
    budget_bytes: Number
    weights_bytes: Number = Field(description="without the RoPE table")
    rope_table_bytes: Number | None
    activation_bytes: Number | None
    non_torch_bytes: Number | None
    cuda_graph_bytes: Number | None
    kv_cache_bytes: Number = Field(description="available for the KV cache")
    kv_needed_bytes: Number = Field(description="for max(1, concurrency) requests at context")
    margin_bytes: Number
    band_bytes: Number
    block_table_bytes: Number = Field(description="entries for every block of every request that may run")
    headroom_bytes: Number = Field(description="outside the budget, for what follows the cache: tables, late graphs")
    correction_bytes: Number | None = Field(description="what a measurement of the whole adds to the parts")


class KvCache(BaseModel):
    hybrid: bool
    dtype: str
    bytes_per_token_per_device: Number
    blocks: int | None
    capacity_tokens: int
    max_context_tokens: int = Field(description="longest request that starts and is held")
    max_concurrency_at_context: Number
    block_bytes: int | None = Field(None, description="one block on one device; null where the cache is not paged")
    block_tokens: int | None
    groups: int | None = Field(description="of layers that share the blocks")
    max_context_at_concurrency_tokens: int = Field(description="longest context at which the concurrency is held")
    max_context_by_blocks_tokens: int | None = Field(description="the engine's own estimate, from its blocks alone")
    max_context_by_tables_tokens: int | None = Field(description="as long as the block tables beside the budget allow")


class ComponentBytes(BaseModel):
    component: str
    bytes: Number
    devices: int = Field(description="over how many its tensors are split; 1: whole on each")


class OverheadPart(BaseModel):
    part: str
    bytes: Number
    low: Number
    high: Number


class Alternatives(BaseModel):
    hybrid_on: KvCache | None
    hybrid_off: KvCache | None


class VerifiedLine(BaseModel):
    """One quantity, predicted and observed, in its unit."""

    quantity: str
    unit: Literal["B", "blocks", "tokens", "requests"]
    predicted: Number
    observed: Number
    error: Number = Field(description="predicted − observed")
    relative_error: Number | None = Field(description="error / observed")
    limit: Number = Field(description="how far apart they may be")
    within: bool


class VerifiedSetting(BaseModel):
    """One setting: what the question states, what the server tells, what the prediction was made with."""

    name: str
    stated: str | bool | Number | None
    told: str | bool | Number | None
    used: str | bool | Number | None
    denied: bool


class ObservedServer(Reported):
    """What a server or its log says of itself; null where it says nothing. Bytes are per device."""

    usable_bytes: Number | None
    weights_bytes: Number | None = Field(description="with the RoPE table")
    activation_bytes: Number | None
    non_torch_bytes: Number | None
    cuda_graph_bytes: Number | None
    kv_cache_bytes: Number | None
    kv_needed_bytes: Number | None
    estimated_max_model_len: int | None
    started: bool | None
    failure: Literal["kv_cache_short", "no_memory_for_cache", "out_of_memory", "memory_taken", "other"] | None
    simulated: bool


class Verification(BaseModel):
    """The prediction against a running server or its start-up log."""

    outcome: Literal["agrees", "differs", "proves_nothing"]
    source: str = Field(description="the server or file")
    observed: ObservedServer
    lines: list[VerifiedLine]
    settings: list[VerifiedSetting]
    reasons: list[ReasonDocument]
    evidence_id: str | None = Field(None, description="the evidence that was entered: advisor evidence forget ID")


class RemedyDocument(BaseModel):
    """One change that makes the combination fit, by itself."""

    reason: ReasonDocument
    changes: dict[str, str | bool | Number | None] = Field(
        description="fields of the question with their new values; null: left to the default again"
    )
    verdict: Literal["fits", "tight"]
    margin_bytes: Number = Field(description="per device, afterwards")


class ServeFlagDocument(BaseModel):
    """A flag, or a variable of the environment, and why it is there. value null: a switch."""

    name: str
    value: str | None
    reason: ReasonDocument


class ServeStep(BaseModel):
    """What is run before the server: compiling, or starting a cluster."""

    argv: list[str]
    env: dict[str, str]
    flags: list[ServeFlagDocument]
    cautions: list[ReasonDocument]


class ServeCopyDocument(BaseModel):
    """The command in one place: one of several instances, or one of several replicas in an instance."""

    place: ReasonDocument
    argv: list[str]
    env: dict[str, str]
    flags: list[ServeFlagDocument] = Field(description="what this place adds")


class FitRow(BaseModel):
    """One combination and its verdict."""

    model: str
    checkpoint: str
    instance: str
    engine: str
    verdict: Literal["fits", "tight", "does_not_fit", "invalid", "unsupported"]
    context_tokens: int
    concurrency: int
    parallelism: Parallelism
    per_device: PerDevice | None
    kv_cache: KvCache | None
    alternatives: Alternatives
    reasons: list[ReasonDocument]
    serve_argv: list[str]
    serve_env: dict[str, str]


class Fit(Document, FitRow):
    weights: list[ComponentBytes] | None = Field(description="of the device that per_device speaks of, by component")
    overheads: list[OverheadPart] | None = Field(description="parts of per_device beside weights and cache")
    remedies: list[RemedyDocument]
    serve_flags: list[ServeFlagDocument]
    serve_before: list[ServeStep]
    serve_copies: list[ServeCopyDocument] = Field(description="where one process does not serve it all")
    serve_cautions: list[ReasonDocument]
    verification: Verification | None = Field(None, description="with --verify or --log only")


class Fits(Document):
    """Every combination in question; provenance is that of all of them together."""

    fits: list[FitRow]
