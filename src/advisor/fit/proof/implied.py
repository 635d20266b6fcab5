"""What a server's own count of KV blocks implies for the memory of a stack. Bytes are per device.

A block has a size that follows from the stack, so a count of blocks is a number of bytes: budget and
weights being known, what is left is what the engine keeps beside them. A count that leaves less than
nothing cannot come from that stack.
"""

from dataclasses import dataclass, replace
from enum import StrEnum
from math import ceil, isclose
from typing import Any

from advisor.anatomy.cache import KvDtype
from advisor.fit.memory.kv import BLOCK_TOKENS
from advisor.fit.proof.observed import Observed
from advisor.fit.request import FitRequest
from advisor.fit.result import FitResult, KvCache, PerDevice
from advisor.quantities.units import GIB

_ROUNDING = 0.005
"""A log prints its concurrency with two decimals."""

_LOG_ROUNDING_BYTES = GIB / 100
"""A log prints memory in GiB with two decimals."""

_MOST_UNEXPLAINED_BYTES = 8 * GIB
"""Overheads that were measured differ by up to 4 GiB between versions and settings; twice that is another stack."""


class Consistency(StrEnum):
    """Whether an observed cache agrees with a stack.

    consistent: within the doubt of the overheads; unexplained: further from the prediction than that doubt, as
    another version or setting may be; implausible: less cache than any of them would leave; impossible: more
    than the devices could hold beside the weights.
    """

    CONSISTENT = "consistent"
    UNEXPLAINED = "unexplained"
    IMPLAUSIBLE = "implausible"
    IMPOSSIBLE = "impossible"

    @property
    def denies(self) -> bool:
        """Whether the cache cannot be that of the stack."""
        return self in (Consistency.IMPLAUSIBLE, Consistency.IMPOSSIBLE)


@dataclass(frozen=True, slots=True)
class Implied:
    """An observed cache beside the one that was predicted for a stack.

    beside_bytes is all that the engine must keep beside weights and RoPE table, known to ± doubt_bytes.
    """

    hybrid: bool
    blocks: int
    predicted_blocks: int
    block_bytes: int
    kv_cache_bytes: float
    predicted_bytes: float
    beside_bytes: float
    doubt_bytes: float
    band_bytes: float

    @property
    def difference_bytes(self) -> float:
        """How much more cache there is than predicted."""
        return self.kv_cache_bytes - self.predicted_bytes

    @property
    def consistency(self) -> Consistency:
        if abs(self.difference_bytes) <= self.band_bytes + self.doubt_bytes:
            return Consistency.CONSISTENT
        if self.beside_bytes < -self.doubt_bytes:
            return Consistency.IMPOSSIBLE
        is_far = -self.difference_bytes > _MOST_UNEXPLAINED_BYTES
        return Consistency.IMPLAUSIBLE if is_far else Consistency.UNEXPLAINED


def implied(result: FitResult, observed: Observed) -> Implied | None:
    """What the observed cache implies for a judged stack, whose request must be `as_observed`.

    None where either says nothing of its cache, or where a flag set the size.
    """
    device, overheads = result.per_device, result.overheads
    if device is None or overheads is None or observed.kv_pinned:
        return None
    hybrid = hybrid_of(observed)
    cache = result.kv_cache if hybrid is None else result.hybrid_on if hybrid else result.hybrid_off
    if cache is None or cache.blocks is None or cache.block_bytes is None:
        return None
    seen = _seen_bytes(observed, cache, cache.block_bytes)
    if seen is None:
        return None
    kv_cache_bytes, doubt_bytes = seen
    predicted_bytes = _predicted_bytes(result, cache, device)
    return Implied(
        hybrid=cache.hybrid,
        blocks=observed.blocks or round(kv_cache_bytes / cache.block_bytes),
        predicted_blocks=cache.blocks,
        block_bytes=cache.block_bytes,
        kv_cache_bytes=kv_cache_bytes,
        predicted_bytes=predicted_bytes,
        beside_bytes=overheads.budgeted_bytes + predicted_bytes - kv_cache_bytes,
        doubt_bytes=doubt_bytes,
        band_bytes=device.band_bytes,
    )


def _predicted_bytes(result: FitResult, cache: KvCache, device: PerDevice) -> float:
    """The cache that was predicted for the device whose blocks bound all the others.

    With one stage that is the device spoken of; it may be below 0, where blocks stop.
    """
    if result.request.pipeline_parallel_size == 1 or not cache.blocks or cache.block_bytes is None:
        return device.kv_cache_bytes
    return cache.blocks * cache.block_bytes


def _seen_bytes(observed: Observed, cache: KvCache, block_bytes: int) -> tuple[float, float] | None:
    """Bytes of the observed cache and their doubt: from its blocks, from memory as a log prints it, from its tokens."""
    if observed.blocks is not None:
        return observed.blocks * block_bytes, block_bytes
    if observed.kv_cache_bytes is not None:
        return observed.kv_cache_bytes, _LOG_ROUNDING_BYTES
    if observed.kv_cache_tokens is None or not cache.blocks or not cache.capacity_tokens:
        return None
    # Tokens are printed in proportion to blocks, in every version.
    blocks = observed.kv_cache_tokens * cache.blocks / cache.capacity_tokens
    return blocks * block_bytes, max(block_bytes, _ROUNDING * blocks * block_bytes)


def as_observed(request: FitRequest, observed: Observed) -> FitRequest:
    """The request under the settings that the server tells; those it does not tell stay."""
    return replace(request, **settings_told(observed), concurrency=1)


def settings_told(observed: Observed) -> dict[str, Any]:
    """The settings that a server tells, under the names of a fit question's fields."""
    told: dict[str, Any] = {
        "context_tokens": observed.max_model_len,
        "kv_dtype": kv_dtype_of(observed),
        "gpu_memory_utilization": observed.gpu_memory_utilization,
        "block_tokens": observed.block_tokens,
        "hybrid_kv": hybrid_of(observed),
        "tensor_parallel_size": observed.tensor_parallel_size,
        "pipeline_parallel_size": observed.pipeline_parallel_size,
        "data_parallel_size": observed.engines if observed.engines > 1 else None,
        "expert_parallel": observed.expert_parallel,
        "max_num_batched_tokens": observed.max_num_batched_tokens,
        "max_num_seqs": observed.max_num_seqs,
    }
    return {name: value for name, value in told.items() if value is not None}


def kv_dtype_of(observed: Observed) -> KvDtype | None:
    """The cache's data type in our words; None where the server does not tell it, or tells one we do not know."""
    stated = observed.cache_dtype
    if stated is None:
        return None
    return "fp8" if stated.startswith("fp8") else "auto" if stated in ("auto", "bfloat16", "float16", "half") else None


def hybrid_of(observed: Observed) -> bool | None:
    """Whether chunked-local layers keep a chunk only, from how many blocks a request takes; None where it is untold.

    Without the hybrid manager a request of the model's length takes its tokens' blocks and no more.
    """
    if observed.hybrid_kv is not None:
        return observed.hybrid_kv
    length, concurrency = observed.max_model_len, observed.kv_cache_max_concurrency
    block = observed.block_tokens or BLOCK_TOKENS  # a log names it only where a flag sets it
    if observed.blocks is None or not length or not concurrency:
        return None
    return not isclose(observed.blocks / concurrency, ceil(length / block), rel_tol=_ROUNDING)
