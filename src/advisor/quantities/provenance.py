"""Where a number comes from: level, source, date and the catalogue layer that supplied it."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum


class Level(StrEnum):
    """How a number is known. One vocabulary for code, screens and files."""

    MEASURED = "measured"
    PUBLISHED = "published"
    CALIBRATED = "calibrated"
    EXTERNAL = "external"
    MODELLED = "modelled"
    CLAIMED = "claimed"
    SPECIFIED = "specified"
    DERIVED = "derived"
    ASSUMED = "assumed"
    SIMULATED = "simulated"
    UNKNOWN = "unknown"

    @property
    def rank(self) -> int | None:
        """1 to 6 for performance evidence (E1 to E6); None where the level is not evidence of performance."""
        return _RANKS.get(self)

    @property
    def glyph(self) -> str:
        """One character for a screen."""
        return _GLYPHS[self][0]

    @property
    def ascii_glyph(self) -> str:
        """One ASCII character for a screen that cannot show the other."""
        return _GLYPHS[self][1]


_RANKS = {
    Level.MEASURED: 1,
    Level.PUBLISHED: 2,
    Level.CALIBRATED: 3,
    Level.EXTERNAL: 4,
    Level.MODELLED: 5,
    Level.CLAIMED: 6,
}

_GLYPHS = {
    Level.MEASURED: ("●", "*"),
    Level.PUBLISHED: ("◆", "+"),
    Level.CALIBRATED: ("◇", "%"),
    Level.EXTERNAL: ("□", "@"),
    Level.MODELLED: ("○", "o"),
    Level.CLAIMED: ("✗", "x"),
    Level.SPECIFIED: ("■", "#"),
    Level.DERIVED: ("≡", "="),
    Level.ASSUMED: ("△", "^"),
    Level.SIMULATED: ("~", "~"),
    Level.UNKNOWN: ("?", "?"),
}


@dataclass(frozen=True, slots=True, order=True)
class AsOf:
    """The day a figure held, or the interval in which it was read when the day is not known."""

    start: date
    end: date

    @classmethod
    def on(cls, day: date) -> "AsOf":
        return cls(day, day)

    @classmethod
    def parse(cls, text: str) -> "AsOf":
        """Read `2026-07-20` or `2026-01-21/2026-05-18`; ValueError for anything else."""
        first, _, last = text.partition("/")
        try:
            start = date.fromisoformat(first)
            end = date.fromisoformat(last) if last else start
        except ValueError as error:
            raise ValueError(f"{text!r} is no date like 2026-07-20") from error
        if end < start:
            raise ValueError(f"{text} ends before it starts")
        return cls(start, end)

    @classmethod
    def spanning(cls, stated: Iterable["AsOf | None"]) -> "AsOf | None":
        """From the first day to the last of those that are stated; None where none is."""
        known = [each for each in stated if each is not None]
        return cls(min(each.start for each in known), max(each.end for each in known)) if known else None

    def __str__(self) -> str:
        return str(self.start) if self.start == self.end else f"{self.start}/{self.end}"


@dataclass(frozen=True, slots=True)
class Provenance:
    """Level, source and date of one figure.

    layer names the catalogue layer that supplied it: "shipped", or the path of an overlay.
    """

    level: Level
    source: str
    as_of: AsOf | None = None
    layer: str = "shipped"

    def but(self, level: Level, source: str) -> "Provenance":
        """The same date and layer under another level and source."""
        return replace(self, level=level, source=source)


UNKNOWN = Provenance(Level.UNKNOWN, "nobody has published this figure")
UNLISTED = Provenance(Level.UNKNOWN, "no price in any source of this catalogue")
"""A price that AWS may well state, in none of the sources that were read."""
