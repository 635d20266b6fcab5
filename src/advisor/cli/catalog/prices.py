"""`advisor catalog prices`: every price of an instance."""

import argparse
from collections.abc import Mapping, Sequence

from advisor.catalog.ages import Ages
from advisor.catalog.records.prices import Price
from advisor.cli.catalog.common import rows_of, write_marks
from advisor.cli.catalog.sources import Sources
from advisor.cli.catalog_option import open_catalog
from advisor.cli.clock import today
from advisor.cli.exit_codes import ExitCode
from advisor.cli.output import Output
from advisor.cli.parser import Subparsers, command
from advisor.cli.table import LEVEL, Column, write_table
from advisor.export.catalog_document import prices_document
from advisor.quantities import text
from advisor.wording.catalog import NO_LIST_PRICE, marked, missing_price, perished
from advisor.wording.figures import PURCHASES
from advisor.workflows.catalog.prices import price_history, prices_of
from advisor.workflows.catalog.rows import price_ages


def add(actions: Subparsers) -> None:
    example = "advisor catalog prices trn2.48xlarge"
    parser = command(actions, "prices", "every price of an instance", run_prices, example=example)
    parser.add_argument("instance", metavar="TYPE", help="instance type, or UltraServer")
    parser.add_argument("--region", metavar="R", help="one region (all)")
    parser.add_argument("--history", action="store_true", help="every price that was read, older ones too")


def run_prices(arguments: argparse.Namespace, output: Output) -> int:
    catalog, region = open_catalog(arguments), arguments.region
    found = (price_history if arguments.history else prices_of)(catalog, arguments.instance, region)
    ages = {name: price_ages(catalog, name, today()) for name in {price.region for price in found}}
    if output.json_mode:
        output.document(prices_document(found, ages.__getitem__))
        return ExitCode.YES
    if found:
        _write(found, {} if arguments.history else ages, output)
    elif region is None:
        output.line(NO_LIST_PRICE)
    is_instance = arguments.instance not in catalog.ultraservers
    if is_instance and region is not None and not any(price.option == "on_demand" for price in found):
        output.line(f"{region}: {missing_price(rows_of(catalog, [arguments.instance], region)[0])}")
    return ExitCode.YES


def _write(found: Sequence[Price], ages: Mapping[str, Ages], output: Output) -> None:
    """A line for each price; without ages, as of a history, none is marked as old."""
    told = [ages[price.region].of(price) for price in found if price.region in ages]
    glyphs = [output.glyph(price.provenance.level) for price in found]
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
            glyph,
            price.provenance.level.value,
            str(price.provenance.as_of),
            sources.cell(price.provenance.source),
        )
        for price, glyph in zip(found, map(marked, glyphs, told) if told else glyphs, strict=True)
    ]
    write_table(columns, rows, output)
    sources.write()
    write_marks(told, output)
    for words in dict.fromkeys(perished(each) for each in ages.values()):
        if words:
            output.note(words)


def _bought(price: Price) -> str:
    """`savings plan 3y no upfront`, `spot min`: the zone with the lowest price; a list price needs no word."""
    statistic = "" if price.statistic == "list" else price.statistic
    return " ".join(filter(None, (PURCHASES[price.option], price.term, price.payment.replace("_", " "), statistic)))
