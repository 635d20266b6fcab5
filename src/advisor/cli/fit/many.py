"""The verdicts on many combinations as a table or a document."""

from collections.abc import Iterable

from advisor.cli.exit_codes import ExitCode
from advisor.cli.fit.styles import STYLES
from advisor.cli.output import Output
from advisor.cli.table import Cell, Column, Row, write_table
from advisor.export.fit_document import fit_document
from advisor.fit.result import FitResult, Verdict
from advisor.quantities import text
from advisor.wording.reasons import sentence


def write_all(results: list[FitResult], output: Output) -> int:
    """All of them; YES when any runs."""
    if output.json_mode:
        output.document({"schema": "advisor.fits/1", "fits": [fit_document(result, sentence) for result in results]})
    else:
        _write_table(results, output)
    return ExitCode.YES if any(result.verdict.runs for result in results) else ExitCode.NO


def _write_table(results: Iterable[FitResult], output: Output) -> None:
    columns = (
        Column("instance"),
        Column("checkpoint"),
        Column("TP", right=True),
        Column("verdict"),
        Column("margin/device", right=True, drop=1),
        Column("longest context", right=True, drop=2),
        Column("reason", below=True),
    )
    write_table(columns, [_row(result) for result in results], output)


def _row(result: FitResult) -> Row:
    device, cache = result.per_device, result.kv_cache
    return (
        result.request.instance.id,
        result.request.checkpoint.id,
        str(result.parallelism.tensor_parallel_size),
        Cell(result.verdict.value.replace("_", " "), STYLES[result.verdict]),
        text.gib(device.margin_bytes) if device else "",
        text.tokens(cache.max_context_tokens) if cache and result.verdict.runs else "",
        "" if result.verdict is Verdict.FITS else sentence(result.reasons[0]),
    )
