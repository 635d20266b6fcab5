"""What would change the answer: for each input and price, the nearest value at which another pick wins.

Computed by bisection on the ranking itself, within a factor of four either way, among the candidates that
were still in the running (facts: sizing, section 5.3).
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from math import exp, log

from advisor.advice.assessment import Assessment, Assessor
from advisor.advice.candidates import Removal, at_context
from advisor.advice.choice import Choice, choose, over_budget
from advisor.advice.workload import Workload
from advisor.quantities.provenance import Level, Provenance
from advisor.quantities.quantity import Quantity
from advisor.slo import Slo

_WIDEST = 4.0
_STEPS = 6
_SHORTLIST = 5


@dataclass(frozen=True, slots=True)
class Flip:
    """The answer holds while `variable op limit`; beyond it, it becomes something else.

    becomes is an instance type and a count, or empty where nothing would be left.
    """

    variable: str
    op: str
    limit: float
    becomes: str
    factor: float


@dataclass(frozen=True, slots=True)
class PriceFlip:
    """The hourly price below which another instance type would win."""

    instance_type: str
    usd_per_hour: float


def flips(choice: Choice, assessor: Assessor, count: int = 4) -> list[Flip]:
    """The closest flips, nearest first; inputs that change nothing within the range are left out."""
    shortlist = _shortlist(choice)
    found = []
    for variable, vary in _variables(assessor.workload).items():
        for widest in (_WIDEST, 1 / _WIDEST):
            flip = _nearest(variable, vary, widest, shortlist, choice, assessor)
            if flip is not None:
                found.append(flip)
    found.sort(key=lambda flip: abs(log(flip.factor)))
    return found[:count]


def break_even(choice: Choice, assessor: Assessor) -> PriceFlip | None:
    """The highest price below its own at which the first of the others would win, whatever the objective."""
    for other in _shortlist(choice)[1:]:
        own = other.offer.usd_per_hour
        price = price_flip(other, own, choice, assessor) if own else None
        if price is not None:
            return PriceFlip(other.instance_type, price)
    return None


def price_flip(other: Assessment, highest: float, choice: Choice, assessor: Assessor) -> float | None:
    """The price up to `highest` below which `other` would win, by ranking again; None where no price does it."""

    def wins(usd_per_hour: float) -> bool:
        shortlist = [each for each in _shortlist(choice) if each.instance_type != other.instance_type]
        cheaper = _priced(other, usd_per_hour, assessor)
        return choose([*shortlist, cheaper], assessor).winner.instance_type == other.instance_type

    low, high = log(highest / _WIDEST**2), log(highest)
    if wins(exp(high)) or not wins(exp(low)):
        return exp(high) if wins(exp(high)) else None
    for _ in range(_STEPS):
        middle = (low + high) / 2
        low, high = (middle, high) if wins(exp(middle)) else (low, middle)
    return exp(low)


def _priced(assessment: Assessment, usd_per_hour: float, assessor: Assessor) -> Assessment:
    origin = Provenance(Level.ASSUMED, "a price to try, to find the one that would win")
    offer = replace(assessment.offer, price=Quantity(usd_per_hour, "USD/h", origin), rows=())
    each = assessment
    judged = assessor.judge(each.candidate, offer, each.basis, each.model, each.slots)
    assert not isinstance(judged, Removal), "a price decides no gate before the budget"
    return judged


_Vary = Callable[[float], Workload]


def _variables(workload: Workload) -> Mapping[str, _Vary]:
    found: dict[str, _Vary] = {
        "output_tokens_p50": lambda factor: replace(
            workload, output_tokens_p50=max(1, round(workload.output_tokens_p50 * factor))
        ),
        "input_tokens_p50": lambda factor: _longer_prompt(workload, factor),
    }
    if workload.mode == "online":
        found["peak_rps"] = lambda factor: replace(
            workload, peak_rps=workload.peak_rps * factor, mean_rps=workload.mean_rps * factor
        )
        for slo in workload.slos:
            found[slo.key] = _limit(workload, slo)
    elif workload.deadline_hours is not None:
        deadline = workload.deadline_hours
        found["deadline_hours"] = lambda factor: replace(workload, deadline_hours=deadline * factor)
    return found


def _limit(workload: Workload, slo: Slo) -> _Vary:
    def vary(factor: float) -> Workload:
        changed = replace(slo, limit_ms=slo.limit_ms * factor)
        return replace(workload, slos=tuple(changed if each == slo else each for each in workload.slos))

    return vary


def _longer_prompt(workload: Workload, factor: float) -> Workload:
    """Another prompt length; a batch reads as many more prompt tokens in all."""
    return replace(
        workload,
        input_tokens_p50=max(workload.shared_prefix_tokens + 1, round(workload.input_tokens_p50 * factor)),
        input_tokens_p95=max(1, round(workload.input_tokens_p95 * factor)),
        batch_input_tokens=round(workload.batch_input_tokens * factor),
        context_tokens=max(
            workload.context_tokens, round(workload.input_tokens_p95 * factor) + workload.output_tokens_p50
        ),
    )


def _shortlist(choice: Choice) -> list[Assessment]:
    return list(choice.ranked[:_SHORTLIST])


def _nearest(
    variable: str, vary: _Vary, widest: float, shortlist: Sequence[Assessment], choice: Choice, assessor: Assessor
) -> Flip | None:
    def pick(factor: float) -> Assessment | None:
        return _pick(shortlist, replace(assessor, workload=vary(factor)))

    winner = choice.winner
    far = pick(widest)
    if _same(far, winner):
        return None
    near_log, far_log = 0.0, log(widest)
    for _ in range(_STEPS):
        middle = (near_log + far_log) / 2
        answer = pick(exp(middle))
        if _same(answer, winner):
            near_log = middle
        else:
            far_log, far = middle, answer
    factor = exp(near_log)
    return Flip(
        variable=variable,
        op="<=" if widest > 1 else ">=",
        limit=_value(variable, vary(factor)),
        becomes="" if far is None else f"{far.instances} × {far.instance_type}",
        factor=exp(far_log),
    )


def _same(answer: Assessment | None, winner: Assessment) -> bool:
    return answer is not None and (answer.instance_type, answer.instances) == (winner.instance_type, winner.instances)


def _pick(shortlist: Sequence[Assessment], assessor: Assessor) -> Assessment | None:
    found = []
    for each in shortlist:
        candidate = at_context(each.candidate, assessor.workload)
        judged = assessor.assess(candidate, each.offer) if candidate is not None else None
        if isinstance(judged, Assessment) and over_budget(judged, assessor.workload) is None:
            found.append(judged)
    return choose(found, assessor).winner if found else None


def _value(variable: str, workload: Workload) -> float:
    for slo in workload.slos:
        if slo.key == variable:
            return slo.limit_ms
    return float(getattr(workload, variable))
