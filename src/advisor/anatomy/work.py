"""What one step reads and computes: the inputs of every roofline (facts: sizing, section 3.2)."""

from dataclasses import dataclass

from advisor.anatomy.cache import KvDtype, attended_tokens, kv_bytes_per_token
from advisor.anatomy.parameters import component_bytes, parameters
from advisor.catalog.records.models import Architecture, Checkpoint
from advisor.stepcurve import expected_experts_hit

_ALWAYS_READ = ("shared_experts", "dense_ffn", "attention", "router", "norms", "lm_head")


@dataclass(frozen=True, slots=True)
class WeightTraffic:
    """Bytes of weights that a decode step reads from memory.

    always_bytes is read whatever the batch; routed_bytes is read whole only when every expert is hit.
    """

    always_bytes: float
    routed_bytes: float
    experts: int
    experts_per_token: int

    def step_bytes(self, streams: float) -> float:
        """Weight bytes of one step with `streams` tokens under uniform routing."""
        return self._read(expected_experts_hit(streams, self.experts, self.experts_per_token))

    def same_expert_bytes(self) -> float:
        """Weight bytes of one step if every token chose the same expert: the absurd best case."""
        return self._read(self.experts_per_token)

    @property
    def total_bytes(self) -> float:
        return self.always_bytes + self.routed_bytes

    def _read(self, experts_hit: float) -> float:
        return self.always_bytes + self.routed_bytes * experts_hit / self.experts


def weight_traffic(arch: Architecture, checkpoint: Checkpoint) -> WeightTraffic:
    """What a text decode step reads: everything but the embedding table, the vision tower and unhit experts."""
    stored = component_bytes(arch, checkpoint)
    return WeightTraffic(
        always_bytes=sum(stored[name] for name in _ALWAYS_READ),
        routed_bytes=stored["routed_experts"],
        experts=arch.experts,
        experts_per_token=arch.experts_per_token,
    )


def kv_read_bytes(arch: Architecture, context_tokens: float, kv_dtype: KvDtype, *, hybrid: bool) -> float:
    """Cache bytes that one stream reads in one decode step, over all devices."""
    return attended_tokens(arch, context_tokens, hybrid=hybrid) * kv_bytes_per_token(arch, kv_dtype)


@dataclass(frozen=True, slots=True)
class ComputeWork:
    """Floating-point operations for one token, split by the format of the weights they multiply."""

    quantised_flops: float
    bf16_flops: float

    @property
    def total_flops(self) -> float:
        return self.quantised_flops + self.bf16_flops


def token_flops(arch: Architecture, checkpoint: Checkpoint) -> ComputeWork:
    """2 FLOPs for each weight that one token multiplies: one routed expert per MoE layer and all the rest."""
    counts = parameters(arch)
    active = {name: getattr(counts, name) for name in _ALWAYS_READ}
    active["routed_experts"] = counts.routed_experts * arch.experts_per_token // arch.experts
    quantised = sum(count for name, count in active.items() if name in checkpoint.quantised)
    return ComputeWork(2.0 * quantised, 2.0 * (sum(active.values()) - quantised))


def attention_flops(arch: Architecture, prompt_tokens: float, cached_tokens: float = 0.0) -> float:
    """Attention FLOPs of a prefill: 2 * L * h * S_eff^2 (facts: sizing, section 3.2).

    Global layers see the whole prompt, local ones a chunk; new tokens attend to cached ones too, so a
    cached prefix is not the same as a shorter prompt.
    """
    new = prompt_tokens - cached_tokens
    reach = min(prompt_tokens, arch.attention_chunk_size)
    global_part = arch.global_layers * (prompt_tokens**2 - cached_tokens**2)
    local_part = arch.local_layers * new * reach
    effective_square = (global_part + local_part) / arch.layers
    return 2.0 * arch.layers * arch.hidden_size * effective_square
