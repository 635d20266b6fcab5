"""KV cache capacity: paged blocks as vLLM counts them, and the contiguous cache of Neuron.

vLLM shares one pool between groups of layers of equal size (facts: model-fit, section 2.1). With the
hybrid manager Llama 4 has one group of global layers and three of chunked-local ones; without it, one
group of all layers.
"""

from collections.abc import Callable
from dataclasses import dataclass
from math import ceil

from advisor.anatomy.cache import kv_bytes_per_token_per_layer, kv_heads_per_device
from advisor.fit.parallelism import neuron_kv_heads
from advisor.fit.request import FitRequest
from advisor.fit.result import KvCache

BLOCK_TOKENS = 16


@dataclass(frozen=True, slots=True)
class PagedLayout:
    """How one device's cache is cut into blocks.

    local_groups is 0 where every layer keeps the whole context. inflight_tokens is what the scheduler may
    add beyond a chunk before it frees blocks; reserved_blocks are never given to requests.
    """

    layers_per_group: int
    local_groups: int
    chunk_tokens: int
    bytes_per_token_per_layer: int
    inflight_tokens: int
    reserved_blocks: int
    tokens_by_concurrency: bool
    """From vLLM 0.20 the printed token capacity is concurrency times context; before, blocks times 16."""

    @property
    def block_bytes(self) -> int:
        return self.layers_per_group * BLOCK_TOKENS * self.bytes_per_token_per_layer

    def blocks_per_request(self, context_tokens: int) -> int:
        blocks = ceil(context_tokens / BLOCK_TOKENS)
        if self.local_groups:
            kept = min(context_tokens, self.chunk_tokens + self.inflight_tokens)
            blocks += self.local_groups * ceil(kept / BLOCK_TOKENS)
        return blocks

    def request_bytes(self, context_tokens: int) -> int:
        return self.blocks_per_request(context_tokens) * self.block_bytes


def paged_layout(
    request: FitRequest,
    tensor_parallel_size: int,
    *,
    hybrid: bool,
    inflight_tokens: int,
    reserved_blocks: int,
    tokens_by_concurrency: bool,
) -> PagedLayout:
    """The block layout of a request under vLLM."""
    arch = request.model.architecture
    pp = request.pipeline_parallel_size
    heads = kv_heads_per_device(arch, tensor_parallel_size)
    groups = arch.local_layers // arch.global_layers if hybrid else 0
    return PagedLayout(
        layers_per_group=(arch.global_layers if hybrid else arch.layers) // pp,
        local_groups=groups,
        chunk_tokens=arch.attention_chunk_size,
        bytes_per_token_per_layer=kv_bytes_per_token_per_layer(arch, heads, request.kv_dtype),
        inflight_tokens=inflight_tokens,
        reserved_blocks=reserved_blocks,
        tokens_by_concurrency=tokens_by_concurrency,
    )


def paged_capacity(layout: PagedLayout, request: FitRequest, available_bytes: float) -> KvCache:
    """Blocks, tokens and concurrency that fit into the bytes available for the cache."""
    blocks = max(0, int(available_bytes // layout.block_bytes))
    usable = max(0, blocks - layout.reserved_blocks)
    concurrency = usable / layout.blocks_per_request(request.context_tokens)
    groups = 1 + layout.local_groups
    if layout.local_groups and layout.tokens_by_concurrency:
        tokens = int(concurrency * request.context_tokens)
    else:
        tokens = blocks // groups * BLOCK_TOKENS
    return KvCache(
        hybrid=bool(layout.local_groups),
        dtype=request.kv_dtype,
        bytes_per_token_per_device=layout.request_bytes(request.context_tokens) / request.context_tokens,
        blocks=blocks,
        capacity_tokens=tokens,
        max_context_tokens=_longest(lambda tokens: layout.blocks_per_request(tokens) <= usable, request),
        max_concurrency_at_context=concurrency,
        block_bytes=layout.block_bytes,
    )


def neuron_request_bytes(request: FitRequest, tensor_parallel_size: int, context_tokens: int) -> float:
    """Cache of one sequence on one logical core; local layers keep one chunk where the engine chunks at all."""
    arch = request.model.architecture
    per_layer = kv_bytes_per_token_per_layer(arch, neuron_kv_heads(arch, tensor_parallel_size), request.kv_dtype)
    local = min(context_tokens, arch.attention_chunk_size) if request.engine.chunked_attention else context_tokens
    return per_layer * (arch.global_layers * context_tokens + arch.local_layers * local)


def neuron_capacity(request: FitRequest, tensor_parallel_size: int, available_bytes: float) -> KvCache:
    """Capacity of a contiguous cache: whole sequences of the compiled length."""
    per_request = neuron_request_bytes(request, tensor_parallel_size, request.context_tokens)
    concurrency = max(0.0, available_bytes) / per_request
    return KvCache(
        hybrid=request.engine.chunked_attention,
        dtype=request.kv_dtype,
        bytes_per_token_per_device=per_request / request.context_tokens,
        blocks=None,
        capacity_tokens=int(concurrency) * request.context_tokens,
        max_context_tokens=_longest(
            lambda tokens: neuron_request_bytes(request, tensor_parallel_size, tokens) <= available_bytes, request
        ),
        max_concurrency_at_context=concurrency,
    )


def _longest(fits: Callable[[int], bool], request: FitRequest) -> int:
    """The longest context for which `fits` holds, up to the limits of model and engine; 0 for none."""
    limit = context_limit(request)
    low, high = 0, limit
    while low < high:
        middle = (low + high + 1) // 2
        if fits(middle):
            low = middle
        else:
            high = middle - 1
    return low


def context_limit(request: FitRequest) -> int:
    """Longest context that model and engine allow, memory aside."""
    return min(request.model.max_context_tokens, request.engine.max_context_tokens or request.model.max_context_tokens)
