"""The verdicts on many combinations as tables or a document."""

import argparse
from collections.abc import Collection, Sequence
from itertools import groupby

from advisor.catalog.load import Catalog
from advisor.cli.exit_codes import ExitCode
from advisor.cli.fit.flags import question_of
from advisor.cli.fit.styles import STYLES
from advisor.cli.output import Output
from advisor.cli.prose import write_text
from advisor.cli.table import Cell, Column, Row, write_table
from advisor.export.fits_document import fits_document
from advisor.fit.batch import TableRow
from advisor.fit.check import check_fit
from advisor.fit.memory.measured import MeasuredMemory
from advisor.fit.result import Verdict
from advisor.quantities import text
from advisor.reasons import Severity
from advisor.wording.reasons import sentence
from advisor.workflows.fit_all import Within, fit_all


def run_all(
    arguments: argparse.Namespace, catalog: Catalog, measured: tuple[MeasuredMemory, ...], output: Output
) -> int:
    """Every combination within what the flags state; YES when any runs."""
    question = question_of(arguments, instance="")
    within = Within(arguments.instance, arguments.checkpoint, arguments.tp, arguments.pp)
    rows = fit_all(catalog, question, within, measured)
    if output.json_mode:
        output.document(fits_document(rows, sentence))
    else:
        _write(rows, output, whole=within.instance is not None)
    return ExitCode.YES if any(row.verdict.runs for row in rows) else ExitCode.NO


def _write(rows: Sequence[TableRow], output: Output, *, whole: bool) -> None:
    """What runs, then what does not: every row of one instance, else those that say something of their own."""
    running = [row for row in rows if row.verdict.runs]
    alive = {_pair(row) for row in running}
    instances = {instance for instance, _ in alive}
    others = [row for row in rows if not row.verdict.runs]
    if not whole:
        running = undominated(running)
        others = _nearest([row for row in others if _pair(row) not in alive], instances)
    if running:
        write_table(_RUNNING, [_running(row) for row in running], output)
    if others:
        if running:
            output.line()
        write_table(_REFUSED, [_refused(group) for group in _alike(others)], output)
    output.line()
    write_text(_summary(rows, running, len(rows) - len(running) - len(others)), output)


def undominated(rows: Sequence[TableRow]) -> list[TableRow]:
    """Without those that another parallelism of the same instance and checkpoint is no worse than in anything.

    What counts: the verdict, the requests held, the longest context, and into how many replicas they are divided.
    """
    kept: dict[tuple[str, str], list[TableRow]] = {}
    for row in sorted(rows, key=_worth, reverse=True):
        rivals = kept.setdefault(_pair(row), [])
        if not any(all(a >= b for a, b in zip(_worth(rival), _worth(row), strict=True)) for rival in rivals):
            rivals.append(row)
    chosen = {id(row) for group in kept.values() for row in group}
    return [row for row in rows if id(row) in chosen]


def _worth(row: TableRow) -> tuple[int, int, int, int]:
    longest = row.memory.max_context_at_concurrency_tokens if row.memory is not None else 0
    return -_VERDICTS.index(row.verdict), requests_held(row), longest, row.replicas


_VERDICTS = tuple(Verdict)
_RUNNING = (
    Column("instance"),
    Column("checkpoint"),
    Column("TP×PP"),
    Column("replicas", right=True, drop=1),
    Column("verdict"),
    Column("margin", right=True, drop=2),
    Column("longest", right=True),
    Column("requests", right=True),
)
_REFUSED = (
    Column("instance"),
    Column("checkpoint", flows=True),
    Column("TP×PP"),
    Column("verdict"),
    Column("margin", right=True),
    Column("", below=True),
)


def _running(row: TableRow) -> Row:
    memory = row.memory
    assert memory is not None, "what runs has been weighed"
    return (
        row.request.instance.id,
        row.request.checkpoint.id,
        _degrees(row),
        str(row.replicas),
        Cell(row.verdict.value + (" !" if _has_cautions(row) else ""), STYLES[row.verdict]),
        text.gib(memory.margin_bytes),
        text.tokens(memory.max_context_at_concurrency_tokens) + ("+" if memory.is_bound_by_tables else ""),
        text.count(requests_held(row)),
    )


