"""Writing to the terminal: data on stdout, everything else on stderr.

Whatever is written, by whichever way, leaves here without control characters and in characters that the
stream can encode.
"""

import json
import os
import sys
from collections.abc import Mapping
from functools import cached_property
from typing import TYPE_CHECKING, Any, TextIO

from advisor.cli.safe_text import without_controls
from advisor.errors import CONTROLS, AdvisorError
from advisor.quantities.provenance import Level
from advisor.wording.glyphs import in_ascii, shows_unicode

if TYPE_CHECKING:
    from rich.console import Console

_PIPE_WIDTH = 2_000
"""Columns where no terminal says: one row of a table stays one line for `grep`."""


class Output:
    """Where a command writes. With json_mode on, stdout gets exactly one document."""

    def __init__(self, *, json_mode: bool = False, stdout: TextIO | None = None, stderr: TextIO | None = None) -> None:
        self.json_mode = json_mode
        self._stdout = stdout or sys.stdout
        self._stderr = stderr or sys.stderr
        self._noted = set[str]()

    @cached_property
    def console(self) -> "Console":
        return _console(self._stdout)

    @cached_property
    def error_console(self) -> "Console":
        return _console(self._stderr)

    @property
    def unicode(self) -> bool:
        """Whether stdout can show the glyphs; otherwise their ASCII twins are written."""
        return _shows_unicode(self._stdout)

    def glyph(self, level: Level) -> str:
        return level.glyph if self.unicode else level.ascii_glyph

    def document(self, document: Mapping[str, Any]) -> None:
        """One JSON document on stdout; NaN and infinities are refused, since JSON has none."""
        text = json.dumps(document, indent=2, ensure_ascii=not self.unicode, allow_nan=False)
        self._stdout.write(CONTROLS.sub(lambda found: f"\\u{ord(found[0]):04x}", text) + "\n")

    def line(self, text: str = "") -> None:
        """A plain line of data."""
        write_plain(text + "\n", self._stdout)

    def note(self, text: str) -> None:
        """A line about the work, on stderr."""
        write_plain(text + "\n", self._stderr)

    def note_once(self, text: str) -> None:
        """A line about the work that says no more the second time."""
        if text not in self._noted:
            self._noted.add(text)
            self.note(text)

    def flush(self) -> None:
        """Write out what is buffered; BrokenPipeError here, where it is handled, if the reader has gone."""
        self._stdout.flush()
        self._stderr.flush()

    def error(self, error: AdvisorError) -> None:
        """The error as a document or as one sentence."""
        if self.json_mode:
            self.document({"schema": "advisor.error/1", **error_fields(error)})
        else:
            self.note(f"advisor: {error.sentence()}")


def error_fields(error: AdvisorError) -> dict[str, Any]:
    """An error in the keys of `advisor.error/1`."""
    return {
        "code": error.code,
        "message": error.message,
        "file": error.file,
        "line": error.line,
        "key": error.key,
        "hint": error.hint,
    }


def write_plain(text: str, stream: TextIO) -> None:
    """Text as this stream can have it."""
    shown = without_controls(text)
    stream.write(shown if _shows_unicode(stream) else in_ascii(shown))


def _shows_unicode(stream: TextIO) -> bool:
    return shows_unicode(stream.encoding, os.environ.get("TERM"))


def _console(stream: TextIO) -> "Console":
    from advisor.cli.console import GuardedConsole  # Rich takes 40 ms that a JSON document does not need

    has_width = stream.isatty() or "COLUMNS" in os.environ
    return GuardedConsole(stream, None if has_width else _PIPE_WIDTH, unicode=_shows_unicode(stream))
