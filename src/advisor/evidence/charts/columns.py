"""The three columns of a report's charts: as published, recomputed, best evidence. Pure.

Recomputed comes from the report's own numbers, or is the limit that they or physics set; for facts it is the
catalogue's. Best evidence is what advisor holds for the same question, whoever asks it.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

from advisor.catalog.load import Catalog
from advisor.evidence.audit.verdicts import AuditedClaim, AuditVerdict, judge_fact, judge_number
from advisor.evidence.charts.answers import Answer, Bound, Cell, ComputedChart, Group, unknown
from advisor.evidence.charts.arithmetic import combined, weakest
from advisor.evidence.charts.best import BestEvidence
from advisor.evidence.charts.claims import ClaimAnswers
from advisor.evidence.charts.facts import Fact, fact_of_instance, fact_of_model
from advisor.evidence.charts.records import Chart, ChartRow, Limit, ReportCharts
from advisor.evidence.reports import Claim, Figure, Report
from advisor.quantities.provenance import AsOf, Level, Provenance
from advisor.reasons import info

_FACT_TOLERANCE = 0.001
_LATENCIES = ("ttft_ms", "itl_ms")
Ask = Callable[[Mapping[str, Any], Sequence[str]], Answer]
"""What advisor answers to settings of a workload, and what became of the instances that a report picks."""


@dataclass(frozen=True)
class Columns:
    """One report's charts, computed on demand. ask puts a recommendation's question to advisor."""

    report: Report
    charts: ReportCharts
    catalog: Catalog
    best: BestEvidence
    audited: Sequence[AuditedClaim]
    ask: Ask
    _cells: dict[tuple[str, Limit], Cell] = field(default_factory=dict, init=False, repr=False, compare=False)

    def chart(self, wanted: str) -> ComputedChart:
        """Every row of a chart with its three columns. UnknownIdError naming the charts that there are."""
        chart = self.charts.chart(wanted)
        groups = [
            _group(group.title, tuple(self._row(row, chart) for row in group.rows), group.note)
            for group in chart.groups
        ]
        return ComputedChart(self.report.id, chart.id, chart.title, chart.note, tuple(groups))

    def cell(self, reference: str, limit: Limit = "") -> Cell:
        """A figure or claim of the report, or a row that the charts state themselves, by id."""
        key = (reference, limit)
        if key not in self._cells:
            self._cells[key] = self._find(reference, limit)
        return self._cells[key]

    def _find(self, reference: str, limit: Limit) -> Cell:
        if reference in self._figures:
            return self._figure(self._figures[reference], limit)
        if reference in self._claims:
            return self._claim(self._claims[reference])
        row = self.charts.row(reference)
        assert row is not None, "references are checked when the charts are read"
        return self._own(row)

    def _row(self, row: ChartRow, chart: Chart) -> Cell:
        if row.picks:
            return self._pick(row)
        if not row.ref:
            return self._own(row)
        cell = self.cell(row.ref, chart.limit)
        if row.words:
            published = Answer(self._stated, words=row.words)
            cell = replace(cell, published=published, verdict=AuditVerdict.UNVERIFIABLE, checks=())
        return replace(cell, label=row.label) if row.label else cell

    def _own(self, row: ChartRow) -> Cell:
        """A row of which the chart itself states a number or a word."""
        label = row.label or self._scenario_label(row.scenario)
        published = Answer(self._stated, row.value, row.words, row.unit)
        if row.of:
            recomputed, best = self._worked(row)
            verdict = _verdict(row.value, recomputed)
        else:
            fact = self._fact(row)
            recomputed = best = _told(fact, row) if fact is not None else unknown("nothing to compute it from")
            verdict = _fact_verdict(row, fact)
        return Cell(row.id, row.scenario, label, published, recomputed, best, verdict)

    def _worked(self, row: ChartRow) -> tuple[Answer, Answer]:
        cells = [self.cell(reference) for reference in row.of]
        assert row.how, "a row that is worked out says how"
        recomputed = combined(row.how, row.of, [cell.published for cell in cells], row.unit)
        origin = Provenance(Level.DERIVED, "arithmetic on the report's own numbers")
        best = combined(row.how, row.of, [cell.best for cell in cells], row.unit)
        return replace(recomputed, provenance=origin), best

    def _fact(self, row: ChartRow) -> Fact | None:
        if row.scenario:
            instance = self.catalog.instance(self.report.scenarios[row.scenario].instance)
            return fact_of_instance(row.fact, instance, self.catalog)
        return fact_of_model(row.fact, self.catalog.model(row.model)) if row.model else None

    def _figure(self, figure: Figure, limit: Limit) -> Cell:
        checks = [check for check in self.audited if check.id.startswith(f"{figure.id}/")]
        chosen = [check for check in checks if not limit or check.id.endswith(f"/{limit}")]
        is_floor = figure.metric in _LATENCIES
        decisive = min(chosen, key=lambda check: (check.recomputed or 0.0) * (-1 if is_floor else 1), default=None)
        if decisive is not None and decisive.recomputed is not None:
            bound: Bound = "at_least" if is_floor else "at_most"
            recomputed = _limit(decisive.recomputed, figure.unit, bound, decisive.formula, decisive.inputs)
            verdict = decisive.verdict
        else:
            recomputed, verdict = unknown("nothing to compute it from"), AuditVerdict.UNVERIFIABLE
        ordered = (*((decisive,) if decisive else ()), *(check for check in checks if check is not decisive))
        return Cell(
            figure.id,
            figure.scenario,
            self._scenario_label(figure.scenario),
            Answer(self._claimed(figure.line), figure.value, unit=figure.unit),
            recomputed,
            self.best.figure(figure),
            verdict,
            ordered,
            figure.line,
        )

    def _claim(self, claim: Claim) -> Cell:
        audited = self._audited[claim.id]
        scenario = self._claim_answers.scenario_of(claim.id)
        published, recomputed = self._claim_answers.published(claim), self._claim_answers.recomputed(claim, audited)
        return Cell(
            claim.id,
            scenario,
            self._scenario_label(scenario) if scenario else _named(claim),
            replace(published, provenance=self._claimed(claim.line)),
            recomputed,
            self._claim_answers.best(claim, audited),
            audited.verdict,
            (audited,),
            claim.line,
            claim.text,
        )

    def _pick(self, row: ChartRow) -> Cell:
        """A choice among scenarios: by the report's own recomputed numbers, and by what advisor answers."""
        among, most = (row.most or row.least), bool(row.most)
        recomputed = self._winner(among, most, evidence=False)
        best = self._winner(among, most, evidence=True)
        if row.ask:
            best = self.ask(row.ask, [self.report.scenarios[pick].instance for pick in row.picks])
        verdict = AuditVerdict.UNVERIFIABLE
        if recomputed.words:
            agrees = recomputed.words in row.picks
            verdict = AuditVerdict.OK if agrees else AuditVerdict.WRONG
        words = " or ".join(row.picks)
        published = Answer(self._stated, words=words)
        return Cell(row.id, row.picks[0], row.label, published, recomputed, best, verdict)

    def _winner(self, among: Sequence[str], most: bool, *, evidence: bool) -> Answer:
        """The scenario with the least or the most of what is named, and those that doubt cannot tell from it."""
        cells = [self.cell(reference) for reference in among]
        sides = {cell.scenario: cell.best if evidence else _own_number(cell) for cell in cells}
        known = {name: side for name, side in sides.items() if side.value is not None}
        missing = tuple(name for name in sides if name not in known)
        reasons = (info("scenarios_unknown", scenarios=missing),) if missing else ()
        if not known:
            return unknown("nothing to compute it from", *reasons)
        ordered = sorted(known, key=lambda name: known[name].value or 0.0, reverse=most)
        first = known[ordered[0]]
        tied = [name for name in ordered if _overlap(first, known[name], most=most)]
        origin = weakest(list(known.values())) if evidence else Provenance(Level.DERIVED, "the report's own numbers")
        inputs: dict[str, float | str] = {name: side.value for name, side in known.items() if side.value is not None}
        formula = "the most of" if most else "the least of"
        return Answer(origin, words=" or ".join(tied), formula=formula, inputs=inputs, reasons=reasons)

    def _claimed(self, line: int | None) -> Provenance:
        """The origin of what the report's text says, or its charts where no line has it."""
        if line is None:
            return self._stated
        as_of = AsOf.parse(self.report.as_of) if self.report.as_of else None
        return Provenance(Level.CLAIMED, f"{self.report.title}, line {line}", as_of)

    @property
    def _stated(self) -> Provenance:
        return self.charts.provenance

    def _scenario_label(self, scenario: str) -> str:
        return f"{scenario} {self.report.scenarios[scenario].instance}" if scenario else ""

    @cached_property
    def _figures(self) -> Mapping[str, Figure]:
        return {figure.id: figure for figure in self.report.figures}

    @cached_property
    def _claims(self) -> Mapping[str, Claim]:
        return {claim.id: claim for claim in self.report.claims}

    @cached_property
    def _audited(self) -> Mapping[str, AuditedClaim]:
        return {claim.id: claim for claim in self.audited}

    @cached_property
    def _claim_answers(self) -> ClaimAnswers:
        return ClaimAnswers(self.report, self.catalog, self.best, lambda reference: self.cell(reference).best)


