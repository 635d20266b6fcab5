"""From the journal and traces of a run to its result. Pure but for the traces, which are asked for.

The same code reads a run that is finished, one that goes on, and one that broke off.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from statistics import median
from typing import Any

import numpy as np

from advisor.bench.events import NO_LAG, Events, is_content, no_events
from advisor.bench.gates import LITTLE_LIMIT, Observed, judge_point
from advisor.bench.goodput import goodput, judge
from advisor.bench.meta import RunMeta
from advisor.bench.metrics import (
    Sample,
    Window,
    achieved_concurrency,
    e2e_ms,
    gaps_ms,
    input_tokens_per_s,
    output_tokens_per_s,
    percentile_higher,
    requests_per_s,
    summarise,
    tokens_per_event,
    tpot_ms,
    ttft_ms,
)
from advisor.bench.plan import Plan
from advisor.bench.records import (
    CUT_SHORT,
    CellEnd,
    CellKey,
    CellStart,
    Load,
    Outcome,
    Phase,
    RequestRecord,
    RunStart,
    RunState,
    cells_of,
)
from advisor.bench.result import (
    BenchmarkResult,
    ClientCertificate,
    Failure,
    Figures,
    LatencySummary,
    Point,
    Repetition,
    RequestCounts,
    TokenSource,
)
from advisor.bench.samples import sample_of, token_source_of
from advisor.errors import InputError

ReadTrace = Callable[[CellKey, int], Events]

_LEFT_OUT = 0.01
"""A better token source is named although this share of answers lacks it."""

_FAILURES_KEPT = 5

_GOES_ON = "running"


@dataclass(slots=True)
class _Cell:
    """What the journal holds of one attempt at a cell."""

    key: CellKey
    attempt: int
    end: CellEnd | None = None
    requests: list[RequestRecord] = field(default_factory=list)
    warmups: list[RequestRecord] = field(default_factory=list)
    events: Events = field(default_factory=no_events)
    samples: list[Sample] = field(default_factory=list)

    @property
    def is_complete(self) -> bool:
        return self.end is not None and self.end.is_complete

    @property
    def window(self) -> Window:
        """As the capture process saw it; for a cell that broke off, up to the last request that ended."""
        if self.end is not None:
            return Window(self.end.window_start_ns, self.end.window_end_ns)
        if not self.requests:
            return Window(0, 0)
        warm = max((record.ended_ns for record in self.warmups), default=0)
        start = warm or min(record.sent_ns for record in self.requests)
        return Window(start, max(record.ended_ns for record in self.requests))


def assemble(plan: Plan, meta: RunMeta, records: Iterable[Mapping[str, Any]], read_trace: ReadTrace) -> BenchmarkResult:
    """The result of a run from what it wrote. InputError where the journal is damaged."""
    cells, clock = _read(records)
    for cell in cells.values():
        cell.events = read_trace(cell.key, cell.attempt)
        cell.samples = [
            sample_of(record, cell.events[record.first_row : record.first_row + record.rows])
            for record in cell.requests
        ]
    complete = {cell.key for cell in cells.values() if cell.is_complete}
    points = []
    for load in (Load("concurrency", level) for level in plan.concurrencies):
        own = [cell for key, cell in sorted(cells.items(), key=lambda item: item[0].repetition) if key.load == load]
        if own:
            points.append(_point(plan, meta, load, own, clock))
    return BenchmarkResult(
        run_id=meta.id,
        plan_hash=meta.plan_hash,
        plan=plan.to_dict(),
        state=meta.state,
        reason=meta.reason,
        is_partial=meta.state is RunState.RUNNING or not complete.issuperset(cells_of(plan)),
        started=meta.started,
        ended=meta.ended,
        endpoint=meta.endpoint,
        model=meta.model,
        engine=meta.engine,
        engine_version=meta.engine_version,
        simulated=meta.simulated,
        accepted=meta.accepted,
        refused=meta.refused,
        subject=meta.subject,
        client=_certificate(list(cells.values()), clock),
        points=tuple(points),
    )


def _read(records: Iterable[Mapping[str, Any]]) -> tuple[dict[CellKey, _Cell], str | None]:
    """The latest attempt at each cell, and the clock of the latest capture process."""
    cells: dict[CellKey, _Cell] = {}
    clock = None
    for values in records:
        kind = values.get("kind")
        if kind == RunStart.kind:
            clock = RunStart.from_json(values).clock
        elif kind == CellStart.kind:
            start = CellStart.from_json(values)
            cells[start.cell] = _Cell(start.cell, start.attempt)
        elif kind == CellEnd.kind:
            end = CellEnd.from_json(values)
            _begun(cells, end.cell).end = end
        elif kind == RequestRecord.kind:
            record = RequestRecord.from_json(values)
            cell = _begun(cells, record.cell)
            (cell.requests if record.phase is Phase.MEASURE else cell.warmups).append(record)
    return cells, clock


def _begun(cells: Mapping[CellKey, _Cell], key: CellKey) -> _Cell:
    if key not in cells:
        raise InputError(f"the journal is damaged: it does not say when cell {key.label} began")
    return cells[key]


def _point(plan: Plan, meta: RunMeta, load: Load, cells: Sequence[_Cell], clock: str | None) -> Point:
    samples = [sample for cell in cells for sample in cell.samples]
    whole = [record for cell in cells for record in cell.requests if record.outcome is Outcome.OK]
    counts = _counts(plan, cells, plan.repetitions)
    figures = _figures(cells)
    reason = _reason(plan, meta, cells)
    begun_only = reason in (CUT_SHORT, _GOES_ON)
    gates, verdict = judge_point(plan, _observed(plan, meta, load, cells, clock, counts, figures, begun_only))
    return Point(
        load=load,
        requests=counts,
        duration_s=sum(cell.window.seconds for cell in cells),
        figures=figures,
        goodput=goodput(samples, plan.slos),
        slos=tuple(judge(samples, slo) for slo in plan.slos),
        token_source=_token_source(whole),
        input_tokens=_mean(record.prompt_tokens for record in whole),
        output_tokens=_mean(sample.output_tokens for sample in samples),
        tokens_per_event=tokens_per_event(samples),
        failures=_failures(cells),
        repetitions=tuple(_repetition(plan, meta, cell) for cell in cells),
        gates=gates,
        verdict=verdict,
        reason=reason,
    )


def _reason(plan: Plan, meta: RunMeta, cells: Sequence[_Cell]) -> str:
    """Why a point is not complete: because of its last cell that is not, else because of those that never began."""
    broken = [reason for cell in cells if (reason := _cell_reason(meta, cell))]
    if broken or len(cells) == plan.repetitions:
        return broken[-1] if broken else ""
    return _run_reason(meta)


def _cell_reason(meta: RunMeta, cell: _Cell) -> str:
    if cell.is_complete:
        return ""
    return cell.end.reason if cell.end is not None else _run_reason(meta)


def _run_reason(meta: RunMeta) -> str:
    """Why what a run has not measured is missing."""
    return {RunState.RUNNING: _GOES_ON, RunState.CANCELLED: CUT_SHORT}.get(meta.state, meta.reason)


def _repetition(plan: Plan, meta: RunMeta, cell: _Cell) -> Repetition:
    return Repetition(
        index=cell.key.repetition,
        is_complete=cell.is_complete,
        requests=_counts(plan, [cell], 1),
        duration_s=cell.window.seconds,
        figures=_figures([cell]),
        reason=_cell_reason(meta, cell),
    )


def _counts(plan: Plan, cells: Sequence[_Cell], repetitions: int) -> RequestCounts:
    outcomes = Counter(record.outcome for cell in cells for record in cell.requests)
    planned = plan.requests_per_cell * repetitions if plan.requests_per_cell is not None else None
    issued = sum(cell.end.issued if cell.end is not None else len(cell.requests) for cell in cells)
    return RequestCounts(
        planned=planned,
        completed=outcomes[Outcome.OK],
        failed=sum(count for outcome, count in outcomes.items() if outcome.is_failure),
        cancelled=outcomes[Outcome.CANCELLED],
        unsent=planned - issued if planned is not None else None,
        censored=outcomes[Outcome.CENSORED],
    )


def _figures(cells: Sequence[_Cell]) -> Figures:
    """The headline over some repetitions; of one, its own figures."""
    rates = [_rates(cell) for cell in cells if cell.window.seconds > 0]
    return Figures(
        ttft_ms=_latency(cells, ttft_ms),
        itl_ms=_gaps(cells),
        tpot_ms=_latency(cells, tpot_ms),
        e2e_ms=_latency(cells, e2e_ms),
        output_tokens_per_s=_median(rate[0] for rate in rates),
        total_tokens_per_s=_median(rate[1] for rate in rates),
        requests_per_s=_median(rate[2] for rate in rates),
        achieved_concurrency=_median(rate[3] for rate in rates),
    )


def _rates(cell: _Cell) -> tuple[float | None, float | None, float | None, float | None]:
    samples, window = cell.samples, cell.window
    out, into = output_tokens_per_s(samples, window), input_tokens_per_s(samples, window)
    return (
        out,
        out + into if out is not None and into is not None else None,
        requests_per_s(samples, window),
        achieved_concurrency(samples, window),
    )


def _latency(cells: Sequence[_Cell], metric: Callable[[Sample], float | None]) -> LatencySummary | None:
    found = [[value for each in cell.samples if each.is_ok and (value := metric(each)) is not None] for cell in cells]
    return summarise([np.asarray(values) for values in found], sum(map(len, found)))


def _gaps(cells: Sequence[_Cell]) -> LatencySummary | None:
    whole = [[gaps_ms(each) for each in cell.samples if each.is_ok] for cell in cells]
    pools = [np.concatenate(gaps) if gaps else np.zeros(0) for gaps in whole]
    return summarise(pools, sum(map(len, whole)), pooled_from_requests=True)


def _observed(
    plan: Plan,
    meta: RunMeta,
    load: Load,
    cells: Sequence[_Cell],
    clock: str | None,
    counts: RequestCounts,
    figures: Figures,
    begun_only: bool,
) -> Observed:
    whole = [record for cell in cells for record in cell.requests if record.outcome is Outcome.OK]
    ends = [cell.end for cell in cells if cell.end is not None]
    certificate = _certificate(cells, clock)
    return Observed(
        concurrency=load.value,
        repetitions=sum(cell.is_complete for cell in cells),
        completed=counts.completed,
        failed=counts.failed,
        censored=counts.censored,
        keeps_length=plan.ignore_eos and "ignore_eos" not in meta.refused,
        length_mismatch=sum(map(_misses_length, whole)) / len(whole) if whole else None,
        token_source=_token_source(whole),
        input_tokens=_mean(record.prompt_tokens for record in whole),
        overhead_tokens=meta.calibration.overhead_tokens,
        cached_share=_cached_share(whole),
        has_kernel_stamps=certificate.clock == "kernel",
        lag_us_p99=certificate.lag_us_p99,
        loop_lag_us_p99=certificate.loop_lag_us_p99,
        cpu_share=certificate.cpu_share_max,
        clock_steps=sum(end.clock_steps for end in ends),
        achieved_concurrency=figures.achieved_concurrency,
        little=[little for cell in cells if (little := _little(cell)) is not None],
        output_tokens_per_s=figures.output_tokens_per_s,
        has_begun_only=begun_only,
    )


def _little(cell: _Cell) -> tuple[float, float] | None:
    """|L - X * E2E| / L and its limit: max(3 %, E2E / |W|), with the longest E2E since it bounds both edges."""
    window = cell.window
    _, _, per_s, in_flight = _rates(cell)
    inside = [each for each in cell.samples if each.is_ok and window.start_ns <= each.last_ns < window.end_ns]
    times_s = [value / 1e3 for each in inside if (value := e2e_ms(each)) is not None]
    if not times_s or not per_s or not in_flight:
        return None
    residual = abs(in_flight - per_s * sum(times_s) / len(times_s)) / in_flight
    return residual, max(LITTLE_LIMIT, max(times_s) / window.seconds)


def _misses_length(record: RequestRecord) -> bool:
    told = record.completion_tokens if record.completion_tokens is not None else record.token_ids
    return record.finish_reason != "length" or (told is not None and told != record.requested_tokens)


def _token_source(whole: Sequence[RequestRecord]) -> TokenSource | None:
    """The weakest source that more than 1 % of the answers depend on."""
    if not whole:
        return None
    used = Counter(map(token_source_of, whole))
    kept = [source for source in TokenSource if used[source] > _LEFT_OUT * len(whole)]
    return kept[-1]


def _cached_share(whole: Sequence[RequestRecord]) -> float | None:
    told = [(each.cached_tokens, each.prompt_tokens) for each in whole if each.cached_tokens is not None]
    prompts = sum(prompt or 0 for _, prompt in told)
    return sum(cached for cached, _ in told) / prompts if prompts else None


def _failures(cells: Sequence[_Cell]) -> tuple[Failure, ...]:
    kinds = Counter(
        (record.outcome.value, record.status, record.error)
        for cell in cells
        for record in cell.requests
        if record.outcome.is_failure
    )
    return tuple(Failure(*kind, count) for kind, count in kinds.most_common(_FAILURES_KEPT))


def _certificate(cells: Sequence[_Cell], clock: str | None) -> ClientCertificate:
    """How far the client can be trusted, over the events of measured requests."""
    ends = [cell.end for cell in cells if cell.end is not None]
    rows = [
        cell.events[record.first_row : record.first_row + record.rows] for cell in cells for record in cell.requests
    ]
    events = np.concatenate(rows) if rows else no_events()
    stamped = events["lag_ns"] != NO_LAG
    if clock == "kernel" and not stamped.all():
        clock = "user"
    widths = (events["hi_ns"] - events["lo_ns"])[is_content(events)]
    return ClientCertificate(
        clock=clock,
        lag_us_p99=percentile_higher(events["lag_ns"][stamped] / 1e3, 99) if stamped.any() else None,
        loop_lag_us_p99=max((end.loop_lag_us_p99 for end in ends if end.loop_lag_us_p99 is not None), default=None),
        stamp_width_us_p99=percentile_higher(widths / 1e3, 99) if len(widths) else None,
        cpu_share_max=max((end.cpu_share for end in ends), default=None),
        clock_steps=sum(end.clock_steps for end in ends),
    )


def _mean(values: Iterable[int | None]) -> float | None:
    known = [value for value in values if value is not None]
    return sum(known) / len(known) if known else None


def _median(values: Iterable[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return median(known) if known else None
