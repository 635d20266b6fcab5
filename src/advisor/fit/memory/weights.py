"""Weight bytes on each device, by component, under every kind of parallelism (vLLM source: models/llama4.py).

Tensor parallelism splits all linear layers, the embedding and the projector; router, norms and a few
vectors of the vision encoder are whole on every device. Pipeline stages share the layers: the first also holds the
embedding, the last the lm_head. Routed experts are split over the tensor-parallel and data-parallel ranks together;
all else is repeated by every data-parallel rank. Scales that an engine widens on loading are not counted:
below 0.1 % of any checkpoint.
"""

from dataclasses import dataclass
from functools import lru_cache
from typing import Literal, NamedTuple

from advisor.anatomy.parameters import BF16_BYTES, Stored, component_bytes, rope_table_bytes, vision_vectors
from advisor.catalog.records.engines import EngineVersion
from advisor.catalog.records.models import Architecture, Checkpoint
from advisor.fit.memory.stages import Stage, stages
from advisor.fit.platforms.parallelism import attention_heads_per_device
from advisor.fit.request import FitRequest

Unit = Literal["layer", "moe_layer", "dense_layer", "first_stage", "last_stage", "every_stage"]


@dataclass(frozen=True, slots=True)
class ComponentBytes:
    """What a device holds of one component. devices: over how many its tensors are split; 1 is whole on each."""

    component: str
    bytes: float
    devices: int


@dataclass(frozen=True, slots=True)
class StageWeights:
    """The weights on every device of one pipeline stage, and its RoPE table.

    None: whether the engine keeps such a table is not known.
    """

    stage: Stage
    parts: tuple[ComponentBytes, ...]
    rope_table_bytes: float | None

    @property
    def total_bytes(self) -> float:
        """Weights without the RoPE table."""
        return sum(part.bytes for part in self.parts)


@dataclass(frozen=True, slots=True)
class Sharding:
    """How weights are spread: degrees, heads per device, and what the engine's version does with the rest."""

    tensor_parallel_size: int
    pipeline_parallel_size: int
    data_parallel_size: int
    expert_parallel: bool
    query_heads: int
    kv_heads: int
    vision: Literal["split", "whole", "absent"]
    vision_on_first_stage: bool
    shared_expert_whole: bool
    rope_table: bool


def sharding(request: FitRequest, tensor_parallel_size: int, version: EngineVersion | None) -> Sharding:
    """The spread of a request. version is None for an engine without records, whose RoPE table is not known."""
    query_heads, kv_heads = attention_heads_per_device(request, tensor_parallel_size)
    is_expert_parallel = request.expert_parallel and tensor_parallel_size * request.data_parallel_size > 1
    return Sharding(
        tensor_parallel_size=tensor_parallel_size,
        pipeline_parallel_size=request.pipeline_parallel_size,
        data_parallel_size=request.data_parallel_size,
        expert_parallel=is_expert_parallel,
        query_heads=query_heads,
        kv_heads=kv_heads,
        vision=_vision(request, version),
        vision_on_first_stage=version is None or version.vision_on_first_stage,
        shared_expert_whole=(
            is_expert_parallel
            and tensor_parallel_size > 1
            and request.data_parallel_size > 1
            and version is not None
            and version.sequence_parallel_experts
        ),
        rope_table=version is not None,
    )


def _vision(request: FitRequest, version: EngineVersion | None) -> Literal["split", "whole", "absent"]:
    if not request.engine.vision:
        return "absent"
    if request.mm_encoder == "data":
        return "whole"
    droppable = version.vision_droppable if version is not None else True
    return "absent" if request.mm_encoder == "none" and droppable else "split"


def weights_by_stage(arch: Architecture, checkpoint: Checkpoint, spread: Sharding) -> tuple[StageWeights, ...]:
    """The weights of one device of every pipeline stage, in order."""
    stored = Stored(checkpoint.weight_format, checkpoint.quantised, checkpoint.scale_group, checkpoint.scale_bytes)
    return _weights_by_stage(arch, stored, spread)


class _Share(NamedTuple):
    """Bytes of a component on one device, for each unit that its stage holds."""

    component: str
    unit: Unit
    bytes_per_unit: float
    devices: int


@lru_cache(maxsize=4096)
def _weights_by_stage(arch: Architecture, stored: Stored, spread: Sharding) -> tuple[StageWeights, ...]:
    shares = _shares(arch, component_bytes(arch, stored), spread)
    table = float(rope_table_bytes(arch)) if spread.rope_table else None
    return tuple(
        StageWeights(stage, _parts(shares, stage), table if stage.local_layers else 0.0)
        for stage in stages(arch, spread.pipeline_parallel_size)
    )


def _parts(shares: list[_Share], stage: Stage) -> tuple[ComponentBytes, ...]:
    units: dict[Unit, int] = {
        "layer": stage.layers,
        "moe_layer": stage.moe_layers,
        "dense_layer": stage.layers - stage.moe_layers,
        "first_stage": stage.is_first,
        "last_stage": stage.is_last,
        "every_stage": 1,
    }
    held: dict[str, ComponentBytes] = {}
    for share in shares:
        size = share.bytes_per_unit * units[share.unit]
        before = held[share.component].bytes if share.component in held else 0.0
        held[share.component] = ComponentBytes(share.component, before + size, share.devices)
    return tuple(part for part in held.values() if part.bytes)


def _shares(arch: Architecture, stored: dict[str, int], spread: Sharding) -> list[_Share]:
    tp = spread.tensor_parallel_size
    heads = (spread.query_heads + spread.kv_heads) / (arch.attention_heads + arch.kv_heads)
    ranks = tp * spread.data_parallel_size
    experts = -(-arch.experts // ranks) / arch.experts if spread.expert_parallel else 1 / ranks
    shared_over = 1 if spread.shared_expert_whole else tp
    found = [
        _Share("routed_experts", "moe_layer", stored["routed_experts"] * experts / arch.moe_layers, ranks),
        _Share("shared_experts", "moe_layer", stored["shared_experts"] / shared_over / arch.moe_layers, shared_over),
        _Share("attention", "layer", stored["attention"] * heads / arch.layers, tp),
        _Share("router", "moe_layer", stored["router"] / arch.moe_layers, 1),
        _Share("norms", "layer", 2 * arch.hidden_size * BF16_BYTES, 1),
        _Share("norms", "last_stage", arch.hidden_size * BF16_BYTES, 1),
        _Share("embedding", "first_stage", stored["embedding"] / tp, tp),
        _Share("lm_head", "last_stage", stored["lm_head"] / tp, tp),
    ]
    if arch.dense_layers:
        found.append(_Share("dense_ffn", "dense_layer", stored["dense_ffn"] / tp / arch.dense_layers, tp))
    if spread.vision != "absent":
        unit: Unit = "first_stage" if spread.vision_on_first_stage else "every_stage"
        over = tp if spread.vision == "split" else 1
        whole = vision_vectors(arch.vision) * BF16_BYTES
        found.append(_Share("vision", unit, whole + (stored["vision"] - whole) / over, over))
        found.append(_Share("projector", unit, stored["projector"] / tp, tp))
    return found
