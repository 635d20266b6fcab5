"""`advisor catalog show`: one instance, every figure with its source."""

import argparse

from advisor.catalog.layers import SHIPPED
from advisor.cli.catalog.common import add_region, document, rows_of
from advisor.cli.catalog.sources import Sources
from advisor.cli.catalog_option import open_catalog
from advisor.cli.exit_codes import ExitCode
from advisor.cli.output import Output
from advisor.cli.parser import Subparsers, command
from advisor.cli.prose import write_text
from advisor.cli.table import LEVEL, Cell, Column, Row, write_table
from advisor.quantities import text
from advisor.wording.catalog import NO_LIST_PRICE, sold_as
from advisor.wording.figures import PURCHASES
from advisor.workflows.catalog import figures_of, instance_offers


def add(actions: Subparsers) -> None:
    summary = "one instance, every figure with its source"
    parser = command(actions, "show", summary, run_show, example="advisor catalog show p5.48xlarge")
    parser.add_argument("instance", metavar="TYPE")
    add_region(parser)


def run_show(arguments: argparse.Namespace, output: Output) -> int:
    catalog = open_catalog(arguments)
    row = rows_of(catalog, [arguments.instance], arguments.region)[0]
    if output.json_mode:
        output.document(document([row], arguments.region))
        return ExitCode.YES
    write_text(row.instance.id, output, style="bold")
    if row.instance.note:
        write_text(row.instance.note, output)
    shown = [(figure.label, figure.value, figure.origin) for figure in figures_of(row) if figure.applies]
    for offer in instance_offers(catalog, row.instance, arguments.region):
        label = f"price {PURCHASES[offer.purchase]}"
        if offer.price is None:
            shown.append((label, NO_LIST_PRICE, row.instance.origin.of("purchase_options")))
        else:
            shown.append((label, text.usd_per_hour(offer.price.value), offer.price.provenance))
    sources = Sources(output)
    has_layers = any(origin.layer != SHIPPED for _, _, origin in shown)
    columns = [Column("figure"), Column("value"), *LEVEL, Column("as of"), sources.column]
    rows: list[Row] = [
        (
            label,
            Cell(value, flows=not any(map(str.isdigit, value))),
            output.glyph(origin.level),
            origin.level.value,
            str(origin.as_of or ""),
            sources.cell(origin.source),
            *([Cell(origin.layer, flows=True)] if has_layers else []),
        )
        for label, value, origin in shown
    ]
    write_table([*columns, *([Column("layer", flows=True)] if has_layers else [])], rows, output)
    if not row.price:
        output.line(f"{arguments.region}: {sold_as(row.instance, arguments.region)}")
    sources.write()
    return ExitCode.YES
