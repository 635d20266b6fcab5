"""`advisor catalog`: list, show, compare and price instances."""

import argparse
from collections.abc import Sequence
from typing import Any

from advisor.catalog.layers import SHIPPED
from advisor.catalog.load import Catalog
from advisor.catalog.records import Accelerator, Price
from advisor.cli.catalog_option import open_catalog
from advisor.cli.exit_codes import ExitCode
from advisor.cli.output import Output
from advisor.cli.parser import Parser, Subparsers, command
from advisor.cli.prose import write_text
from advisor.cli.table import LEVEL, Cell, Column, Row, blocks, write_table
from advisor.export.catalog_document import catalog_document, prices_document
from advisor.quantities import text
from advisor.wording.catalog import NO_LIST_PRICE, sold_as
from advisor.wording.figures import PURCHASES
from advisor.workflows.catalog import Figure, InstanceRow, figures_of, instance_offers, instance_rows, prices_of

_HOME = "us-east-1"
_QUOTA = "quota"
_SOURCES_BESIDE = 150
"""Columns from which a source stands in its row; below, rows carry its number and a list follows."""


def add(commands: Subparsers, name: str, summary: str) -> None:
    parser = command(commands, name, summary, None, example="advisor catalog show p5.48xlarge --region us-east-2")
    actions = parser.add_subparsers(dest="action", metavar="ACTION", title="actions")
    listed = command(actions, "list", "all instances, with on-demand prices", run_list, example="advisor catalog list")
    _region(listed)
    shown = command(
        actions,
        "show",
        "one instance, every figure with its source",
        run_show,
        example="advisor catalog show p5.48xlarge",
    )
    shown.add_argument("instance", metavar="TYPE")
    _region(shown)
    compared = command(
        actions,
        "compare",
        "several instances side by side",
        run_compare,
        example="advisor catalog compare p5.48xlarge g7e.48xlarge",
    )
    compared.add_argument("instances", nargs="+", metavar="TYPE")
    _region(compared)
    priced = command(
        actions, "prices", "every price of an instance", run_prices, example="advisor catalog prices trn2.48xlarge"
    )
    priced.add_argument("instance", metavar="TYPE")
    priced.add_argument("--region", metavar="R", help="one region (all)")


def _region(parser: Parser) -> None:
    parser.add_argument("--region", default=_HOME, metavar="R", help=f"whose prices to show ({_HOME})")


def run_list(arguments: argparse.Namespace, output: Output) -> int:
    catalog = open_catalog(arguments)
    rows = instance_rows(catalog, arguments.region)
    if output.json_mode:
        output.document(_document(rows, arguments.region))
        return ExitCode.YES
    columns = (
        Column("instance"),
        Column("accelerator"),
        Column("n", right=True),
        Column("GiB each", right=True, drop=2),
        Column("GiB all", right=True),
        Column("link", drop=4),
        Column("vCPU", right=True, drop=5),
        Column("net Gbit/s", right=True, drop=3),
        Column("USD/h", right=True),
        Column("price", flows=True),
    )
    write_table(columns, [_cells(row, arguments.region, output) for row in rows], output)
    output.note(f"On-demand prices of {arguments.region}; the catalogue's newest price is of {catalog.prices_as_of}.")
    return ExitCode.YES


def _cells(row: InstanceRow, region: str, output: Output) -> Row:
    instance, accelerator = row.instance, row.accelerator
    device = ("none", "", "", "", "") if accelerator is None else _device_cells(row, accelerator)
    machine = (instance.id, *device, str(instance.vcpus), f"{instance.network_gbps:,g}")
    if row.price is None:
        return (*machine, "", Cell(sold_as(instance, region), flows=True))
    level = f"{output.glyph(row.price.provenance.level)} {row.price.provenance.as_of}"
    return (*machine, text.usd_per_hour(row.price.usd_per_hour), level)


def _device_cells(row: InstanceRow, accelerator: Accelerator) -> tuple[str, ...]:
    name = accelerator.name.removeprefix(f"{accelerator.vendor} ")
    each, total = f"{accelerator.memory_gib:,.1f}", f"{row.total_memory_gib:,.0f}"
    return (name, str(row.instance.accelerator_count), each, total, accelerator.interconnect)


class _Sources:
    """The sources of a table: in their rows where there is room, numbered and listed below where there is not."""

    def __init__(self, output: Output) -> None:
        self._output = output
        self._numbers: dict[str, int] = {}
        self._beside = output.console.width >= _SOURCES_BESIDE
        self.column = Column("source", flows=self._beside)

    def cell(self, source: str) -> str:
        if self._beside:
            return source
        return f"[{self._numbers.setdefault(source, len(self._numbers) + 1)}]"

    def write(self) -> None:
        """The list, where rows carry numbers."""
        if self._numbers:
            self._output.line()
        for source, number in self._numbers.items():
            write_text(f"[{number}] {source}", self._output)


def run_show(arguments: argparse.Namespace, output: Output) -> int:
    catalog = open_catalog(arguments)
    row = _rows(catalog, [arguments.instance], arguments.region)[0]
    if output.json_mode:
        output.document(_document([row], arguments.region))
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
    sources = _Sources(output)
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


def run_compare(arguments: argparse.Namespace, output: Output) -> int:
    catalog = open_catalog(arguments)
    rows = _rows(catalog, list(dict.fromkeys(arguments.instances)), arguments.region)
    if output.json_mode:
        output.document(_document(rows, arguments.region))
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


def run_prices(arguments: argparse.Namespace, output: Output) -> int:
    found = prices_of(open_catalog(arguments), arguments.instance, arguments.region)
    if output.json_mode:
        output.document(prices_document(found))
        return ExitCode.YES
    if not found:
        output.line(NO_LIST_PRICE)
        return ExitCode.YES
    sources = _Sources(output)
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


def _rows(catalog: Catalog, names: Sequence[str], region: str) -> list[InstanceRow]:
    wanted = [catalog.instance(name).id for name in names]
    rows = {row.instance.id: row for row in instance_rows(catalog, region)}
    return [rows[name] for name in wanted]


def _document(rows: Sequence[InstanceRow], region: str) -> dict[str, Any]:
    return catalog_document(((row.instance, row.accelerator, row.price) for row in rows), region)
