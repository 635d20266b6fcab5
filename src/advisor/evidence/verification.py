"""Does a live replica carry what a recommendation asks of it? Pure: judged from finished trials.

More requests in flight never lower the rate and never shorten latency. So one load at which the rate is
missed and a target is missed too refutes the recommendation, and so do two neighbouring loads of which
the lower misses the rate and the higher misses a target.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from math import ceil
from statistics import mean, median

from advisor.bench.result import BenchmarkResult, LatencySummary, Point, Verdict
from advisor.evidence.repetitions import STANDARD_NORMAL_95, UNREPEATED_SIGMA, relative_interval
from advisor.reasons import Reason
from advisor.slo import Slo

_HEADROOM = 1.1
"""How far beyond the proportional load the next trial goes, since throughput grows slower than load."""


class Outcome(StrEnum):
    """What a verification found."""

    CONFIRMED = "confirmed"
    REFUTED = "refuted"
    INCONCLUSIVE = "inconclusive"


class Status(StrEnum):
    """Whether one demand is met."""

    HOLDS = "holds"
    MISSED = "missed"
    UNDECIDED = "undecided"


@dataclass(frozen=True, slots=True)
class Trial:
    """One run at one load, with prompts of one length.

    rates are requests per second of its repetitions, from tokens per second and tokens per answer: a
    repetition of few answers ends in the middle of some, which a count of whole ones would miss.
    """

    run_id: str
    concurrency: int
    input_tokens: int
    simulated: bool
    contradictions: tuple[str, ...]
    verdict: Verdict
    rates: tuple[float, ...]
    point: Point

    @property
    def rate_rps(self) -> float | None:
        """Their median."""
        return median(self.rates) if self.rates else None

    def carries(self, rate_rps: float) -> Status:
        """Whether the rate lies below the 95 % interval of what was reached, above it, or in it."""
        if not self.rates:
            return Status.UNDECIDED
        half = relative_interval(self.rates)
        doubt = STANDARD_NORMAL_95 * UNREPEATED_SIGMA if half is None else half
        reached = mean(self.rates)
        if reached * (1 - doubt) >= rate_rps:
            return Status.HOLDS
        return Status.MISSED if reached * (1 + doubt) < rate_rps else Status.UNDECIDED

    @property
    def within_targets(self) -> Status:
        """Whether every latency target holds beyond doubt, or one is missed beyond doubt."""
        if any(slo.is_resolved and slo.holds is False for slo in self.point.slos):
            return Status.MISSED
        settled = all(slo.is_resolved and slo.holds for slo in self.point.slos)
        return Status.HOLDS if settled else Status.UNDECIDED


@dataclass(frozen=True, slots=True)
class ClaimCheck:
    """A latency that the file claims beside what was measured at the planned load."""

    id: str
    claimed: float
    low: float
    high: float
    measured: float
    status: Status


@dataclass(frozen=True, slots=True)
class Verification:
    """What became of it. trials are in order; the last may be one with long prompts. reasons say why."""

    file: str
    model: str
    rate_rps: float
    targets: tuple[Slo, ...]
    outcome: Outcome
    trials: tuple[Trial, ...]
    claims: tuple[ClaimCheck, ...]
    reasons: tuple[Reason, ...]


def trial_of(result: BenchmarkResult) -> Trial:
    """The only load of a finished run. ValueError where there is none."""
    if len(result.points) != 1:
        raise ValueError("a trial has one load")
    (point,) = result.points
    answer = point.output_tokens
    rates = [each.figures.output_tokens_per_s for each in point.repetitions if each.is_complete]
    return Trial(
        run_id=result.run_id,
        concurrency=point.load.value,
        input_tokens=int(str(result.plan["input_tokens"])),
        simulated=result.simulated,
        contradictions=tuple(result.subject.get("contradictions", ())),
        verdict=point.verdict,
        rates=tuple(rate / answer for rate in rates if rate is not None and answer),
        point=point,
    )


def judged(trials: Sequence[Trial], rate_rps: float) -> Outcome:
    """What trials with prompts of the median length prove about a rate within the latency targets."""
    if any(_meets(trial, rate_rps) for trial in trials):
        return Outcome.CONFIRMED
    low, high = _bracket(trials, rate_rps)
    return Outcome.REFUTED if high is not None and high - low <= 1 else Outcome.INCONCLUSIVE


def next_concurrency(trials: Sequence[Trial], rate_rps: float, most: int) -> int | None:
    """The load that would tell more; None where none can.

    That is where a target is undecided, or where the rate is and a target is missed already: fewer in flight
    would not raise the rate, and more would not meet the target.
    """
    if judged(trials, rate_rps) is not Outcome.INCONCLUSIVE:
        return None
    last = trials[-1]
    stuck = last.within_targets is Status.MISSED and last.carries(rate_rps) is Status.UNDECIDED
    if last.within_targets is Status.UNDECIDED or stuck or not last.rate_rps:
        return None
    too_low, high = _bracket(trials, rate_rps)
    # Whoever holds the targets and has not reached the rate beyond doubt needs more in flight.
    low = max([too_low, *(trial.concurrency for trial in trials if trial.within_targets is Status.HOLDS)])
    proportional = last.concurrency * rate_rps / last.rate_rps
    if high is None:
        wanted = min(most, max(low + 1, ceil(proportional * _HEADROOM)))
    elif low == 0:
        wanted = min(high - 1, ceil(proportional))
    else:
        wanted = (low + high) // 2
    return None if wanted in {trial.concurrency for trial in trials} or wanted < 1 else wanted


def claim_holds(claimed_low: float, claimed_high: float, measured: float) -> Status:
    """Whether a measured figure lies in the range that was claimed."""
    return Status.HOLDS if claimed_low <= measured <= claimed_high else Status.MISSED


def measured_claim(point: Point, claim: str) -> float | None:
    """The measured figure of a latency such as `ttft_p95_ms`; for itl a request's own time per token."""
    metric, percentile = claim.removesuffix("_ms").split("_")
    summary: LatencySummary | None = getattr(point.figures, f"{'tpot' if metric == 'itl' else metric}_ms")
    return None if summary is None else getattr(summary, percentile)


def _meets(trial: Trial, rate_rps: float) -> bool:
    return trial.carries(rate_rps) is Status.HOLDS and trial.within_targets is Status.HOLDS


def _bracket(trials: Sequence[Trial], rate_rps: float) -> tuple[int, int | None]:
    """The highest load that misses the rate, 0 if none was tried, and the lowest that misses a target."""
    low = [trial.concurrency for trial in trials if trial.carries(rate_rps) is Status.MISSED]
    high = [trial.concurrency for trial in trials if trial.within_targets is Status.MISSED]
    return max(low, default=0), min(high, default=None)
