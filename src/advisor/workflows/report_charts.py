"""A published report opened: its claims audited, its charts computed beside the best evidence."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from advisor.advice.advise import Knowledge
from advisor.advice.published import ReportPick, judge_published
from advisor.advice.recommendation import PoolAdvice
from advisor.advice.workload import Workload
from advisor.errors import InputError, UnknownIdError
from advisor.evidence.audit.engine import audit
from advisor.evidence.audit.verdicts import AuditedClaim
from advisor.evidence.charts.answers import Answer, ComputedChart, distinct, unknown
from advisor.evidence.charts.best import BestEvidence
from advisor.evidence.charts.columns import Columns
from advisor.evidence.charts.records import Chart, ReportCharts, charted_reports, load_charts
from advisor.evidence.reports import Report, load_reports
from advisor.quantities.provenance import AsOf, Provenance
from advisor.reasons import Reason, info
from advisor.workflows.recommend import recommend


@dataclass(frozen=True)
class OpenReport:
    """One report with everything that can be said about it. Charts are computed when they are asked for."""

    report: Report
    charts: ReportCharts | None
    audited: Sequence[AuditedClaim]
    knowledge: Knowledge

    @property
    def chart_list(self) -> tuple[Chart, ...]:
        return () if self.charts is None else self.charts.charts

    def chart(self, wanted: str) -> ComputedChart:
        """A chart by id. InputError for a report without charts, UnknownIdError for a chart that it has not."""
        return self._columns.chart(wanted)

    @cached_property
    def _columns(self) -> Columns:
        if self.charts is None:
            known = ", ".join(sorted(charted_reports(self.knowledge.catalog)))
            raise InputError(f"{self.report.id} has no charts", hint=f"These have: {known}.")
        catalog = self.knowledge.catalog
        best = BestEvidence(self.report, catalog, self.knowledge.points, self.charts.engine, self.charts.region)
        return Columns(self.report, self.charts, catalog, best, self.audited, self._ask)

    def _ask(self, settings: Mapping[str, Any], picks: Sequence[str]) -> Answer:
        """What advisor recommends for a workload, and what became of the instances that the report picks."""
        found = recommend(settings, self.knowledge)
        lines = [ReportPick(self.report.id, "", pick, "", "", None) for pick in picks]
        words, reasons, weakest = [], list[Reason](), list[Provenance]()
        for pool in found.pools:
            if pool.pick is not None:
                words.append(f"{pool.pick.instances} × {pool.pick.instance_type}")
                weakest += [pool.weakest.provenance] if pool.weakest is not None else []
            name = self.knowledge.catalog.model(pool.model).short_name
            reasons += _fates(pool, name, lines, found.workload)
        if not words or not weakest:
            return unknown("nothing serves this workload", *distinct(reasons))
        level = max((origin.level for origin in weakest), key=lambda each: each.rank or 0)
        sources = "; ".join(dict.fromkeys(origin.source for origin in weakest))
        as_of = AsOf.spanning(origin.as_of for origin in weakest)
        origin = Provenance(level, f"advisor's own answer, weakest of: {sources}", as_of)
        inputs = {key: str(value) for key, value in settings.items()}
        return Answer(
            origin, words=" and ".join(words), formula="advisor recommend", inputs=inputs, reasons=distinct(reasons)
        )


def open_report(knowledge: Knowledge, report: Report) -> OpenReport:
    """Audit a report and read its charts. InputError for a claim or chart that cannot be used."""
    return OpenReport(report, load_charts(knowledge.catalog, report), audit(report, knowledge.catalog), knowledge)


def report_named(knowledge: Knowledge, wanted: str) -> Report:
    """A report of the catalogue by id; UnknownIdError with near ids."""
    reports = load_reports(knowledge.catalog)
    if wanted not in reports:
        raise UnknownIdError("report", wanted, reports)
    return reports[wanted]


def _fates(pool: PoolAdvice, model: str, lines: Sequence[ReportPick], workload: Workload) -> list[Reason]:
    """Each pick of the report against this answer: the same, serving at another cost, or dropped and why."""
    found: list[Reason] = []
    for judged in judge_published(lines, workload, pool.pick, pool.rejected):
        if judged.verdict == "agrees":
            found.append(info("pick_agrees", instance=judged.pick, model=model))
        elif judged.reason is not None:
            found += [info("pick_rejected", instance=judged.pick, model=model), judged.reason]
        elif any(judged.pick == flip.instance_type for flip in pool.wins_below):
            found.append(info("pick_unpriced", instance=judged.pick, model=model))
        else:
            found.append(info("pick_serves", instance=judged.pick, model=model))
    return found
