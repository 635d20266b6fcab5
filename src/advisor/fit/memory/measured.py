"""Memory that an engine was seen to use: which observation counts for a question, and what speaks against it.

Bytes are per device. An observation holds for its engine's minor version, its accelerator, and single or
several devices alike: within that, the very stack that was observed comes first, then the newest of any
other. Observations are never averaged (facts: sizing, section 3.7).
"""

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass

from advisor.fit.versions import minor
from advisor.quantities.provenance import Level, Provenance
from advisor.quantities.units import GIB

_SMALL_DOUBT_BYTES = GIB / 16
"""Blocks and the two decimals of a log are smaller than this: such doubts count as equal, and the newest wins."""

_ID_DIGITS = 8


@dataclass(frozen=True, slots=True)
class MemoryStack:
    """What was observed, under which settings. instance is what the user states; the rest is as it ran."""

    model: str
    checkpoint: str
    accelerator: str
    instance: str
    engine: str
    engine_version: str
    tensor_parallel_size: int
    max_num_seqs: int
    max_num_batched_tokens: int
    max_model_len: int
    gpu_memory_utilization: float
    block_tokens: int
    hybrid_kv: bool
    kv_dtype: str = "auto"
    pipeline_parallel_size: int = 1
    data_parallel_size: int = 1
    nodes: int = 1
    expert_parallel: bool = False
    mm_encoder: str = "weights"

    @property
    def devices(self) -> int:
        """Devices of one replica."""
        return self.tensor_parallel_size * self.pipeline_parallel_size * self.data_parallel_size

    @property
    def weights_key(self) -> tuple[str | int | bool, ...]:
        """What decides the bytes of weights on a device."""
        parallel = (self.tensor_parallel_size, self.pipeline_parallel_size, self.data_parallel_size)
        return (self.model, self.checkpoint, *parallel, self.expert_parallel, self.mm_encoder)


@dataclass(frozen=True, slots=True)
class MeasuredMemory:
    """One observation of a running engine's memory.

    beside_bytes is all that the engine keeps beside weights and RoPE table, known to ± doubt_bytes: one
    block, where only blocks were seen. The parts are those that a start-up log states, None elsewhere;
    weights_bytes there includes the RoPE table. assumed names the settings of the stack that nobody told,
    and that are taken to be the engine's defaults.
    """

    stack: MemoryStack
    blocks: int | None
    kv_cache_tokens: int | None
    kv_cache_bytes: float
    beside_bytes: float
    doubt_bytes: float
    provenance: Provenance
    observed_at: str
    weights_bytes: float | None = None
    activation_bytes: float | None = None
    non_torch_bytes: float | None = None
    cuda_graph_bytes: float | None = None
    assumed: tuple[str, ...] = ()

    @property
    def id(self) -> str:
        """The same for the same stack, settings, source and level, so that observing it again replaces it."""
        import json  # these two cost start-up time, and a question without observations needs neither
        from hashlib import sha256

        key = [asdict(self.stack), self.provenance.source, self.provenance.level.value]
        return sha256(json.dumps(key, sort_keys=True).encode()).hexdigest()[:_ID_DIGITS]

    @property
    def has_parts(self) -> bool:
        """Whether activation and non-torch memory are told apart."""
        return self.activation_bytes is not None and self.non_torch_bytes is not None


@dataclass(frozen=True, slots=True)
class Chosen:
    """The observation that counts for a question, of the very stack or of a sibling.

    others are of the same kind and count less.
    """

    memory: MeasuredMemory
    is_same_stack: bool
    others: tuple[MeasuredMemory, ...] = ()


def choose(stack: MemoryStack, seen: Iterable[MeasuredMemory]) -> Chosen | None:
    """Which observation counts for a stack; None where none does.

    Of several of the very stack the smallest doubt wins, of equal doubts the newest; of siblings the newest.
    Simulated observations never count.
    """
    related = [memory for memory in seen if _counts(memory, stack)]
    if not related:
        return None
    same = [memory for memory in related if memory.stack.weights_key == stack.weights_key]
    best = _least_doubt(same) if same else max(related, key=_newest)
    return Chosen(best, bool(same), tuple(memory for memory in same or related if memory is not best))


def _counts(memory: MeasuredMemory, stack: MemoryStack) -> bool:
    seen = memory.stack
    return (
        memory.provenance.level is Level.MEASURED
        and seen.engine == stack.engine
        and seen.accelerator == stack.accelerator
        and minor(seen.engine_version) == minor(stack.engine_version)
        and (seen.devices == 1) == (stack.devices == 1)
    )


def _least_doubt(memories: Sequence[MeasuredMemory]) -> MeasuredMemory:
    most = max(_SMALL_DOUBT_BYTES, min(memory.doubt_bytes for memory in memories))
    return max((memory for memory in memories if memory.doubt_bytes <= most), key=_newest)


def _newest(memory: MeasuredMemory) -> tuple[str, str]:
    return memory.observed_at, memory.id
