"""`advisor audit REPORT --chart ID`: a report's chart as a table, three columns side by side."""

import argparse
from collections.abc import Sequence

from advisor.catalog.load import Catalog
from advisor.cli.output import Output
from advisor.cli.prose import write_heading, write_text
from advisor.cli.table import Cell, Column, Row, write_table
from advisor.errors import InputError
from advisor.evidence.charts.answers import Answer, ComputedChart, Group
from advisor.evidence.charts.answers import Cell as ChartCell
from advisor.evidence.reports import Report
from advisor.export.chart_document import chart_document
from advisor.paths import user_paths
from advisor.wording import report_charts as words
from advisor.wording.reasons import sentence
from advisor.workflows.knowledge import gather
from advisor.workflows.report_charts import open_report

_ALL = "all"
_STYLES = {"ok": "green", "rounding": "green", "suspicious": "yellow", "unverifiable": "dim"}


def add_flag(parser: argparse.ArgumentParser) -> None:
    """The flag, for the parser of `audit`."""
    parser.add_argument(
        "--chart",
        metavar="ID",
        help="a chart of the report beside its recomputation and the best evidence; 'all' for every one",
    )


def write_chart(reports: Sequence[Report], wanted: str, catalog: Catalog, output: Output) -> bool:
    """One chart of the one report, or all of its charts; whether any of its rows is false.

    InputError where it is not one report.
    """
    if len(reports) != 1:
        names = ", ".join(report.id for report in reports)
        raise InputError("--chart needs one report", key="--chart", hint=f"Name one of {names}.")
    opened = open_report(gather(catalog, user_paths()), reports[0])
    ids = [chart.id for chart in opened.chart_list] if wanted == _ALL else [wanted]
    charts = [opened.chart(each) for each in (ids or [wanted])]
    if output.json_mode:
        output.document(chart_document(opened.report.id, charts, sentence))
    else:
        for number, chart in enumerate(charts):
            if number:
                output.line()
            _write(chart, opened.report, output)
    return any(cell.verdict.is_false for chart in charts for cell in chart.cells)


def _write(chart: ComputedChart, report: Report, output: Output) -> None:
    write_text(f"{chart.title} — {report.title}, {report.as_of}", output)
    if chart.note:
        write_text(chart.note, output)
    said: set[str] = set()
    for group in chart.groups:
        output.line()
        write_heading(words.heading(group), output)
        if group.note:
            write_text(group.note, output)
        write_table(_COLUMNS, [_row(cell, group, said, output) for cell in group.cells], output)


_COLUMNS = (
    Column("", flows=True),
    Column("as published", right=True),
    Column("recomputed", right=True),
    Column("best evidence", right=True),
    Column("low–high", right=True, drop=2),
    Column("vs best", right=True, drop=1),
    Column("verdict"),
    Column("why", below=True),
)


def _row(cell: ChartCell, group: Group, said: set[str], output: Output) -> Row:
    """said: the remarks of the rows above, which a chart gives once."""
    unit = group.unit
    return (
        cell.label,
        _side(cell.published, unit, output),
        _side(cell.recomputed, unit, output),
        _side(cell.best, unit, output),
        words.spread(cell.best),
        words.ratio(cell.over_best),
        Cell(cell.verdict.value.replace("_", " "), _STYLES.get(cell.verdict.value, "bold red")),
        " ".join(_new_remarks(cell.best, said)),
    )


def _new_remarks(answer: Answer, said: set[str]) -> list[str]:
    """What is to be said of an answer; what is unknown says why in every row."""
    remarks = [each for each in words.remarks(answer) if answer.value is None or each not in said]
    said.update(remarks)
    return remarks


def _side(answer: Answer, unit: str, output: Output) -> str:
    """A number with its level, and its unit where the heading does not say it."""
    named = f" {answer.unit}" if answer.unit and answer.unit != unit and answer.value is not None else ""
    return f"{words.shown(answer)}{named} {output.glyph(answer.level)}"
