"""`advisor evidence`: the figures that answers may rest on, measured and published."""

import argparse
from collections.abc import Callable

from advisor.cli.catalog_option import open_catalog
from advisor.cli.exit_codes import ExitCode
from advisor.cli.output import Output
from advisor.cli.parser import Subparsers, command
from advisor.cli.table import LEVEL, Column, write_table
from advisor.evidence.points import EvidencePoint
from advisor.export.evidence_document import evidence_document
from advisor.paths import user_paths
from advisor.wording import evidence as words
from advisor.workflows.knowledge import all_points

_COLUMNS: tuple[tuple[Column, Callable[[EvidencePoint], str]], ...] = (
    (Column("model", flows=True), words.model_of),
    (Column("on", flows=True), words.hardware_of),
    (Column("engine", drop=4), lambda point: f"{point.engine} {point.engine_version}"),
    (Column("in/out", right=True), lambda point: f"{point.input_tokens}/{point.output_tokens}"),
    (Column("load", right=True), words.load_of),
    (Column("figure", flows=True), words.figure_name),
    (Column("value", right=True), words.figure_value),
    (Column("as of", drop=2), lambda point: str(point.provenance.as_of or "undated")),
    (Column("source", flows=True, drop=3), lambda point: point.run_id or point.provenance.source),
)


def add(commands: Subparsers, name: str, summary: str) -> None:
    parser = command(commands, name, summary, None, example="advisor evidence list --model llama-4-scout")
    actions = parser.add_subparsers(dest="action", metavar="ACTION", title="actions")
    listed = command(
        actions,
        "list",
        "every figure, newest measurements first",
        run_list,
        example="advisor evidence list --accelerator H100-80GB",
        description=(
            "Figures by level: measured here, published, or simulated. Simulated figures are listed and used nowhere.\n"
            "A claim of a report is no evidence: see advisor audit."
        ),
    )
    listed.add_argument("--model", metavar="ID")
    listed.add_argument("--accelerator", metavar="ID", help="like H100-80GB; names that published tables use work too")
    listed.add_argument("--engine", metavar="ID")


def run_list(arguments: argparse.Namespace, output: Output) -> int:
    catalog = open_catalog(arguments)
    wanted = {
        "model": catalog.model(arguments.model).id if arguments.model else None,
        "accelerator": catalog.accelerator(arguments.accelerator).id if arguments.accelerator else None,
        "engine": catalog.engine(arguments.engine).id if arguments.engine else None,
    }
    points = [
        point
        for point in all_points(catalog, user_paths())
        if all(value is None or getattr(point, key) == value for key, value in wanted.items())
    ]
    if output.json_mode:
        output.document(evidence_document(points))
    else:
        _write(points, output)
    return ExitCode.YES


def _write(points: list[EvidencePoint], output: Output) -> None:
    if not points:
        output.line("no figures match")
        return
    rows = [
        (output.glyph(point.level), point.level.value, *(write(point) for _, write in _COLUMNS)) for point in points
    ]
    write_table([*LEVEL, *(column for column, _ in _COLUMNS)], rows, output)
