"""KV cache capacity in blocks, as vLLM counts them.

vLLM shares one pool between groups of layers of equal size (facts: model-fit, section 2.1). With the
hybrid manager Llama 4 has one group of global layers and three of chunked-local ones; without it, one
group of all layers. Every formula takes a number, or a column of numbers.
"""

from dataclasses import dataclass
from typing import Generic

from advisor.anatomy.cache import kv_bytes_per_token_per_layer, kv_heads_per_device
from advisor.catalog.records.engines import EngineVersion
from advisor.fit.memory.columns import N, greater, lesser, whole_up
from advisor.fit.memory.stages import Stage, local_groups
from advisor.fit.request import FitRequest

BLOCK_TOKENS = 16
"""Tokens of one block where nobody states another: every CUDA backend that vLLM picks for Llama 4 takes 16."""


@dataclass(frozen=True, slots=True)
class BlockRule(Generic[N]):
    """How many blocks a request takes; the same on every stage and device.

    local_groups is 0 where every layer keeps the whole context. inflight_tokens is what the scheduler may
    add beyond a chunk before it frees blocks; reserved_blocks are kept back by the start-up
    check, but counted in by the figures that the engine prints.
    """

    block_tokens: int
    local_groups: int
    chunk_tokens: int
    inflight_tokens: N
    reserved_blocks: int
    tokens_by_concurrency: bool
    concurrency_by_tokens: bool

    @property
    def groups(self) -> int:
        return 1 + self.local_groups

    def blocks_per_request(self, context_tokens: float) -> N:
        """Blocks of one request of this length, over all groups."""
        return self.kept_blocks(context_tokens) * self.local_groups + whole_up(context_tokens, self.block_tokens)

    def kept_blocks(self, context_tokens: float) -> N:
        """Blocks that one group of chunked-local layers keeps of a request of this length."""
        return whole_up(lesser(self._most_kept_tokens, context_tokens), self.block_tokens)

    def longest_context(self, blocks: N, table_blocks: "N | float" = 0) -> N:
        """The longest request that so many blocks hold; `blocks_per_request` solved for the context. 0 for none.

        table_blocks: what each block of context takes of the same memory for its entries in block tables, in blocks.
        """
        each = self.block_tokens
        short = blocks // (self.groups + table_blocks) * each
        if not self.local_groups:
            return greater(short, 0)
        full = whole_up(self._most_kept_tokens, each) * self.local_groups
        long = (blocks - full) // (1 + table_blocks) * each
        return greater(greater(long, lesser(short, self._most_kept_tokens)), 0)

    def concurrency(self, blocks: N, context_tokens: float) -> N:
        """The requests of a context that the engine says its blocks hold, when it starts."""
        if self.concurrency_by_tokens:
            return blocks * self.block_tokens / context_tokens
        return blocks / self.blocks_per_request(context_tokens)

    def capacity_tokens(self, blocks: N, context_tokens: float) -> N:
        """The token capacity that the engine prints when it starts."""
        if self.tokens_by_concurrency:
            return self.concurrency(blocks, context_tokens) * context_tokens // 1
        return blocks // self.groups * self.block_tokens

    def free_blocks(self, blocks: N) -> N:
        """Blocks that requests can have."""
        return greater(blocks - self.reserved_blocks, 0)

    @property
    def _most_kept_tokens(self) -> N:
        return self.inflight_tokens + self.chunk_tokens


def blocks_in(available_bytes: N, bytes_per_block: "N | float") -> N:
    """Whole blocks that the memory left for the cache holds."""
    return greater(available_bytes // bytes_per_block, 0)


def needed_bytes(rule: BlockRule[N], bytes_per_block: N, context_tokens: float, requests: float) -> N:
    """Bytes of so many requests of this length on one device, with the blocks that are never given away."""
    return (rule.blocks_per_request(context_tokens) * requests + rule.reserved_blocks) * bytes_per_block


def longest_with_tables(
    rule: BlockRule[N], available_bytes: N, bytes_per_block: N, table_bytes: "N | float", context: float, requests: int
) -> N:
    """The longest context at which a device holds so many requests, in tokens.

    table_bytes is what the available bytes lack for block tables of the context in question: those of a longer one
    take more.
    """
    blocks = (available_bytes + table_bytes) / bytes_per_block - rule.reserved_blocks
    table_blocks = table_bytes / whole_up(context, rule.block_tokens) / bytes_per_block
    return rule.longest_context(blocks / requests, table_blocks / requests)


def requests_per_rank(request: FitRequest) -> int:
    """Requests on the fullest data-parallel rank: each rank has a cache of its own."""
    return -(-max(1, request.concurrency) // request.data_parallel_size)


def inflight_tokens(version: EngineVersion, max_num_batched_tokens: int, pipeline_parallel_size: int) -> int:
    """Tokens that may be under way beyond a chunk: those of every batch that the scheduler has out at once.

    Asynchronous scheduling is the default of every version that counts them.
    """
    match version.batches_in_flight:
        case "one":
            return max_num_batched_tokens
        case "pipeline":
            return max_num_batched_tokens * max(2, pipeline_parallel_size)
        case "pipeline_plus_one":
            return max_num_batched_tokens * (pipeline_parallel_size + 1)


def block_rule(request: FitRequest, version: EngineVersion, inflight_tokens: N, *, hybrid: bool) -> BlockRule[N]:
    """The rule of an engine version, for a request."""
    arch = request.model.architecture
    return BlockRule(
        block_tokens=request.block_tokens or BLOCK_TOKENS,
        local_groups=local_groups(arch) if hybrid else 0,
        chunk_tokens=arch.attention_chunk_size,
        inflight_tokens=inflight_tokens,
        reserved_blocks=version.reserved_blocks,
        tokens_by_concurrency=version.tokens_by_concurrency,
        concurrency_by_tokens=version.concurrency_by_tokens,
    )


def block_bytes(request: FitRequest, tensor_parallel_size: int, stage: Stage, *, hybrid: bool) -> int:
    """Bytes of one block on a device of a stage: its largest group decides."""
    arch = request.model.architecture
    heads = kv_heads_per_device(arch, tensor_parallel_size)
    layers = stage.grouped_layers if hybrid else stage.layers
    tokens = request.block_tokens or BLOCK_TOKENS
    return layers * tokens * kv_bytes_per_token_per_layer(arch, heads, request.kv_dtype)


def context_limit(request: FitRequest) -> int:
    """Longest context that model and engine allow, memory aside."""
    return min(request.model.max_context_tokens, request.engine.max_context_tokens or request.model.max_context_tokens)
