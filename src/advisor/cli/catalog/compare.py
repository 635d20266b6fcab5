"""`advisor catalog compare`: several instances side by side."""

import argparse

from advisor.catalog.ages import Ages
from advisor.cli.catalog.common import add_region, document, rows_of, write_marks
from advisor.cli.catalog_option import open_catalog
from advisor.cli.clock import today
from advisor.cli.exit_codes import ExitCode
from advisor.cli.output import Output
from advisor.cli.parser import Subparsers, command
from advisor.cli.table import Cell, Column, Row, blocks, write_table
from advisor.quantities import text
from advisor.wording.catalog import marked, sold_as, unpriced
from advisor.workflows.catalog import Figure, InstanceRow, figures_of, price_ages

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
        output.document(document(catalog, rows, arguments.region))
        return ExitCode.YES
    ages = price_ages(catalog, arguments.region, today())
    label, columns = Column("figure"), [Column(row.instance.id, right=True) for row in rows]
    table: list[Row] = [
        (figures[0].label, *(_compared(figure, output) for figure in figures))
        for figures in zip(*(figures_of(row) for row in rows), strict=True)
    ]
    prices = [_compared_price(row, arguments.region, ages, output) for row in rows]
    table.append((f"USD/h on demand, {arguments.region}", *prices))
    for number, together in enumerate(blocks(label, columns, table, output)):
        if number:
            output.line()
        chosen = [(row[0], *(row[1 + at] for at in together)) for row in table]
        write_table([label, *(columns[at] for at in together)], chosen, output)
    for row in rows:
        if row.price is None:
            output.line(f"{row.instance.id} in {arguments.region}: {sold_as(row.instance, arguments.region)}")
    write_marks((ages.of(row.price) for row in rows if row.price), output)
    return ExitCode.YES


def _compared(figure: Figure, output: Output) -> str | Cell:
    if not figure.applies:
        return ""
    return Cell(f"{figure.value} {output.glyph(figure.origin.level)}", flows=figure.label == _QUOTA)


def _compared_price(row: InstanceRow, region: str, ages: Ages, output: Output) -> str:
    if row.price is None:
        return unpriced(row.instance, region)
    glyph = output.glyph(row.price.provenance.level)
    return f"{text.usd_per_hour(row.price.usd_per_hour)} {marked(glyph, ages.of(row.price))}"
