"""`advisor recheck`: does a recommendation file still hold; made for CI."""

import argparse
from datetime import date
from pathlib import Path

from advisor.cli.catalog_option import open_catalog
from advisor.cli.exit_codes import ExitCode
from advisor.cli.output import Output
from advisor.cli.parser import Subparsers, command
from advisor.paths import user_paths
from advisor.wording.reasons import sentence
from advisor.workflows.knowledge import gather
from advisor.workflows.recommend import recheck


def add(commands: Subparsers, name: str, summary: str) -> None:
    parser = command(
        commands,
        name,
        summary,
        run,
        example="advisor recheck deploy/*.toml --max-cost-drift 10%",
        description=(
            "Answers the workload of each file again and says what changed: the pick, the status, the cost beyond the\n"
            "allowed drift, or the date to review it by. Exit code 0: all hold; 1: something changed or expired."
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
    results = [
        recheck(
            path,
            knowledge,
            sentence,
            today=date.today(),  # noqa: DTZ011 — a review date is a local calendar day
            max_cost_drift=arguments.max_cost_drift,
            frozen=arguments.frozen,
        )
        for path in arguments.files
    ]
    if output.json_mode:
        files = [
            {
                "file": result.file,
                "holds": result.holds,
                "changes": [{"key": each.key, "before": each.before, "now": each.now} for each in result.changes],
            }
            for result in results
        ]
        output.document({"schema": "advisor.recheck/1", "files": files})
    else:
        for result in results:
            output.line(f"{result.file}: {'holds' if result.holds else 'changed'}")
            for each in result.changes:
                output.line(f"  {each.key}: {each.before} -> {each.now}")
    return ExitCode.YES if all(result.holds for result in results) else ExitCode.NO


def _share(text: str) -> float:
    """`10%` or `0.1` as a share."""
    try:
        number = float(text.removesuffix("%")) / (100 if text.endswith("%") else 1)
    except ValueError:
        raise argparse.ArgumentTypeError(f"'{text}' is not a share like 10% or 0.1") from None
    if not 0 <= number < float("inf"):
        raise argparse.ArgumentTypeError(f"{text} is not a share of at least 0")
    return number
