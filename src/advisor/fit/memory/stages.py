"""Which layers each pipeline stage holds, as vLLM divides them."""

from dataclasses import dataclass
from functools import lru_cache

from advisor.catalog.records.models import Architecture


@dataclass(frozen=True, slots=True)
class Stage:
    """One pipeline stage: its layers, and how many of them belong to the largest KV cache group.

    grouped_layers is that number under the hybrid manager, which deals the chunked-local layers of the whole
    model to its groups in turn; without it all layers of the stage are one group.
    """

    index: int
    of: int
    first_layer: int
    layers: int
    moe_layers: int
    local_layers: int
    grouped_layers: int

    @property
    def is_first(self) -> bool:
        return self.index == 0

    @property
    def is_last(self) -> bool:
        return self.index == self.of - 1


def local_groups(arch: Architecture) -> int:
    """Groups of chunked-local layers, each as large as the one of global layers: 3 for Llama 4."""
    return arch.local_layers // arch.global_layers


@lru_cache(maxsize=256)
def stages(arch: Architecture, pipeline_parallel_size: int) -> tuple[Stage, ...]:
    """The stages in order. What does not divide goes to those before the last (vLLM source: get_pp_indices)."""
    pp = pipeline_parallel_size
    counts = [arch.layers // pp] * pp
    for behind in range(2, arch.layers % pp + 2):
        counts[-behind] += 1
    starts = [sum(counts[:index]) for index in range(pp)]
    return tuple(
        _stage(arch, index, pp, start, count) for index, (start, count) in enumerate(zip(starts, counts, strict=True))
    )


def _stage(arch: Architecture, index: int, of: int, first_layer: int, layers: int) -> Stage:
    held = range(first_layer, first_layer + layers)
    local = [layer for layer in range(arch.layers) if (layer + 1) % arch.global_layer_step]
    groups = [[layer for layer in range(arch.layers) if layer not in local]]
    groups += [local[turn :: local_groups(arch)] for turn in range(local_groups(arch))]
    return Stage(
        index=index,
        of=of,
        first_layer=first_layer,
        layers=layers,
        moe_layers=sum((layer + 1) % arch.moe_layer_step == 0 for layer in held),
        local_layers=sum(layer in local for layer in held),
        grouped_layers=max(sum(layer in held for layer in group) for group in groups),
    )
