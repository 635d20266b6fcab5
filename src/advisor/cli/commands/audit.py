"""`advisor audit`: recompute every claim of a published report."""

import argparse
from collections import Counter
from pathlib import Path

from advisor.catalog.load import Catalog
from advisor.cli import report_chart
from advisor.cli.catalog_option import open_catalog
from advisor.cli.exit_codes import ExitCode
from advisor.cli.output import Output
from advisor.cli.parser import Subparsers, command
from advisor.cli.prose import write_text
from advisor.cli.table import Cell, Column, Row, write_table
from advisor.errors import InputError
from advisor.evidence.audit.engine import audit
from advisor.evidence.audit.verdicts import AuditedClaim
from advisor.evidence.reports import Report, load_reports, read_report
from advisor.export.audit_document import audit_document
from advisor.quantities import text

_STYLES = {"ok": "green", "rounding": "green", "suspicious": "yellow", "unverifiable": "dim"}


def add(commands: Subparsers, name: str, summary: str) -> None:
    parser = command(
        commands,
        name,
        summary,
        run,
        example="advisor audit --strict",
        description=(
            "Recomputes what a report claims: from its own numbers, from physics, from the catalogue.\n"
            "Without a file, every report of the catalogue. Exit code 1 with --strict where a claim is false."
        ),
    )
    parser.add_argument(
        "report", nargs="?", type=Path, metavar="REPORT", help="a report's id, or a file in the catalogue's TOML form"
    )
    report_chart.add_flag(parser)
    parser.add_argument(
        "--strict", action="store_true", help="exit 1 where a claim is wrong, impossible or a false fact"
    )


def run(arguments: argparse.Namespace, output: Output) -> int:
    catalog = open_catalog(arguments)
    reports = _reports(arguments.report, catalog)
    if arguments.chart:
        report_chart.write_chart(reports, arguments.chart, catalog, output)
        return ExitCode.YES
    claims = [claim for report in reports for claim in _audited(report, catalog, arguments.report)]
    if output.json_mode:
        output.document(audit_document(claims))
    else:
        for report in reports:
            write_text(f"{report.title}, {report.as_of} ({report.id})", output)
            output.line()
            _write([claim for claim in claims if claim.report == report.id], output)
    false = any(claim.verdict.is_false for claim in claims)
    return ExitCode.NO if arguments.strict and false else ExitCode.YES


def _reports(wanted: Path | None, catalog: Catalog) -> list[Report]:
    """The report of the catalogue with that id, else the one in that file; all of the catalogue's for none."""
    known = load_reports(catalog)
    if wanted is None:
        return list(known.values())
    return [known[str(wanted)]] if str(wanted) in known else [read_report(wanted)]


def _audited(report: Report, catalog: Catalog, file: Path | None) -> list[AuditedClaim]:
    try:
        return audit(report, catalog)
    except InputError as error:
        error.file = error.file or (str(file) if file is not None else report.id)
        raise


def _write(claims: list[AuditedClaim], output: Output) -> None:
    columns = (
        Column("verdict"),
        Column("claim", flows=True),
        Column("claimed", right=True),
        Column("recomputed", right=True),
        Column("unit"),
        Column("by", below=True),
        Column("line", right=True, drop=1),
    )
    write_table(columns, [_row(claim) for claim in claims], output)
    counts = Counter(claim.verdict.value.replace("_", " ") for claim in claims)
    output.line()
    found = ", ".join(f"{number} {verdict}" for verdict, number in counts.most_common())
    write_text(f"{len(claims)} claims: {found}", output)


def _row(claim: AuditedClaim) -> Row:
    recomputed = text.NO_DATA if claim.recomputed is None else f"{claim.recomputed:,.4g}"
    if claim.recomputed is not None and abs(claim.recomputed) >= 1000:
        recomputed = f"{claim.recomputed:,.0f}"
    return (
        Cell(claim.verdict.value.replace("_", " "), _STYLES.get(claim.verdict.value, "bold red")),
        claim.text,
        f"{claim.claimed:,g}",
        recomputed,
        claim.unit,
        claim.formula,
        "" if claim.source_line is None else str(claim.source_line),
    )
