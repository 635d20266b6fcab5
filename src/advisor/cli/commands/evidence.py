"""`advisor evidence`: the figures that answers may rest on, measured and published."""

import argparse
from collections.abc import Callable, Sequence

from advisor.cli.catalog_option import open_catalog
from advisor.cli.exit_codes import ExitCode
from advisor.cli.output import Output
from advisor.cli.parser import Subparsers, command
from advisor.cli.table import LEVEL, Column, write_table
from advisor.evidence.points import EvidencePoint
from advisor.export.evidence_document import evidence_document
from advisor.paths import user_paths
from advisor.wording import evidence as words
from advisor.workflows.evidence_list import EvidenceFilter, EvidenceList, list_evidence, source_of

_COLUMNS: tuple[tuple[Column, Callable[[EvidencePoint], str]], ...] = (
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
            "A claim of a report is no evidence: see advisor audit."
        ),
    )
    for flag, (metavar, meaning) in _FILTERS.items():
        listed.add_argument(f"--{flag}", metavar=metavar, help=meaning)
    listed.add_argument("--all", action="store_true", help="other models too")


def run_list(arguments: argparse.Namespace, output: Output) -> int:
    catalog = open_catalog(arguments)
    wanted = {name: getattr(arguments, name) for name in _FILTERS}
    found = list_evidence(catalog, user_paths(), EvidenceFilter(**wanted, everything=arguments.all))
    if output.json_mode:
        output.document(evidence_document(found.points, catalog.layers.sources, words.caveats))
    else:
        _write(found.points, output)
    if found.left_out:
        output.note(f"{_left_out(found)}: --all, or --model ID, lists them. No answer rests on them.")
    return ExitCode.YES


def _left_out(found: EvidenceList) -> str:
    figures = "1 figure" if found.left_out == 1 else f"{found.left_out:,} figures"
    return f"{figures} of other models left out"


def _write(points: Sequence[EvidencePoint], output: Output) -> None:
    if not points:
        output.line("no figures match")
        return
    rows = [
        (output.glyph(point.level), point.level.value, *(write(point) for _, write in _COLUMNS)) for point in points
    ]
    write_table([*LEVEL, *(column for column, _ in _COLUMNS)], rows, output)
