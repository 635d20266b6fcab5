"""The KV cache of an engine that keeps one contiguous stretch per sequence, as Neuron's does."""

from dataclasses import dataclass
from typing import Generic

from advisor.anatomy.cache import kv_bytes_per_token_per_layer
from advisor.fit.memory.columns import N, greater, lesser
from advisor.fit.platforms.parallelism import attention_heads_per_device
from advisor.fit.request import FitRequest


@dataclass(frozen=True, slots=True)
class ContiguousCache(Generic[N]):
    """Bytes of one sequence on one device: global layers keep all of it, local ones up to local_tokens.

    local_tokens is None where the engine has no chunked attention, and local layers keep everything too.
    """

    bytes_per_token_per_layer: N
    global_layers: int
    local_layers: float
    local_tokens: int | None

    def request_bytes(self, context_tokens: float) -> N:
        """Cache of one sequence compiled for this length."""
        kept = context_tokens if self.local_tokens is None else min(context_tokens, self.local_tokens)
        return self.bytes_per_token_per_layer * (self.global_layers * context_tokens + self.local_layers * kept)

    def longest_context(self, available_bytes: N, beside_bytes_per_token: float = 0.0) -> N:
        """`request_bytes` solved for the length, in whole tokens. 0 for none.

        beside_bytes_per_token: what each token of length takes of the same memory beside the cache.
        """
        layer_tokens = available_bytes / self.bytes_per_token_per_layer
        beside = beside_bytes_per_token / self.bytes_per_token_per_layer
        short = greater(layer_tokens // (self.global_layers + self.local_layers + beside), 0)
        if self.local_tokens is None:
            return short
        long = (layer_tokens - self.local_layers * self.local_tokens) // (self.global_layers + beside)
        return greater(long, lesser(short, self.local_tokens))


def contiguous_cache(request: FitRequest, tensor_parallel_size: int) -> ContiguousCache[float]:
    """The cache of a request on one logical core."""
    arch = request.model.architecture
    _, heads = attention_heads_per_device(request, tensor_parallel_size)
    return ContiguousCache(
        bytes_per_token_per_layer=kv_bytes_per_token_per_layer(arch, heads, request.kv_dtype),
        global_layers=arch.global_layers,
        local_layers=arch.local_layers,
        local_tokens=arch.attention_chunk_size if request.engine.chunked_attention else None,
    )
