"""The contracts of measured documents: a benchmark, the list of runs, a verification."""

from typing import Any, Literal

from pydantic import BaseModel, Field

from advisor.export.contracts import Document, LoadDocument, Number, ReasonDocument


class LatencySummary(BaseModel):
    """Milliseconds; null: the sample does not support the statistic."""

    mean: Number
    p50: Number | None
    p90: Number | None
    p95: Number | None
    p99: Number | None
    min: Number
    max: Number
    n: int


class RequestCounts(BaseModel):
    planned: int | None
    completed: int
    failed: int
    cancelled: int = Field(description="in flight when the user stopped")
    unsent: int | None
    censored: int = Field(description="in flight when the time to drain was over")


class MeasuredFigures(BaseModel):
    ttft_ms: LatencySummary | None
    itl_ms: LatencySummary | None = Field(description="gaps between content events, pooled over all requests")
    tpot_ms: LatencySummary | None = Field(description="per request")
    e2e_ms: LatencySummary | None
    output_tokens_per_s: Number | None
    total_tokens_per_s: Number | None
    requests_per_s: Number | None
    achieved_concurrency: Number | None


class RepetitionDocument(MeasuredFigures):
    index: int
    complete: bool
    reason: str = Field("", description="why it is not complete: as that of a point")
    requests: RequestCounts
    duration_s: Number


class GateDocument(BaseModel):
    name: str
    passed: bool
    observed: Number | str | None
    limit: Number | str | None
    verdict: str = Field(description="what the point becomes where the gate fails")
    detail: str | None


class Share(BaseModel):
    """A share of requests with its Wilson 95 % interval."""

    attainment: Number
    low: Number
    high: Number


class SloDocument(BaseModel):
    slo: str
    attainment: Number | None
    low: Number | None
    high: Number | None
    holds: bool | None
    is_resolved: bool


class FailureDocument(BaseModel):
    outcome: str
    status: int | None
    message: str | None
    count: int


class PointDocument(MeasuredFigures):
    load: LoadDocument
    requests: RequestCounts
    duration_s: Number
    goodput: Share | None
    slos: list[SloDocument]
    token_source: Literal["server", "ids", "events"] | None
    input_tokens: Number | None
    output_tokens: Number | None
    tokens_per_event: Number | None
    failures: list[FailureDocument]
    repetitions: list[RepetitionDocument]
    gates: list[GateDocument]
    verdict: Literal["valid", "client_limited", "not_steady", "contaminated", "insufficient", "failed"]
    reason: str = Field(
        "", description="why a repetition is not complete: cancelled, running, errors, or how the run broke off"
    )


class ClientDocument(BaseModel):
    """The measuring instrument itself."""

    clock: str | None
    lag_us_p99: Number | None
    loop_lag_us_p99: Number | None
    stamp_width_us_p99: Number | None
    cpu_share_max: Number | None
    clock_steps: int
    capacity_events_per_s: Number | None
    stamp_error_us_p99: Number | None


class Benchmark(Document):
    run_id: str
    plan_hash: str
    plan: dict[str, Any]
    state: Literal["running", "finished", "cancelled", "crashed"]
    reason: str
    partial: bool
    started: str
    ended: str | None
    endpoint: str
    model: str
    engine: str | None
    engine_version: str | None
    simulated: bool
    accepted: list[str]
    refused: list[str]
    subject: dict[str, Any]
    client: ClientDocument
    points: list[PointDocument]


class RunEntry(BaseModel):
    run_id: str
    path: str
    started: str | None
    state: str | None
    simulated: bool | None
    endpoint: str | None
    model: str | None
    plan_hash: str | None
    concurrencies: list[int]
    verdicts: list[str]
    error: str | None = Field(description="why the run cannot be read")


class Runs(Document):
    runs: list[RunEntry]


class TrialDocument(BaseModel):
    run_id: str
    concurrency: int
    input_tokens: int
    simulated: bool
    verdict: str
    requests_per_s: Number | None
    carries_rate: Literal["holds", "missed", "undecided"]
    within_targets: Literal["holds", "missed", "undecided"]
    slos: list[SloDocument]


class ClaimCheckDocument(BaseModel):
    id: str
    claimed: Number
    low: Number
    high: Number
    measured: Number
    status: Literal["holds", "missed", "undecided"]


class Verify(Document):
    file: str
    model: str
    scope: str
    rate_rps: Number
    targets: list[str]
    outcome: Literal["confirmed", "refuted", "inconclusive"]
    trials: list[TrialDocument]
    claims: list[ClaimCheckDocument]
    reasons: list[ReasonDocument]
