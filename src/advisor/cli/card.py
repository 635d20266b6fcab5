"""The recommendation card on a terminal that scrolls."""

import shlex

from advisor.cli.clock import today
from advisor.cli.output import Output
from advisor.cli.prose import write_text
from advisor.quantities.provenance import Level
from advisor.wording.card import Line, Role, Row, card
from advisor.wording.why import why

_STYLES: dict[Role, str] = {
    "plain": "",
    "strong": "bold",
    "muted": "dim",
    "alarm": "bold yellow",
    "glyph": "",
    "meets": "green",
    "undecided": "yellow",
    "misses": "red",
}


def write_card(document: Row, output: Output) -> None:
    """The whole card, and the commands that serve the pick."""
    for section in card(document, today()):
        if section.title:
            output.console.print()
            write_text(section.title, output, style="bold")
        for line in section.lines:
            _line(line, output, indent="  " if section.title else "")
    for pool in document.get("pool", []):
        if pool.get("serve_argv"):
            output.console.print()
            write_text("Serve", output, style="bold")
            for name, value in pool.get("serve_env", {}).items():
                output.line(f"export {name}={shlex.quote(value)}")
            output.line(shlex.join(pool["serve_argv"]))


def write_why(document: Row, instance: str, output: Output) -> bool:
    """Why one instance is not, or is, the pick. False where the document does not mention it."""
    lines = why(document, instance)
    for line in lines:
        _line(line, output, indent="")
    return bool(lines)


def _line(line: Line, output: Output, indent: str) -> None:
    from rich.text import Text

    shown = Text()
    for span in line:
        words = output.glyph(Level(span.words)) if span.role == "glyph" else span.words
        shown.append(words, _STYLES[span.role])
    write_text(shown, output, indent=indent)
