"""The physical floor of a decode step and of a prefill (facts: sizing, section 3.2).

A floor is never a throughput: it is shown as "cannot exceed" and becomes an estimate only when divided
by an efficiency that somebody measured or that is stated as a prior.
"""

from dataclasses import dataclass, replace
from functools import cached_property
from math import ceil, log2

from advisor.anatomy.cache import KvDtype
from advisor.anatomy.work import WeightTraffic, attention_flops, kv_read_bytes, token_flops, weight_traffic
from advisor.catalog.records.hardware import Accelerator
from advisor.catalog.records.models import Architecture, Checkpoint
from advisor.quantities.units import GB, TERA

MOST_TOKENS_PER_STEP = 4
"""Speculative decoding gets two to four tokens out of a step (facts: sizing, section 3.2)."""
_ALL_REDUCES_PER_LAYER = 2
_ACTIVATION_BYTES = 2
_LINK_LATENCY_S = {"nvlink": 7.5e-6, "pcie": 25e-6, "neuronlink": 7.5e-6}
"""Middle of the textbook ranges 5-10 us and 20-30 us; not calibrated."""


@dataclass(frozen=True)
class Replica:
    """One model replica on the devices of one tensor-parallel group.

    bandwidth_bytes_per_s and the two rates are totals over all chips of the group.
    """

    arch: Architecture
    checkpoint: Checkpoint
    accelerator: Accelerator
    tensor_parallel_size: int
    hybrid_kv: bool
    kv_dtype: KvDtype = "auto"

    @property
    def chips(self) -> float:
        """Chips of the group; a Neuron group may use part of one."""
        return self.tensor_parallel_size / self.accelerator.logical_cores

    @cached_property
    def weights(self) -> WeightTraffic:
        return weight_traffic(self.arch, self.checkpoint)

    @cached_property
    def token_compute_s(self) -> float:
        """Shortest arithmetic for one token, each component at the rate of its weights' format."""
        work = token_flops(self.arch, self.checkpoint)
        return work.quantised_flops / self.quantised_flops_per_s + work.bf16_flops / self.bf16_flops_per_s

    @property
    def bandwidth_bytes_per_s(self) -> float:
        return self.chips * self.accelerator.rate("memory_bandwidth_gb_per_s") * GB

    @property
    def bf16_flops_per_s(self) -> float:
        return self.chips * self.accelerator.rate("bf16_dense_tflops") * TERA

    @property
    def quantised_flops_per_s(self) -> float:
        return self.chips * self.accelerator.dense_tflops(self.checkpoint.weight_format) * TERA


def decode_floor_s(replica: Replica, streams: float, context_tokens: float) -> float:
    """Shortest possible time of one decode step: the slower of memory and arithmetic."""
    weights = replica.weights.step_bytes(streams)
    cache = streams * kv_read_bytes(replica.arch, context_tokens, replica.kv_dtype, hybrid=replica.hybrid_kv)
    memory_s = (weights + cache) / replica.bandwidth_bytes_per_s
    return max(memory_s, streams * replica.token_compute_s)


def decode_limit_tokens_per_s(replica: Replica, streams: float, context_tokens: float) -> float:
    """Output tokens per second that uniform routing cannot exceed."""
    return streams / decode_floor_s(replica, streams, context_tokens)


def same_expert_limit_tokens_per_s(replica: Replica, streams: float, context_tokens: float) -> float:
    """What this configuration cannot exceed without speculation: every token in the batch hits the same expert."""
    weights = replica.weights.same_expert_bytes()
    cache = streams * kv_read_bytes(replica.arch, context_tokens, replica.kv_dtype, hybrid=replica.hybrid_kv)
    memory_s = (weights + cache) / replica.bandwidth_bytes_per_s
    return streams / max(memory_s, streams * replica.token_compute_s)


def hardest_limit_tokens_per_s(replica: Replica, streams: float, context_tokens: float) -> float:
    """What no configuration of these devices exceeds without speculation: one expert, and the smallest KV cache."""
    smallest = replace(replica, hybrid_kv=True, kv_dtype="fp8")
    return same_expert_limit_tokens_per_s(smallest, streams, context_tokens)


def all_reduce_s(replica: Replica, streams: float) -> float:
    """Two all-reduces a layer over the group's links, for one step with so many tokens."""
    tp = replica.tensor_parallel_size
    if tp == 1:
        return 0.0
    arch, accelerator = replica.arch, replica.accelerator
    latency = _LINK_LATENCY_S[accelerator.interconnect] * ceil(log2(tp))
    volume = 2 * (tp - 1) / tp * streams * arch.hidden_size * _ACTIVATION_BYTES
    return _ALL_REDUCES_PER_LAYER * arch.layers * (latency + volume / (accelerator.rate("link_gb_per_s") * GB))


def prefill_compute_s(replica: Replica, prompt_tokens: float, cached_tokens: float = 0.0) -> float:
    """Shortest arithmetic of a prompt. Cached tokens are not computed again, but new ones attend to them."""
    attention_s = attention_flops(replica.arch, prompt_tokens, cached_tokens) / replica.bf16_flops_per_s
    return (prompt_tokens - cached_tokens) * replica.token_compute_s + attention_s


def prefill_floor_s(
    replica: Replica, prompt_tokens: float, cached_tokens: float = 0.0, compute_efficiency: float = 1.0
) -> float:
    """Shortest time to process a prompt: arithmetic at the given efficiency, or one read of all weights."""
    compute_s = prefill_compute_s(replica, prompt_tokens, cached_tokens) / compute_efficiency
    return max(compute_s, replica.weights.total_bytes / replica.bandwidth_bytes_per_s)


def prefill_s(replica: Replica, prompt_tokens: float, cached_tokens: float, compute_efficiency: float) -> float:
    """Time to process a prompt: the floor at this efficiency, and the group's all-reduces."""
    floor = prefill_floor_s(replica, prompt_tokens, cached_tokens, compute_efficiency)
    return floor + all_reduce_s(replica, prompt_tokens - cached_tokens)