def _group(title: str, cells: tuple[Cell, ...], note: str) -> Group:
    units = {cell.published.unit for cell in cells}
    return Group(title, units.pop() if len(units) == 1 else "", cells, note)


def _named(claim: Claim) -> str:
    """A claim without scenario is known by what it is about."""
    key = claim.parameters.get("key")
    return key.replace("_", " ") if isinstance(key, str) else claim.text


def _told(fact: Fact, row: ChartRow) -> Answer:
    return Answer(fact.provenance, fact.value, fact.words, row.unit)


def _fact_verdict(row: ChartRow, fact: Fact | None) -> AuditVerdict:
    if fact is None:
        return AuditVerdict.UNVERIFIABLE
    if fact.value is None or row.value is None:
        agrees = bool(row.words) and row.words.lower() in fact.words.lower()
        return AuditVerdict.OK if agrees else AuditVerdict.FALSE_FACT
    if fact.tolerance and abs(row.value / fact.value - 1) <= fact.tolerance:
        return AuditVerdict.ROUNDING
    return judge_fact(row.value, fact.value, _FACT_TOLERANCE)


def _verdict(claimed: float | None, recomputed: Answer) -> AuditVerdict:
    if claimed is None or recomputed.value is None:
        return AuditVerdict.UNVERIFIABLE
    return judge_number(claimed, recomputed.value)


def _limit(value: float, unit: str, bound: Bound, formula: str, inputs: Mapping[str, float | str]) -> Answer:
    origin = Provenance(Level.DERIVED, "limit of the report's own numbers and the datasheets")
    return Answer(origin, value, unit=unit, bound=bound, formula=formula, inputs=inputs)


def _own_number(cell: Cell) -> Answer:
    """What the report's own numbers say: recomputed, or as published where only a limit can be computed."""
    return cell.recomputed if cell.recomputed.value is not None and not cell.recomputed.bound else cell.published


def _overlap(first: Answer, other: Answer, *, most: bool) -> bool:
    """Whether the doubts of the two do not keep them apart."""
    if first is other:
        return True
    if most:
        return (other.high or other.value or 0.0) >= (first.low or first.value or 0.0)
    return (other.low or other.value or 0.0) <= (first.high or first.value or 0.0)
