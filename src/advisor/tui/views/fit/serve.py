"""The serve command, with the reason of each setting that is not the engine's default."""

from textual.content import Content

from advisor.fit.result import FitResult
from advisor.tui.views.text import heading, lines, muted
from advisor.wording.serve_script import script

_UNWRAPPED = 10_000
"""Columns that no comment reaches: the screen wraps it."""


def plain(result: FitResult, width: int = 100) -> str:
    """What a shell runs as it stands, comments included; empty where nothing runs."""
    return "\n".join(script(result.serve, width)) if result.serve is not None else ""


def explained(result: FitResult) -> Content:
    """The same, to read: what is run stands out from what is said about it."""
    if result.serve is None:
        return Content("")
    told = [muted(line) if line.startswith("#") else Content(line) for line in script(result.serve, _UNWRAPPED)]
    return lines(heading("Serve"), *told)
