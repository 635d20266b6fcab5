"""What the actions share: the rows that are asked for, as records and as a document."""

from collections.abc import Iterable, Sequence
from typing import Any

from advisor.catalog.ages import PriceAge
from advisor.catalog.load import Catalog
from advisor.cli.clock import today
from advisor.cli.output import Output
from advisor.cli.parser import Parser
from advisor.export.catalog_document import FilterCount, catalog_document
from advisor.wording.catalog import STALE_LEGEND
from advisor.workflows.catalog.filters import Removal
from advisor.workflows.catalog.rows import (
    HOME_REGION,
    WAYS,
    Buying,
    InstanceRow,
    check_region,
    entry_of,
    price_ages,
    row_of,
)


def rows_of(catalog: Catalog, names: Sequence[str], region: str, buying: Buying = "on_demand") -> list[InstanceRow]:
    """Named instances in the order in which they are named. UnknownIdError for a name or region that is none."""
    known = check_region(catalog, region)
    return [row_of(catalog, catalog.instance(name), known, buying) for name in names]


def document(
    catalog: Catalog,
    rows: Sequence[InstanceRow],
    region: str,
    buying: Buying = "on_demand",
    removals: Sequence[Removal] = (),
) -> dict[str, Any]:
    filters = [FilterCount(each.condition.stated, each.removed, each.unknown, each.left_without) for each in removals]
    ages = price_ages(catalog, region, today())
    return catalog_document((entry_of(catalog, row) for row in rows), region, ages, buying, filters)


def write_marks(shown: Iterable[PriceAge], output: Output) -> None:
    """What the marks of a table mean, where it has any."""
    if any(age.is_marked for age in shown):
        output.note(f"{STALE_LEGEND}.")


def add_region(parser: Parser) -> None:
    """`--region`: whose prices are shown."""
    parser.add_argument("--region", default=HOME_REGION, metavar="R", help=f"whose prices to show ({HOME_REGION})")


def add_purchase(parser: Parser, words: str) -> None:
    """`--purchase`: which way of buying the price is for."""
    parser.add_argument("--purchase", choices=WAYS, metavar="WAY", help=f"{words}: {', '.join(WAYS)}")
