"""`advisor evidence`: the figures that answers may rest on, measured and published."""

import argparse

from advisor.cli.catalog_option import open_catalog
from advisor.cli.exit_codes import ExitCode
from advisor.cli.output import Output
from advisor.cli.parser import Subparsers, command
from advisor.evidence.points import EvidencePoint
from advisor.export.evidence_document import evidence_document
from advisor.paths import user_paths
from advisor.workflows.knowledge import all_points


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

    table = Table(box=None, pad_edge=False)
    for heading in ("level", "model", "on", "engine", ">in/out", ">load", "figure", ">value", "as of", "source"):
        table.add_column(heading.lstrip(">"), justify="right" if heading.startswith(">") else "left", overflow="fold")
    for point in points:
        table.add_row(
            f"{output.glyph(point.level)} {point.level}",
            f"{point.model.removeprefix('llama-4-')} {point.checkpoint}",
            f"{point.devices} × {point.accelerator}",
            f"{point.engine} {point.engine_version}",
            f"{point.input_tokens}/{point.output_tokens}",
            _load(point),
            point.metric,
            f"{point.value:,.6g} {point.unit}",
            str(point.provenance.as_of or "undated"),
            point.run_id or point.provenance.source,
        )
    output.console.print(table)
    if not points:
        output.line("no figures match")


def _load(point: EvidencePoint) -> str:
    if point.load == "max_load":
        return "max load"
    return f"{point.load_value:g} {'concurrent' if point.load == 'concurrency' else 'req/s'}"
