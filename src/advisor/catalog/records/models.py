"""A model, its dimensions, its checkpoints, and what must be read before deciding."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from advisor.catalog.records.hardware import WeightFormat
from advisor.catalog.records.origin import Origin


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
