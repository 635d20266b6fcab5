"""Small pieces of styled text that several views share."""

from collections.abc import Sequence

from textual.content import Content

from advisor.quantities.provenance import Level

LEVEL_STYLES = {
    Level.MEASURED: "$success",
    Level.PUBLISHED: "$primary",
    Level.CALIBRATED: "$primary",
    Level.CLAIMED: "$error",
    Level.SIMULATED: "$accent",
    Level.UNKNOWN: "$error",
}

VERDICT_STYLES = {
    "fits": "$success",
    "tight": "$warning",
    "does_not_fit": "$error",
    "invalid": "$error",
    "unsupported": "$error",
    "meets": "$success",
    "undecided": "$warning",
    "misses": "$error",
}


def badge(level: Level, *, word: bool = True) -> Content:
    """Glyph and word of a level."""
    return Content.styled(
        f"{level.glyph} {level.value}" if word else level.glyph, LEVEL_STYLES.get(level, "$secondary")
    )


def heading(words: str) -> Content:
    return Content.styled(words.upper(), "bold $secondary")


def muted(words: str) -> Content:
    return Content.styled(words, "$secondary")


def strong(words: str) -> Content:
    return Content.styled(words, "bold")


def lines(*parts: Content | str) -> Content:
    """Pieces one below the other; plain strings are never parsed as markup."""
    return Content("\n").join([part if isinstance(part, Content) else Content(part) for part in parts])


def mistakes(sentences: Sequence[str]) -> Content:
    """What could not be read, one below the other, and how to see it outside the app."""
    if not sentences:
        return lines("Everything in the catalogue can be read.")
    told = [part for sentence in sentences for part in (Content.assemble(("! ", "bold $warning"), sentence), "")]
    return lines(*told, muted("`advisor catalog check` lists them too, with whatever else is wrong."))


def row(label: str, value: Content | str, width: int = 26) -> Content:
    """A label in a column of its own, then the value."""
    shown = value if isinstance(value, Content) else Content(value)
    return Content.assemble((label.ljust(width), "$secondary"), shown)
