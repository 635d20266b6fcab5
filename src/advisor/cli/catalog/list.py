"""`advisor catalog list`: instances in one table, filtered and sorted."""

import argparse
from collections.abc import Sequence
from typing import get_args

from advisor.catalog.ages import Ages
from advisor.catalog.load import Catalog
from advisor.catalog.records.hardware import Interconnect
from advisor.cli.catalog.common import add_purchase, document, write_marks
from advisor.cli.catalog_option import open_catalog
from advisor.cli.clock import today
from advisor.cli.exit_codes import ExitCode
from advisor.cli.output import Output
from advisor.cli.parser import Parser, Subparsers, command, non_negative_int, positive_int, words
from advisor.cli.table import Cell, Column, Row, write_table
from advisor.errors import UnknownIdError
from advisor.quantities import text
from advisor.wording.catalog import dated, marked, missing_price, perished_kind, priced_to, sold_instead, unpriced
from advisor.wording.catalog_columns import HEADINGS, cell
from advisor.wording.catalog_filters import removed
from advisor.wording.figures import PURCHASES
from advisor.workflows.catalog.columns import COLUMNS
from advisor.workflows.catalog.filters import (
    Condition,
    Is,
    Offered,
    OneOf,
    SoldSo,
    Within,
    accelerators,
    families,
    marketed_above,
    select,
)
from advisor.workflows.catalog.order import ordered, read_order
from advisor.workflows.catalog.rows import (
    HOME_REGION,
    Buying,
    InstanceRow,
    catalog_day,
    instance_rows,
    price_ages,
)
from advisor.workflows.catalog.search import read_range, read_search

_EXAMPLE = "advisor catalog list --vendor nvidia --memory-total 600- --price -80 --sort usd_per_gib_hour"

_COLUMNS = (
    ("instance_type", 0),
    ("accelerator", 1),
    ("accelerator_count", 0),
    ("memory_each_gib", 4),
    ("memory_total_gib", 2),
    ("interconnect", 6),
    ("vcpus", 8),
    ("network_gbps", 7),
    ("usd_per_hour", 0),
    ("usd_per_gib_hour", 3),
    ("usd_per_tb_per_s_hour", 9),
    ("usd_per_dense_bf16_pflops_hour", 10),
)
"""Columns, and which goes first where there is no room: the highest."""


def add(actions: Subparsers) -> None:
    parser = command(
        actions,
        "list",
        "instances in one table, filtered and sorted",
        run_list,
        example=_EXAMPLE,
        description="Instances in one table, filtered and sorted. Without --region every instance is listed, with "
        "prices of us-east-1; a stated --region or --purchase keeps what is sold there, or so, and prices it.\n"
        "A RANGE is MIN-MAX, MIN- or -MAX. Exit code 1: nothing matches.",
    )
    _add_filters(parser)
    parser.add_argument(
        "--region", metavar="R", help=f"sold in this region, at its prices ({HOME_REGION}, without filter)"
    )
    add_purchase(parser, "sold this way, at its price (on_demand, without filter)")
    parser.add_argument("--search", metavar="WORDS", help="the app's filter line: '8x >=80GB <60$ fp8 h100'")
    parser.add_argument(
        "--sort",
        default="instance_type",
        metavar="COLUMN[:desc]",
        help=f"by any of {', '.join(COLUMNS)}; what is not known stands last",
    )
    parser.add_argument("--limit", type=positive_int, metavar="N", help="no more rows than this")


def _add_filters(parser: Parser) -> None:
    parser.add_argument("--family", type=words, metavar="F,F", help="instance families: p5,g6e")
    parser.add_argument("--vendor", type=words, metavar="V", help="of the accelerator: nvidia, aws")
    parser.add_argument("--accelerator", type=words, metavar="A,A", help="accelerators by any usual name: H100,L40S")
    parser.add_argument("--count", type=non_negative_int, metavar="N", help="exactly so many accelerators")
    parser.add_argument("--min-count", type=non_negative_int, metavar="N", help="at least so many accelerators")
    parser.add_argument("--max-count", type=non_negative_int, metavar="N", help="at most so many accelerators")
    parser.add_argument(
        "--memory-each",
        metavar="RANGE",
        help="usable GiB of one accelerator: 79-; with GB what is printed on it: 80GB-",
    )
    parser.add_argument("--memory-total", metavar="RANGE", help="usable GiB of all accelerators: 600-1200")
    parser.add_argument("--price", metavar="RANGE", help="USD per hour: 10-40, or --price=-40")
    parser.add_argument("--fp8", action="store_true", help="accelerators with FP8 arithmetic")
    parser.add_argument("--interconnect", choices=get_args(Interconnect), help="the link between accelerators")
    parser.add_argument("--efa", action="store_true", help="instances with the Elastic Fabric Adapter")


def run_list(arguments: argparse.Namespace, output: Output) -> int:
    catalog = open_catalog(arguments)
    column, descending = read_order(arguments.sort)
    conditions = _conditions(arguments, catalog)
    region = arguments.region or HOME_REGION
    buying: Buying = arguments.purchase or "on_demand"
    rows = instance_rows(catalog, region, buying)
    selection = select(rows, conditions)
    shown = ordered(selection.rows, column, descending=descending)[: arguments.limit]
    if output.json_mode:
        output.document(document(catalog, shown, region, buying, selection.removals))
    elif shown:
        ages = price_ages(catalog, region, today())
        _write(shown, column.key, buying, ages, output)
        write_marks((ages.of(row.held) for row in shown if row.held), output)
        cut = f", {len(shown)} shown" if len(shown) < len(selection.rows) else ""
        output.note(f"{len(selection.rows)} of {len(rows)} instances{cut}; {_whose(catalog, region, buying, ages)}")
    if not shown:
        output.note(f"advisor: none of {len(rows)} instances matches.")
        for line in removed(selection.removals, len(rows)):
            output.note(f"  {line}")
    _warn(rows, conditions, output)
    return ExitCode.YES if shown else ExitCode.NO


