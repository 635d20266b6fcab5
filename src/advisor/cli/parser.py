"""The argument parser: argparse with full names only, and errors that are ours to word."""

import argparse
import re
import shutil
import sys
import textwrap
from collections.abc import Callable, Sequence
from importlib import import_module
from pathlib import Path
from typing import Any, NoReturn, TextIO, TypeVar

from advisor.cli.exit_codes import ExitCode
from advisor.cli.output import write_plain
from advisor.errors import InputError, near, printable
from advisor.quantities import text as numbers

COMMANDS = {
    "demo": "the whole journey on the built-in endpoint, under a minute",
    "catalog": "instances, their figures and their prices",
    "fit": "will this checkpoint run on this instance, and why not",
    "bench": "benchmark a live OpenAI-compatible endpoint",
    "recommend": "a workload in, a recommendation with evidence out",
    "recheck": "does a recommendation file still hold; for CI",
    "verify": "run the benchmark that would confirm a recommendation",
    "audit": "recompute every claim of a published report",
    "evidence": "measured and published performance figures",
    "simulate": "an OpenAI-compatible endpoint on loopback, with stated step times",
    "schema": "the JSON Schema of a document or file",
}

_WIDEST_HELP = 100
_WIDEST_EXAMPLE = 78
N = TypeVar("N", int, float)
Subparsers = Any
"""argparse's own type for subparsers is private."""


class _Formatter(argparse.HelpFormatter):
    """Wraps each line of a description on its own, so that exit codes stand apart; examples stay as they are."""

    def __init__(self, prog: str) -> None:
        super().__init__(prog, width=min(shutil.get_terminal_size().columns, _WIDEST_HELP))

    def _fill_text(self, text: str, width: int, indent: str) -> str:
        return "\n".join(
            line
            if line.startswith(" ")
            else textwrap.fill(line, width, initial_indent=indent, subsequent_indent=indent)
            for line in text.splitlines()
        )


