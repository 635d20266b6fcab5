"""`advisor recheck`: does a recommendation file still hold; made for CI."""

import argparse
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from advisor.advice.advise import Knowledge
from advisor.cli.catalog_option import open_catalog
from advisor.cli.clock import today
from advisor.cli.exit_codes import ExitCode
from advisor.cli.output import Output, error_fields
from advisor.cli.parser import Subparsers, command
from advisor.errors import InputError, printable
from advisor.paths import user_paths
from advisor.wording.reasons import sentence
from advisor.workflows.knowledge import gather
from advisor.workflows.recheck import Change, Recheck, recheck


def add(commands: Subparsers, name: str, summary: str) -> None:
    parser = command(
        commands,
        name,
        summary,
        run,
        example="advisor recheck deploy/*.toml --max-cost-drift 10%",
        description=(
            "Answers the workload of each file again and says what changed: the pick, the status, the cost beyond the "
            "allowed drift, or the date to review it by.\n"
            "Exit code 0: all hold; 1: something changed or expired; 2: a file cannot be used (the others are checked)."
        ),
    )
    parser.add_argument("files", nargs="+", type=Path, metavar="FILE", help="recommendation files")
    which = parser.add_mutually_exclusive_group()
    which.add_argument("--current", action="store_true", help="with today's catalogue and evidence (the default)")
    which.add_argument("--frozen", action="store_true", help="check each file against its own prices only")
    parser.add_argument(
        "--max-cost-drift", type=_share, default=0.10, metavar="10%", help="cost change that is allowed (10%%)"
    )


def run(arguments: argparse.Namespace, output: Output) -> int:
    knowledge = gather(open_catalog(arguments), user_paths())
    results = [_checked(path, knowledge, arguments) for path in arguments.files]
    if output.json_mode:
        output.document({"schema": "advisor.recheck/1", "files": [_row(result) for result in results]})
    else:
        for result in results:
            _write(result, output)
    if any(isinstance(result, _Unreadable) for result in results):
        return ExitCode.BAD_INPUT
    return ExitCode.YES if all(result.holds for result in results) else ExitCode.NO


@dataclass(frozen=True, slots=True)
class _Unreadable:
    """A file that cannot be asked, and why; the others are asked all the same."""

    file: str
    error: InputError
    changes: tuple[Change, ...] = ()
    holds: bool = False


def _checked(path: Path, knowledge: Knowledge, arguments: argparse.Namespace) -> Recheck | _Unreadable:
    try:
        return recheck(
            path,
            knowledge,
            sentence,
            today=today(),
            max_cost_drift=arguments.max_cost_drift,
            frozen=arguments.frozen,
        )
    except InputError as error:
        error.file = error.file or str(path)
        return _Unreadable(str(path), error)


def _row(result: Recheck | _Unreadable) -> dict[str, Any]:
    return {
        "file": result.file,
        "holds": result.holds,
        "changes": [{"key": each.key, "before": each.before, "now": each.now} for each in result.changes],
        "error": error_fields(result.error) if isinstance(result, _Unreadable) else None,
    }


def _write(result: Recheck | _Unreadable, output: Output) -> None:
    name = printable(result.file, 1_000)
    if isinstance(result, _Unreadable):
        output.line(f"{name}: cannot be used")
        output.note(f"advisor: {result.error.sentence()}")
        return
    output.line(f"{name}: {'holds' if result.holds else 'changed'}")
    for each in result.changes:
        output.line(f"  {each.key}: {each.before} -> {each.now}")


def _share(text: str) -> float:
    """`10%` or `0.1` as a share."""
    try:
        number = float(text.removesuffix("%")) / (100 if text.endswith("%") else 1)
    except ValueError:
        raise argparse.ArgumentTypeError(f"'{printable(text)}' is not a share like 10% or 0.10") from None
    if not 0 <= number < float("inf"):
        raise argparse.ArgumentTypeError(f"{printable(text)} is not a share of at least 0")
    if number > 1 and not text.endswith("%"):
        raise argparse.ArgumentTypeError(f"{text} would be {number:.0%}: write {text}% or {number / 100:g}")
    return number