def _conditions(arguments: argparse.Namespace, catalog: Catalog) -> list[Condition]:
    """The filters that were given, each under its flag."""
    found: list[Condition] = []
    if arguments.family:
        found.append(families(catalog, arguments.family, f"--family {','.join(arguments.family)}"))
    if arguments.vendor:
        found.append(_vendors(catalog, arguments.vendor))
    if arguments.accelerator:
        found.append(accelerators(catalog, arguments.accelerator, f"--accelerator {','.join(arguments.accelerator)}"))
    found += _counts(arguments)
    for flag, key, plain in (
        ("--memory-each", "memory_each_gib", True),
        ("--memory-total", "memory_total_gib", True),
        ("--price", "usd_per_hour", False),
    ):
        written = getattr(arguments, flag.removeprefix("--").replace("-", "_"))
        if written is not None:
            found.append(read_range(written, COLUMNS[key], flag, plain=plain))
    if arguments.interconnect:
        wanted = frozenset({arguments.interconnect})
        found.append(OneOf(f"--interconnect {arguments.interconnect}", COLUMNS["interconnect"], wanted))
    found += [Is(f"--{key}", COLUMNS[key]) for key in ("fp8", "efa") if getattr(arguments, key)]
    if arguments.region:
        found.append(Offered(f"--region {arguments.region}"))
    if arguments.purchase:
        found.append(SoldSo(f"--purchase {arguments.purchase}"))
    return [*found, *read_search(arguments.search or "")[0]]


def _vendors(catalog: Catalog, wanted: Sequence[str]) -> OneOf:
    known = {chip.vendor.lower(): chip.vendor for chip in catalog.accelerators.values()}
    for name in wanted:
        if name.lower() not in known:
            raise UnknownIdError("vendor", name, known)
    return OneOf(f"--vendor {','.join(wanted)}", COLUMNS["vendor"], frozenset(known[name.lower()] for name in wanted))


def _counts(arguments: argparse.Namespace) -> list[Condition]:
    column = COLUMNS["accelerator_count"]
    found: list[Condition] = []
    if arguments.count is not None:
        found.append(Within(f"--count {arguments.count}", column, arguments.count, arguments.count))
    if arguments.min_count is not None:
        found.append(Within(f"--min-count {arguments.min_count}", column, low=arguments.min_count))
    if arguments.max_count is not None:
        found.append(Within(f"--max-count {arguments.max_count}", column, high=arguments.max_count))
    return found


def _write(rows: Sequence[InstanceRow], sorted_by: str, buying: Buying, ages: Ages, output: Output) -> None:
    keys = list(_COLUMNS)
    if sorted_by not in dict(keys) and sorted_by != "price_as_of":
        keys.append((sorted_by, 0))
    keys = [(key, 0 if key == sorted_by else drop) for key, drop in keys]
    columns = [Column(HEADINGS[key].heading, right=HEADINGS[key].right, drop=drop) for key, drop in keys]
    columns.append(Column("price"))
    beside = [_beside(row) for row in rows]
    if any(beside):
        columns.append(Column("between zones" if buying == "spot" else "term", flows=True))
    table: list[Row] = [
        (*(cell(key, row) for key, _ in keys), _priced(row, ages, output), words)
        for row, words in zip(rows, beside, strict=True)
    ]
    write_table(columns, table, output)


def _priced(row: InstanceRow, ages: Ages, output: Output) -> Cell:
    """Level and date of the price, or why there is none."""
    if row.price is None or row.held is None:
        return Cell(missing_price(row), flows=True) if row.buying == "on_demand" else Cell(unpriced(row))
    return Cell(f"{marked(output.glyph(row.price.level), ages.of(row.held))} {dated(row.price.as_of)}")


def _beside(row: InstanceRow) -> str:
    """What a price of another way of buying needs beside it: the range of a spot market, the term of a plan."""
    if row.buying == "on_demand":
        return ""
    if row.price is None or row.held is None:
        return sold_instead(row)
    if row.price.low is not None and row.price.high is not None:
        return f"{text.usd_per_hour(row.price.low)}–{text.usd_per_hour(row.price.high)}"
    return " ".join(filter(None, (row.held.term, row.held.payment.replace("_", " "))))


def _whose(catalog: Catalog, region: str, buying: Buying, ages: Ages) -> str:
    """Whose prices stand in the table, and how old they are."""
    told = f"{PURCHASES[buying]} in {region}"
    if buying == "on_demand":
        age = priced_to(catalog_day(catalog, today()), today())
        return f"{told}; {age}; `advisor catalog refresh` brings newer ones."
    return f"{told}. {perished_kind(ages, buying)}".strip()


def _warn(rows: Sequence[InstanceRow], conditions: Sequence[Condition], output: Output) -> None:
    """Where a bound in GiB leaves out what people know by its GB."""
    for condition in conditions:
        if chips := marketed_above(rows, condition):
            output.note(
                f"advisor: {condition.stated} counts usable GiB and leaves out {', '.join(chips)}, of which a process "
                "can use less than is printed on it; a range in GB goes by that."
            )