class Parser(argparse.ArgumentParser):
    """Raises InputError instead of printing usage and exiting."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("allow_abbrev", False)
        kwargs.setdefault("formatter_class", _Formatter)
        super().__init__(*args, **kwargs)

        self._given: Sequence[str] = ()

    def parse_known_args(  # type: ignore[override]  # argparse's overloads differ only in the namespace's type
        self, args: Sequence[str] | None = None, namespace: Any = None
    ) -> Any:
        """As argparse does it, but a flag that nobody knows is an error of the command that was called.

        What is parsed is kept, so that the error can say what was meant.
        """
        self._given = tuple(sys.argv[1:] if args is None else args)
        found, unknown = super().parse_known_args(args, namespace)
        if unknown:
            self.error(f"unrecognized arguments: {' '.join(unknown)}")
        return found, unknown

    def error(self, message: str) -> NoReturn:
        hint = f"See '{self.prog} --help'."
        for word in (word for word in self._given if word.startswith("--")):
            name = word.partition("=")[0]
            options = near(name, [flag for action in self._actions for flag in action.option_strings])
            if name in message and options and name not in options:
                hint = f"Did you mean {' or '.join(options)}? {hint}"
                break
        raise InputError(message, hint=hint, code="usage")

    def _print_message(self, message: str, file: Any = None) -> None:
        stream: TextIO = file or sys.stderr
        write_plain(message, stream)
        stream.flush()


def build_parser(wanted: str, version: str) -> Parser:
    """The parser with the flags of the wanted command; loading the others would only cost start-up time."""
    parser = Parser(
        prog="advisor",
        description="Size Llama 4 deployments on AWS accelerator instances, with evidence for every number.",
        epilog="Without a command the app opens. Start with: advisor demo",
    )
    parser.add_argument("--version", action="version", version=version)
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", title="commands")
    for name, summary in COMMANDS.items():
        if name == wanted:
            module = import_module(f"advisor.cli.commands.{name}")
            module.add(commands, name, summary)
        else:
            commands.add_parser(name, help=summary)
    return parser


def command(
    commands: Subparsers,
    name: str,
    summary: str,
    run: Callable[..., int] | None,
    *,
    example: str,
    catalog: bool = True,
    description: str = "",
) -> Parser:
    """A command with the flags that all of them share. Every --help ends with an example."""
    parser: Parser = commands.add_parser(
        name,
        help=summary,
        description=description or f"{summary[0].upper()}{summary[1:]}.",
        epilog=f"example:\n  {_folded(example)}",
    )
    if run is None:
        parser.set_defaults(run=lambda _arguments, _output: _ask_for_action(parser))
    else:
        parser.set_defaults(run=run)
        parser.add_argument("--json", action="store_true", help="write one JSON document on stdout, errors too")
    if catalog and run is not None:
        parser.add_argument(
            "--catalog", type=Path, metavar="DIR", help="a directory of catalogue files to lay over ours"
        )
    return parser


def _folded(example: str) -> str:
    """A long command over several lines, as a shell takes it."""
    lines = [""]
    for part in example.split(" --"):
        words = part if not lines[0] else f"--{part}"
        if lines[-1] and len(lines[-1]) + len(words) + 5 > _WIDEST_EXAMPLE:
            lines.append(words)
        else:
            lines[-1] = f"{lines[-1]} {words}".strip()
    return " \\\n      ".join(lines)


def _ask_for_action(parser: Parser) -> int:
    """A command that only groups others was called alone: its help is the answer."""
    parser.print_help()
    return ExitCode.BAD_INPUT


_SHORT_COUNT = re.compile(r"(?P<number>\d+(\.\d+)?)\s*(?P<unit>[kKmM])")


def positive_int(text: str) -> int:
    """A whole number of at least 1, with thousands separators allowed."""
    if short := _SHORT_COUNT.fullmatch(text.strip()):
        thousands, power = float(short["number"]), {"k": 1, "m": 2}[short["unit"].lower()]
        readings = f"{thousands * 1000**power:.0f} or {thousands * 1024**power:.0f}"
        raise argparse.ArgumentTypeError(f"'{printable(text)}' may mean {readings}: write the number out")
    number = _read(lambda: int(numbers.ungrouped(text)), text, "a whole number")
    if number < 1:
        raise argparse.ArgumentTypeError(f"{printable(text)} is not at least 1")
    return number


def non_negative_int(text: str) -> int:
    """A whole number of at least 0."""
    return 0 if text.strip() == "0" else positive_int(text)


def positive_float(text: str) -> float:
    """A number above 0."""
    number = _read(lambda: float(numbers.ungrouped(text)), text, "a number")
    if not 0 < number < float("inf"):
        raise argparse.ArgumentTypeError(f"{printable(text)} is not a number above 0")
    return number


def non_negative_float(text: str) -> float:
    """A number of at least 0."""
    number = _read(lambda: float(numbers.ungrouped(text)), text, "a number")
    if not 0 <= number < float("inf"):
        raise argparse.ArgumentTypeError(f"{printable(text)} is not a number of at least 0")
    return number


def token_count(text: str) -> int:
    """A large count that may be written like 1.8e9, 200M or 2B."""
    number = _read(lambda: numbers.read_big(text), text, "a number of tokens")
    if number < 1:
        raise argparse.ArgumentTypeError(f"{printable(text)} is not at least 1")
    return round(number)


def concurrencies(text: str) -> tuple[int, ...]:
    """Loads, a comma-separated list of whole numbers: `1,4,8`."""
    found = tuple(positive_int(part) for part in text.split(",") if part.strip())
    if not found:
        raise argparse.ArgumentTypeError("no load is named, like 1,4,8")
    return found


def words(text: str) -> tuple[str, ...]:
    """A comma-separated list of words."""
    return tuple(part.strip() for part in text.split(",") if part.strip())


def _read(read: Callable[[], N], text: str, kind: str) -> N:
    try:
        return read()
    except ValueError:
        raise argparse.ArgumentTypeError(f"'{printable(text)}' is not {kind}") from None
