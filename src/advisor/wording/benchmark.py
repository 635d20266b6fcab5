"""A benchmark in words: what its verdicts mean, which gate failed and why, and how its tables read."""

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from advisor.bench.counters import Stage
from advisor.bench.result import BenchmarkResult, Failure, Gate, LatencySummary, Point, SloResult, Verdict
from advisor.quantities import text
from advisor.slo import parse_slos
from advisor.wording.figures import name_of

if TYPE_CHECKING:
    from advisor.bench.meta import RunMeta
    from advisor.bench.progress import CellProgress, Progress  # loads NumPy, which a screen need not wait for

VERDICTS: Mapping[Verdict, str] = {
    Verdict.VALID: "valid",
    Verdict.CLIENT_LIMITED: "client limited",
    Verdict.NOT_STEADY: "not steady",
    Verdict.CONTAMINATED: "contaminated",
    Verdict.INSUFFICIENT: "insufficient",
    Verdict.FAILED: "failed",
}

_GATES: Mapping[str, str] = {
    "errors": "{share} of the requests failed; more than {share_limit} says nothing about speed.",
    "sample_size": "{observed} answers are whole; {limit} are needed for these percentiles.",
    "repetitions": "{observed} of {limit} repetitions are complete.",
    "censored": "{share} of the requests were still in flight at the end; {share_limit} may be.",
    "token_source": "The server does not count its tokens, and stream events are not tokens.",
    "client_lag": "This machine read answers up to {us} late (p99); {us_limit} is the most that leaves ITL alone.",
    "client_cpu": "The benchmark itself used {share} of a core; above {share_limit} it slows what it measures.",
    "clock_steps": "The clock was set {observed} times during the run.",
    "achieved_concurrency": "{number} requests were in flight on average; {number_limit} are needed for this load.",
    "output_length": "{share} of the answers have another length than was asked for.",
    "input_length": "Prompts miss their length by {share}; {share_limit} is allowed.",
    "prefix_cache": "{share} of the prompt tokens came from the server's prefix cache; prompts must be new.",
    "little": "In-flight requests, rate and latency disagree by {share} (Little's law); {share_limit} is allowed.",
    "physical_bound": (
        "{number} tokens/s is more than this hardware can reach at four tokens a step by speculative decoding "
        "({number_limit}): it is not what was stated."
    ),
}

STAGES: Mapping[Stage, str] = {
    Stage.STARTING: "starting",
    Stage.WARMUP: "warming up",
    Stage.MEASURE: "measuring",
    Stage.DRAIN: "last answers",
    Stage.ENDED: "ended",
}

CONTRADICTIONS: Mapping[str, str] = {
    "served_model": "the server names another model or checkpoint",
    "engine": "the server is another engine",
    "engine_version": "the server runs another engine version",
    "memory": "those devices cannot hold the weights",
    "kv_capacity": "the server's KV cache cannot be theirs",
}

_ENDED: Mapping[str, str] = {
    "errors": "It was given up: too many requests failed.",
    "running": "It is still running.",
}

RESULT_HEADINGS = (
    "concurrent",
    "TTFT p50",
    "p95",
    "ITL p50",
    "p95",
    "E2E p50",
    "tokens/s",
    "whole",
    "verdict",
)
PROGRESS_HEADINGS = ("concurrent", "repetition", "whole", "failed", "TTFT p50", "p95", "TPOT p50", "tokens/s")


def gate_names() -> frozenset[str]:
    """Every gate that has a sentence."""
    return frozenset(_GATES)


def gate_sentence(gate: Gate) -> str:
    """Why a gate failed, in one sentence."""
    return _GATES[gate.name].format_map(
        {
            "observed": _plain(gate.observed),
            "limit": _plain(gate.limit),
            "share": _share(gate.observed),
            "share_limit": _share(gate.limit),
            "number": _number(gate.observed),
            "number_limit": _number(gate.limit),
            "us": _microseconds(gate.observed),
            "us_limit": _microseconds(gate.limit),
        }
    )


def failed_gates(point: Point) -> list[str]:
    """Why a point proves nothing: that it ended early, and its failed gates, those of its verdict first."""
    if is_stopped(point):
        requests = point.requests
        if not requests.completed:
            return ["It was stopped before its first answer was whole."]
        asked = "" if requests.planned is None else f" of {requests.planned}"
        return [f"It was stopped after {requests.completed}{asked} answers, which are kept."]
    failed = [gate for gate in point.gates if not gate.passed]
    found = [gate_sentence(gate) for gate in sorted(failed, key=lambda gate: gate.verdict is not point.verdict)]
    return [_ENDED.get(point.reason, "The run broke off."), *found] if point.reason else found


def is_stopped(point: Point) -> bool:
    """Whether somebody ended the load: then too little was measured, and nothing went wrong."""
    return point.reason == "cancelled"


def verdict_of(point: Point) -> str:
    """The verdict in words; `stopped` where somebody ended the load, `running` while it goes on."""
    if point.reason == "running":
        return "running"
    return "stopped" if is_stopped(point) else VERDICTS[point.verdict]


def result_row(point: Point) -> tuple[str, ...]:
    """One point under `RESULT_HEADINGS`."""
    figures, requests = point.figures, point.requests
    whole = f"{requests.completed}" + (f" of {requests.completed + requests.failed}" if requests.failed else "")
    return (
        str(point.load.value),
        *_median_and_tail(figures.ttft_ms),
        *_median_and_tail(figures.itl_ms),
        _median_and_tail(figures.e2e_ms)[0],
        text.rate(figures.output_tokens_per_s),
        whole,
        verdict_of(point),
    )


