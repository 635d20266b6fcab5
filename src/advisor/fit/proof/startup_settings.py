"""Settings from the arguments that vLLM writes into its log: a dictionary, a `Namespace(…)`, or `key=value`."""

import re
from collections.abc import Iterator

_LONGEST = 65_536
_OPEN, _CLOSE = "([{", ")]}"
_ENTRY = r"(?<![\w.-])['\"]?{key}['\"]?\s*[:=]\s*(?:'(?P<single>[^']*)'|\"(?P<double>[^\"]*)\"|(?P<bare>[^\s,'\"]+))"


class Settings:
    """The entries of the outermost level, so that a draft model's settings are not taken for the model's."""

    def __init__(self, text: str) -> None:
        self._text = "".join(_outermost(text[:_LONGEST]))

    def word(self, key: str) -> str | None:
        """The value of `key` as it is written; None for an absent one and for None."""
        match = re.search(_ENTRY.format(key=re.escape(key)), self._text)
        if match is None:
            return None
        value = next(value for value in match.groups() if value is not None)
        return value if value not in ("", "None") else None

    def count(self, key: str) -> int | None:
        """A whole number above 0; -1 and `auto` leave it to the engine."""
        value = self.word(key) or ""
        return int(value) if value.isascii() and value.isdigit() and len(value) < 16 and int(value) > 0 else None

    def share(self, key: str) -> float | None:
        value = self.word(key) or ""
        return float(value) if re.fullmatch(r"[01]?\.\d+|1", value) and 0 < float(value) <= 1 else None

    def flag(self, key: str) -> bool | None:
        return {"True": True, "False": False}.get(self.word(key) or "")


def _outermost(text: str) -> Iterator[str]:
    """The text without what stands in brackets; a bracket that opens the text holds the outermost level."""
    whole = text[: len("Namespace(")].startswith(("{", "Namespace("))
    depth, quote, previous = -1 if whole else 0, "", ""
    for character in text:
        if quote:
            quote = "" if character == quote and previous != "\\" else quote
        elif character in "'\"" and not previous.isalnum():
            quote = character
        elif character in _OPEN:
            depth += 1
        elif character in _CLOSE:
            depth -= 1
            if whole and depth < 0:
                return
        if depth <= 0 and character not in _OPEN + _CLOSE:
            yield character
        previous = character
