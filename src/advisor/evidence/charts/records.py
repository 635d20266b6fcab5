"""The charts of a published report as data: what each shows, by reference to the report wherever it can."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from advisor.catalog.build import build
from advisor.catalog.layers import Table, cited, read_as_of, read_toml
from advisor.catalog.load import Catalog
from advisor.errors import InputError, UnknownIdError
from advisor.evidence.charts.facts import FACTS
from advisor.evidence.reports import Report
from advisor.quantities.provenance import Level, Provenance

How = Literal["times", "over"]
Limit = Literal["", "roofline", "streams"]


@dataclass(frozen=True, slots=True)
class ChartRow:
    """One row as published.

    ref names a figure or claim of the report. Otherwise value or words is what the chart itself states: of a
    fact of the catalogue, as worked out from other rows (`how` and `of`), or as a choice among scenarios
    (`picks`, by the least or most of what is named; `ask` is the same question as settings of a workload).
    """

    id: str = ""
    label: str = ""
    ref: str = ""
    scenario: str = ""
    model: str = ""
    fact: str = ""
    value: float | None = None
    words: str = ""
    unit: str = ""
    how: How | Literal[""] = ""
    of: tuple[str, ...] = ()
    picks: tuple[str, ...] = ()
    least: tuple[str, ...] = ()
    most: tuple[str, ...] = ()
    ask: Mapping[str, Any] = field(default_factory=dict)

    @property
    def references(self) -> tuple[str, ...]:
        """Every figure, claim or row that it names."""
        return (*((self.ref,) if self.ref else ()), *self.of, *self.least, *self.most)


@dataclass(frozen=True, slots=True)
class ChartGroup:
    """Rows under one heading."""

    title: str
    rows: tuple[ChartRow, ...]
    note: str = ""


@dataclass(frozen=True, slots=True)
class Chart:
    """One chart. limit names the check whose bound stands beside a throughput; empty: the tightest."""

    id: str
    title: str
    groups: tuple[ChartGroup, ...]
    note: str = ""
    limit: Limit = ""

    @property
    def rows(self) -> Iterator[ChartRow]:
        return (row for group in self.groups for row in group.rows)


@dataclass(frozen=True, slots=True)
class ReportCharts:
    """All charts of one report. engine is the stack that the report names, region where its prices hold."""

    report: str
    charts: tuple[Chart, ...]
    provenance: Provenance
    engine: str
    region: str

    def chart(self, wanted: str) -> Chart:
        found = {chart.id: chart for chart in self.charts}
        if wanted not in found:
            raise UnknownIdError(f"chart of {self.report}", wanted, found)
        return found[wanted]

    def row(self, wanted: str) -> ChartRow | None:
        """A row that the charts state themselves, by id."""
        return next((row for chart in self.charts for row in chart.rows if row.id == wanted), None)


@dataclass(frozen=True, slots=True)
class _Head:
    """Keys of a chart file outside its charts."""

    source: str
    as_of: Any
    engine: str = ""
    region: str = "us-east-1"


@dataclass(frozen=True, slots=True)
class _ChartHead:
    id: str
    title: str
    note: str = ""
    limit: Limit = ""


@dataclass(frozen=True, slots=True)
class _GroupHead:
    title: str
    note: str = ""
    refs: tuple[str, ...] = ()


_SHARED = ("fact", "model", "unit", "how")
"""Keys of a group that hold for each of its rows."""


def load_charts(catalog: Catalog, report: Report) -> ReportCharts | None:
    """The charts of a report, None where the catalogue has none. The last layer that has a file holds.

    InputError naming file, line and key for one that cannot be used.
    """
    found = [each for each in catalog.layers.files("charts/*.toml") if each[1].stem == report.id]
    if not found:
        return None
    layer, path = found[-1]
    document = read_toml(path)
    table = Table((), newest=path, is_validated=catalog.layers.validates(layer), sources=catalog.layers.sources)
    head = build(_Head, table, {}, {key: value for key, value in document.items() if key != "chart"})
    try:
        as_of = read_as_of(head.as_of)
    except ValueError as error:
        raise table.error(str(error), "as_of") from error
    stated = document.get("chart", [])
    charts = tuple(_chart(table, at, part) for at, part in enumerate(_tables(stated, table, "chart")))
    origin = Provenance(Level.CLAIMED, cited(head.source, catalog.layers.sources), as_of, layer.name)
    charts_of = ReportCharts(report.id, charts, origin, head.engine, head.region)
    _check(charts_of, report, path)
    return charts_of


def charted_reports(catalog: Catalog) -> set[str]:
    """Ids of the reports that have charts."""
    return {path.stem for _, path in catalog.layers.files("charts/*.toml")}


def _chart(table: Table, at: int, part: Mapping[str, Any]) -> Chart:
    inner = table.inside("chart", at)
    own = {key: value for key, value in part.items() if key != "group"}
    head = build(_ChartHead, inner, {}, own)
    groups = _tables(part.get("group", []), inner, "group")
    found = tuple(_group(table.inside("chart", at, "group", number), each) for number, each in enumerate(groups))
    return Chart(head.id, head.title, found, head.note, head.limit)


def _group(table: Table, part: Mapping[str, Any]) -> ChartGroup:
    shared = {key: part[key] for key in _SHARED if key in part}
    own = {key: value for key, value in part.items() if key not in (*_SHARED, "rows")}
    head = build(_GroupHead, table, {}, own)
    rows = [ChartRow(ref=ref) for ref in head.refs]
    for each in _tables(part.get("rows", []), table, "rows"):
        inherited = {} if "ref" in each else shared
        rows.append(_named(build(ChartRow, table, {}, {**inherited, **each})))
    return ChartGroup(head.title, tuple(rows), head.note)


def _named(row: ChartRow) -> ChartRow:
    """A row of a fact is known by it, unless it says otherwise."""
    if row.id or row.ref or not row.fact:
        return row
    from dataclasses import replace

    return replace(row, id=f"{row.fact}.{row.scenario or row.model}")


def _tables(value: Any, table: Table, key: str) -> list[Mapping[str, Any]]:
    if not isinstance(value, list) or not all(isinstance(part, Mapping) for part in value):
        raise table.error("this is an array of tables", key)
    return value


def _check(charts: ReportCharts, report: Report, path: Path) -> None:
    """Whatever a row names is there: figures and claims of the report, scenarios, facts of the catalogue."""
    known = {*(figure.id for figure in report.figures), *(claim.id for claim in report.claims)}
    known |= {row.id for chart in charts.charts for row in chart.rows if row.id}
    for chart in charts.charts:
        for row in chart.rows:
            for reference in row.references:
                if reference not in known:
                    raise UnknownIdError("figure, claim or row", reference, known, key=f"chart {chart.id}", file=path)
            for scenario in (*((row.scenario,) if row.scenario else ()), *row.picks):
                if scenario not in report.scenarios:
                    kind = "scenario"
                    raise UnknownIdError(kind, scenario, report.scenarios, key=f"chart {chart.id}", file=path)
            if row.fact and row.fact not in FACTS:
                raise UnknownIdError("fact of the catalogue", row.fact, FACTS, key=f"chart {chart.id}", file=path)
            if not (row.ref or row.value is not None or row.words or row.picks):
                raise InputError("a row states a ref, a value, words or picks", file=path, key=f"chart {chart.id}")
