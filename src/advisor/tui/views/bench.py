"""What Bench says: where the run stands, every load beside the others, and what a result proves."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from textual.content import Content

from advisor.bench.counters import Stage
from advisor.bench.result import BenchmarkResult, Point, Verdict
from advisor.evidence.measured import level_of
from advisor.quantities.provenance import Level
from advisor.tui.live_run import LiveRun, Phase
from advisor.tui.views.text import badge, lines, muted, strong
from advisor.wording import benchmark as words

if TYPE_CHECKING:
    from advisor.bench.progress import CellProgress, Progress

_VERDICT_STYLES = {Verdict.VALID: "$success", Verdict.FAILED: "$error"}
_IDLE = (
    "b benchmarks the endpoint above; o starts the built-in one first. Requests go to that endpoint and nowhere else. "
    "State the instance, and valid figures become evidence about it."
)


_WIDTHS = (10, 9, 8, 8, 8, 8, 9, 6)
_NARROW = (0, 1, 2, 3, 5, 6, 7)
"""Columns of a result that stay at 80 characters: all but the tail of ITL."""


def status(live: LiveRun) -> Content:
    """One line: the phase, and how far it is."""
    if live.phase is Phase.CHECKING:
        return Content.assemble((" CHECKING ", "bold reverse"), "  one short answer from the endpoint")
    if live.complaint:
        return Content.assemble((" REFUSED ", "bold reverse $error"), f"  {live.complaint}")
    if live.is_on and live.progress is not None:
        return _running(live, live.progress)
    if live.kept is not None:
        return _over(live.kept.result)
    return muted(_IDLE)


def table(live: LiveRun, *, wide: bool) -> Content:
    """Cells while it runs, loads once it is over."""
    if live.is_on and live.progress is not None:
        return _cells(live.progress.cells)
    if live.kept is not None:
        return _points(live.kept.result, wide=wide)
    return Content("")


def remarks(live: LiveRun) -> Content:
    """What a result is about, why a load proves nothing, and whether the objectives hold."""
    if live.is_on or live.kept is None:
        return Content("")
    result = live.kept.result
    parts: list[Content | str] = [words.headline(result), muted(words.shape(result.plan)), words.subject_line(result)]
    for point in result.points:
        at = f"at {point.load.value} concurrent: "
        parts += [Content.assemble(("! ", "$warning"), at, line) for line in words.failed_gates(point)]
        parts += [Content.assemble(("· ", "$secondary"), at, words.slo_line(slo)) for slo in point.slos]
    parts += [Content.assemble(("! ", "$error"), line) for line in words.failure_lines(result.points)]
    kept = len(live.kept.evidence)
    parts.append(muted(f"run {result.run_id}; {kept} figures kept, E shows them" if kept else f"run {result.run_id}"))
    return lines(*parts)


def _running(live: LiveRun, progress: "Progress") -> Content:
    stopping = live.phase is Phase.STOPPING or progress.stage is Stage.ENDED
    word = "STOPPING" if live.phase is Phase.STOPPING else words.STAGES[progress.stage].upper()
    style = "bold reverse $warning" if stopping else "bold reverse $primary"
    return Content.assemble((f" {word} ", style), f"  {words.progress_line(progress).partition(', ')[2]}")


def _over(result: BenchmarkResult) -> Content:
    valid = sum(point.verdict is Verdict.VALID for point in result.points)
    proved = f"{valid} of {len(result.points)} loads valid"
    level = level_of(result) if valid else Level.UNKNOWN
    state = {"finished": "DONE", "cancelled": "STOPPED"}.get(result.state.value, result.state.value.upper())
    style = "bold reverse $success" if state == "DONE" else "bold reverse $warning"
    return Content.assemble((f" {state} ", style), f"  {proved}   ", badge(level))


def _cells(cells: Sequence["CellProgress"]) -> Content:
    widths = (10, 11, 6, 7, 10, 9, 9, 10)
    shown: list[Content | str] = [muted("  " + _row(words.PROGRESS_HEADINGS, widths))]
    for cell in cells:
        line = _row(words.progress_row(cell), widths)
        if cell.state == "running":
            shown.append(strong(f"▸ {line}"))
        else:
            shown.append(f"  {line}" if cell.state == "over" else muted(f"  {line}"))
    return lines(*shown)


def _points(result: BenchmarkResult, *, wide: bool) -> Content:
    chosen = range(len(_WIDTHS)) if wide else _NARROW
    widths = [_WIDTHS[index] for index in chosen]
    heads = [words.RESULT_HEADINGS[index] for index in chosen]
    shown: list[Content | str] = [muted(f"  {_row(heads, widths)}  {words.RESULT_HEADINGS[-1]}")]
    most = max((point.figures.output_tokens_per_s or 0.0 for point in result.points), default=0.0)
    for point in result.points:
        *cells, verdict = words.result_row(point)
        level = level_of(result) if point.verdict is Verdict.VALID else Level.UNKNOWN
        bar = _bar(point, most) if wide else ""
        shown.append(
            Content.assemble(
                badge(level, word=False),
                f" {_row([cells[index] for index in chosen], widths)}  ",
                (
                    f"{verdict:<14}",
                    "$warning" if words.is_stopped(point) else _VERDICT_STYLES.get(point.verdict, "$warning"),
                ),
                (f"  {bar}" if bar else "", "$primary" if point.verdict is Verdict.VALID else "$secondary"),
            )
        )
    return lines(*shown)


def _bar(point: Point, most: float) -> str:
    """Throughput beside that of the other loads."""
    rate = point.figures.output_tokens_per_s
    return "█" * max(1, round(30 * rate / most)) if rate and most else ""


def _row(cells: Sequence[str], widths: Sequence[int]) -> str:
    return "".join(f"{cell:>{width}}" for cell, width in zip(cells, widths, strict=True))