def progress_row(cell: "CellProgress") -> tuple[str, ...]:
    """One cell under `PROGRESS_HEADINGS`; what is not known yet stays empty."""
    return (
        str(cell.concurrency),
        str(cell.repetition + 1),
        str(cell.completed) if cell.completed else "",
        str(cell.failed) if cell.failed else "",
        *(
            "" if value is None else text.milliseconds(value)
            for value in (cell.ttft_p50_ms, cell.ttft_p95_ms, cell.tpot_p50_ms)
        ),
        "" if cell.output_tokens_per_s is None else text.rate(cell.output_tokens_per_s),
    )


def progress_line(progress: "Progress") -> str:
    """Where a run stands, in one line."""
    cells = len(progress.cells)
    asked = " answers" if progress.planned is None else f" of {progress.planned}"
    rate = progress.output_tokens_per_s_now
    parts = [
        f"{STAGES[progress.stage]}, {progress.concurrency} concurrent",
        f"cell {progress.cell + 1} of {cells}",
        f"{progress.completed}{asked}",
        *([f"{text.rate(rate)} tokens/s"] if rate is not None else []),
        f"{progress.elapsed_s:.0f} s",
    ]
    return " · ".join(parts)


def headline(result: BenchmarkResult) -> str:
    """What was measured, where and on what."""
    engine = " ".join(part for part in (result.engine, result.engine_version) if part) or "engine unknown"
    return f"{result.model} at {result.endpoint}, {engine}"


def way_on(result: BenchmarkResult) -> str:
    """How a run that is not complete can be completed."""
    if not result.simulated:
        return f"The run is not complete; go on with: advisor bench resume {result.run_id}"
    return (
        f"The run is not complete. It can go on only while the built-in endpoint still runs at {result.endpoint} "
        f"(advisor bench resume {result.run_id}); otherwise measure again."
    )


def shape(plan: Mapping[str, object]) -> str:
    """The plan of a run in one line."""
    count = plan.get("requests_per_cell")
    amount = f"{count} requests" if count is not None else f"{plan['duration_s']:g} s"
    return (
        f"{plan['input_tokens']} tokens in, {plan['output_tokens']} out, {amount} at each load, "
        f"{plan['repetitions']} times"
    )


def subject_line(result: "BenchmarkResult | RunMeta") -> str:
    """What the run is about, and who says so."""
    if result.simulated:
        return "Simulated: the built-in endpoint answered, so nothing here is evidence about an instance."
    subject = result.subject
    if not subject:
        return "Nobody says what the endpoint runs on, so no figure is kept as evidence."
    what = (
        f"{subject['model']} {subject['checkpoint']}, TP {subject['tensor_parallel_size']} on {subject['instance']}, "
        f"{subject['engine']} {subject['engine_version']}"
    )
    if subject["vouched_by"] == "contradicted":
        against = f"{_contradicted(subject['contradictions'])}{_blocks_of(subject)}"
        return f"You state {what}, but {against}: no figure is kept as evidence."
    if subject["vouched_by"] == "server":
        return f"You state {what}; the server says the same, and its KV cache agrees{_blocks_of(subject)}."
    if seen := _blocks_of(subject):
        return f"You state {what}; nothing denies it, and its KV cache does not settle it{seen}."
    return f"You state {what}; nothing that the server says speaks against it."


def _blocks_of(subject: Mapping[str, Any]) -> str:
    """` (451,000 blocks, 421,159 predicted)`; empty where they were not compared."""
    blocks, predicted = subject.get("blocks"), subject.get("predicted_blocks")
    return "" if blocks is None or predicted is None else f" ({blocks:,} blocks, {predicted:,} predicted)"


def slo_line(result: SloResult) -> str:
    """One objective at one load: how many requests met it, and whether that is enough."""
    (slo,) = parse_slos(result.slo)
    head = f"{name_of(slo.key)} ≤ {text.milliseconds(slo.limit_ms)}"
    if result.attainment is None:
        return f"{head}: no requests"
    spread = f"{100 * result.attainment:.1f} % of requests ({_bounds(result)})"
    if not result.is_resolved:
        return f"{head}: undecided, {spread}"
    return f"{head}: {'holds' if result.holds else 'missed'}, {spread}"


def failure_lines(points: Sequence[Point]) -> Iterator[str]:
    """How requests failed, most frequent first."""
    for point in points:
        for failure in point.failures:
            yield f"{failure.count} failed at {point.load.value} concurrent: {_failure(failure)}"


def _failure(failure: Failure) -> str:
    status = f" {failure.status}" if failure.status is not None else ""
    message = f", {failure.message}" if failure.message else ""
    return f"{failure.outcome.replace('_', ' ')}{status}{message}"


def _contradicted(codes: Sequence[str]) -> str:
    return " and ".join(CONTRADICTIONS[code] for code in codes)


def _bounds(result: SloResult) -> str:
    assert result.low is not None
    assert result.high is not None
    return f"{100 * result.low:.1f}–{100 * result.high:.1f} %"


def _median_and_tail(summary: LatencySummary | None) -> tuple[str, str]:
    if summary is None:
        return text.NO_DATA, text.NO_DATA
    return text.milliseconds(summary.p50), text.milliseconds(summary.p95)


def _plain(value: float | str | None) -> str:
    return text.NO_DATA if value is None else f"{value:g}" if isinstance(value, int | float) else value


def _number(value: float | str | None) -> str:
    return text.rate(float(value)) if isinstance(value, int | float) else _plain(value)


def _share(value: float | str | None) -> str:
    return f"{100 * value:.3g} %" if isinstance(value, int | float) else _plain(value)


def _microseconds(value: float | str | None) -> str:
    return text.milliseconds(value / 1e3) if isinstance(value, int | float) else _plain(value)
