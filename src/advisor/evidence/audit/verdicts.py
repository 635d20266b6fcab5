"""What an audit says of a claim."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from advisor.quantities.provenance import Provenance
from advisor.reasons import Reason


class AuditVerdict(StrEnum):
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
