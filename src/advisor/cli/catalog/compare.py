"""`advisor catalog compare`: several instances side by side."""

import argparse

from advisor.cli.catalog.common import add_region, document, rows_of
from advisor.cli.catalog_option import open_catalog
from advisor.cli.exit_codes import ExitCode
from advisor.cli.output import Output
from advisor.cli.parser import Subparsers, command
from advisor.cli.table import Cell, Column, Row, blocks, write_table
from advisor.quantities import text
from advisor.wording.catalog import NO_LIST_PRICE
from advisor.workflows.catalog import Figure, InstanceRow, figures_of

_QUOTA = "quota"


def add(actions: Subparsers) -> None:
    example = "advisor catalog compare p5.48xlarge g7e.48xlarge"
    parser = command(actions, "compare", "several instances side by side", run_compare, example=example)
    parser.add_argument("instances", nargs="+", metavar="TYPE")
    add_region(parser)


def run_compare(arguments: argparse.Namespace, output: Output) -> int:
    catalog = open_catalog(arguments)
    rows = rows_of(catalog, list(dict.fromkeys(arguments.instances)), arguments.region)
    if output.json_mode:
        output.document(document(rows, arguments.region))
        return ExitCode.YES
    label, columns = Column("figure"), [Column(row.instance.id, right=True) for row in rows]
    table: list[Row] = [
        (figures[0].label, *(_compared(figure, output) for figure in figures))
        for figures in zip(*(figures_of(row) for row in rows), strict=True)
    ]
    table.append((f"USD/h on demand, {arguments.region}", *(_compared_price(row, output) for row in rows)))
    for number, together in enumerate(blocks(label, columns, table, output)):
        if number:
            output.line()
        chosen = [(row[0], *(row[1 + at] for at in together)) for row in table]
        write_table([label, *(columns[at] for at in together)], chosen, output)
    return ExitCode.YES


def _compared(figure: Figure, output: Output) -> str | Cell:
    if not figure.applies:
        return ""
    return Cell(f"{figure.value} {output.glyph(figure.origin.level)}", flows=figure.label == _QUOTA)


def _compared_price(row: InstanceRow, output: Output) -> str:
    if row.price is None:
        return NO_LIST_PRICE
    return f"{text.usd_per_hour(row.price.usd_per_hour)} {output.glyph(row.price.provenance.level)}"
