"""Arithmetic on answers: bounds follow, and the result is as well known as the weakest that it rests on."""

from collections.abc import Callable, Mapping, Sequence
from math import exp, hypot, log

from advisor.evidence.audit.formulas import evaluate
from advisor.evidence.charts.answers import Answer, distinct, unknown
from advisor.performance.cost import usd_per_million_tokens
from advisor.quantities.provenance import AsOf, Level, Provenance

Operation = Callable[[Sequence[float]], float]

PRODUCTS: Mapping[str, tuple[str, Operation]] = {
    "times": ("a * b", lambda values: values[0] * values[1]),
    "over": ("a / b", lambda values: values[0] / values[1]),
    "usd_per_million": (
        "usd_per_hour / (tokens_per_s * 3600) * 1e6",
        lambda values: usd_per_million_tokens(values[0], values[1]),
    ),
}


def combined(how: str, names: Sequence[str], answers: Sequence[Answer], unit: str) -> Answer:
    """A product or quotient of two answers; unknown where one of them is, and for its reasons."""
    formula, operation = PRODUCTS[how]
    return computed(formula, operation, names, answers, unit)


def evaluated(formula: str, inputs: Mapping[str, Answer], unit: str) -> Answer:
    """A claim's own formula on answers by name; unknown where one of them is."""
    names = list(inputs)
    return computed(
        formula,
        lambda values: evaluate(formula, dict(zip(names, values, strict=True))),
        names,
        list(inputs.values()),
        unit,
    )


def computed(formula: str, operation: Operation, names: Sequence[str], answers: Sequence[Answer], unit: str) -> Answer:
    """A positive figure from positive ones. Its doubt: what each input's doubt does to it, added up in squares."""
    values = [answer.value for answer in answers if answer.value is not None]
    if len(values) < len(answers):
        missing = [name for name, answer in zip(names, answers, strict=True) if answer.value is None]
        why = distinct(reason for answer in answers if answer.value is None for reason in answer.reasons)
        return unknown(f"not known: {', '.join(missing)}", *why)
    reasons = distinct(reason for answer in answers for reason in answer.reasons)
    value, doubts = operation(values), [_doubt(answer) for answer in answers]
    shifted = [[*values[:at], values[at] * exp(doubt), *values[at + 1 :]] for at, doubt in enumerate(doubts) if doubt]
    sigma = hypot(*(log(operation(each) / value) for each in shifted))
    low, high = (value / exp(sigma), value * exp(sigma)) if sigma else (None, None)
    inputs: dict[str, float | str] = dict(zip(names, values, strict=True))
    return Answer(weakest(answers), value, "", unit, low, high, formula=formula, inputs=inputs, reasons=reasons)


def as_percent(ratio: Answer, *, less: bool) -> Answer:
    """A ratio as a percentage; less: as the difference from one."""
    if ratio.value is None:
        return ratio
    offset = 1.0 if less else 0.0
    value, low, high = (
        None if number is None else (number - offset) * 100 for number in (ratio.value, ratio.low, ratio.high)
    )
    formula = "(a / b - 1) * 100" if less else "a / b * 100"
    return Answer(
        ratio.provenance, value, "", "%", low, high, formula=formula, inputs=ratio.inputs, reasons=ratio.reasons
    )


def weakest(answers: Sequence[Answer]) -> Provenance:
    """The origin of what is computed from these: the weakest performance evidence among them, else derived."""
    graded = [answer.provenance for answer in answers if answer.level.rank is not None]
    level = Level.DERIVED
    if graded:
        level = max((origin.level for origin in graded), key=lambda each: each.rank or 0)
        level = Level.CALIBRATED if level in (Level.MEASURED, Level.PUBLISHED) else level
    sources = dict.fromkeys(answer.provenance.source for answer in answers)
    return Provenance(level, "; ".join(sources), AsOf.spanning(answer.provenance.as_of for answer in answers))


def _doubt(answer: Answer) -> float:
    """Half the width of its bounds, as a logarithm."""
    return log(answer.high / answer.low) / 2 if answer.low and answer.high else 0.0
