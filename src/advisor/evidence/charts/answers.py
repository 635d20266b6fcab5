"""A chart with its three columns: as published, recomputed, best evidence; each number with its level and source."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Literal

from advisor.evidence.audit.verdicts import AuditedClaim, AuditVerdict
from advisor.evidence.points import EvidencePoint
from advisor.quantities.provenance import Level, Provenance
from advisor.quantities.quantity import Quantity
from advisor.reasons import Reason

Bound = Literal["", "at_most", "at_least"]


@dataclass(frozen=True, slots=True)
class Answer:
    """What one column says of a row: a number or a word; neither, exactly where nobody knows.

    bound: the number is a limit that physics or the report's own figures set. reasons say why nothing is
    known, or what the answer takes for granted; nearby are published figures of the same hardware at another
    load or shape, shown and never computed with.
    """

    provenance: Provenance
    value: float | None = None
    words: str = ""
    unit: str = ""
    low: float | None = None
    high: float | None = None
    bound: Bound = ""
    formula: str = ""
    inputs: Mapping[str, float | str] = field(default_factory=dict)
    reasons: tuple[Reason, ...] = ()
    nearby: tuple[EvidencePoint, ...] = ()

    def __post_init__(self) -> None:
        is_empty = self.value is None and not self.words
        if is_empty != (self.provenance.level is Level.UNKNOWN):
            raise ValueError("an answer is empty exactly when its level is unknown")

    @property
    def level(self) -> Level:
        return self.provenance.level

    @property
    def quantity(self) -> Quantity | None:
        """The number with its origin; None for a word."""
        if self.words and self.value is None:
            return None
        return Quantity(self.value, self.unit, self.provenance, self.low, self.high)


def unknown(why: str, *reasons: Reason, nearby: tuple[EvidencePoint, ...] = ()) -> Answer:
    """An answer that nobody has."""
    return Answer(Provenance(Level.UNKNOWN, why), reasons=reasons, nearby=nearby)


@dataclass(frozen=True, slots=True)
class Cell:
    """One row of a chart. checks are the audit's findings about it, the deciding one first."""

    id: str
    scenario: str
    label: str
    published: Answer
    recomputed: Answer
    best: Answer
    verdict: AuditVerdict
    checks: tuple[AuditedClaim, ...] = ()
    line: int | None = None
    text: str = ""

    @property
    def answers(self) -> tuple[Answer, Answer, Answer]:
        return self.published, self.recomputed, self.best

    @property
    def over_recomputed(self) -> float | None:
        """As published over recomputed."""
        return _ratio(self.published, self.recomputed)

    @property
    def over_best(self) -> float | None:
        """As published over the best evidence."""
        return _ratio(self.published, self.best)


def _ratio(published: Answer, other: Answer) -> float | None:
    """None where either is no number, or they are percentages, whose ratio says nothing."""
    if published.value is None or not other.value or published.unit != other.unit or published.unit == "%":
        return None
    ratio = published.value / other.value
    return ratio if ratio > 0 else None


@dataclass(frozen=True, slots=True)
class Group:
    """Rows of one heading. unit is that of its numbers, empty where they have several or none."""

    title: str
    unit: str
    cells: tuple[Cell, ...]
    note: str = ""


@dataclass(frozen=True, slots=True)
class ComputedChart:
    """One chart with everything that is to be shown of it."""

    report: str
    id: str
    title: str
    note: str
    groups: tuple[Group, ...]

    @property
    def cells(self) -> Iterator[Cell]:
        return (cell for group in self.groups for cell in group.cells)


def distinct(reasons: Iterable[Reason]) -> tuple[Reason, ...]:
    """Each reason once, in order; they hold mappings, so that a set cannot."""
    found: list[Reason] = []
    for reason in reasons:
        if reason not in found:
            found.append(reason)
    return tuple(found)
