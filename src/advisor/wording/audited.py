"""An audited claim in words: its verdict, and its numbers as people read them."""

import re
from collections.abc import Mapping

from advisor.evidence.audit.forms import FORMS
from advisor.evidence.audit.verdicts import AuditedClaim, AuditVerdict
from advisor.quantities import text
from advisor.wording.reasons import sentence

VERDICTS: Mapping[AuditVerdict, str] = {
    AuditVerdict.OK: "ok",
    AuditVerdict.ROUNDING: "rounding",
    AuditVerdict.WRONG: "wrong",
    AuditVerdict.IMPOSSIBLE: "impossible",
    AuditVerdict.FALSE_FACT: "false fact",
    AuditVerdict.SUSPICIOUS: "suspicious",
    AuditVerdict.UNVERIFIABLE: "unverifiable",
}

MEANINGS: Mapping[AuditVerdict, str] = {
    AuditVerdict.OK: "follows from its inputs, or is the fact",
    AuditVerdict.ROUNDING: "follows, rounded more than it should be",
    AuditVerdict.WRONG: "does not follow from the report's own numbers",
    AuditVerdict.IMPOSSIBLE: "breaks a limit of physics or of the machine",
    AuditVerdict.FALSE_FACT: "the fact is another",
    AuditVerdict.SUSPICIOUS: "above what can be expected, below what cannot be",
    AuditVerdict.UNVERIFIABLE: "nobody has shown it, nor the opposite",
}

_LARGEST = 1e15  # whole numbers up to here are exact, and no figure of a report is larger
_ANSWERED_IN_WORDS = ("fact", "command", "instance_exists", "roofline", "floor")
"""Checks whose reasons say more than a formula."""

_OF_COMMANDS: Mapping[AuditVerdict, str] = {
    AuditVerdict.OK: "nothing in it is refused",
    AuditVerdict.SUSPICIOUS: "nothing in it is refused, but look at the remarks",
    AuditVerdict.WRONG: "it is refused",
}


def meaning(claim: AuditedClaim) -> str:
    """What its verdict says of it."""
    if claim.check == "command" and claim.verdict is not AuditVerdict.UNVERIFIABLE:
        return _OF_COMMANDS[claim.verdict]
    return MEANINGS[claim.verdict]


def claimed(claim: AuditedClaim) -> str:
    """The number that is claimed; yes or no for a statement."""
    return _answer(claim.claimed) if _is_statement(claim) else number(claim.claimed)


def recomputed(claim: AuditedClaim) -> str:
    """What follows instead, at four digits; documents hold every one."""
    if claim.recomputed is None:
        return text.NO_DATA
    return _answer(claim.recomputed) if _is_statement(claim) else number(claim.recomputed)


def number(value: float) -> str:
    """Four significant digits, thousands set apart: `42,000`, `98.32`, `6.503`; beyond any real figure, `1e+20`."""
    return f"{value:,.0f}" if 1000 <= abs(value) < _LARGEST else f"{value:.4g}"


def because(claim: AuditedClaim) -> str:
    """Why the verdict is what it is, in one line: the arithmetic, or what was looked up, or what is known beside it."""
    if claim.check in _ANSWERED_IN_WORDS and claim.reasons:
        return " ".join(sentence(reason) for reason in claim.reasons)
    if claim.check == "none" and claim.note:
        return claim.note
    said = [sentence(reason) for reason in claim.reasons] if claim.check == "list_price" else []
    return ". ".join([arithmetic(claim), *said])


def inputs(values: Mapping[str, float | str]) -> str:
    """What a computation went in with, on one line: `nodes 3, usd_per_hour 6.491`."""
    return ", ".join(f"{key} {written(value)}" for key, value in values.items())


def written(value: float | str) -> str:
    """An input in full: a whole number with its thousands apart, another at six digits, words as they stand."""
    if isinstance(value, str):
        return value
    return f"{value:,.0f}" if value == int(value) and abs(value) < _LARGEST else f"{value:,.6g}"


def arithmetic(claim: AuditedClaim) -> str:
    """The formula with its numbers in place of names, and its result: `98.32 / (4,200 * 3600) * 1e6 = 6.503`."""
    shown = re.sub(r"[A-Za-z_]\w*", lambda name: _put(claim.inputs.get(name[0]), name[0]), claim.formula)
    if shown == claim.formula or claim.recomputed is None:
        return claim.formula
    return f"{shown} = {number(claim.recomputed)}"


def _put(value: float | str | None, name: str) -> str:
    if not isinstance(value, int | float):
        return name
    return f"({written(value)})" if value < 0 else written(value)


def _is_statement(claim: AuditedClaim) -> bool:
    """Whether it says that something is so; with a unit it is a number, whatever checks it."""
    form = FORMS.get(claim.check)
    return not claim.unit and form is not None and (form.states or claim.check == "fact")


def _answer(value: float) -> str:
    return "yes" if value else "no"
