"""The contract of `advisor.identify/1`."""

from typing import Literal

from pydantic import BaseModel, Field

from advisor.export.contracts import Document, Number, ReasonDocument, Reported


class Holder(BaseModel):
    instance: str
    nodes: int = Field(description="instances that one replica spans")


class Combination(BaseModel):
    """A stack beside what the server reports. Bytes are per device."""

    model: str
    checkpoint: str
    accelerator: str
    tensor_parallel_size: int
    pipeline_parallel_size: int
    data_parallel_size: int
    expert_parallel: bool = Field(
        description="true: only with experts whole on each device; false: sharded, or alike either way"
    )
    max_num_batched_tokens: int | None = Field(description="null: stated, or the device's default explains it")
    max_num_seqs: int | None = Field(description="null: stated, or the device's default explains it")
    consistency: Literal["consistent", "unexplained", "implausible", "impossible"]
    hybrid: bool
    blocks: int
    predicted_blocks: int
    block_bytes: int
    kv_cache_bytes: Number
    predicted_kv_cache_bytes: Number
    difference_bytes: Number = Field(description="observed less predicted")
    band_bytes: Number = Field(description="doubt of the overheads: what lies within it is consistent")
    beside_weights_bytes: Number = Field(description="what the engine would keep beside weights and RoPE table")
    instances: list[Holder]


class Declared(BaseModel):
    """What was declared of the endpoint; null where nothing was. nearest: the combination it was tested by."""

    instance: str | None
    model: str | None
    checkpoint: str | None
    tensor_parallel_size: int | None
    pipeline_parallel_size: int | None
    engine: str | None
    nodes: int = Field(description="instances that a replica may span")
    max_num_seqs: int | None
    max_num_batched_tokens: int | None
    expert_parallel: bool | None
    nearest: Combination | None


class Identify(Document):
    source: str
    outcome: Literal["found", "nothing_consistent", "corroborated", "contradicted", "unexplained", "too_little"]
    observed: Reported
    declared: Declared
    tried: int = Field(description="combinations of the catalogue that can run with what the server reports")
    matches: list[Combination] = Field(
        description="those that are consistent; those that need other settings last, and the nearest first"
    )
    closest: Combination | None = Field(description="the nearest of those that are not")
    reasons: list[ReasonDocument]
