"""Parameters by component and the bytes of a checkpoint.

The totals equal the element counts of the published safetensors to the last digit
(facts: model-fit, section 1).
"""

from dataclasses import dataclass, fields
from functools import lru_cache
from typing import Protocol

from advisor.catalog.records.hardware import WeightFormat
from advisor.catalog.records.models import Architecture, Vision

BF16_BYTES = 2
_WEIGHT_BITS = {"bf16": 16, "fp8": 8, "int4": 4, "nvfp4": 4}
_IMAGE_CHANNELS = 3


@dataclass(frozen=True, slots=True)
class Parameters:
    """Element counts by component."""

    routed_experts: int
    shared_experts: int
    dense_ffn: int
    attention: int
    router: int
    norms: int
    embedding: int
    lm_head: int
    vision: int
    projector: int

    @property
    def total(self) -> int:
        return sum(getattr(self, item.name) for item in fields(self))


COMPONENTS = tuple(item.name for item in fields(Parameters))


@lru_cache(maxsize=16)
def parameters(arch: Architecture) -> Parameters:
    """Element counts of a Llama 4 model with its vision encoder."""
    expert = 3 * arch.hidden_size * arch.expert_intermediate_size
    shared = 3 * arch.hidden_size * arch.shared_expert_intermediate_size
    dense = 3 * arch.hidden_size * arch.dense_intermediate_size
    query = arch.hidden_size * arch.attention_heads * arch.head_dim
    key_value = arch.hidden_size * arch.kv_heads * arch.head_dim
    return Parameters(
        routed_experts=arch.moe_layers * arch.experts * expert,
        shared_experts=arch.moe_layers * shared,
        dense_ffn=arch.dense_layers * dense,
        attention=arch.layers * (2 * query + 2 * key_value),
        router=arch.moe_layers * arch.hidden_size * arch.experts,
        norms=(2 * arch.layers + 1) * arch.hidden_size,
        embedding=arch.vocabulary_size * arch.hidden_size,
        lm_head=arch.vocabulary_size * arch.hidden_size,
        vision=_vision_parameters(arch.vision),
        projector=arch.vision.adapter_output_size * arch.hidden_size,
    )


def active_parameters(arch: Architecture) -> int:
    """Elements that one text token uses, its embedding included: of the routed experts only those it is sent to."""
    counts = parameters(arch)
    routed = counts.routed_experts * arch.experts_per_token // arch.experts
    return counts.total - counts.routed_experts - counts.vision - counts.projector + routed


def _vision_parameters(vision: Vision) -> int:
    return _vision_matrices(vision) + vision_vectors(vision)


def _vision_matrices(vision: Vision) -> int:
    """Weights of the linear layers, and the biases that are split with their columns."""
    size, wide = vision.hidden_size, vision.intermediate_size
    embedding = _IMAGE_CHANNELS * vision.patch_size**2 * size
    attention = 4 * size * size + 3 * size
    mlp = 2 * size * wide + wide
    adapter = vision.adapter_input_size * vision.adapter_hidden_size
    adapter += vision.adapter_hidden_size * vision.adapter_output_size
    return embedding + vision.layers * (attention + mlp) + adapter


def vision_vectors(vision: Vision) -> int:
    """Elements of the vision encoder that no engine splits: class token, positions, norms and row-parallel biases."""
    size = vision.hidden_size
    patches = (vision.image_size // vision.patch_size) ** 2
    outer = size + (patches + 1) * size + 2 * 2 * size
    layer_norms, row_biases = 2 * 2 * size, 2 * size
    return outer + vision.layers * (layer_norms + row_biases)


class Storage(Protocol):
    """What of a checkpoint decides its bytes."""

    @property
    def weight_format(self) -> WeightFormat: ...

    @property
    def quantised(self) -> tuple[str, ...]: ...

    @property
    def scale_group(self) -> int: ...

    @property
    def scale_bytes(self) -> int: ...


def component_bytes(arch: Architecture, checkpoint: Storage) -> dict[str, int]:
    """Bytes of each component as the checkpoint stores it, scales included."""
    stored = Stored(checkpoint.weight_format, checkpoint.quantised, checkpoint.scale_group, checkpoint.scale_bytes)
    return dict(zip(COMPONENTS, _component_bytes(arch, stored), strict=True))


@dataclass(frozen=True, slots=True)
class Stored:
    """What of a checkpoint decides its bytes, and nothing else: a key for what is computed once."""

    weight_format: WeightFormat
    quantised: tuple[str, ...]
    scale_group: int
    scale_bytes: int


@lru_cache(maxsize=64)
def _component_bytes(arch: Architecture, stored: Stored) -> tuple[int, ...]:
    counts = parameters(arch)
    return tuple(_stored_bytes(getattr(counts, name), name, arch, stored) for name in COMPONENTS)


def checkpoint_bytes(arch: Architecture, checkpoint: Storage) -> int:
    """Bytes of the whole checkpoint."""
    return sum(component_bytes(arch, checkpoint).values())


def _stored_bytes(elements: int, component: str, arch: Architecture, checkpoint: Storage) -> int:
    if component not in checkpoint.quantised:
        return elements * BF16_BYTES
    weights = elements * _WEIGHT_BITS[checkpoint.weight_format] // 8
    scales = elements // checkpoint.scale_group if checkpoint.scale_group else _output_channels(component, arch)
    return weights + scales * checkpoint.scale_bytes


def _output_channels(component: str, arch: Architecture) -> int:
    """Rows of all gate, up and down projections of a component: one scale each."""
    match component:
        case "routed_experts":
            return arch.moe_layers * arch.experts * (2 * arch.expert_intermediate_size + arch.hidden_size)
        case "shared_experts":
            return arch.moe_layers * (2 * arch.shared_expert_intermediate_size + arch.hidden_size)
        case "dense_ffn":
            return arch.dense_layers * (2 * arch.dense_intermediate_size + arch.hidden_size)
        case _:
            raise ValueError(f"no Llama 4 checkpoint quantises {component} by output channel")


def rope_table_bytes(arch: Architecture) -> int:
    """The bf16 cos/sin table that vLLM builds on every device for the model's maximum positions.

    It follows max_position_embeddings, not --max-model-len, and is never sharded: 2.50 GiB for Scout
    (facts: model-fit, section 1.1).
    """
    return arch.max_position_embeddings * arch.head_dim * BF16_BYTES
