"""`advisor catalog show`: one instance, every figure with its source."""

import argparse
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from advisor.catalog.ages import Ages, PriceAge
from advisor.catalog.layers import SHIPPED
from advisor.catalog.load import Catalog
from advisor.catalog.ultraservers import UltraServer
from advisor.cli.catalog.common import add_region, document, rows_of, write_marks
from advisor.cli.catalog.sources import Sources
from advisor.cli.catalog_option import open_catalog
from advisor.cli.clock import today
from advisor.cli.exit_codes import ExitCode
from advisor.cli.output import Output
from advisor.cli.parser import Subparsers, command
from advisor.cli.prose import write_text
from advisor.cli.table import LEVEL, Cell, Column, Row, write_table
from advisor.export.catalog_document import ultraserver_document
from advisor.quantities.provenance import UNKNOWN, Provenance
from advisor.wording.catalog import (
    TAKEN_BACK,
    against,
    bought,
    marked,
    missing_price,
    perished,
    price_words,
    stand_in,
    taken_back,
)
from advisor.wording.layers import disagreements
from advisor.workflows.catalog.figures import cost_figures, figures_of
from advisor.workflows.catalog.prices import PriceLine, price_lines
from advisor.workflows.catalog.rows import InstanceRow, check_region, price_ages
from advisor.workflows.catalog.ultraservers import ultraserver_figures

_LABEL = 26
"""The longest label of a figure; a way of buying with its manner of paying is longer, and wraps."""


def add(actions: Subparsers) -> None:
    summary = "one instance, every figure with its source"
    parser = command(actions, "show", summary, run_show, example="advisor catalog show p5.48xlarge")
    parser.add_argument("instance", metavar="TYPE", help="instance type, or UltraServer like trn3-ultraserver-gen2")
    add_region(parser)


def run_show(arguments: argparse.Namespace, output: Output) -> int:
    catalog = open_catalog(arguments)
    server = catalog.ultraservers.get(arguments.instance)
    if server is not None:
        return _show_ultraserver(server, catalog, check_region(catalog, arguments.region), output)
    row = rows_of(catalog, [arguments.instance], arguments.region)[0]
    if output.json_mode:
        output.document(document(catalog, [row], arguments.region))
        return ExitCode.YES
    write_text(row.instance.id, output, style="bold")
    if row.instance.note:
        write_text(row.instance.note, output)
    figures, lines = [*figures_of(row), *cost_figures(row)], price_lines(catalog, row.instance, arguments.region)
    ages = price_ages(catalog, arguments.region, today())
    shown = [_Shown(figure.label, figure.value, figure.origin) for figure in figures_of(row) if figure.applies]
    for line in lines:
        shown += [_priced(line, row, ages), *_taken_back(line)]
    shown += [_Shown(figure.label, figure.value, figure.origin) for figure in cost_figures(row) if figure.applies]
    sources = Sources(output)
    _write(shown, sources, output)
    if not row.price:
        output.line(f"{arguments.region}: {missing_price(row)}")
    if disagree := disagreements(figures, lines):
        output.line()
        write_text("Layers disagree:", output)
        for words in disagree:
            write_text(f"  {words}", output)
    sources.write()
    write_marks((each.age for each in shown if each.age), output)
    if late := perished(ages):
        output.note(late)
    return ExitCode.YES


def _show_ultraserver(server: UltraServer, catalog: Catalog, region: str, output: Output) -> int:
    if output.json_mode:
        output.document(ultraserver_document(server, region, price_ages(catalog, region, today())))
        return ExitCode.YES
    write_text(server.id, output, style="bold")
    write_text(f"{server.name}, which is sold whole: no instance type, and no candidate of a recommendation.", output)
    write_text(server.note, output)
    sources = Sources(output)
    _write([_Shown(each.label, each.value, each.origin) for each in ultraserver_figures(server)], sources, output)
    sources.write()
    output.note(f"Its prices: `advisor catalog prices {server.id} --history`.")
    return ExitCode.YES


@dataclass(frozen=True, slots=True)
class _Shown:
    """One line of the table; age is that of a price, against how it stands to the on-demand price."""

    label: str
    value: str
    origin: Provenance
    age: PriceAge | None = None
    against: str = ""

    def glyph(self, output: Output) -> str:
        glyph = output.glyph(self.origin.level)
        return glyph if self.age is None else marked(glyph, self.age)


def _priced(line: PriceLine, row: InstanceRow, ages: Ages) -> _Shown:
    """One way of buying: its price, or that there is none."""
    label = f"price {bought(line)}"
    if line.price is None:
        return _Shown(label, *stand_in(line, row))
    return _Shown(label, price_words(line.price), line.price.provenance, ages.of(line.rows[0]), against(line))


def _taken_back(line: PriceLine) -> Iterator[_Shown]:
    """Of a spot market, how often it takes capacity back."""
    if line.way == "spot" and line.is_sold:
        known = line.interruption
        yield _Shown(TAKEN_BACK, taken_back(known), UNKNOWN if known is None else known.provenance)


def _write(shown: Sequence[_Shown], sources: Sources, output: Output) -> None:
    has_layers = any(each.origin.layer != SHIPPED for each in shown)
    has_shares = any(each.against for each in shown)
    columns = [
        Column("figure"),
        Column("value"),
        *([Column("vs on demand", right=True, drop=2)] if has_shares else []),
        *LEVEL,
        Column("as of"),
        sources.column,
        *([Column("layer", flows=True)] if has_layers else []),
    ]
    rows: list[Row] = [
        (
            Cell(each.label, flows=len(each.label) > _LABEL),
            Cell(each.value, flows=" of " in each.value or not any(map(str.isdigit, each.value))),
            *([each.against] if has_shares else []),
            each.glyph(output),
            each.origin.level.value,
            str(each.origin.as_of or ""),
            sources.cell(each.origin.source),
            *([Cell(each.origin.layer, flows=True)] if has_layers else []),
        )
        for each in shown
    ]
    write_table(columns, rows, output)
