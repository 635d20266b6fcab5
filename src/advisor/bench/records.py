"""What a run writes down as it happens: plain records, one JSON line each.

Stamps are nanoseconds on the monotonic clock of the machine that ran the benchmark; 0 means never.
"""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from enum import StrEnum
from typing import ClassVar, Literal, Self

from advisor.bench.plan import Plan
from advisor.errors import InputError

SIMULATED_HEADER = "x-advisor-simulated"
"""An answer with this header comes from the built-in endpoint, and so does the whole run."""


CUT_SHORT = "cancelled"
"""The reason of a cell that was stopped while it ran."""


class Phase(StrEnum):
    """Warm-up requests bring the server to its load and are not counted."""

    WARMUP = "warmup"
    MEASURE = "measure"


class Outcome(StrEnum):
    """How a request ended. All but ok, cancelled and censored are failures."""

    OK = "ok"
    HTTP_STATUS = "http_status"
    TIMEOUT = "timeout"
    CONNECTION = "connection"
    PROTOCOL = "protocol"
    SERVER_ERROR = "server_error"
    CANCELLED = "cancelled"
    CENSORED = "censored"

    @property
    def is_failure(self) -> bool:
        return self not in (Outcome.OK, Outcome.CANCELLED, Outcome.CENSORED)


class RunState(StrEnum):
    """Where a run stands. A run that ended before its plan did, for whatever reason, can be resumed."""

    RUNNING = "running"
    FINISHED = "finished"
    CANCELLED = "cancelled"
    CRASHED = "crashed"


@dataclass(frozen=True, slots=True)
class Load:
    """What a cell asks of the endpoint: `concurrency` streams kept in flight."""

    kind: Literal["concurrency"]
    value: int


@dataclass(frozen=True, slots=True)
class CellKey:
    """One repetition at one load; with the plan hash it names a measurement."""

    load: Load
    repetition: int

    @property
    def label(self) -> str:
        """Short and sortable, for file names."""
        return f"{self.load.kind[0]}{self.load.value:04d}-r{self.repetition}"


def cells_of(plan: Plan) -> tuple[CellKey, ...]:
    """Every cell in the order of measuring: all loads once, then again, so that drift spreads over them."""
    return tuple(
        CellKey(Load("concurrency", level), repetition)
        for repetition in range(plan.repetitions)
        for level in plan.concurrencies
    )


class _Line:
    """A dataclass whose fields are the keys of a JSON object."""

    __slots__ = ()
    kind: ClassVar[str]

    def to_json(self) -> dict[str, object]:
        return {"kind": self.kind} | {item.name: getattr(self, item.name) for item in fields(self)}  # type: ignore[arg-type]  # every subclass is a dataclass

    @classmethod
    def from_json(cls, values: Mapping[str, object]) -> Self:
        """The record again; InputError where a line lacks what this kind of record has."""
        try:
            return cls(**{item.name: values[item.name] for item in fields(cls)})  # type: ignore[arg-type]  # as above
        except KeyError as missing:
            raise InputError(f"a '{cls.kind}' line of the journal lacks {missing}") from None


@dataclass(frozen=True, slots=True)
class CellLine(_Line):
    """What every line about a cell begins with. attempt counts from 0; the latest one stands."""

    concurrency: int
    repetition: int
    attempt: int

    @property
    def cell(self) -> CellKey:
        return CellKey(Load("concurrency", self.concurrency), self.repetition)


@dataclass(frozen=True, slots=True)
class CellStart(CellLine):
    """A cell begins."""

    kind: ClassVar = "cell_start"

    at_ns: int
    planned: int | None


@dataclass(frozen=True, slots=True)
class CellEnd(CellLine):
    """A cell has ended. is_complete: all of its requests were issued and have ended.

    reason: empty for a complete cell, `cancelled` where the user stopped it, `errors` where too many requests
    failed, else what stopped the whole run (`caller_gone`, `analyser_lost`).
    The window is the time at full concurrency: from the end of the last warm-up request (or the first
    send) to the first slot that found no more work; 0 where it never began. cpu_share is the capture
    process's own, in cores. loop_lag_us_p99 is how late its event loop ran.
    """

    kind: ClassVar = "cell_end"

    at_ns: int
    is_complete: bool
    reason: str
    window_start_ns: int
    window_end_ns: int
    issued: int
    unsent: int | None
    cpu_share: float
    loop_lag_us_p99: float | None
    clock_steps: int


@dataclass(frozen=True, slots=True)
class RequestRecord(CellLine):
    """One finished request; its events are rows [first_row, first_row + rows) of the cell's trace file.

    token_ids counts the ids that the server listed. error is the server's words or ours, without secrets.
    """

    kind: ClassVar = "request"

    phase: Phase
    index: int
    slot: int
    outcome: Outcome
    status: int | None
    error: str | None
    faults: tuple[str, ...]
    slot_ns: int
    connect_start_ns: int
    connect_end_ns: int
    sent_ns: int
    sent_end_ns: int
    head_ns: int
    ended_ns: int
    requested_tokens: int
    completion_tokens: int | None
    prompt_tokens: int | None
    cached_tokens: int | None
    token_ids: int | None
    finish_reason: str | None
    first_row: int
    rows: int
    bytes: int

    def __post_init__(self) -> None:
        object.__setattr__(self, "phase", Phase(self.phase))
        object.__setattr__(self, "outcome", Outcome(self.outcome))
        object.__setattr__(self, "faults", tuple(self.faults))


@dataclass(frozen=True, slots=True)
class RunStart(_Line):
    """A capture process begins: what, with the plan, makes its requests what they are."""

    kind: ClassVar = "run_start"

    at_ns: int
    nonce: str
    shard: int
    shards: int
    clock: str


@dataclass(frozen=True, slots=True)
class Control(_Line):
    """Something told to the capture process from outside."""

    kind: ClassVar = "control"

    at_ns: int
    operation: str


@dataclass(frozen=True, slots=True)
class RunEnd(_Line):
    """A capture process has ended in order."""

    kind: ClassVar = "run_end"

    at_ns: int
    state: RunState
    reason: str
