"""What the actions share: the rows that are asked for, as records and as a document."""

from collections.abc import Sequence
from typing import Any

from advisor.catalog.load import Catalog
from advisor.cli.parser import Parser
from advisor.export.catalog_document import catalog_document
from advisor.workflows.catalog import InstanceRow, instance_rows

_HOME = "us-east-1"


def rows_of(catalog: Catalog, names: Sequence[str], region: str) -> list[InstanceRow]:
    wanted = [catalog.instance(name).id for name in names]
    rows = {row.instance.id: row for row in instance_rows(catalog, region)}
    return [rows[name] for name in wanted]


def document(rows: Sequence[InstanceRow], region: str) -> dict[str, Any]:
    return catalog_document(((row.instance, row.accelerator, row.price) for row in rows), region)


def add_region(parser: Parser) -> None:
    """`--region`: whose prices are shown."""
    parser.add_argument("--region", default=_HOME, metavar="R", help=f"whose prices to show ({_HOME})")
