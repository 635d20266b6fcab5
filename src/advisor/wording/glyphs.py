"""The signs that are used for people, and their twins in ASCII for a terminal that shows nothing else."""

import unicodedata

from advisor.quantities.provenance import Level

WORDS = {
    "×": "x",
    "→": "->",
    "←": "<-",
    "⇒": "=>",
    "–": "-",
    "—": "-",
    "‑": "-",
    "−": "-",
    "·": "-",
    "•": "-",
    "─": "-",
    "━": "-",
    "│": "|",
    "…": "...",
    "≈": "~",
    "÷": "/",
    "≤": "<=",
    "≥": ">=",
    "≠": "!=",
    "±": "+/-",
    "▸": ">",
    "✓": "+",
    "µ": "u",
    "μ": "u",
    "η": "eta",
    "“": '"',
    "”": '"',
    "„": '"',
    "‘": "'",
    "’": "'",
    "\N{NO-BREAK SPACE}": " ",
    "\N{NARROW NO-BREAK SPACE}": " ",
    "\N{THIN SPACE}": " ",
}
_ASCII = str.maketrans({level.glyph: level.ascii_glyph for level in Level} | WORDS)


def in_ascii(text: str) -> str:
    """The text in ASCII: glyphs as their twins, signs in words, letters without accents, `?` for the rest."""
    if text.isascii():
        return text
    spelled = unicodedata.normalize("NFKD", text.translate(_ASCII))
    bare = "".join(character for character in spelled if not unicodedata.combining(character))
    return bare.encode("ascii", "replace").decode("ascii")


def shows_unicode(encoding: str | None, terminal: str | None) -> bool:
    """Whether a stream of this encoding, on a terminal that TERM names, shows more than ASCII."""
    return (encoding or "ascii").lower().replace("-", "").startswith("utf") and terminal != "dumb"
