"""A benchmark's result on a terminal that scrolls."""

from advisor.bench.result import BenchmarkResult, Verdict
from advisor.cli.exit_codes import ExitCode
from advisor.cli.output import Output
from advisor.evidence.measured import level_of
from advisor.quantities.provenance import Level
from advisor.wording import benchmark as words

_STYLES = {Verdict.VALID: "green", Verdict.FAILED: "red"}


def write_result(result: BenchmarkResult, output: Output) -> None:
    """What was run, every load with its verdict, and why a load proves nothing."""
    from rich.text import Text

    console = output.console
    console.print(Text(words.headline(result), style="bold"))
    console.print(Text(words.shape(result.plan)))
    console.print(Text(words.subject_line(result)))
    console.print()
    _write_points(result, output)
    for point in result.points:
        for line in words.failed_gates(point):
            console.print(Text(f"! at {point.load.value} concurrent: {line}"))
        for slo in point.slos:
            console.print(Text(f"- at {point.load.value} concurrent: {words.slo_line(slo)}"))
    for line in words.failure_lines(result.points):
        console.print(Text(f"! {line}"))
    if result.is_partial:
        console.print(Text(f"! The run is not complete; go on with: advisor bench resume {result.run_id}"))


def exit_code_of(result: BenchmarkResult) -> ExitCode:
    """Cancelled, proves nothing, an objective missed, or done: the gravest."""
    if result.state.value == "cancelled":
        return ExitCode.CANCELLED
    if not proves_something(result):
        return ExitCode.PROVES_NOTHING
    missed = any(slo.holds is False for point in result.points for slo in point.slos)
    return ExitCode.NO if missed else ExitCode.YES


def proves_something(result: BenchmarkResult) -> bool:
    """Whether every load is valid."""
    return bool(result.points) and all(point.verdict is Verdict.VALID for point in result.points)


def _write_points(result: BenchmarkResult, output: Output) -> None:
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, pad_edge=False)
    table.add_column("")
    for heading in words.RESULT_HEADINGS:
        table.add_column(heading, justify="left" if heading == "verdict" else "right")
    for point in result.points:
        level = level_of(result) if point.verdict is Verdict.VALID else Level.UNKNOWN
        *cells, verdict = words.result_row(point)
        style = _STYLES.get(point.verdict, "yellow")
        table.add_row(output.glyph(level), *cells, Text(verdict, style=style))
    output.console.print(table)
