"""A published report's contents: its charts, its claims by verdict, and what else it says by topic."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from textual.content import Content

from advisor.evidence.audit.verdicts import AuditedClaim, AuditVerdict
from advisor.evidence.reports import TOPICS, Entry, Report
from advisor.tui.views.text import lines, muted
from advisor.wording import report_charts as words
from advisor.wording.audited import inputs
from advisor.workflows.report_charts import OpenReport

Kind = Literal["heading", "chart", "verdict", "topic"]


@dataclass(frozen=True, slots=True)
class Section:
    """One line of the contents; key is the id of the chart, the verdict, or the topic."""

    kind: Kind
    key: str
    content: Content


def head(report: Report) -> Content:
    """What it is, whose, when, and what it says of its own numbers."""
    about = " · ".join(part for part in (report.author, report.as_of, report.location) if part)
    return lines(Content.styled(report.title, "bold"), muted(about))


def sections(opened: OpenReport) -> list[Section]:
    """The contents, charts first."""
    found = [*_charts(opened), *_verdicts(opened.audited), *_topics(opened.report)]
    return found or [Section("heading", "", muted("The report has no charts, claims or entries."))]


def _charts(opened: OpenReport) -> Iterator[Section]:
    if opened.chart_list:
        yield _heading(f"Charts {len(opened.chart_list)}   ⏎ opens one: as published, recomputed, best evidence")
    for number, chart in enumerate(opened.chart_list, start=1):
        yield Section("chart", chart.id, Content.assemble(f"  {number:>2}  ", chart.title))


def _verdicts(audited: Sequence[AuditedClaim]) -> Iterator[Section]:
    counts = Counter(claim.verdict for claim in audited)
    if counts:
        yield _heading(f"Claims {len(audited)}")
    for verdict in AuditVerdict:
        if counts[verdict]:
            yield Section("verdict", verdict.value, Content(f"  {words.verdict(verdict):<16}{counts[verdict]:>4}"))


def _topics(report: Report) -> Iterator[Section]:
    if report.entries:
        yield _heading(f"Also says {len(report.entries)}")
    for topic in TOPICS:
        about = report.about(topic)
        if about:
            yield Section("topic", topic, Content(f"  {words.topic(topic):<16}{len(about):>4}"))


def _heading(said: str) -> Section:
    return Section("heading", "", Content.styled(said, "bold $secondary"))


def summary(section: Section, opened: OpenReport) -> Content:
    """What stands under the contents about the marked line."""
    if section.kind == "chart" and opened.charts is not None:
        chart = opened.charts.chart(section.key)
        groups = ", ".join(group.title for group in chart.groups)
        return lines(Content.styled(chart.title, "bold"), muted(chart.note) if chart.note else "", groups)
    if section.kind == "verdict":
        return lines(*[f"{words.verdict(claim.verdict)}   {claim.text}" for claim in _claims(section.key, opened)[:4]])
    return lines(*[entry.text for entry in opened.report.about(section.key)[:4]])


def contents(section: Section, opened: OpenReport) -> tuple[str, Content]:
    """Title and text of everything that a line stands for."""
    if section.kind == "verdict":
        claims = _claims(section.key, opened)
        parts = [part for claim in claims for part in (*_claim(claim), "")]
        return f"{words.verdict(AuditVerdict(section.key))}: {len(claims)} claims", lines(*parts)
    entries = opened.report.about(section.key)
    parts = [part for entry in entries for part in (*_entry(entry, opened), "")]
    return words.topic(section.key), lines(*parts)


def _claims(verdict: str, opened: OpenReport) -> list[AuditedClaim]:
    return [claim for claim in opened.audited if claim.verdict.value == verdict]


def _claim(claim: AuditedClaim) -> Iterator[Content | str]:
    yield Content.assemble((claim.text, "bold"), (_line(claim.source_line), "$secondary"))
    yield f"  claimed {words.number(claim.claimed, claim.unit)} {claim.unit}".rstrip()
    yield f"  {words.working(claim)}"
    yield from (f"  {line}" for line in words.further(claim))
    if claim.inputs:
        yield muted(f"  {inputs(claim.inputs)}")


def _entry(entry: Entry, opened: OpenReport) -> Iterator[Content | str]:
    yield Content.assemble((entry.text, "bold"), (_line(entry.line), "$secondary"))
    for claim in opened.audited:
        if claim.id in entry.claims:
            yield f"  {words.check(claim)}"
    if entry.note:
        yield muted(f"  {entry.note}")


def _line(number: int | None) -> str:
    return f"   line {number}" if number else ""
