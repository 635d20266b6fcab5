"""KV cache: bytes per token, and how many tokens a chunked-local layer keeps."""

from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from advisor.catalog.records.models import Architecture

KvDtype = Literal["auto", "fp8"]
_KV_BYTES = {"auto": 2, "fp8": 1}


def kv_heads_per_device(arch: "Architecture", tensor_parallel_size: int) -> int:
    """KV heads that one device holds. Past the head count each device keeps one: replication, no saving."""
    return max(1, arch.kv_heads // tensor_parallel_size)


def kv_bytes_per_token_per_layer(arch: "Architecture", kv_heads: int, kv_dtype: KvDtype) -> int:
    """Keys and values of one token in one layer with so many heads."""
    return 2 * kv_heads * arch.head_dim * _KV_BYTES[kv_dtype]


def kv_bytes_per_token(arch: "Architecture", kv_dtype: KvDtype = "auto") -> int:
    """Keys and values of one token in all layers and heads of the model, on no device in particular."""
    return arch.layers * kv_bytes_per_token_per_layer(arch, arch.kv_heads, kv_dtype)


def attended_tokens(arch: "Architecture", context_tokens: float, *, hybrid: bool) -> float:
    """Mean tokens of cache that a layer holds for one request, over all layers.

    With a hybrid cache a chunked-local layer holds at most one chunk; without, all of them hold everything.
    """
    if not hybrid:
        return context_tokens
    local = min(context_tokens, arch.attention_chunk_size)
    return (arch.global_layers * context_tokens + arch.local_layers * local) / arch.layers
