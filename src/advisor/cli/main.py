"""The command line's entry: parse, run, and turn every error into one sentence and an exit code."""

import os
import sys
from collections.abc import Sequence

from advisor.cli.exit_codes import ExitCode
from advisor.cli.output import Output
from advisor.cli.parser import COMMANDS, build_parser
from advisor.cli.version import VERSION_LINE
from advisor.errors import AdvisorError, CancelledError, EndpointError, near


def main(argv: Sequence[str]) -> int:
    """Run one command line; returns the exit code. Never raises for a user's mistake."""
    output = Output(json_mode="--json" in argv)
    debug = "--debug" in argv
    try:
        return _run([word for word in argv if word != "--debug"], output)
    except AdvisorError as error:
        output.error(error)
        if debug:
            raise
        return _exit_code(error)
    except KeyboardInterrupt:
        output.note("advisor: cancelled")
        return ExitCode.CANCELLED
    except BrokenPipeError:
        # The reader of the pipe has gone (`| head`): nothing more to say, and nothing is wrong.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return ExitCode.YES


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
