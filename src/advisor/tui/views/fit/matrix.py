"""The matrix of instances × checkpoints: marks that need no colour, and what stands behind the one under the cursor."""

from collections.abc import Iterable, Sequence

from rich.text import Text
from textual.content import Content

from advisor.catalog.records.models import Model
from advisor.fit.result import FitResult, Verdict
from advisor.quantities import text
from advisor.quantities.text import counted
from advisor.quantities.units import GIB
from advisor.tui.views.fit.verdict import deciding, headline
from advisor.tui.views.text import lines, muted
from advisor.workflows.fit_matrix import MatrixCell, MatrixRow
from advisor.workflows.fit_question import FitQuestion

INSTANCE_WIDTH = 16
HARDWARE_WIDTH = 13
CELL_WIDTH = 9
WIDE_HARDWARE_WIDTH = 24
WIDE_CELL_WIDTH = 19
"""With the margin beside the verdict."""

_MUTED = "#7f8ea3"
_MARKS = {
    Verdict.FITS: ("✓", "#5ab0f7"),
    Verdict.TIGHT: ("~", "#e0a458"),
    Verdict.DOES_NOT_FIT: ("✗", "#e06c5f"),
    Verdict.INVALID: ("–", _MUTED),
    Verdict.UNSUPPORTED: ("–", _MUTED),
}


def status(model: Model, question: FitQuestion, rows: Sequence[MatrixRow], shown: int) -> Content:
    """What the cells are verdicts of, and how many instances run the model."""
    runs = sum(row.verdict.runs for row in rows)
    asked = f"{text.tokens(question.context_tokens)} tokens × {counted(question.concurrency, 'request')}"
    count = f"{runs} of {len(rows)} instances run it"
    left = "" if shown == len(rows) else f" · {shown} shown"
    return Content.assemble((f"{model.short_name}", "bold"), f" at {asked} · {count}{left}")


def legend() -> Content:
    """What the marks mean."""
    return muted("✓ fits  ~ tight  ✗ GiB short per device  – unsupported  ×2 replicas")


def instance(row: MatrixRow) -> Text:
    return Text(row.instance.id)


def hardware(row: MatrixRow, width: int) -> Text:
    """`8×H100-80GB`, cut to its column."""
    if row.accelerator is None:
        return Text("no accelerator", _MUTED)
    return Text(f"{row.instance.accelerator_count}×{row.accelerator.id}"[:width], _MUTED)


def cell(found: MatrixCell, *, wide: bool) -> Text:
    """`✓ TP4 ×2` where it runs, `✗ 12` for GiB short where it does not, `–` where it cannot be.

    Where there is room, the margin stands beside what runs too.
    """
    mark, style = _MARKS[found.verdict]
    if found.verdict.runs:
        stages = f"×{found.pipeline_parallel_size}" if found.pipeline_parallel_size > 1 else ""
        replicas = f" ×{found.replicas}" if found.replicas > 1 else ""
        told = f"{mark} TP{found.tensor_parallel_size}{stages}{replicas}"
        spare = f"{(found.margin_bytes or 0.0) / GIB:+,.1f} GiB" if wide else ""
        return Text.assemble((told.ljust(CELL_WIDTH + 1 if wide else 0), style), (spare, _MUTED))
    if found.verdict is Verdict.DOES_NOT_FIT and found.margin_bytes is not None:
        return Text(f"{mark} {-found.margin_bytes / GIB:,.0f}", style)
    return Text(mark, style)


def behind(result: FitResult, width: int) -> Content:
    """The verdict under the cursor, its reason, and what its cache allows."""
    told = [headline(result, width), deciding(result)]
    cache = result.kv_cache
    if cache is not None and result.verdict.runs:
        longest, most = text.tokens(cache.max_context_tokens), f"{cache.max_concurrency_at_context:,.0f}"
        told.append(muted(f"longest context {longest} · at most {most} requests at the asked one"))
    return lines(*told)


def matches(row: MatrixRow, words: Iterable[str]) -> bool:
    """Whether every word is part of the instance's or accelerator's name, or is the verdict of one of its cells."""
    name = row.accelerator.name if row.accelerator is not None else "no accelerator"
    told = f"{row.instance.id} {row.instance.accelerator or ''} {name}".lower()
    verdicts = {cell.verdict.value for cell in row.cells}
    return all(word in told or word in verdicts for word in words)
