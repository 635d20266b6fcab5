"""The result of a benchmark as values, and as the document `advisor.benchmark/1`.

Unknown is None and is written as null. Latencies are milliseconds, rates per second.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any

from advisor.bench.records import Load, RunState

SCHEMA = "advisor.benchmark/1"


class Verdict(StrEnum):
    """What a point proves. Only `valid` ones are evidence."""

    VALID = "valid"
    CLIENT_LIMITED = "client_limited"
    NOT_STEADY = "not_steady"
    CONTAMINATED = "contaminated"
    INSUFFICIENT = "insufficient"
    FAILED = "failed"


class TokenSource(StrEnum):
    """Where output tokens are counted, best first. With `events`, throughput is not comparable."""

    SERVER = "server"
    IDS = "ids"
    EVENTS = "events"


@dataclass(frozen=True, slots=True)
class LatencySummary:
    """One latency in milliseconds; a percentile that the sample cannot support is None."""

    mean: float
    p50: float | None
    p90: float | None
    p95: float | None
    p99: float | None
    min: float
    max: float
    n: int


@dataclass(frozen=True, slots=True)
class RequestCounts:
    """Requests by fate. planned and unsent are None where time bounds the cell; unsent were never issued.

    cancelled: in flight when the user stopped. censored: in flight when the time to drain was over.
    """

    planned: int | None
    completed: int
    failed: int
    cancelled: int
    unsent: int | None
    censored: int


@dataclass(frozen=True, slots=True)
class Gate:
    """One condition for a point to be evidence. verdict is what the point becomes where it fails."""

    name: str
    passed: bool
    observed: float | str | None
    limit: float | str | None
    verdict: Verdict
    detail: str | None = None


@dataclass(frozen=True, slots=True)
class Goodput:
    """The share of requests that met every objective, with its Wilson 95 % interval; None without requests.

    Failures count as not meeting them.
    """

    attainment: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class SloResult:
    """One objective: the share of requests within its limit, and whether that is enough.

    is_resolved: the interval lies wholly on one side of what is wanted.
    """

    slo: str
    attainment: float | None
    low: float | None
    high: float | None
    holds: bool | None
    is_resolved: bool


@dataclass(frozen=True, slots=True)
class Figures:
    """The figures of one repetition, or the headline of a point."""

    ttft_ms: LatencySummary | None
    itl_ms: LatencySummary | None
    tpot_ms: LatencySummary | None
    e2e_ms: LatencySummary | None
    output_tokens_per_s: float | None
    total_tokens_per_s: float | None
    requests_per_s: float | None
    achieved_concurrency: float | None


@dataclass(frozen=True, slots=True)
class Repetition:
    """One repetition at one load. duration_s is its measured window. reason: as that of a point."""

    index: int
    is_complete: bool
    requests: RequestCounts
    duration_s: float
    figures: Figures
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Failure:
    """One way in which requests failed, and how many did: the first words of each outcome are kept."""

    outcome: str
    status: int | None
    message: str | None
    count: int


@dataclass(frozen=True, slots=True)
class Point:
    """One load: headline figures (medians over repetitions), counts over all of them, gates, verdict.

    duration_s sums the measured windows. input_tokens and output_tokens are what the server counted on
    average; tokens_per_event is the mean over content events, to be read beside every ITL.

    reason: empty where every repetition is complete, else why not: `cancelled` (the user stopped it),
    `running` (it goes on), `errors` (too many requests failed), or why the run broke off.
    """

    load: Load
    requests: RequestCounts
    duration_s: float
    figures: Figures
    goodput: Goodput | None
    slos: tuple[SloResult, ...]
    token_source: TokenSource | None
    input_tokens: float | None
    output_tokens: float | None
    tokens_per_event: float | None
    failures: tuple[Failure, ...]
    repetitions: tuple[Repetition, ...]
    gates: tuple[Gate, ...]
    verdict: Verdict
    reason: str = ""


@dataclass(frozen=True, slots=True)
class ClientCertificate:
    """The measuring instrument. clock: `kernel`, `user` or `degraded` receive stamps, None before a run began.

    lag_us_p99: how long after the kernel the client read. loop_lag_us_p99: how late its event loop ran at
    worst over the cells. stamp_width_us_p99: how far apart the bounds of an event's stamp are.
    capacity_events_per_s and stamp_error_us_p99 come from a self-test and are None without one.
    """

    clock: str | None
    lag_us_p99: float | None
    loop_lag_us_p99: float | None
    stamp_width_us_p99: float | None
    cpu_share_max: float | None
    clock_steps: int
    capacity_events_per_s: float | None = None
    stamp_error_us_p99: float | None = None


@dataclass(frozen=True, slots=True)
class BenchmarkResult:
    """A run. reason says why it ended before its plan did; is_partial, that cells are missing."""

    run_id: str
    plan_hash: str
    plan: Mapping[str, object]
    state: RunState
    reason: str
    is_partial: bool
    started: str
    ended: str | None
    endpoint: str
    model: str
    engine: str | None
    engine_version: str | None
    simulated: bool
    accepted: tuple[str, ...]
    refused: tuple[str, ...]
    subject: Mapping[str, Any]
    client: ClientCertificate
    points: tuple[Point, ...]

    def document(self) -> dict[str, object]:
        """The document `advisor.benchmark/1`: plain values, ready for JSON."""
        head = {
            name: getattr(self, name)
            for name in self.__slots__
            if name not in {"client", "points", "is_partial", "state"}
        }
        return {
            "schema": SCHEMA,
            **head,
            "state": self.state.value,
            "partial": self.is_partial,
            "client": asdict(self.client),
            "points": [_point_document(point) for point in self.points],
        }


_NOT_IN_DOCUMENT = frozenset({"figures", "is_complete"})
"""Fields that stand under another key."""


def _point_document(point: Point) -> dict[str, object]:
    """A point with its figures beside the rest, as the schema has it."""
    values = asdict(point)
    repetitions = [_kept(each) | {"complete": each["is_complete"]} for each in values["repetitions"]]
    return _kept(values) | {"repetitions": repetitions}


def _kept(values: Mapping[str, Any]) -> dict[str, object]:
    beside = {key: value for key, value in values.items() if key not in _NOT_IN_DOCUMENT}
    return {**beside, **values["figures"]}
