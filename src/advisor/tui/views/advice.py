"""What Advice says: the card's sections in the app's looks."""

from collections.abc import Sequence
from datetime import date

from textual.content import Content

from advisor.quantities.provenance import Level
from advisor.tui.views.text import LEVEL_STYLES, heading, lines
from advisor.wording.card import Line, Role, Row, Section, card

_STYLES: dict[Role, str] = {
    "plain": "",
    "strong": "bold",
    "muted": "$secondary",
    "alarm": "bold $warning",
    "glyph": "",
    "meets": "$success",
    "undecided": "$warning",
    "misses": "$error",
}
_LEFT = ("Licence notice", "Rests on", "Cost", "Managed alternative", "Weakest link")


def headline(document: Row, today: date) -> Content:
    """The answer in two or three lines."""
    return _section(card(document, today)[0])


def columns(document: Row, today: date) -> tuple[Content, Content]:
    """The card in two columns: what the answer rests on, and what surrounds it."""
    sections = card(document, today)[1:]
    left = [section for section in sections if section.title in _LEFT]
    right = [section for section in sections if section.title not in _LEFT]
    return _column(left), _column(right)


def _column(sections: Sequence[Section]) -> Content:
    parts: list[Content | str] = []
    for section in sections:
        parts += [_section(section), ""]
    return lines(*parts)


def _section(section: Section) -> Content:
    shown = [_line(line) for line in section.lines]
    return lines(heading(section.title), *shown) if section.title else lines(*shown)


def _line(line: Line) -> Content:
    return Content("").join([_span(span.words, span.role) for span in line])


def _span(words: str, role: Role) -> Content:
    if role == "glyph":
        level = Level(words)
        return Content.styled(level.glyph, LEVEL_STYLES.get(level, "$secondary"))
    return Content.styled(words, _STYLES[role]) if _STYLES[role] else Content(words)
