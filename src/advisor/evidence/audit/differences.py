"""Differences, shares, ratios, and any other arithmetic on numbers that the report states."""

from advisor.errors import InputError
from advisor.evidence.audit.formulas import evaluate, names
from advisor.evidence.audit.values import Asked
from advisor.evidence.audit.verdicts import AuditVerdict, Finding, judge_cost, judge_number, judge_percentage


def delta_percent(asked: Asked) -> Finding:
    """How much more a value is than its base. decimals: as exact as the report says it is."""
    value, base = asked.number("of"), asked.number("base")
    delta = (value / base - 1) * 100
    decimals = asked.count("decimals", -1)
    verdict = judge_percentage(asked.claim.value, delta, None if decimals < 0 else decimals)
    return Finding({"value": value, "base": base}, "(value / base - 1) * 100", delta, verdict)


def ratio_percent(asked: Asked) -> Finding:
    value, base = asked.number("of"), asked.number("base")
    share = value / base * 100
    verdict = judge_percentage(asked.claim.value, share)
    return Finding({"value": value, "base": base}, "value / base * 100", share, verdict)


def ratio(asked: Asked) -> Finding:
    value, base = asked.number("of"), asked.number("base")
    verdict = judge_cost(asked.claim.value, value / base)
    return Finding({"value": value, "base": base}, "value / base", value / base, verdict)


def arithmetic(asked: Asked) -> Finding:
    """The formula of the claim itself, over numbers that it names."""
    inputs, value = _computed(asked)
    judge = judge_percentage if asked.claim.unit == "%" else judge_number
    return Finding(inputs, asked.word("formula"), value, judge(asked.claim.value, value))


def nothing(asked: Asked) -> Finding:
    """Nothing shows it or the opposite. A formula gives what is known beside it, under the name in `yields`."""
    if not asked.has("formula"):
        return Finding({}, "nothing to compute it from", None, AuditVerdict.UNVERIFIABLE)
    inputs, value = _computed(asked)
    known = f"{asked.word('yields')} = {asked.word('formula')}"
    return Finding(inputs, known, None, AuditVerdict.UNVERIFIABLE, {asked.word("yields"): value})


def _computed(asked: Asked) -> tuple[dict[str, float | str], float]:
    formula = asked.word("formula")
    try:
        wanted = names(formula)
    except ValueError as error:
        raise InputError(f"this formula cannot be computed: {error}", key=f"claim {asked.claim.id}, formula") from error
    inputs = {name: asked.number(name) for name in wanted}
    try:
        return {**inputs}, evaluate(formula, inputs)
    except ArithmeticError as error:
        raise InputError(f"this formula has no result: {error}", key=f"claim {asked.claim.id}, formula") from error
