"""Which assessment wins: one stated objective, a tie set by the doubt in the cost, no weighted score.

Inside a tie the order is: strongest evidence, lowest cost, fewest instances.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import log, sqrt

from advisor.advice.assessment import Assessment, Assessor
from advisor.advice.candidates import Removal
from advisor.advice.workload import Objective, Workload
from advisor.performance.efficiency import EIGHTY_PERCENT

_NINETY_FIVE_PERCENT_ONE_SIDED = 1.64
_MOST_DOUBT = 8.0
"""Candidates dearer by this factor are beyond any tie: no doubt in the catalogue spans it."""


@dataclass(frozen=True, slots=True)
class CostBounds:
    """80 % bounds of dollars and instances, from the doubt in speed and in price."""

    usd_low: float
    usd_high: float
    instances_low: int
    instances_high: int


@dataclass(frozen=True, slots=True)
class Choice:
    """The ranking of instance types. tied holds those that present evidence cannot tell from the first."""

    ranked: tuple[Assessment, ...]
    tied: tuple[Assessment, ...]
    dominated: frozenset[str]

    @property
    def winner(self) -> Assessment:
        return self.ranked[0]


def rank(assessment: Assessment, objective: Objective) -> tuple[float, ...]:
    """What decides, smaller first: targets that are expected to be missed, then the objective."""
    return _expected_misses(assessment), *_KEYS[objective](assessment)


def choose(assessments: Sequence[Assessment], assessor: Assessor) -> Choice:
    """Rank the best candidate of each instance type by the workload's objective. At least one is needed."""
    objective = assessor.workload.objective
    best: dict[str, Assessment] = {}
    for assessment in sorted(assessments, key=lambda each: (rank(each, objective), each.candidate.id)):
        best.setdefault(assessment.instance_type, assessment)
    ranked = list(best.values())
    tied = _tied(ranked, assessor) if objective == "cheapest" else [ranked[0]]
    tied.sort(key=lambda each: (_doubt(each), _dollars(each), each.instances, each.candidate.id))
    rest = [each for each in ranked if each not in tied]
    return Choice((*tied, *rest), tuple(tied), frozenset(_dominated(ranked)))


def _expected_misses(assessment: Assessment) -> int:
    """Targets whose expected figure is over the limit though doubt leaves them open: they rank behind the rest."""
    return sum(estimate.miss > 0 for estimate in assessment.estimates)


def _doubt(assessment: Assessment) -> float:
    """Strength of evidence inside a tie: its doubt, in steps of 0.1, so that a level alone decides nothing."""
    return round(assessment.basis.decode.sigma, 1)


def _dollars(assessment: Assessment) -> float:
    """The cost to four digits: two halves of an instance cost what the whole does, up to rounded list prices."""
    return float(f"{assessment.usd:.4g}")


def _latency(assessment: Assessment) -> float:
    if assessment.sizing is None:
        return assessment.batch.run_hours if assessment.batch is not None else 0.0
    return assessment.sizing.at_peak.ttft_ms(0.95) + assessment.sizing.at_peak.itl_ms(0.95)


def _per_token(assessment: Assessment) -> float:
    if assessment.online is not None:
        return assessment.online.usd_per_million_output_tokens_at_capacity
    return assessment.usd


_KEYS: dict[Objective, Callable[[Assessment], tuple[float, ...]]] = {
    "cheapest": lambda each: (_dollars(each), each.evidence_rank, each.instances, _latency(each)),
    "lowest_latency": lambda each: (_latency(each), each.usd),
    "tokens_per_dollar": lambda each: (_per_token(each), each.usd),
    "strongest_evidence": lambda each: (each.evidence_rank, each.basis.decode.sigma, each.usd),
}


def cost_bounds(assessment: Assessment, assessor: Assessor, *, alone: bool = False) -> CostBounds:
    """Cost and instances at the slow and the fast end of the doubt, with the price's own range.

    alone leaves out the doubt that all candidates on one engine version share.
    """
    slow = _rejudged(assessment, assessor, EIGHTY_PERCENT, alone=alone)
    fast = _rejudged(assessment, assessor, -EIGHTY_PERCENT, alone=alone)
    price = assessment.offer.price
    low_share = high_share = 1.0
    if price is not None and price.low is not None and price.high is not None:
        low_share, high_share = price.low / price.known, price.high / price.known
    usd = sorted((fast.usd, assessment.usd, slow.usd))
    counts = sorted((fast.instances, assessment.instances, slow.instances))
    return CostBounds(usd[0] * low_share, usd[-1] * high_share, counts[0], counts[-1])