_SEEN_IN_THE_ROW = frozenset({"within_band", "checkpoint_assumed", "concurrency_over_max_num_seqs"})


def _has_cautions(row: TableRow) -> bool:
    """Whether the platform has something to say that the figures of the row do not show."""
    reasons = check_fit(row.asked).reasons
    return any(reason.severity is Severity.WARNING and reason.code not in _SEEN_IN_THE_ROW for reason in reasons)


def requests_held(row: TableRow) -> int:
    """Whole requests that all replicas of the row hold at the context in question."""
    memory = row.memory
    if memory is None:
        return 0
    return int(memory.max_concurrency_at_context) * row.request.data_parallel_size * row.replicas


def _refused(group: Sequence[TableRow]) -> Row:
    first = group[0]
    memory = first.memory
    return (
        first.request.instance.id,
        ", ".join(row.request.checkpoint.id for row in group),
        _degrees(first) if memory is not None else "",
        Cell(first.verdict.value.replace("_", " "), STYLES[first.verdict]),
        text.gib(memory.margin_bytes) if memory is not None else "",
        "" if memory is not None else _why(first),
    )


def _why(row: TableRow) -> str:
    reasons = check_fit(row.asked).reasons
    return sentence(next(reason for reason in reasons if reason.severity is Severity.ERROR))


def _degrees(row: TableRow) -> str:
    return f"{row.degrees.tensor_parallel_size}×{row.degrees.pipeline_parallel_size}"


def _pair(row: TableRow) -> tuple[str, str]:
    return row.request.instance.id, row.request.checkpoint.id


def _nearest(rows: Sequence[TableRow], alive: Collection[str]) -> list[TableRow]:
    """Of each instance and checkpoint the row that is least short; of an instance that holds nothing only one."""
    best: dict[tuple[str, str], TableRow] = {}
    for row in rows:
        key = _pair(row)
        if row.memory is not None and row.request.instance.id not in alive:
            key = (row.request.instance.id, "")
        held = best.get(key)
        if held is None or _margin(row) > _margin(held):
            best[key] = row
    return list(best.values())


def _margin(row: TableRow) -> float:
    return row.memory.margin_bytes if row.memory is not None else float("-inf")


def _alike(rows: Sequence[TableRow]) -> list[list[TableRow]]:
    """Checkpoints of an instance that are refused for one reason stand together; what was weighed stands alone."""
    groups: list[list[TableRow]] = []
    for _, group in groupby(rows, key=lambda row: (row.request.instance.id, row.verdict, _refusal(row))):
        groups.append(list(group))
    return groups


def _refusal(row: TableRow) -> str:
    return _why(row) if row.memory is None else f"{_degrees(row)} {row.request.checkpoint.id}"


def _summary(rows: Sequence[TableRow], shown: Sequence[TableRow], hidden: int) -> str:
    """What the columns mean, and what is left out. shown: the rows that run."""
    question = rows[0].request
    fits, tight = (sum(row.verdict is verdict for row in rows) for verdict in (Verdict.FITS, Verdict.TIGHT))
    legend = (
        "longest: the longest context at this concurrency; requests: how many of this context all replicas hold "
        "together; margin: per device; !: with cautions, told where --all is left out."
    )
    asked = f"{question.concurrency} × {text.tokens(question.context_tokens)} tokens"
    said = [f"{fits} of {len(rows)} combinations hold {asked}; {tight} are tight: they may or may not.", legend]
    if any(row.memory is not None and row.memory.is_bound_by_tables for row in shown):
        said.append("+: the cache holds more; block tables bound it, and a lower --max-num-seqs shrinks them.")
    measured = sum(_is_measured(row) for row in shown)
    if measured:
        said.append(f"{measured} rest on memory that was measured here; --no-measured leaves it aside.")
    if hidden:
        said.append(f"{hidden} more, no better than these, are listed with --instance TYPE or --json.")
    return " ".join(said)


def _is_measured(row: TableRow) -> bool:
    """Whether overheads that were measured here decide the row, and not those of the catalogue."""
    if not row.request.measured:
        return False
    overheads = check_fit(row.asked).overheads
    return overheads is not None and overheads.measured is not None
