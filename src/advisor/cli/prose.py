"""Sentences on a terminal that scrolls: wrapped where they can be read, and deeper where they go on."""

from typing import TYPE_CHECKING

from advisor.cli.output import Output

if TYPE_CHECKING:
    from rich.text import Text

_WIDEST = 100
"""Longer lines are hard to read, on a wide terminal as in a file."""

_DEEPER = 2
_RULE = 78


def write_text(text: "str | Text", output: Output, *, indent: str = "", style: str = "") -> None:
    """A sentence or line of the card; where it is too long, it goes on deeper than it began."""
    from rich.text import Text

    shown = Text(text, style=style) if isinstance(text, str) else text
    width = min(output.console.width, _WIDEST)
    begins = len(shown.plain) - len(shown.plain.lstrip())
    deeper = " " * (len(indent) + begins + _DEEPER)
    fits = len(indent) + shown.cell_len <= width
    for number, part in enumerate([shown] if fits else shown.wrap(output.console, width - len(deeper))):
        part.rstrip()
        output.console.print(Text(deeper if number else indent).append_text(part), no_wrap=True, crop=False)


def write_heading(words: str, output: Output) -> None:
    """The beginning of a part of a long answer."""
    width = min(output.console.width, _RULE)
    line = "─" if output.unicode else "-"
    write_text(f"{words} {line * (width - len(words) - 1)}", output)
