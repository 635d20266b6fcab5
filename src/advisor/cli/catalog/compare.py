"""`advisor catalog compare`: several instances side by side."""

import argparse
from collections.abc import Sequence

from advisor.catalog.ages import Ages
from advisor.catalog.load import Catalog
from advisor.cli.catalog.common import add_purchase, add_region, document, rows_of, write_marks
from advisor.cli.catalog_option import open_catalog
from advisor.cli.clock import today
from advisor.cli.exit_codes import ExitCode
from advisor.cli.output import Output
from advisor.cli.parser import Subparsers, command
from advisor.cli.table import Cell, Column, Row, blocks, write_table
from advisor.wording.catalog import marked, missing_price
from advisor.wording.comparison import Compared, comparison
from advisor.wording.figures import PURCHASES
from advisor.workflows.catalog.rows import Buying, InstanceRow, price_ages

_BEST = "bold green"
_WRAPS = ("quota", "interconnect", "accelerator", "memory type")


def add(actions: Subparsers) -> None:
    example = "advisor catalog compare p5.48xlarge g7e.48xlarge"
    parser = command(
        actions,
        "compare",
        "several instances side by side",
        run_compare,
        example=example,
        description="Several instances side by side: figures, every way of buying, and what a unit costs. "
        "▸ marks the best of a row.",
    )
    parser.add_argument("instances", nargs="+", metavar="TYPE")
    add_region(parser)
    add_purchase(parser, "the price that ratios are made of (on_demand)")


def run_compare(arguments: argparse.Namespace, output: Output) -> int:
    catalog = open_catalog(arguments)
    buying: Buying = arguments.purchase or "on_demand"
    rows = rows_of(catalog, list(dict.fromkeys(arguments.instances)), arguments.region, buying)
    if output.json_mode:
        output.document(document(catalog, rows, arguments.region, buying))
        return ExitCode.YES
    ages = price_ages(catalog, arguments.region, today())
    _write(catalog, rows, ages, output)
    for row in rows:
        if row.price is None and row.is_offered:
            output.line(f"{row.instance.id} in {arguments.region}: {missing_price(row)}")
    output.note(f"Prices of {arguments.region}; costs of a unit are {PURCHASES[buying]}; ▸ marks the best of a row.")
    write_marks((ages.of(row.held) for row in rows if row.held), output)
    return ExitCode.YES


def _write(catalog: Catalog, rows: Sequence[InstanceRow], ages: Ages, output: Output) -> None:
    label, columns = Column("figure"), [Column(row.instance.id, right=True) for row in rows]
    table: list[Row] = [
        (Cell(line.label, flows=True), *(_cell(line, at, ages, output) for at in range(len(rows))))
        for line in comparison(catalog, rows)
    ]
    for number, together in enumerate(blocks(label, columns, table, output)):
        if number:
            output.line()
        chosen = [(row[0], *(row[1 + at] for at in together)) for row in table]
        write_table([label, *(columns[at] for at in together)], chosen, output)


def _cell(line: Compared, at: int, ages: Ages, output: Output) -> Cell:
    """A value with its level; the best of its row is marked by a sign, and by a style where there are any."""
    figure, price = line.figures[at], line.prices[at]
    if not figure.applies:
        return Cell("")
    glyph = output.glyph(figure.origin.level)
    glyph = glyph if price is None else marked(glyph, ages.of(price))
    best = at in line.best
    value = f"{'▸ ' if best else ''}{figure.value} {glyph}"
    return Cell(value, _BEST if best else "", flows=line.label in _WRAPS)
