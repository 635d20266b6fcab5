"""The contracts of audited reports and their charts."""

from typing import Literal

from pydantic import BaseModel, Field

from advisor.export.contracts import Document, Number, ReasonDocument

AuditVerdictName = Literal["ok", "rounding", "wrong", "suspicious", "impossible", "false_fact", "unverifiable"]


class AuditRow(BaseModel):
    id: str
    report: str
    section: str
    check: str
    text: str
    inputs: dict[str, Number | str]
    formula: str
    claimed: Number
    recomputed: Number | None
    unit: str
    also: dict[str, Number]
    verdict: AuditVerdictName
    reasons: list[ReasonDocument]
    note: str
    source_line: int | None


class AuditSection(BaseModel):
    section: str
    counts: dict[AuditVerdictName, int]


class AuditReport(BaseModel):
    id: str
    title: str
    author: str
    as_of: str
    location: str
    note: str
    counts: dict[AuditVerdictName, int]
    sections: list[AuditSection]


class AuditEntry(BaseModel):
    id: str
    report: str
    topic: str
    section: str
    text: str
    claims: list[str]
    verdicts: list[AuditVerdictName]
    note: str
    source_line: int | None


class Audit(Document):
    reports: list[AuditReport]
    claims: list[AuditRow]
    entries: list[AuditEntry]


class ChartAnswer(BaseModel):
    """What one column says: a number or a word; both null: nobody knows."""

    value: Number | None
    words: str | None
    unit: str
    bound: Literal["at_most", "at_least"] | None = Field(description="the number is a limit, not a figure")
    low: Number | None
    high: Number | None
    formula: str | None
    inputs: dict[str, Number | str]
    reasons: list[ReasonDocument]


class ChartRow(BaseModel):
    id: str | None
    label: str
    scenario: str | None
    as_published: ChartAnswer
    recomputed: ChartAnswer
    best_evidence: ChartAnswer
    published_over_recomputed: Number | None
    published_over_best_evidence: Number | None
    verdict: Literal["ok", "rounding", "wrong", "suspicious", "impossible", "false_fact", "unverifiable"]
    source_line: int | None


class ChartGroup(BaseModel):
    title: str
    unit: str | None = Field(description="of the group's numbers, where they have one in common")
    note: str | None
    rows: list[ChartRow]


class ReportChart(BaseModel):
    id: str
    title: str
    note: str | None
    groups: list[ChartGroup]


class Chart(Document):
    """Charts of a published report, each row as published, recomputed, and by the best evidence."""

    report: str
    charts: list[ReportChart]
