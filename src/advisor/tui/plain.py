"""The app on a terminal that shows nothing but ASCII: every sign as a twin of the same width."""

from rich.cells import cell_len
from rich.segment import Segment
from textual.color import Color
from textual.filter import LineFilter

from advisor.quantities.provenance import Level
from advisor.wording.glyphs import WORDS

_PATTERNS = {
    "█": "#",
    "▓": "@",
    "▒": "%",
    "▚": "&",
    "▌": "=",
    "▘": '"',
    "░": ":",
    "·": ".",
    "┃": "|",
    "╱": "/",
    "✗": "x",
    "●": "*",
    "‹": "<",
    "›": ">",
    "↑": "^",
    "↓": "v",
    "⏎": ">",
    "␣": "_",
    "⌫": "<",
}
"""The patterns of the memory bar stay apart from each other."""

_SHORT = {"±": "~", "→": ">", "←": "<", "⇒": ">", "…": ".", "≤": "<", "≥": ">", "≠": "#"}
"""Signs that prose spells in several letters, which here would move what stands behind them."""

_TWINS = (
    {sign: twin for sign, twin in WORDS.items() if len(twin) == 1}
    | {level.glyph: level.ascii_glyph for level in Level}
    | _SHORT
    | dict.fromkeys("─━═▁▂▃▄▅▆▇▔", "-")
    | dict.fromkeys("│║▏▎▍▋▊▉", "|")
    | _PATTERNS
)
_BOX = range(0x2500, 0x25A0)
"""Lines and blocks; what of them has no twin is a corner of a border."""


class PlainSigns(LineFilter):
    """Draws in ASCII. What has no twin is a question mark."""

    def apply(self, segments: list[Segment], background: Color) -> list[Segment]:  # noqa: ARG002  # as Textual calls it
        return [
            segment if segment.text.isascii() else Segment(plain(segment.text), segment.style, segment.control)
            for segment in segments
        ]


def plain(text: str) -> str:
    """The text in as many cells, all of them ASCII."""
    return "".join(character if character.isascii() else _twin(character) for character in text)


def _twin(character: str) -> str:
    if character in _TWINS:
        return _TWINS[character]
    return "+" if ord(character) in _BOX else "?" * cell_len(character)
