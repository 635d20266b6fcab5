"""`advisor catalog refresh`: newer prices from public feeds, shown before they are applied."""

import argparse
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from advisor.cli.catalog_option import open_catalog
from advisor.cli.clock import today
from advisor.cli.exit_codes import ExitCode
from advisor.cli.output import Output
from advisor.cli.parser import Parser, Subparsers, command
from advisor.cli.prose import write_text
from advisor.cli.table import Cell, Column, Row, write_table
from advisor.errors import CancelledError, InputError
from advisor.paths import user_paths

if TYPE_CHECKING:
    from advisor.workflows.refresh.read import Progress, Refresh, RefreshQuestion, Watch

_DESCRIPTION = (
    "Reads AWS's public price files, shows what they change, and writes it into a layer between the shipped "
    "catalogue and your own overlay. What you wrote by hand is never touched. No AWS account is needed.\n"
    "A refresh that is cancelled or fails changes nothing; what it read whole is kept for the day, and the same "
    "command goes on from there.\n"
    "exit codes:\n"
    "  0    applied or declined, or nothing is new, or --json showed the difference\n"
    "  2    bad usage, or news without --yes and without a terminal to ask on\n"
    "  3    a feed cannot be read\n"
    "  130  cancelled"
)


def add(actions: Subparsers) -> None:
    example = "advisor catalog refresh --region us-east-1 --with-spot --yes"
    summary = "newer prices from public feeds, shown before they are applied"
    parser = command(actions, "refresh", summary, run_refresh, example=example, description=_DESCRIPTION)
    parser.add_argument(
        "--region", action="append", default=[], metavar="R", help="only this region; repeatable (all that are priced)"
    )
    parser.add_argument(
        "--source",
        choices=("page", "bulk"),
        default="page",
        help="on-demand prices from the pricing page's files, 60 KB a region (page), or from the official price list "
        "with reserved prices, 450 MB a region (bulk)",
    )
    _add_extras(parser)
    parser.add_argument("--yes", action="store_true", help="apply what is found without asking")
    parser.add_argument("--again", action="store_true", help="read also what has not changed, or was read today")
    parser.add_argument(
        "--base-url",
        metavar="URL",
        help="a mirror in which each host is a folder, instead of AWS's own hosts (ADVISOR_FEEDS)",
    )


def _add_extras(parser: Parser) -> None:
    parser.add_argument("--with-spot", action="store_true", help="spot prices, and how often spot is interrupted")
    parser.add_argument("--with-savings", action="store_true", help="savings plans, from the official list")
    parser.add_argument("--with-capacity-blocks", action="store_true", help="Capacity Blocks, from AWS's page")


def run_refresh(arguments: argparse.Namespace, output: Output) -> int:
    import asyncio  # with what follows it takes longer to load than the other actions take to answer

    from advisor.workflows.refresh.apply import apply_refresh, document_of
    from advisor.workflows.refresh.read import read_feeds

    catalog, paths = open_catalog(arguments), user_paths()
    try:
        with _watching(output) as watch:
            refresh = asyncio.run(read_feeds(_question(arguments), catalog, paths, today(), watch=watch))
        if not output.json_mode:
            _write(refresh, output)
        applies = not refresh.is_empty and (arguments.yes or (not output.json_mode and _is_agreed(refresh, output)))
    except KeyboardInterrupt:
        hint = "Nothing was changed. What was read whole is kept for today: trying again goes on from there."
        raise CancelledError("cancelled", hint=hint) from None
    written = apply_refresh(refresh, paths) if applies else []
    if output.json_mode:
        output.document(document_of(refresh, written))
    for path in written:
        output.note(f"advisor: written {path}")
    return ExitCode.YES


def _question(arguments: argparse.Namespace) -> "RefreshQuestion":
    from advisor.workflows.refresh.mirror import feeds_mirror
    from advisor.workflows.refresh.read import RefreshQuestion

    return RefreshQuestion(
        regions=tuple(dict.fromkeys(arguments.region)),
        source=arguments.source,
        with_spot=arguments.with_spot,
        with_savings=arguments.with_savings,
        with_capacity_blocks=arguments.with_capacity_blocks,
        base_url=feeds_mirror(arguments.base_url),
        again=arguments.again,
    )


def _write(refresh: "Refresh", output: Output) -> None:
    from advisor.wording.refresh import HEADINGS, change_cells, feed_line, gone_cells, summary

    for report in refresh.feeds:
        output.note(feed_line(report))
    found = refresh.difference
    rows = [*map(change_cells, found.changes), *map(gone_cells, found.gone)]
    if rows:
        right = {"before", "now", "change"}
        columns = [Column(name, right=name in right, flows=name == HEADINGS[-1]) for name in HEADINGS]
        table: list[Row] = [(*cells[:-1], Cell(cells[-1], flows=True)) for cells in rows]
        write_table(columns, table, output)
    write_text(summary(refresh), output)


def _is_agreed(refresh: "Refresh", output: Output) -> bool:
    """Whether the person at the terminal says yes. InputError where prices would change and there is nobody to ask."""
    if not (sys.stdin.isatty() and output.error_console.is_terminal):
        if refresh.has_news:
            raise InputError("nothing was applied", hint="--yes applies what is shown.", code="usage")
        output.note("advisor: no price changed; --yes writes the newer dates")
        return False
    output.error_console.print("Apply this? [y/N] ", end="", markup=False)
    try:
        answer = sys.stdin.readline()
    except KeyboardInterrupt:
        output.error_console.print()
        raise
    agrees = answer.strip().lower() in ("y", "yes")
    if not agrees:
        output.note("advisor: nothing was applied; what was read is kept for today")
    return agrees


@contextmanager
def _watching(output: Output) -> "Iterator[Watch]":
    """A bar on a terminal, a line for each file elsewhere; both on stderr."""
    with _bar(output) if output.error_console.is_terminal and not output.json_mode else _lines(output) as watch:
        yield watch


@contextmanager
def _lines(output: Output) -> "Iterator[Watch]":
    from advisor.wording.refresh import progress_line

    def watch(progress: "Progress") -> None:
        if progress.at and not progress.bytes_read:
            output.note(f"advisor: {progress_line(progress)}")

    yield watch


@contextmanager
def _bar(output: Output) -> "Iterator[Watch]":
    from rich.progress import BarColumn, TextColumn
    from rich.progress import Progress as Bar

    from advisor.wording.refresh import progress_line

    text = TextColumn("{task.description}", markup=False)
    with Bar(BarColumn(20), text, console=output.error_console, transient=True) as bar:
        task = bar.add_task("the index", total=None)

        def watch(progress: "Progress") -> None:
            share = progress.share
            total = None if share is None else 1
            bar.update(task, description=progress_line(progress), completed=share or 0, total=total)

        yield watch
