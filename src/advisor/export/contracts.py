"""The JSON contracts as types: one model a document. Keys are added, never renamed.

Their JSON Schemas are generated from here, shipped under `schemas/`, and printed by `advisor schema`.
Documents are built elsewhere, without these models, since importing them costs start-up time.
"""

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from advisor.quantities.provenance import Level

Number = int | float


class Beneath(BaseModel):
    """What a lower layer of the catalogue says of a figure that a higher one states differently."""

    layer: str
    value: Any
    source: str | None = None
    as_of: str | None = None


class Origin(BaseModel):
    """Where a number comes from; the key of the map is a JSON pointer, and holds for everything below it."""

    level: Level
    source: str
    as_of: str | None = Field(None, description="ISO date, or from/to")
    low: Number | None = None
    high: Number | None = None
    layer: str | None = None
    beneath: list[Beneath] | None = Field(None, description="what lower layers say, where layers disagree")


class Document(BaseModel):
    """What every document carries."""

    model_config = ConfigDict(populate_by_name=True)
    schema_: str = Field(alias="schema")
    provenance: dict[str, Origin]


class ReasonDocument(BaseModel):
    code: str
    severity: Literal["error", "warning", "info"]
    message: str
    params: dict[str, Any]
    source: str


class LoadDocument(BaseModel):
    kind: Literal["concurrency", "rate", "max_load"]
    value: Number | None


class EvidenceLoad(BaseModel):
    """Requests in flight, per second or of a batch; or as many as the engine, or the benchmark's limits, allow."""

    kind: Literal["concurrency", "rate", "batch", "max_load", "slo_bound", "unstated"]
    value: Number | None


class EvidenceRow(BaseModel):
    model: str
    checkpoint: str
    accelerator: str
    devices: int | None = Field(description="null: the source does not state it; 0: the built-in endpoint")
    tensor_parallel_size: int | None
    engine: str
    engine_version: str
    input_tokens: int | None
    output_tokens: int | None
    load: EvidenceLoad
    metric: str
    value: Number
    unit: str
    statistic: str
    level: Level
    source: str
    as_of: str | None
    run_id: str | None
    note: str | None
    source_id: str | None = Field(None, description="an entry of sources.toml")
    location: str | None = Field(None, description="where the source is")
    place: str | None = Field(None, description="the file or row of the figure within the source")
    dataset: str | None = Field(None, description="the prompts, where they are not of one length")
    caveats: list[str] = Field([], description="what must be known before the figure is compared with others")


class MemoryRow(BaseModel):
    """What a running engine was seen to use, per device, under which settings. null: not stated."""

    id: str = Field(description="advisor evidence forget ID removes it")
    model: str
    checkpoint: str
    accelerator: str
    instance: str
    engine: str
    engine_version: str
    tensor_parallel_size: int
    pipeline_parallel_size: int
    data_parallel_size: int
    nodes: int
    expert_parallel: bool
    mm_encoder: str
    max_num_seqs: int
    max_num_batched_tokens: int
    max_model_len: int
    gpu_memory_utilization: Number
    block_tokens: int
    hybrid_kv: bool
    kv_dtype: str
    blocks: int | None
    kv_cache_tokens: int | None
    kv_cache_bytes: Number
    beside_weights_bytes: Number = Field(description="all that the engine keeps beside weights and RoPE table")
    doubt_bytes: Number
    weights_bytes: Number | None = Field(description="as a log states it, RoPE table included")
    activation_bytes: Number | None
    non_torch_bytes: Number | None
    cuda_graph_bytes: Number | None
    level: Level
    source: str
    observed_at: str
    assumed: list[str] = Field([], description="settings that nobody told: the engine's defaults are taken")


class Evidence(Document):
    evidence: list[EvidenceRow]
    memory: list[MemoryRow] = Field([], description="memory that engines were seen to use")


class ErrorDetail(BaseModel):
    """What was wrong, where, and what would be right."""

    code: str
    message: str
    file: str | None
    line: int | None
    key: str | None
    hint: str | None


class Error(ErrorDetail):
    """What stands on stdout instead of a document when a command fails with --json."""

    schema_: str = Field(alias="schema")


class RecheckChange(BaseModel):
    key: str
    before: str
    now: str


class RecheckFile(BaseModel):
    file: str
    holds: bool
    changes: list[RecheckChange]
    error: ErrorDetail | None = Field(None, description="why the file cannot be used; holds is false then")


class Recheck(BaseModel):
    schema_: str = Field(alias="schema")
    files: list[RecheckFile]


class Reported(BaseModel):
    """What the server says of itself; KV figures are those of one data-parallel rank. null: it does not say."""

    engine: str | None
    engine_version: str | None
    served_model: str | None
    max_model_len: int | None
    data_parallel_size: int
    blocks: int | None
    block_tokens: int | None
    cache_dtype: str | None
    gpu_memory_utilization: Number | None
    kv_cache_tokens: int | None
    kv_cache_max_concurrency: Number | None
