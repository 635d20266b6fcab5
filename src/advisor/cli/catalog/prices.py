"""`advisor catalog prices`: every price of an instance."""

import argparse

from advisor.catalog.records import Price
from advisor.cli.catalog.sources import Sources
from advisor.cli.catalog_option import open_catalog
from advisor.cli.exit_codes import ExitCode
from advisor.cli.output import Output
from advisor.cli.parser import Subparsers, command
from advisor.cli.table import LEVEL, Column, write_table
from advisor.export.catalog_document import prices_document
from advisor.quantities import text
from advisor.wording.catalog import NO_LIST_PRICE
from advisor.wording.figures import PURCHASES
from advisor.workflows.catalog import prices_of


def add(actions: Subparsers) -> None:
    example = "advisor catalog prices trn2.48xlarge"
    parser = command(actions, "prices", "every price of an instance", run_prices, example=example)
    parser.add_argument("instance", metavar="TYPE")
    parser.add_argument("--region", metavar="R", help="one region (all)")


def run_prices(arguments: argparse.Namespace, output: Output) -> int:
    found = prices_of(open_catalog(arguments), arguments.instance, arguments.region)
    if output.json_mode:
        output.document(prices_document(found))
        return ExitCode.YES
    if not found:
        output.line(NO_LIST_PRICE)
        return ExitCode.YES
    sources = Sources(output)
    columns = (
        Column("region"),
        Column("bought as", flows=True),
        Column("USD/h", right=True),
        *LEVEL,
        Column("as of"),
        sources.column,
    )
    rows = [
        (
            price.region,
            _bought(price),
            text.usd_per_hour(price.usd_per_hour),
            output.glyph(price.provenance.level),
            price.provenance.level.value,
            str(price.provenance.as_of),
            sources.cell(price.provenance.source),
        )
        for price in found
    ]
    write_table(columns, rows, output)
    sources.write()
    return ExitCode.YES


def _bought(price: Price) -> str:
    """`savings plan 3y no upfront`, `spot min`: the zone with the lowest price; a list price needs no word."""
    statistic = "" if price.statistic == "list" else price.statistic
    return " ".join(filter(None, (PURCHASES[price.option], price.term, price.payment.replace("_", " "), statistic)))
