"""What would change the answer: for each input and price, the nearest value at which another pick wins.

Computed by bisection on the ranking itself, within a factor of four either way (facts: sizing, section 5.3).
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from math import ceil, floor, log, log10, sqrt
from typing import Literal

from advisor.advice.assessment import Assessment, Assessor
from advisor.advice.candidates import Removal, at_context
from advisor.advice.choice import Choice, choose, over_budget
from advisor.advice.workload import Workload
from advisor.quantities.provenance import Level, Provenance
from advisor.quantities.quantity import Quantity
from advisor.slo import Slo

_WIDEST = 4.0
_STEPS = 6
_FINER_STEPS = 2
"""What is told is then drawn together, to half a percent."""
_SHORTLIST = 5
_TRIED = (0.5, 1.0)
"""Where on the way to a bound, as shares of its logarithm, the whole question is asked again."""


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


Ask = Callable[[Workload], Assessment | None]
"""The whole question asked again: its pick, or None where nothing is left."""


def flips(choice: Choice, assessor: Assessor, ask: Ask, count: int = 4) -> list[Flip]:
    """The closest flips, nearest first; inputs that change nothing within the range are left out.

    They are looked for among the leading candidates, which is quick. Each one that is told has been tried by
    asking the whole question again, at its bound, on the way to it and beyond.
    """
    guesses = []
    for variable, vary in _variables(assessor.workload).items():
        for widest in (_WIDEST, 1 / _WIDEST):
            factors = _guess(vary, widest, choice, assessor)
            if factors is not None:
                guesses.append((variable, vary, *factors))
    guesses.sort(key=lambda each: abs(log(each[3])))
    told = [_told(*each, choice.winner, ask) for each in guesses[:count]]
    return sorted((flip for flip in told if flip is not None), key=lambda flip: abs(log(flip.factor)))


def break_even(assessments: Sequence[Assessment], choice: Choice, assessor: Assessor) -> PriceFlip | None:
    """The highest price below its own at which the first of the others would win, whatever the objective."""
    for other in choice.ranked[1:_SHORTLIST]:
        same = [each for each in assessments if each.instance_type == other.instance_type]
        own = other.offer.usd_per_hour
        price = price_flip(same, own, choice, assessor) if own else None
        if price is not None:
            return PriceFlip(other.instance_type, price)
    return None


def price_flip(others: Sequence[Assessment], start: float, choice: Choice, assessor: Assessor) -> float | None:
    """The price below which an instance type would win and above which it would not, by ranking again.

    others are its candidates; start is where to look first. None where no price within a factor of 16 decides.
    """
    name = others[0].instance_type
    rest = [each for each in choice.ranked[:_SHORTLIST] if each.instance_type != name]

    def wins(usd_per_hour: float) -> bool:
        cheaper = [_priced(other, usd_per_hour, assessor) for other in others]
        return choose([*rest, *cheaper], assessor).winner.instance_type == name

    low = high = start
    while wins(high):
        low, high = high, high * _WIDEST
        if high > start * _WIDEST**2:
            return None
    while not wins(low):
        low, high = low / _WIDEST, low
        if low < start / _WIDEST**2:
            return None
    for _ in range(_STEPS):
        middle = sqrt(low * high)
        low, high = (middle, high) if wins(middle) else (low, middle)
    return low


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
        "output_tokens_p50": lambda factor: _longer_answer(workload, factor),
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


def _longer_answer(workload: Workload, factor: float) -> Workload:
    """Another answer length; a batch writes as many more tokens in all."""
    tokens = max(1, round(workload.output_tokens_p50 * factor))
    return replace(
        workload,
        output_tokens_p50=tokens,
        batch_output_tokens=round(workload.batch_output_tokens * factor),
        context_tokens=max(workload.context_tokens, workload.input_tokens_p95 + tokens),
    )


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


def _guess(vary: _Vary, widest: float, choice: Choice, assessor: Assessor) -> tuple[float, float] | None:
    """Among the leading candidates: the last factor at which the winner stays and the first at which it does not."""

    def stays(factor: float) -> bool:
        return _same(_pick(choice.ranked[:_SHORTLIST], replace(assessor, workload=vary(factor))), choice.winner)

    return None if stays(widest) else _bisected(stays, 1.0, widest)


def _bisected(stays: Callable[[float], bool], near: float, far: float, steps: int = _STEPS) -> tuple[float, float]:
    for _ in range(steps):
        middle = sqrt(near * far)
        near, far = (middle, far) if stays(middle) else (near, middle)
    return near, far


def _told(variable: str, vary: _Vary, near: float, far: float, winner: Assessment, ask: Ask) -> Flip | None:
    """The flip as the whole question has it: drawn in where it breaks earlier, moved out where it holds longer."""

    @cache
    def pick(factor: float) -> Assessment | None:
        return ask(vary(factor))

    def stays(factor: float) -> bool:
        return _same(pick(factor), winner)

    widest = _WIDEST if far > 1 else 1 / _WIDEST
    way = [1.0, *(near**share for share in _TRIED), far]
    broken = next((number for number, factor in enumerate(way[1:], 1) if not stays(factor)), None)
    if broken is None:
        if stays(widest):
            return None
        near, far = _bisected(stays, far, widest)
    elif broken < len(way) - 1:
        near, far = _bisected(stays, way[broken - 1], way[broken])
    near, far = _bisected(stays, near, far, _FINER_STEPS)
    beyond = pick(far)
    op: Literal["<=", ">="] = "<=" if far > 1 else ">="
    return Flip(
        variable=variable,
        op=op,
        limit=_inside(_value(variable, vary(near)), op),
        becomes="" if beyond is None else f"{beyond.instances} × {beyond.instance_type}",
        factor=far,
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


def _inside(limit: float, op: Literal["<=", ">="]) -> float:
    """The bound in the three digits that are shown, rounded to the side on which the answer holds."""
    unit = 10.0 ** (floor(log10(limit)) - 2)
    whole = floor(limit / unit + 1e-9) if op == "<=" else ceil(limit / unit - 1e-9)
    return float(f"{whole * unit:.6g}")


def _value(variable: str, workload: Workload) -> float:
    for slo in workload.slos:
        if slo.key == variable:
            return slo.limit_ms
    return float(getattr(workload, variable))
