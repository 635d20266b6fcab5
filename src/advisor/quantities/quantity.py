"""A value with unit, provenance and bounds: the form in which every number reaches a user."""

from dataclasses import dataclass

from advisor.quantities.provenance import UNKNOWN, AsOf, Level, Provenance


@dataclass(frozen=True, slots=True)
class Quantity:
    """A number that knows its unit and where it comes from.

    value is None exactly when the level is unknown. low and high bound an uncertain value (about
    80 % of the probability lies between them) and are None where the value is exact.
    """

    value: float | None
    unit: str
    provenance: Provenance
    low: float | None = None
    high: float | None = None

    def __post_init__(self) -> None:
        if (self.value is None) != (self.provenance.level is Level.UNKNOWN):
            raise ValueError("a value is missing exactly when its level is unknown")
        if self.value is not None and self.low is not None and self.high is not None and not self.low <= self.high:
            raise ValueError(f"bounds are reversed: {self.low} > {self.high}")

    @property
    def level(self) -> Level:
        return self.provenance.level

    @property
    def source(self) -> str:
        return self.provenance.source

    @property
    def as_of(self) -> AsOf | None:
        return self.provenance.as_of

    @property
    def known(self) -> float:
        """The value, where the caller has established that there is one."""
        if self.value is None:
            raise ValueError("this quantity is unknown")
        return self.value

    @classmethod
    def unknown(cls, unit: str, why: str = UNKNOWN.source) -> "Quantity":
        return cls(None, unit, Provenance(Level.UNKNOWN, why))