def _rejudged(assessment: Assessment, assessor: Assessor, deviations: float, *, alone: bool = False) -> Assessment:
    """The same candidate at another speed; where that speed cannot serve at all, the expected one stands."""
    slower = assessment.model.pessimistic_alone if alone else assessment.model.pessimistic
    judged = assessor.judge(
        assessment.candidate, assessment.offer, assessment.basis, slower(deviations), assessment.slots
    )
    if isinstance(judged, Removal):
        return assessment
    return judged


def _tied(ranked: Sequence[Assessment], assessor: Assessor) -> list[Assessment]:
    """Those whose cost differs from the best by less than their own doubts allow; shared doubt cancels.

    One that is expected to miss a target is never tied with one that is expected to meet it. Two that differ
    in nothing but how many of the same chips an instance has share all of their doubt: the dearer one is tied
    only if it is the cheaper one at the slow or the fast end.
    """
    best = ranked[0]
    misses = _expected_misses(best)
    best_sigma = _cost_sigma(best, assessor)
    found = [best]
    for other in ranked[1:]:
        if _expected_misses(other) > misses:
            continue
        if _same_speed(best, other):
            tied = _cheaper_at_an_end(other, best, assessor)
        else:
            tied = _within_doubt(other, best, best_sigma, assessor)
        if tied:
            found.append(other)
    return found


def _same_speed(left: Assessment, right: Assessment) -> bool:
    """Whether one unknown efficiency decides the speed of both."""
    mine, theirs = left.candidate, right.candidate
    return (mine.accelerator.id, mine.checkpoint.id, mine.engine.id) == (
        theirs.accelerator.id,
        theirs.checkpoint.id,
        theirs.engine.id,
    )


def _cheaper_at_an_end(other: Assessment, best: Assessment, assessor: Assessor) -> bool:
    ends = (-EIGHTY_PERCENT, EIGHTY_PERCENT)
    return any(_rejudged(other, assessor, end).usd < _rejudged(best, assessor, end).usd for end in ends)


def _within_doubt(other: Assessment, best: Assessment, best_sigma: float, assessor: Assessor) -> bool:
    distance = log(other.usd / best.usd) if best.usd > 0 else float("inf")
    if distance > log(_MOST_DOUBT):
        return False
    doubt = sqrt(best_sigma**2 + _cost_sigma(other, assessor) ** 2)
    return distance <= _NINETY_FIVE_PERCENT_ONE_SIDED * doubt


def _cost_sigma(assessment: Assessment, assessor: Assessor) -> float:
    """Standard deviation of the logarithm of the cost from the candidate's own doubt.

    Dollars move only when a slower machine needs one more instance, so the doubt in speed is carried
    through sizing instead of being taken for the doubt in cost.
    """
    bounds = cost_bounds(assessment, assessor, alone=True)
    if bounds.usd_high <= 0:
        return 0.0
    if bounds.usd_low <= 0:  # what is owned may be enough, or not
        return log(_MOST_DOUBT)
    return log(bounds.usd_high / bounds.usd_low) / (2 * EIGHTY_PERCENT)


def _dominated(ranked: Sequence[Assessment]) -> list[str]:
    """Instance types that another one beats on cost, latency and evidence at once."""
    return [each.instance_type for each in ranked if any(_beats(other, each) for other in ranked)]


def _beats(left: Assessment, right: Assessment) -> bool:
    mine = (left.usd, _latency(left), left.basis.decode.sigma)
    theirs = (right.usd, _latency(right), right.basis.decode.sigma)
    return all(a <= b for a, b in zip(mine, theirs, strict=True)) and mine != theirs


def over_budget(assessment: Assessment, workload: Workload) -> float | None:
    """By how much of the budget the expected cost is over it; None where it is within or none is stated."""
    if workload.budget_usd is None:
        return None
    cost = budgeted_usd(assessment, workload)
    return cost / workload.budget_usd - 1 if cost > workload.budget_usd else None


def budgeted_usd(assessment: Assessment, workload: Workload) -> float:
    """The cost over the budget's own period: a batch may have a budget for each run or for the month."""
    if assessment.batch is not None and workload.budget_period == "month":
        return assessment.batch.usd_per_month
    return assessment.usd
