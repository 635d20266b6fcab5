"""What an audit says of a claim, and how far off a number may be."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from advisor.quantities.provenance import Provenance
from advisor.reasons import Reason

COST_TOLERANCE = 0.02
"""Price over throughput: both are printed rounded (facts: sizing, section 1.3)."""

_EXACT = 0.005
_ROUNDED = 0.02
_ONE_POINT = 1.0


class AuditVerdict(StrEnum):
    """What is to be said of a claim, from what holds to what nobody can tell."""

    OK = "ok"
    ROUNDING = "rounding"
    WRONG = "wrong"
    SUSPICIOUS = "suspicious"
    IMPOSSIBLE = "impossible"
    FALSE_FACT = "false_fact"
    UNVERIFIABLE = "unverifiable"

    @property
    def is_false(self) -> bool:
        return self in (AuditVerdict.WRONG, AuditVerdict.IMPOSSIBLE, AuditVerdict.FALSE_FACT)


@dataclass(frozen=True, slots=True)
class AuditedClaim:
    """One claim with its arithmetic. recomputed is None where nothing can be computed or no fact is known.

    also: further figures that follow from the same inputs, by name with unit. reasons: what else there is to
    say, as values. note: a remark of the report's file. looked_up: where recomputed was read, if not computed.
    """

    id: str
    report: str
    text: str
    inputs: Mapping[str, float | str]
    formula: str
    claimed: float
    recomputed: float | None
    unit: str
    verdict: AuditVerdict
    source_line: int | None
    section: str = ""
    check: str = ""
    also: Mapping[str, float] = field(default_factory=dict)
    reasons: tuple[Reason, ...] = ()
    note: str = ""
    looked_up: Provenance | None = None


@dataclass(frozen=True, slots=True)
class Finding:
    """What a check found: the part of an audited claim that is not the claim itself."""

    inputs: Mapping[str, float | str]
    formula: str
    recomputed: float | None
    verdict: AuditVerdict
    also: Mapping[str, float] = field(default_factory=dict)
    reasons: tuple[Reason, ...] = ()
    looked_up: Provenance | None = None


def judge_cost(claimed: float, actual: float) -> AuditVerdict:
    """Within two per cent, it is what its own inputs give."""
    return AuditVerdict.OK if _off(claimed, actual) <= COST_TOLERANCE else AuditVerdict.WRONG


def judge_number(claimed: float, actual: float) -> AuditVerdict:
    """The result of a sum or product: rounded is within two per cent, or to the digits that are printed."""
    off = _off(claimed, actual)
    if off <= _EXACT:
        return AuditVerdict.OK
    return AuditVerdict.ROUNDING if off <= _ROUNDED or _rounds_to(actual, claimed) else AuditVerdict.WRONG


def judge_percentage(claimed: float, actual: float, decimals: int | None = None) -> AuditVerdict:
    """A percentage holds to the decimals that the report prints; one point off is rounding."""
    if round(actual, _decimals(claimed) if decimals is None else decimals) == claimed:
        return AuditVerdict.OK
    return AuditVerdict.ROUNDING if abs(claimed - actual) <= _ONE_POINT else AuditVerdict.WRONG


def judge_fact(claimed: float, actual: float, tolerance: float) -> AuditVerdict:
    """A fact looked up: the same within its tolerance, the same rounded to the printed digits, or false."""
    if _off(claimed, actual) <= tolerance:
        return AuditVerdict.OK
    return AuditVerdict.ROUNDING if _rounds_to(actual, claimed) else AuditVerdict.FALSE_FACT


def _off(claimed: float, actual: float) -> float:
    if actual == 0:
        return 0.0 if claimed == 0 else float("inf")
    return abs(claimed / actual - 1)


def _rounds_to(actual: float, claimed: float) -> bool:
    return round(actual, _decimals(claimed)) == claimed


def _decimals(number: float) -> int:
    """Decimals that a number is printed with: 0 for 133, 1 for 3.7."""
    return len(f"{number:.6f}".rstrip("0").partition(".")[2])
