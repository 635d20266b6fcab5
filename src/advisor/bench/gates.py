"""The conditions for a measured point to be evidence, and the verdict that follows. Pure.

Limits are those of facts: benchmark-runner, section 8, where a comment does not say otherwise.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from advisor.bench.metrics import POOLED_REQUESTS, minimum_samples
from advisor.bench.plan import Plan
from advisor.bench.result import Gate, TokenSource, Verdict

ERROR_LIMIT = 0.10
MISMATCH_LIMIT = 0.01
CENSORED_LIMIT = 0.01
LAG_LIMIT_US = 2_000.0
CPU_LIMIT = 0.80
CACHED_LIMIT = 0.01
LITTLE_LIMIT = 0.03

CONCURRENCY_LIMIT = 0.95
"""Share of the asked concurrency that must be in flight: below it the client held the server's load down."""

INPUT_LIMIT = 0.05
INPUT_LIMIT_TOKENS = 8
"""Prompts may miss their length by 5 %, or by 8 tokens where that is more: words are not tokens."""

_GRAVEST_FIRST = (
    Verdict.FAILED,
    Verdict.INSUFFICIENT,
    Verdict.CLIENT_LIMITED,
    Verdict.CONTAMINATED,
    Verdict.NOT_STEADY,
)


@dataclass(frozen=True, slots=True)
class Observed:
    """What was seen at one load, over all repetitions. Shares are of one; None is unknown.

    has_begun_only: it was stopped or goes on, so that no result yet says nothing against the endpoint.
    length_mismatch: share of whole answers that are not of the asked length. little: for each repetition
    (|L - X * E2E| / L, its limit). keeps_length: answers were asked to have exactly the planned length.
    """

    concurrency: int
    repetitions: int
    completed: int
    failed: int
    censored: int
    keeps_length: bool
    length_mismatch: float | None
    token_source: TokenSource | None
    input_tokens: float | None
    overhead_tokens: float
    cached_share: float | None
    has_kernel_stamps: bool
    lag_us_p99: float | None
    loop_lag_us_p99: float | None
    cpu_share: float | None
    clock_steps: int
    achieved_concurrency: float | None
    little: Sequence[tuple[float, float]]
    output_tokens_per_s: float | None
    has_begun_only: bool = False


def judge_point(plan: Plan, seen: Observed) -> tuple[tuple[Gate, ...], Verdict]:
    """Every gate that applies, and the gravest verdict among those that failed."""
    gates = (*_enough(plan, seen), *_client(seen), *_workload(plan, seen), *_plausible(plan, seen))
    failed = {gate.verdict for gate in gates if not gate.passed}
    return gates, next((verdict for verdict in _GRAVEST_FIRST if verdict in failed), Verdict.VALID)


def needed_requests(plan: Plan) -> int:
    """Whole answers that a point needs: for pooled percentiles, and for the percentiles of its objectives."""
    return max(POOLED_REQUESTS, *(minimum_samples(slo.percentile) for slo in plan.slos), 0)


def _enough(plan: Plan, seen: Observed) -> Iterator[Gate]:
    total = seen.completed + seen.failed
    errors = seen.failed / total if total else None
    if errors is not None or not seen.has_begun_only:
        yield Gate("errors", errors is not None and errors <= ERROR_LIMIT, errors, ERROR_LIMIT, Verdict.FAILED)
    needed = needed_requests(plan)
    yield Gate("sample_size", seen.completed >= needed, seen.completed, needed, Verdict.INSUFFICIENT)
    complete = seen.repetitions >= plan.repetitions
    yield Gate("repetitions", complete, seen.repetitions, plan.repetitions, Verdict.INSUFFICIENT)
    if plan.duration_s is not None:
        share = seen.censored / (total + seen.censored) if total + seen.censored else 0.0
        yield Gate("censored", share <= CENSORED_LIMIT, share, CENSORED_LIMIT, Verdict.INSUFFICIENT)
    source = seen.token_source
    passed = source in (TokenSource.SERVER, TokenSource.IDS)
    observed = source.value if source is not None else None
    yield Gate("token_source", passed, observed, TokenSource.SERVER.value, Verdict.INSUFFICIENT)


def _client(seen: Observed) -> Iterator[Gate]:
    limited = Verdict.CLIENT_LIMITED
    if seen.has_kernel_stamps:
        lag, how = seen.lag_us_p99, "user_minus_kernel"
    else:
        lag, how = seen.loop_lag_us_p99, "event_loop"
    yield Gate("client_lag", lag is not None and lag <= LAG_LIMIT_US, lag, LAG_LIMIT_US, limited, how)
    cpu = seen.cpu_share
    yield Gate("client_cpu", cpu is not None and cpu <= CPU_LIMIT, cpu, CPU_LIMIT, limited)
    if seen.has_kernel_stamps:
        yield Gate("clock_steps", seen.clock_steps == 0, seen.clock_steps, 0, limited)
    achieved = seen.achieved_concurrency
    least = CONCURRENCY_LIMIT * seen.concurrency
    yield Gate("achieved_concurrency", achieved is not None and achieved >= least, achieved, least, limited)


def _workload(plan: Plan, seen: Observed) -> Iterator[Gate]:
    contaminated = Verdict.CONTAMINATED
    mismatch = seen.length_mismatch
    if seen.keeps_length:
        passed = mismatch is not None and mismatch <= MISMATCH_LIMIT
        yield Gate("output_length", passed, mismatch, MISMATCH_LIMIT, contaminated)
    else:
        yield Gate("output_length", mismatch is not None, mismatch, None, contaminated, "natural_eos")
    if seen.input_tokens is not None:
        off = abs(seen.input_tokens - plan.input_tokens) / plan.input_tokens
        limit = max(INPUT_LIMIT, INPUT_LIMIT_TOKENS / plan.input_tokens)
        yield Gate("input_length", off <= limit, off, limit, contaminated)
    if seen.cached_share is not None:
        # A chat template is the same in front of every prompt, and may be cached without harm.
        template = seen.overhead_tokens / max(1.0, seen.input_tokens or plan.input_tokens)
        limit = max(CACHED_LIMIT, template)
        yield Gate("prefix_cache", seen.cached_share <= limit, seen.cached_share, limit, contaminated)


def _plausible(plan: Plan, seen: Observed) -> Iterator[Gate]:
    if seen.little:
        residual, limit = max(seen.little, key=lambda each: each[0] - each[1])
        yield Gate("little", residual <= limit, residual, limit, Verdict.NOT_STEADY)
    bound = plan.output_tokens_per_s_limit
    rate = seen.output_tokens_per_s
    if bound is not None and rate is not None:
        possible = rate <= bound
        yield Gate("physical_bound", possible, rate, bound, Verdict.FAILED, None if possible else "impossible")
