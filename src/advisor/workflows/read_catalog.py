"""Read every file of a catalogue, so that what is wrong with it is known before somebody needs it."""

from collections.abc import Iterable

from advisor.advice.tree import load_tree
from advisor.catalog.commands import serve_programs
from advisor.catalog.load import Catalog
from advisor.evidence.charts.records import load_charts
from advisor.evidence.published import all_published_points
from advisor.evidence.reports import load_reports


def read_all(catalog: Catalog) -> None:
    """Everything that some question may need. What a lenient catalogue complains of is in its complaints afterwards."""
    read_records(catalog)
    for region in catalog.prices.regions():
        catalog.prices.rows(region)


def read_records(catalog: Catalog) -> None:
    """Everything but the prices."""
    records: Iterable[object] = (
        catalog.instances,
        catalog.models,
        catalog.engines,
        catalog.managed,
        catalog.ultraservers,
        catalog.interruptions,
        catalog.prices.discounts,
    )
    for _ in records:
        pass
    for _, path in catalog.layers.files("decision-tree.toml"):
        with catalog.complaints.skipping():
            load_tree(path)
    serve_programs(catalog.layers)
    for report in load_reports(catalog).values():
        with catalog.complaints.skipping():
            load_charts(catalog, report)
    all_published_points(catalog)
