"""The errors a user can meet: each says what was wrong, where, and what would be right.

The command line turns them into one sentence and an exit code in one place; screens show the same
sentence. Anything that is not an `AdvisorError` is a defect of ours.
"""

import re
from collections.abc import Iterable
from pathlib import Path

CONTROLS = re.compile(
    r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u00ad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb"
    r"\ud800-\udfff\U000e0000-\U000e007f]"
)
"""What must not reach a terminal: C0 and C1 controls but newline and tab, characters that are invisible or turn the
direction of text, and halves of surrogate pairs, which a file name may hold and no encoding can write."""

_LONGEST_SENTENCE = 2_000


class AdvisorError(Exception):
    """Base of every error that is the user's to resolve.

    code: stable identifier for programs. message: one sentence, what was wrong. file, line, key:
    where, as far as it is known. hint: what would be right.
    """

    code = "error"

    def __init__(
        self,
        message: str,
        *,
        hint: str | None = None,
        file: Path | str | None = None,
        line: int | None = None,
        key: str | None = None,
        code: str | None = None,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
        self.file = str(file) if file is not None else None
        self.line = line
        self.key = key
        if code is not None:
            self.code = code

    @property
    def where(self) -> str | None:
        """`file:line, key`, as much of it as is known."""
        place = self.file
        if place is not None and self.line is not None:
            place = f"{place}:{self.line}"
        return ", ".join(part for part in (place, self.key) if part) or None

    def sentence(self) -> str:
        """The whole error in one line, safe to print whatever was read: where, what, and the way out."""
        head = f"{self.where}: {self.message}" if self.where else self.message
        return printable(f"{head}. {self.hint}" if self.hint else head, _LONGEST_SENTENCE)


class InputError(AdvisorError):
    """A flag, file or answer that cannot be used as it stands."""

    code = "bad_input"


class UnknownIdError(InputError):
    """An identifier that the catalogue does not hold, with the nearest ones it does."""

    code = "unknown_id"

    def __init__(
        self,
        kind: str,
        wanted: str,
        known: Iterable[str],
        *,
        key: str | None = None,
        file: Path | str | None = None,
        line: int | None = None,
    ) -> None:
        names = tuple(known)
        self.suggestions = near(wanted, names)
        hint = f"Did you mean {' or '.join(self.suggestions)}?" if self.suggestions else _all_of(names)
        super().__init__(f"there is no {kind} '{printable(wanted)}'", hint=hint, key=key, file=file, line=line)


class EndpointError(AdvisorError):
    """An endpoint or network that cannot be used: unreachable, refusing, or not speaking the protocol."""

    code = "endpoint_unusable"


class CancelledError(AdvisorError):
    """The user stopped the work; what was finished before is kept."""

    code = "cancelled"


def _all_of(names: Iterable[str], at_most: int = 40) -> str | None:
    """What there is to choose from, where a sentence holds it."""
    known = sorted(set(names))
    return f"Known: {', '.join(map(printable, known))}." if 0 < len(known) <= at_most else None


def near(wanted: str, known: Iterable[str], count: int = 3) -> tuple[str, ...]:
    """The identifiers closest to `wanted`, best first; prefix matches count as close."""
    from difflib import get_close_matches  # costs 5 ms, and only a mistake needs it

    names = sorted(known)
    lowered = {name.lower(): name for name in names}
    found = [lowered[match] for match in get_close_matches(wanted.lower(), lowered, n=count, cutoff=0.6)]
    found += [name for name in names if name.lower().startswith(wanted.lower()[:3]) and name not in found and wanted]
    return tuple(found[:count])


def printable(text: str, limit: int = 200) -> str:
    """Text from a server, file or user, safe to print: no control characters, one line, bounded."""
    if len(text) <= limit and text.isprintable() and "  " not in text and text == text.strip(" "):
        return text
    clean = "".join(character if character.isprintable() else " " for character in text)
    clean = " ".join(clean.split())
    return clean if len(clean) <= limit else clean[: limit - 1] + "…"
