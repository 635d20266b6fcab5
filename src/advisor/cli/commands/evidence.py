"""`advisor evidence`: the figures that answers may rest on, measured and published."""

import argparse
from collections.abc import Callable
from typing import Literal

from advisor.cli.catalog_option import open_catalog
from advisor.cli.exit_codes import ExitCode
from advisor.cli.output import Output
from advisor.cli.parser import Subparsers, command
from advisor.evidence.points import EvidencePoint
from advisor.export.evidence_document import evidence_document
from advisor.paths import user_paths
from advisor.wording import evidence as words
from advisor.workflows.knowledge import all_points

_COLUMNS: tuple[tuple[str, int, Callable[[EvidencePoint], str]], ...] = (
    ("level", 0, lambda point: point.level.value),
    ("model", 0, words.model_of),
    ("on", 0, words.hardware_of),
    ("engine", 150, lambda point: f"{point.engine} {point.engine_version}"),
    (">in/out", 0, lambda point: f"{point.input_tokens}/{point.output_tokens}"),
    (">load", 0, words.load_of),
    ("figure", 0, words.figure_name),
    (">value", 0, words.figure_value),
    ("as of", 100, lambda point: str(point.provenance.as_of or "undated")),
    ("source", 120, lambda point: point.run_id or point.provenance.source),
)
"""Heading (> stands at the right), the width of the terminal that it needs, and what it shows."""


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
    from rich.table import Table
    from rich.text import Text

    columns = [column for column in _COLUMNS if column[1] <= output.console.width]
    table = Table(box=None, pad_edge=False)
    for heading, _, _ in columns:
        side: Literal["left", "right"] = "right" if heading.startswith(">") else "left"
        table.add_column(heading.lstrip(">"), justify=side, no_wrap=heading != "source", overflow="fold")
    for point in points:
        glyph = f"{output.glyph(point.level)} {point.level}"
        table.add_row(glyph, *(Text(write(point)) for _, _, write in columns[1:]))
    output.console.print(table)
    if not points:
        output.line("no figures match")
