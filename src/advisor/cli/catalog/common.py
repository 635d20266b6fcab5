"""What the actions share: the rows that are asked for, as records and as a document."""

from collections.abc import Iterable, Sequence
from typing import Any

from advisor.catalog.ages import PriceAge
from advisor.catalog.load import Catalog
from advisor.cli.clock import today
from advisor.cli.output import Output
from advisor.cli.parser import Parser
from advisor.export.catalog_document import catalog_document
from advisor.wording.catalog import STALE_LEGEND
from advisor.workflows.catalog import HOME_REGION, InstanceRow, instance_rows, price_ages


def rows_of(catalog: Catalog, names: Sequence[str], region: str) -> list[InstanceRow]:
    wanted = [catalog.instance(name).id for name in names]
    rows = {row.instance.id: row for row in instance_rows(catalog, region)}
    return [rows[name] for name in wanted]


def document(catalog: Catalog, rows: Sequence[InstanceRow], region: str) -> dict[str, Any]:
    ages = price_ages(catalog, region, today())
    return catalog_document(((row.instance, row.accelerator, row.price) for row in rows), region, ages)


def write_marks(shown: Iterable[PriceAge], output: Output) -> None:
    """What the marks of a table mean, where it has any."""
    if any(age.is_marked for age in shown):
        output.note(f"{STALE_LEGEND}.")


def add_region(parser: Parser) -> None:
    """`--region`: whose prices are shown."""
    parser.add_argument("--region", default=HOME_REGION, metavar="R", help=f"whose prices to show ({HOME_REGION})")
