"""The answer as plain values: what was picked, at what cost, on which evidence, and what was set aside."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from functools import cached_property

from advisor.advice.assessment import Assessment
from advisor.advice.candidates import Removal, Step
from advisor.advice.choice import CostBounds
from advisor.advice.flips import Flip, PriceFlip
from advisor.advice.managed import Managed
from advisor.advice.notices import LicenceNotice
from advisor.advice.workload import Workload
from advisor.quantities.provenance import Level, Provenance
from advisor.reasons import Reason


class Status(StrEnum):
    RECOMMENDED = "recommended"
    NOT_DISTINGUISHABLE = "not_distinguishable"
    NONE = "none"
    OUT_OF_SCOPE = "out_of_scope"


@dataclass(frozen=True, slots=True)
class Claim:
    """A figure that the recommendation stands on. status is None where no limit was stated.

    rests_on is the level of the evidence that it was computed from: its own is never above calibrated then.
    """

    id: str
    value: float
    low: float | None
    high: float | None
    unit: str
    limit: float | None
    status: str | None
    provenance: Provenance
    rests_on: Level

    @property
    def openness(self) -> tuple[bool, bool, float]:
        """How open it is: undecided before decided, a stated target before none, then by the doubt as a ratio."""
        doubt = self.high / self.low if self.low and self.high and self.low > 0 else 1.0
        return self.status == "undecided", self.limit is not None and self.unit == "ms", doubt


@dataclass(frozen=True, slots=True)
class Alternative:
    """Another instance type that would serve, and how it compares."""

    assessment: Assessment
    dominated: bool
    tied: bool


@dataclass(frozen=True, slots=True)
class PublishedAdvice:
    """What a published report would pick for this workload, and what became of that pick here: reason, if rejected."""

    report: str
    text: str
    pick: str
    verdict: str
    reason: Reason | None
    line: int | None


@dataclass(frozen=True)
class PoolAdvice:
    """The answer for one model."""

    model: str
    status: Status
    pick: Assessment | None
    bounds: CostBounds | None
    claims: tuple[Claim, ...]
    alternatives: tuple[Alternative, ...]
    tied: tuple[str, ...]
    rejected: tuple[Removal, ...]
    near_misses: tuple[Removal, ...]
    funnel: tuple[Step, ...]
    find_flips: Callable[[], Sequence[Flip]] = field(repr=False, compare=False)
    break_even: PriceFlip | None
    wins_below: tuple[PriceFlip, ...]
    managed: Managed | None
    notices: tuple[Reason, ...]
    licence: tuple[LicenceNotice, ...]
    published_advice: tuple[PublishedAdvice, ...]

    @cached_property
    def flips(self) -> tuple[Flip, ...]:
        """What would change the answer, nearest first. Found on demand, since it asks the question many times."""
        return tuple(self.find_flips())

    @property
    def weakest(self) -> Claim | None:
        """The claim to measure first: weakest evidence, then undecided, then with a target, then the widest doubt."""
        graded = [claim for claim in self.claims if claim.provenance.level.rank is not None]
        return max(graded, key=lambda each: (each.provenance.level.rank or 0, *each.openness), default=None)

    @property
    def measured_claims(self) -> int:
        """Claims that were computed from a sweep measured here."""
        return sum(claim.rests_on is Level.MEASURED for claim in self.claims)


@dataclass(frozen=True)
class Recommendation:
    """The answer: one pool for each model, usually one."""

    workload: Workload
    status: Status
    pools: tuple[PoolAdvice, ...]
    review_by: date | None
    catalog_as_of: str | None
    compared: tuple[PoolAdvice, ...] = ()
    """Where the model was left open: the pools of the models that were not picked."""

    @property
    def usd(self) -> float | None:
        picks = [pool.pick for pool in self.pools]
        if not picks or any(pick is None for pick in picks):
            return None
        return sum(pick.usd for pick in picks if pick is not None)
