"""`advisor catalog check`: every mistake of a catalogue, overlays included."""

import argparse
from collections.abc import Sequence
from pathlib import Path

from advisor.catalog.check.findings import Finding
from advisor.cli.catalog_option import open_leniently
from advisor.cli.clock import today
from advisor.cli.exit_codes import ExitCode
from advisor.cli.output import Output
from advisor.cli.parser import Subparsers, command, positive_int
from advisor.cli.prose import write_heading, write_text
from advisor.errors import AdvisorError, printable
from advisor.quantities.text import counted


def add(actions: Subparsers) -> None:
    parser = command(
        actions,
        "check",
        "every mistake of the catalogue",
        run_check,
        example="advisor catalog check",
        description=(
            "Reads every file of the catalogue and of the overlays over it: keys and types, references between files,\n"
            "prices against their family's regional multiplier, spot against list, memory figures, sources, ages.\n"
            "Exit code 1 where something is wrong. Ages are warnings, unless --max-age says how old a price may be."
        ),
    )
    parser.add_argument("--max-age", type=positive_int, metavar="DAYS", help="an older price is an error")


def run_check(arguments: argparse.Namespace, output: Output) -> int:
    from advisor.export.check_document import check_document
    from advisor.workflows.check_catalog import check_catalog

    found = check_catalog(open_leniently(arguments), today(), arguments.max_age)
    if output.json_mode:
        output.document(check_document(found.findings, found.instances, found.prices))
    else:
        _write("Errors", [finding for finding in found.findings if finding.severity == "error"], output)
        _write("Warnings", [finding for finding in found.findings if finding.severity == "warning"], output)
        counts = f"{counted(found.count('error'), 'error')}, {counted(found.count('warning'), 'warning')}"
        output.line(f"{found.instances:,} instances, {found.prices:,} prices: {counts}")
    return ExitCode.YES if found.holds else ExitCode.NO


def _write(title: str, findings: Sequence[Finding], output: Output) -> None:
    """Findings file by file, each on a line of its own."""
    if not findings:
        return
    write_heading(title, output)
    file: str | None = None
    for finding in findings:
        if finding.error.file != file:
            file = finding.error.file
            output.line(_shortened(file) if file else "catalogue")
        write_text(_sentence(finding.error), output, indent="  ")
    output.line()


def _sentence(error: AdvisorError) -> str:
    """The mistake without its file: line and key, what is wrong, what would be right."""
    place = ", ".join(filter(None, (f"line {error.line}" if error.line else "", error.key)))
    words = f"{place}: {error.message}" if place else error.message
    return printable(f"{words}. {error.hint}" if error.hint else words, 1_000)


def _shortened(file: str) -> str:
    """The path as somebody in this directory would type it."""
    path, here = Path(file), Path.cwd()
    return str(path.relative_to(here)) if path.is_relative_to(here) else file
