"""`advisor catalog`: list, show, compare and price instances."""

import argparse
from collections.abc import Sequence
from typing import Any

from advisor.catalog.load import Catalog
from advisor.catalog.records import Accelerator, Instance
from advisor.cli.catalog_option import open_catalog
from advisor.cli.exit_codes import ExitCode
from advisor.cli.output import Output
from advisor.cli.parser import Parser, Subparsers, command
from advisor.export.catalog_document import catalog_document, prices_document
from advisor.quantities import text
from advisor.quantities.provenance import Provenance
from advisor.wording.figures import PURCHASES
from advisor.workflows.catalog import Figure, InstanceRow, figures_of, instance_offers, instance_rows, prices_of

_HOME = "us-east-1"
_COLUMNS = ("instance", "accelerator", ">n", ">GiB each", ">GiB all", "link", ">vCPU", ">Gbit/s", ">USD/h", "price")


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
    from rich.table import Table

    table = Table(box=None, pad_edge=False)
    headings = (
        "instance",
        "accelerator",
        ">n",
        ">GiB each",
        ">GiB all",
        "link",
        ">vCPU",
        ">net Gbit/s",
        ">USD/h",
        "price",
    )
    for heading in headings:
        table.add_column(heading.lstrip(">"), justify="right" if heading.startswith(">") else "left", no_wrap=True)
    for row in rows:
        table.add_row(*_cells(row, arguments.region, output))
    output.console.print(table)
    output.note(f"On-demand prices of {arguments.region}; the catalogue's newest price is of {catalog.prices_as_of}.")
    return ExitCode.YES


def _cells(row: InstanceRow, region: str, output: Output) -> tuple[str, ...]:
    instance, accelerator = row.instance, row.accelerator
    device = ("none", "", "", "", "") if accelerator is None else _device_cells(row, accelerator)
    price = (text.usd_per_hour(row.price.usd_per_hour), "") if row.price else ("", sold_as(instance, region))
    level = f"{output.glyph(row.price.provenance.level)} {row.price.provenance.as_of}" if row.price else price[1]
    return (instance.id, *device, str(instance.vcpus), f"{instance.network_gbps:,g}", price[0], level)


def _device_cells(row: InstanceRow, accelerator: Accelerator) -> tuple[str, ...]:
    name = accelerator.name.removeprefix(f"{accelerator.vendor} ")
    each, total = f"{accelerator.memory_gib:,.1f}", f"{row.total_memory_gib:,.0f}"
    return (name, str(row.instance.accelerator_count), each, total, accelerator.interconnect)


def sold_as(instance: Instance, region: str) -> str:
    """What stands where a list price would: not offered there, or how it is sold."""
    if region not in (*instance.regions, *instance.capacity_block_regions):
        return "not offered here"
    ways = [way for way in instance.purchase_options if instance.offered_in(region, way)]
    return f"no list price; sold as {', '.join(PURCHASES[way] for way in ways) or 'nothing known'}"


def run_show(arguments: argparse.Namespace, output: Output) -> int:
    catalog = open_catalog(arguments)
    row = _rows(catalog, [arguments.instance], arguments.region)[0]
    if output.json_mode:
        output.document(_document([row], arguments.region))
        return ExitCode.YES
    from rich.table import Table
    from rich.text import Text

    output.console.print(Text(row.instance.id, style="bold"))
    if row.instance.note:
        output.console.print(Text(row.instance.note))
    table = Table(box=None, pad_edge=False)
    for heading in ("figure", "value", "level", "as of", "source", "layer"):
        table.add_column(heading, overflow="fold")
    for figure in figures_of(row):
        if figure.applies:
            table.add_row(figure.label, figure.value, *_origin_cells(figure.origin, output))
    for offer in instance_offers(catalog, row.instance, arguments.region):
        label = f"price {PURCHASES[offer.purchase]}"
        if offer.price is None:
            table.add_row(label, "no list price", *_origin_cells(row.instance.origin.of("purchase_options"), output))
        else:
            table.add_row(label, text.usd_per_hour(offer.price.value), *_origin_cells(offer.price.provenance, output))
    output.console.print(table)
    if not row.price:
        output.line(f"{arguments.region}: {sold_as(row.instance, arguments.region)}")
    return ExitCode.YES


def _origin_cells(origin: Provenance, output: Output) -> tuple[str, str, str, str]:
    return (f"{output.glyph(origin.level)} {origin.level}", str(origin.as_of or ""), origin.source, origin.layer)


def run_compare(arguments: argparse.Namespace, output: Output) -> int:
    catalog = open_catalog(arguments)
    rows = _rows(catalog, arguments.instances, arguments.region)
    if output.json_mode:
        output.document(_document(rows, arguments.region))
        return ExitCode.YES
    from rich.table import Table

    table = Table(box=None, pad_edge=False)
    table.add_column("figure")
    for row in rows:
        table.add_column(row.instance.id, justify="right")
    for figures in zip(*(figures_of(row) for row in rows), strict=True):
        table.add_row(figures[0].label, *(_compared(figure, output) for figure in figures))
    prices = (
        f"{text.usd_per_hour(row.price.usd_per_hour)} {output.glyph(row.price.provenance.level)}"
        if row.price
        else "no list price"
        for row in rows
    )
    table.add_row(f"USD/h on demand, {arguments.region}", *prices)
    output.console.print(table)
    return ExitCode.YES


def _compared(figure: Figure, output: Output) -> str:
    return f"{figure.value} {output.glyph(figure.origin.level)}" if figure.applies else ""


def run_prices(arguments: argparse.Namespace, output: Output) -> int:
    found = prices_of(open_catalog(arguments), arguments.instance, arguments.region)
    if output.json_mode:
        output.document(prices_document(found))
        return ExitCode.YES
    from rich.table import Table

    table = Table(box=None, pad_edge=False)
    for heading in ("region", "bought as", "term", "statistic", ">USD/h", "as of", "level", "source"):
        table.add_column(heading.lstrip(">"), justify="right" if heading.startswith(">") else "left", overflow="fold")
    for price in found:
        origin = price.provenance
        term = " ".join((price.term, price.payment.replace("_", " "))).strip()
        cells = (price.region, PURCHASES[price.option], term, price.statistic, text.usd_per_hour(price.usd_per_hour))
        table.add_row(*cells, str(origin.as_of), f"{output.glyph(origin.level)} {origin.level}", origin.source)
    output.console.print(table)
    if not found:
        output.line("no list price")
    return ExitCode.YES


def _rows(catalog: Catalog, names: Sequence[str], region: str) -> list[InstanceRow]:
    wanted = [catalog.instance(name).id for name in names]
    rows = {row.instance.id: row for row in instance_rows(catalog, region)}
    return [rows[name] for name in wanted]


def _document(rows: Sequence[InstanceRow], region: str) -> dict[str, Any]:
    return catalog_document(((row.instance, row.accelerator, row.price) for row in rows), region)
