"""`advisor catalog show`: one instance, every figure with its source."""

import argparse
from dataclasses import dataclass

from advisor.catalog.ages import PriceAge
from advisor.catalog.layers import SHIPPED
from advisor.cli.catalog.common import add_region, document, rows_of, write_marks
from advisor.cli.catalog.sources import Sources
from advisor.cli.catalog_option import open_catalog
from advisor.cli.clock import today
from advisor.cli.exit_codes import ExitCode
from advisor.cli.output import Output
from advisor.cli.parser import Subparsers, command
from advisor.cli.prose import write_text
from advisor.cli.table import LEVEL, Cell, Column, Row, write_table
from advisor.quantities import text
from advisor.quantities.provenance import Provenance
from advisor.wording.catalog import NO_LIST_PRICE, marked, perished, sold_as
from advisor.wording.figures import PURCHASES
from advisor.wording.layers import disagreements
from advisor.workflows.catalog import figures_of, instance_offers, price_ages


def add(actions: Subparsers) -> None:
    summary = "one instance, every figure with its source"
    parser = command(actions, "show", summary, run_show, example="advisor catalog show p5.48xlarge")
    parser.add_argument("instance", metavar="TYPE")
    add_region(parser)


def run_show(arguments: argparse.Namespace, output: Output) -> int:
    catalog = open_catalog(arguments)
    row = rows_of(catalog, [arguments.instance], arguments.region)[0]
    if output.json_mode:
        output.document(document(catalog, [row], arguments.region))
        return ExitCode.YES
    write_text(row.instance.id, output, style="bold")
    if row.instance.note:
        write_text(row.instance.note, output)
    figures, sold = figures_of(row), instance_offers(catalog, row.instance, arguments.region)
    shown = [_Shown(figure.label, figure.value, figure.origin) for figure in figures if figure.applies]
    ages = price_ages(catalog, arguments.region, today())
    for offer in sold:
        label = f"price {PURCHASES[offer.purchase]}"
        if offer.price is None:
            shown.append(_Shown(label, NO_LIST_PRICE, row.instance.origin.of("purchase_options")))
        else:
            price, age = text.usd_per_hour(offer.price.value), ages.of(offer.rows[0])
            shown.append(_Shown(label, price, offer.price.provenance, age))
    sources = Sources(output)
    has_layers = any(figure.origin.layer != SHIPPED for figure in shown)
    columns = [Column("figure"), Column("value"), *LEVEL, Column("as of"), sources.column]
    rows: list[Row] = [
        (
            each.label,
            Cell(each.value, flows=not any(map(str.isdigit, each.value))),
            each.glyph(output),
            each.origin.level.value,
            str(each.origin.as_of or ""),
            sources.cell(each.origin.source),
            *([Cell(each.origin.layer, flows=True)] if has_layers else []),
        )
        for each in shown
    ]
    write_table([*columns, *([Column("layer", flows=True)] if has_layers else [])], rows, output)
    if not row.price:
        output.line(f"{arguments.region}: {sold_as(row.instance, arguments.region)}")
    if disagree := disagreements(figures, sold):
        output.line()
        write_text("Layers disagree:", output)
        for line in disagree:
            write_text(f"  {line}", output)
    sources.write()
    write_marks((each.age for each in shown if each.age), output)
    if words := perished(ages):
        output.note(words)
    return ExitCode.YES


@dataclass(frozen=True, slots=True)
class _Shown:
    """One line of the table; age is that of a price."""

    label: str
    value: str
    origin: Provenance
    age: PriceAge | None = None

    def glyph(self, output: Output) -> str:
        glyph = output.glyph(self.origin.level)
        return glyph if self.age is None else marked(glyph, self.age)
