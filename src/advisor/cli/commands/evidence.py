"""`advisor evidence`: the figures that answers may rest on, measured and published."""

import argparse
from collections.abc import Callable, Sequence
from typing import TypeVar

from advisor.cli.catalog_option import open_catalog
from advisor.cli.exit_codes import ExitCode
from advisor.cli.output import Output
from advisor.cli.parser import Subparsers, command
from advisor.cli.table import LEVEL, Column, write_table
from advisor.evidence.points import EvidencePoint
from advisor.export.evidence_document import evidence_document
from advisor.fit.memory.measured import MeasuredMemory
from advisor.paths import user_paths
from advisor.quantities.provenance import Level
from advisor.wording import evidence as words
from advisor.workflows.evidence_list import EvidenceFilter, EvidenceList, list_evidence, source_of
from advisor.workflows.keep_memory import forget_memory

T = TypeVar("T")
Columns = tuple[tuple[Column, Callable[[T], str]], ...]

_COLUMNS: "Columns[EvidencePoint]" = (
    (Column("model", flows=True), words.model_of),
    (Column("on", flows=True), words.hardware_of),
    (Column("engine", drop=4), lambda point: f"{point.engine} {point.engine_version}"),
    (Column("in/out", right=True), words.shape_of),
    (Column("load", right=True), words.load_of),
    (Column("figure", flows=True), words.column_figure),
    (Column("value", right=True), words.column_value),
    (Column("as of", drop=2), lambda point: str(point.provenance.as_of or "undated")),
    (Column("source", drop=3), source_of),
)
_MEMORY_COLUMNS: "Columns[MeasuredMemory]" = (
    (Column("id"), lambda memory: memory.id),
    (Column("memory of", flows=True), words.stack_of),
    (Column("on", flows=True), lambda memory: memory.stack.instance),
    (Column("engine", drop=4), lambda memory: f"{memory.stack.engine} {memory.stack.engine_version}"),
    (Column("KV cache", right=True), words.cache_of),
    (Column("beside weights", right=True), words.beside_of),
    (Column("as of", drop=2), lambda memory: memory.observed_at[:10]),
    (Column("source", drop=3), lambda memory: memory.provenance.source),
)
_FILTERS = {
    "model": ("ID", "like llama-4-scout; any model that published figures are of"),
    "accelerator": ("ID", "like H100-80GB; names that published tables use work too"),
    "engine": ("ID", "like vllm"),
    "level": ("LEVEL", "measured, published or simulated"),
    "metric": ("NAME", "like ttft_ms or output_tokens_per_s"),
    "source": ("ID", "the id of a source or run, or how it begins"),
}


def add(commands: Subparsers, name: str, summary: str) -> None:
    parser = command(commands, name, summary, None, example="advisor evidence list --model llama-4-scout")
    actions = parser.add_subparsers(dest="action", metavar="ACTION", title="actions")
    listed = command(
        actions,
        "list",
        "every figure, newest measurements first",
        run_list,
        example="advisor evidence list --accelerator H100-80GB --metric output_tokens_per_s",
        description=(
            "Figures by level: measured here, published, or simulated. Simulated figures are listed and used nowhere.\n"
            "Figures of other models on the same hardware are cross-checks and enter no answer: --all lists them too.\n"
            "--json holds every digit, and what must be known before a figure is compared with others.\n"
            "Memory that engines were seen to use comes first; advisor fit uses it, not the catalogue's overheads.\n"
            "A claim of a report is no evidence: see advisor audit."
        ),
    )
    for flag, (metavar, meaning) in _FILTERS.items():
        listed.add_argument(f"--{flag}", metavar=metavar, help=meaning)
    listed.add_argument("--all", action="store_true", help="other models too")
    forgotten = command(
        actions,
        "forget",
        "remove one observation of an engine's memory",
        run_forget,
        example="advisor evidence forget 1a2b3c4d",
        description=(
            "What advisor fit --verify and --log enter recalibrates later answers. This removes one of them.\n"
            "Figures of benchmarks come from their runs: see advisor bench list."
        ),
        catalog=False,
    )
    forgotten.add_argument("wanted", metavar="ID", help="as advisor evidence list shows it, or how it begins")


def run_list(arguments: argparse.Namespace, output: Output) -> int:
    catalog = open_catalog(arguments)
    wanted = {name: getattr(arguments, name) for name in _FILTERS}
    found = list_evidence(catalog, user_paths(), EvidenceFilter(**wanted, everything=arguments.all))
    if output.json_mode:
        output.document(evidence_document(found.points, catalog.layers.sources, words.caveats, found.memories))
    else:
        _write(found, output)
    if found.left_out:
        output.note(f"{_left_out(found)}: --all, or --model ID, lists them. No answer rests on them.")
    return ExitCode.YES


def _left_out(found: EvidenceList) -> str:
    figures = "1 figure" if found.left_out == 1 else f"{found.left_out:,} figures"
    return f"{figures} of other models left out"


def run_forget(arguments: argparse.Namespace, output: Output) -> int:
    gone = forget_memory(arguments.wanted, user_paths())
    output.note(f"advisor: forgot {gone.id}: {words.stack_of(gone)}, {words.beside_of(gone)} beside the weights")
    return ExitCode.YES


def _write(found: EvidenceList, output: Output) -> None:
    if not found.points and not found.memories:
        output.line("no figures match")
        return
    if found.memories:
        _write_table(found.memories, _MEMORY_COLUMNS, lambda memory: memory.provenance.level, output)
    if found.memories and found.points:
        output.line()
    if found.points:
        _write_table(found.points, _COLUMNS, lambda point: point.level, output)


def _write_table(rows: Sequence[T], columns: Columns[T], level_of: Callable[[T], Level], output: Output) -> None:
    written = [
        (output.glyph(level_of(row)), level_of(row).value, *(write(row) for _, write in columns)) for row in rows
    ]
    write_table([*LEVEL, *(column for column, _ in columns)], written, output)
