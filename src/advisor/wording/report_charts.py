"""A report's charts in words and numbers, the same in a table of the command line and of the app."""

from advisor.evidence.audit.verdicts import AuditedClaim, AuditVerdict
from advisor.evidence.charts.answers import Answer, Cell, Group
from advisor.evidence.points import EvidencePoint
from advisor.quantities import text
from advisor.wording import evidence as words
from advisor.wording.audited import inputs
from advisor.wording.reasons import sentence

UNKNOWN = "unknown"
_SAME, _NEARLY = 0.0005, 0.005
_BOUNDS = {"at_most": "≤ ", "at_least": "≥ ", "": ""}
_MARKS = {
    AuditVerdict.OK: "✓ ok",
    AuditVerdict.ROUNDING: "✓ rounding",
    AuditVerdict.WRONG: "✗ wrong",
    AuditVerdict.IMPOSSIBLE: "✗ impossible",
    AuditVerdict.FALSE_FACT: "✗ false fact",
    AuditVerdict.SUSPICIOUS: "! suspicious",
    AuditVerdict.UNVERIFIABLE: "? unverifiable",
}


def topic(name: str) -> str:
    """What entries are about, as a heading."""
    return "MoE" if name == "moe" else name.capitalize()


def verdict(found: AuditVerdict) -> str:
    """A verdict with its mark."""
    return _MARKS[found]


def number(value: float | None, unit: str) -> str:
    """A number of a chart without its unit: three digits at least, whole numbers whole."""
    if value is None:
        return UNKNOWN
    if unit == "tokens" or abs(value) >= 1e6:
        return text.tokens(value)
    if unit.startswith("USD"):
        return f"{value:,.2f}"
    if unit == "%":
        return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.1f}".removesuffix(".0")
    if value == int(value) or abs(value) >= 1000:
        return f"{value:,.0f}"
    return f"{value:,.1f}" if abs(value) >= 100 else f"{value:.3g}"


def shown(answer: Answer) -> str:
    """What a column says: `≤ 4,453`, `279.7`, `does not fit`, `unknown`."""
    if answer.words and answer.value is None:
        return answer.words
    return f"{_BOUNDS[answer.bound] if answer.value is not None else ''}{number(answer.value, answer.unit)}"


def heading(group: Group) -> str:
    """The title of a group with the unit of its numbers, unless the title says it."""
    named = group.unit and group.unit.lower() not in group.title.lower()
    return f"{group.title}, {group.unit}" if named else group.title


def common_unit(cell: Cell) -> str | None:
    """The unit of all numbers of a row; None where they have several, or a word was published."""
    units = {side.unit for side in cell.answers if side.value is not None}
    return units.pop() if len(units) == 1 and cell.published.value is not None else None


def spread(answer: Answer) -> str:
    """`232–338`, or nothing for what is exact."""
    if answer.low is None or answer.high is None:
        return ""
    return f"{number(answer.low, answer.unit)}–{number(answer.high, answer.unit)}"


def ratio(value: float | None) -> str:
    """`33.6×`, `÷7.65`, `=`, `≈`: how many times the other number the published one is, or which part of it."""
    if value is None:
        return ""
    if abs(value - 1) < _NEARLY:
        return "=" if abs(value - 1) < _SAME else "≈"
    mark, factor = ("÷", 1 / value) if value < 1 else ("", value)
    number = f"{factor:,.0f}" if factor >= 100 else f"{factor:.3g}"
    return f"÷{number}" if mark else f"{number}×"


def origin(answer: Answer) -> str:
    """Who says so, and when."""
    source, when = answer.provenance.source, answer.provenance.as_of
    return f"{source}, {when}" if when and not source.endswith(str(when)) else source


def arithmetic(answer: Answer) -> str:
    """The formula and what went into it."""
    stated = inputs(answer.inputs)
    return f"{answer.formula}: {stated}" if answer.formula and stated else answer.formula or stated


def remarks(answer: Answer) -> list[str]:
    """Why nothing is known, and what the answer takes for granted."""
    return [sentence(reason) for reason in answer.reasons]


def nearby(point: EvidencePoint) -> str:
    """A published figure of the same hardware at another load or shape, in one line."""
    engine = f"{point.engine} {point.engine_version}" if point.engine_version != "unstated" else point.engine
    load = words.load_of(point)
    at = (
        f"{load} in flight"
        if point.load == "concurrency"
        else {"max": "full load", "?": "load unstated"}.get(load, load)
    )
    return f"{words.figure_value(point)}, {point.checkpoint}, {words.shape_of(point)} tokens, {at}, {engine}"


def ratios(cell: Cell) -> str:
    """How the published number compares with the other two."""
    parts = [(ratio(cell.over_recomputed), "recomputed"), (ratio(cell.over_best), "best evidence")]
    return ", ".join(f"{factor} {what}" for factor, what in parts if factor)


def check(found: AuditedClaim) -> str:
    """One check of the audit in one line: its verdict, what was claimed, what it finds, and how."""
    return f"{verdict(found.verdict)}   {found.text}: {working(found)}"


def further(found: AuditedClaim) -> list[str]:
    """What else follows from the same inputs, and what else there is to say, a line each."""
    figures = [f"{number(value, '')} {name}" for name, value in found.also.items()]
    return [*figures, *(sentence(reason) for reason in found.reasons), *([found.note] if found.note else [])]


def working(found: AuditedClaim) -> str:
    """`price / throughput = 6.50 USD/1M tokens`; a formula that finds nothing says so itself."""
    if found.recomputed is None:
        return found.formula
    return f"{found.formula} = {number(found.recomputed, found.unit)} {found.unit}".rstrip()
