"""The answer of the fit checker, as plain values. All memory is per device and in bytes."""

from dataclasses import dataclass
from enum import StrEnum

from advisor.fit.memory.budget import Overheads
from advisor.fit.memory.weights import StageWeights
from advisor.fit.request import FitRequest
from advisor.reasons import Reason


class Verdict(StrEnum):
    FITS = "fits"
    TIGHT = "tight"
    DOES_NOT_FIT = "does_not_fit"
    INVALID = "invalid"
    UNSUPPORTED = "unsupported"

    @property
    def runs(self) -> bool:
        return self in (Verdict.FITS, Verdict.TIGHT)


@dataclass(frozen=True, slots=True)
class Parallelism:
    """How one replica is spread, and how many of them the instances it may use hold.

    devices_used counts the devices of one replica (GPUs, or logical Neuron cores), over all its instances.
    """

    tensor_parallel_size: int
    pipeline_parallel_size: int
    devices_used: int
    valid_tensor_parallel_sizes: tuple[int, ...]
    replicas: int = 1
    data_parallel_size: int = 1
    expert_parallel: bool = False
    nodes: int = 1


@dataclass(frozen=True, slots=True)
class PerDevice:
    """Where the memory of one device goes: of the pipeline stage that has the least to spare.

    None: nobody has published that overhead for this engine. block_table_bytes and what headroom_bytes has to hold
    are beside the budget, but for what the version's memory profile sees of the tables.
    """

    usable_bytes: float
    budget_bytes: float
    weights_bytes: float
    rope_table_bytes: float | None
    activation_bytes: float | None
    non_torch_bytes: float | None
    cuda_graph_bytes: float | None
    kv_cache_bytes: float
    kv_needed_bytes: float
    margin_bytes: float
    band_bytes: float
    block_table_bytes: float = 0.0
    headroom_bytes: float = 0.0
    correction_bytes: float | None = None
    """What a measurement of the whole adds to the parts; None where there is none."""

    @property
    def loaded_bytes(self) -> float:
        """What loading the model takes: its weights, and the RoPE table where one is known."""
        return self.weights_bytes + (self.rope_table_bytes or 0.0)


@dataclass(frozen=True, slots=True)
class KvCache:
    """Capacity of the KV cache of one data-parallel rank, as the engine states it.

    Blocks are None for an engine that does not page its cache. max_context_tokens is the longest request
    that starts and is held, its block tables counted; max_context_at_concurrency_tokens the same for the concurrency
    in question. max_context_by_blocks_tokens is what the engine itself estimates, which looks at the blocks alone;
    max_context_by_tables_tokens is how long the block tables beside the budget let it be.
    """

    hybrid: bool
    dtype: str
    bytes_per_token_per_device: float
    blocks: int | None
    capacity_tokens: int
    max_context_tokens: int
    max_concurrency_at_context: float
    block_bytes: int | None = None
    """One block on the device whose cache is smallest: what turns an observed count of blocks into bytes."""
    block_tokens: int | None = None
    groups: int | None = None
    max_context_at_concurrency_tokens: int = 0
    max_context_by_blocks_tokens: int | None = None
    max_context_by_tables_tokens: int | None = None


@dataclass(frozen=True, slots=True)
class ServeFlag:
    """One setting of a serve command: a flag or an environment variable, its value, and why it is there."""

    name: str
    value: str | None
    reason: Reason


@dataclass(frozen=True, slots=True)
class ServeCommand:
    """What serves the combination: steps to take before (compiling, say), environment, and the command.

    flags explains every setting that is not the engine's default, in the order of argv. copies are there
    where one process does not serve it all: the command as it is started in each place instead.
    """

    argv: tuple[str, ...]
    env: tuple[tuple[str, str], ...] = ()
    flags: tuple[ServeFlag, ...] = ()
    before: tuple["ServeCommand", ...] = ()
    cautions: tuple[Reason, ...] = ()
    copies: tuple["ServeCopy", ...] = ()


@dataclass(frozen=True, slots=True)
class ServeCopy:
    """The command in one place: one of several instances, or one of several replicas in an instance.

    flags explains only what this place adds.
    """

    place: Reason
    argv: tuple[str, ...]
    env: tuple[tuple[str, str], ...] = ()
    flags: tuple[ServeFlag, ...] = ()


@dataclass(frozen=True, slots=True)
class Remedy:
    """One change that makes a combination fit, by itself.

    reason says it in words (its code and params); changes are fields of the question with their new values,
    so that a screen can apply it (None: left to the default again); margin_bytes is what is left per device
    afterwards.
    """

    reason: Reason
    changes: tuple[tuple[str, str | int | float | bool | None], ...]
    verdict: Verdict
    margin_bytes: float


@dataclass(frozen=True, slots=True)
class FitResult:
    """Verdict, memory and reasons. Memory is None where the platform or parallelism rules it out."""

    request: FitRequest
    verdict: Verdict
    parallelism: Parallelism
    per_device: PerDevice | None
    kv_cache: KvCache | None
    hybrid_on: KvCache | None
    hybrid_off: KvCache | None
    reasons: tuple[Reason, ...]
    serve: ServeCommand | None = None
    weights: StageWeights | None = None
    """Weights by component on the device that `per_device` speaks of."""
    overheads: Overheads | None = None
    """The parts of `per_device` beside weights and cache, with their doubts and sources."""
    remedies: tuple[Remedy, ...] = ()

    @property
    def serve_argv(self) -> tuple[str, ...]:
        return self.serve.argv if self.serve is not None else ()

    @property
    def serve_env(self) -> tuple[tuple[str, str], ...]:
        return self.serve.env if self.serve is not None else ()
