"""The command line's entry: parse, run, and turn every error into one sentence and an exit code."""

import os
import sys
import traceback
from collections.abc import Sequence

from advisor.cli.exit_codes import ExitCode
from advisor.cli.output import Output
from advisor.cli.parser import COMMANDS, build_parser
from advisor.cli.version import VERSION_LINE
from advisor.errors import AdvisorError, CancelledError, EndpointError, near, printable

_TRACEBACK = "ADVISOR_TRACEBACK"


def main(argv: Sequence[str]) -> int:
    """Run one command line; returns the exit code. Never raises for a user's mistake, nor for one of ours."""
    output = Output(json_mode="--json" in argv)
    try:
        code = _answered(argv, output)
        output.flush()
    except BrokenPipeError:
        _silence()
        return ExitCode.READER_GONE
    return code


def _answered(argv: Sequence[str], output: Output) -> int:
    try:
        return _run(list(argv), output)
    except AdvisorError as error:
        output.error(error)
        _trace(error, argv, output)
        return _exit_code(error)
    except KeyboardInterrupt:
        output.note("advisor: cancelled")
        return ExitCode.CANCELLED
    except BrokenPipeError:
        raise
    except Exception as error:  # whatever it is, a defect must not look like the answer "no", Python's own 1
        output.error(_DefectError(_redacted(f"{type(error).__name__}: {error}", argv)))
        _trace(error, argv, output)
        return ExitCode.DEFECT


class _DefectError(AdvisorError):
    """Something that broke inside; said in one sentence like any other error."""

    code = "defect"

    def __init__(self, what: str) -> None:
        super().__init__(
            f"this is a defect of advisor: {printable(what, 500)}",
            hint=f"Please report it, with what {_TRACEBACK}=1 prints.",
        )


def _run(argv: list[str], output: Output) -> int:
    first = next((word for word in argv if not word.startswith("-")), None)
    if first is not None and first not in COMMANDS:
        options = near(first, COMMANDS)
        hint = f"Did you mean {' or '.join(options)}?" if options else "See 'advisor --help'."
        raise AdvisorError(f"there is no command '{first}'", hint=hint, code="usage")
    parser = build_parser(first or "", VERSION_LINE)
    arguments = parser.parse_args(argv)
    if arguments.command is None:
        parser.print_help(sys.stdout)
        return ExitCode.BAD_INPUT
    return int(arguments.run(arguments, output))


def _exit_code(error: AdvisorError) -> ExitCode:
    if isinstance(error, EndpointError):
        return ExitCode.ENDPOINT
    if isinstance(error, CancelledError):
        return ExitCode.CANCELLED
    return ExitCode.BAD_INPUT


def _trace(error: Exception, argv: Sequence[str], output: Output) -> None:
    """Where it broke, for whoever asks by the environment."""
    if os.environ.get(_TRACEBACK):
        output.note(_redacted("".join(traceback.format_exception(error)), argv).rstrip())


def _redacted(text: str, argv: Sequence[str]) -> str:
    """Text of an exception without the API key that a flag names, should a library have repeated it."""
    for flag, value in zip(argv, [*argv[1:], ""], strict=True):
        name = value if flag == "--api-key-env" else flag.removeprefix("--api-key-env=")
        if name != flag and (key := os.environ.get(name)):
            text = text.replace(key, "***")
    return text


def _silence() -> None:
    """Nothing more is written: what Python flushes when it ends must not fail a second time."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except BrokenPipeError:
            os.dup2(nowhere, stream.fileno())
