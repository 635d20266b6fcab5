"""A benchmark's result on a terminal that scrolls."""

from advisor.bench.records import RunState
from advisor.bench.result import BenchmarkResult, Verdict
from advisor.cli.exit_codes import ExitCode
from advisor.cli.output import Output
from advisor.cli.prose import write_text
from advisor.cli.table import Cell, Column, Row, write_table
from advisor.evidence.measured import level_of
from advisor.quantities.provenance import Level
from advisor.wording import benchmark as words

_DROP = {"whole": 2, "E2E p50": 1}
_STYLES = {Verdict.VALID: "green", Verdict.FAILED: "red"}


def write_result(result: BenchmarkResult, output: Output) -> None:
    """What was run, every load with its verdict, and why a load proves nothing."""
    write_text(words.headline(result), output, style="bold")
    write_text(words.shape(result.plan), output)
    write_text(words.subject_line(result), output)
    output.line()
    _write_points(result, output)
    for point in result.points:
        for line in words.failed_gates(point):
            write_text(f"! at {point.load.value} concurrent: {line}", output)
        for slo in point.slos:
            write_text(f"- at {point.load.value} concurrent: {words.slo_line(slo)}", output)
    for line in words.failure_lines(result.points):
        write_text(f"! {line}", output)
    if result.is_partial:
        write_text(f"! {words.way_on(result)}", output)


def exit_code_of(result: BenchmarkResult, ended: RunState) -> ExitCode:
    """What a command that measured ends with: cancelled, or what the figures prove."""
    return ExitCode.CANCELLED if ended is RunState.CANCELLED else what_it_proves(result)


def what_it_proves(result: BenchmarkResult) -> ExitCode:
    """Nothing where a load is missing or not valid; no where an objective is missed, yes where all of them hold.

    An objective that the sample cannot decide proves nothing either.
    """
    if result.is_partial or not result.points or any(point.verdict is not Verdict.VALID for point in result.points):
        return ExitCode.PROVES_NOTHING
    objectives = [slo for point in result.points for slo in point.slos]
    if any(slo.is_resolved and slo.holds is False for slo in objectives):
        return ExitCode.NO
    return ExitCode.YES if all(slo.is_resolved for slo in objectives) else ExitCode.PROVES_NOTHING


def _write_points(result: BenchmarkResult, output: Output) -> None:
    columns = [
        Column(heading, right=heading != "verdict", drop=_DROP.get(heading, 0), flows=heading == "verdict")
        for heading in words.RESULT_HEADINGS
    ]
    rows: list[Row] = []
    for point in result.points:
        level = level_of(result) if point.verdict is Verdict.VALID else Level.UNKNOWN
        *cells, verdict = words.result_row(point)
        rows.append((output.glyph(level), *cells, Cell(verdict, _STYLES.get(point.verdict, "yellow"), flows=True)))
    write_table([Column(""), *columns], rows, output)
