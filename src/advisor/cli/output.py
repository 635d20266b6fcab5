"""Writing to the terminal: data on stdout, everything else on stderr."""

import json
import os
import sys
from collections.abc import Mapping
from functools import cached_property
from typing import TYPE_CHECKING, Any, TextIO

from advisor.errors import AdvisorError
from advisor.quantities.provenance import Level

if TYPE_CHECKING:
    from rich.console import Console

_PIPE_WIDTH = 160
"""Columns where no terminal says: wide enough that no table is cut in a pipe or a log."""


class Output:
    """Where a command writes. With json_mode on, stdout gets exactly one document."""

    def __init__(self, *, json_mode: bool = False, stdout: TextIO | None = None, stderr: TextIO | None = None) -> None:
        self.json_mode = json_mode
        self._stdout = stdout or sys.stdout
        self._stderr = stderr or sys.stderr

    @cached_property
    def console(self) -> "Console":
        return self._console(self._stdout)

    @cached_property
    def error_console(self) -> "Console":
        return self._console(self._stderr)

    @property
    def unicode(self) -> bool:
        """Whether stdout can show the glyphs; otherwise their ASCII twins are written."""
        encoding = (self._stdout.encoding or "ascii").lower().replace("-", "")
        return encoding.startswith("utf") and os.environ.get("TERM") != "dumb"

    @property
    def interactive(self) -> bool:
        return self._stdout.isatty()

    def glyph(self, level: Level) -> str:
        return level.glyph if self.unicode else level.ascii_glyph

    def document(self, document: Mapping[str, Any]) -> None:
        """One JSON document on stdout; NaN and infinities are refused, since JSON has none."""
        json.dump(document, self._stdout, indent=2, ensure_ascii=not self.unicode, allow_nan=False)
        self._stdout.write("\n")

    def line(self, text: str = "") -> None:
        """A plain line of data."""
        self._stdout.write(text + "\n")

    def note(self, text: str) -> None:
        """A line about the work, on stderr."""
        self._stderr.write(text + "\n")

    def error(self, error: AdvisorError) -> None:
        """The error as a document or as one sentence."""
        if self.json_mode:
            self.document(
                {
                    "schema": "advisor.error/1",
                    "code": error.code,
                    "message": error.message,
                    "file": error.file,
                    "line": error.line,
                    "key": error.key,
                    "hint": error.hint,
                }
            )
        else:
            self.note(f"advisor: {error.sentence()}")

    def _console(self, stream: TextIO) -> "Console":
        from rich.console import Console  # 40 ms that a JSON document does not need

        width = None if stream.isatty() else _PIPE_WIDTH
        return Console(file=stream, width=width, markup=False, highlight=False, emoji=False, safe_box=True)
