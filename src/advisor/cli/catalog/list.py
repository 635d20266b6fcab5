"""`advisor catalog list`: every instance in one table."""

import argparse

from advisor.catalog.ages import Ages
from advisor.catalog.records import Accelerator
from advisor.cli.catalog.common import add_region, document, write_marks
from advisor.cli.catalog_option import open_catalog
from advisor.cli.clock import today
from advisor.cli.exit_codes import ExitCode
from advisor.cli.output import Output
from advisor.cli.parser import Subparsers, command
from advisor.cli.table import Cell, Column, Row, write_table
from advisor.quantities import text
from advisor.wording.catalog import marked, priced_to, sold_as
from advisor.workflows.catalog import InstanceRow, catalog_day, instance_rows, price_ages


def add(actions: Subparsers) -> None:
    parser = command(actions, "list", "all instances, with on-demand prices", run_list, example="advisor catalog list")
    add_region(parser)


def run_list(arguments: argparse.Namespace, output: Output) -> int:
    catalog = open_catalog(arguments)
    rows = instance_rows(catalog, arguments.region)
    if output.json_mode:
        output.document(document(catalog, rows, arguments.region))
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
    ages = price_ages(catalog, arguments.region, today())
    write_table(columns, [_cells(row, arguments.region, ages, output) for row in rows], output)
    write_marks((ages.of(row.price) for row in rows if row.price), output)
    age = priced_to(catalog_day(catalog, today()), today())
    output.note(f"On demand in {arguments.region}; {age}; `advisor catalog refresh` brings newer ones.")
    return ExitCode.YES


def _cells(row: InstanceRow, region: str, ages: Ages, output: Output) -> Row:
    instance, accelerator = row.instance, row.accelerator
    device = ("none", "", "", "", "") if accelerator is None else _device_cells(row, accelerator)
    machine = (instance.id, *device, str(instance.vcpus), f"{instance.network_gbps:,g}")
    if row.price is None:
        return (*machine, "", Cell(sold_as(instance, region), flows=True))
    level = f"{marked(output.glyph(row.price.provenance.level), ages.of(row.price))} {row.price.provenance.as_of}"
    return (*machine, text.usd_per_hour(row.price.usd_per_hour), level)


def _device_cells(row: InstanceRow, accelerator: Accelerator) -> tuple[str, ...]:
    name = accelerator.name.removeprefix(f"{accelerator.vendor} ")
    each, total = f"{accelerator.memory_gib:,.1f}", f"{row.total_memory_gib:,.0f}"
    return (name, str(row.instance.accelerator_count), each, total, accelerator.interconnect)
