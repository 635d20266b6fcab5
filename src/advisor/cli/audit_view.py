"""Audited reports on a terminal: how many claims hold, each with its arithmetic, and what else a report says."""

from collections.abc import Iterable, Sequence
from math import inf

from advisor.cli.output import Output
from advisor.cli.prose import write_heading, write_text
from advisor.cli.table import Cell, Column, Row, write_table
from advisor.evidence.audit.entries import JudgedEntry
from advisor.evidence.audit.verdicts import AuditedClaim, AuditVerdict
from advisor.evidence.reports import TOPICS, Report
from advisor.wording import audited as words
from advisor.wording.reasons import sentence

_STYLES = {
    AuditVerdict.OK: "green",
    AuditVerdict.ROUNDING: "green",
    AuditVerdict.SUSPICIOUS: "yellow",
    AuditVerdict.UNVERIFIABLE: "dim",
}
_FALSE = "bold red"


def write_title(report: Report, output: Output) -> None:
    """What the report is, and what it says of itself."""
    write_text(report.title, output, style="bold")
    dated = f"{report.author}, {report.as_of}" if report.as_of else report.author
    write_text(f"{dated} ({report.id})", output)
    if report.note:
        write_text(report.note, output, style="dim")


def write_summary(claims: Sequence[AuditedClaim], output: Output) -> None:
    """How many claims have each verdict, and the same by section."""
    found = [(words.VERDICTS[verdict], _count(claims, verdict)) for verdict in words.VERDICTS]
    counted = ", ".join(f"{number} {verdict}" for verdict, number in found if number)
    write_text(f"{len(claims)} claims: {counted}" if counted else "No claims.", output)
    sections = _sections(claims)
    if len(sections) > 1:
        output.line()
        rows = [_section(name, [claim for claim in claims if claim.section == name]) for name in sections]
        columns = (
            Column("section", flows=True),
            Column("claims", right=True),
            Column("hold", right=True),
            Column("false", right=True),
            Column("open", right=True),
        )
        write_table(columns, rows, output)


def _sections(claims: Sequence[AuditedClaim]) -> list[str]:
    """Sections in the report's own order; those without a line last."""
    first: dict[str, float] = {}
    for claim in claims:
        line = inf if claim.source_line is None else claim.source_line
        first[claim.section] = min(line, first.get(claim.section, inf))
    return sorted(first, key=lambda section: first[section])


def _section(name: str, claims: Sequence[AuditedClaim]) -> Row:
    """Counts of one section: what holds, what is false, and what nobody can tell."""
    false = sum(claim.verdict.is_false for claim in claims)
    holds = _count(claims, AuditVerdict.OK) + _count(claims, AuditVerdict.ROUNDING)
    return (
        name or "other",
        str(len(claims)),
        Cell(str(holds), "green" if holds else "dim"),
        Cell(str(false), _FALSE if false else "dim"),
        str(len(claims) - holds - false),
    )


def _count(claims: Iterable[AuditedClaim], verdict: AuditVerdict) -> int:
    return sum(claim.verdict is verdict for claim in claims)


def write_claims(claims: Sequence[AuditedClaim], output: Output) -> None:
    """The claims by section, each with its verdict and arithmetic."""
    for section in _sections(claims):
        output.line()
        write_heading(section or "Claims", output)
        write_table(_COLUMNS, [_row(claim) for claim in claims if claim.section == section], output)


_COLUMNS = (
    Column("verdict"),
    Column("claim", flows=True),
    Column("claimed", right=True),
    Column("recomputed", right=True),
    Column("unit"),
    Column("by", below=True),
    Column("line", right=True, drop=1),
)


def _row(claim: AuditedClaim) -> Row:
    return (
        _verdict(claim.verdict),
        claim.text,
        words.claimed(claim),
        words.recomputed(claim),
        claim.unit,
        words.because(claim),
        "" if claim.source_line is None else str(claim.source_line),
    )


def _verdict(verdict: AuditVerdict) -> Cell:
    return Cell(words.VERDICTS[verdict], _STYLES.get(verdict, _FALSE))


def write_claim(claim: AuditedClaim, report: Report, output: Output) -> None:
    """One claim with everything that is known of it."""
    verdict = words.VERDICTS[claim.verdict]
    write_text(f"{claim.id}: {verdict}", output, style=_STYLES.get(claim.verdict, _FALSE))
    write_text(f"{claim.text} ({_place(claim, report)})", output)
    _field("claimed", f"{words.claimed(claim)} {claim.unit}", output)
    _field("recomputed", f"{words.recomputed(claim)} {claim.unit}" if claim.recomputed is not None else "", output)
    _field("formula", claim.formula, output)
    arithmetic = words.arithmetic(claim)
    _field("arithmetic", arithmetic if arithmetic != claim.formula else "", output)
    for key, value in claim.inputs.items():
        _field("from", f"{key} = {words.written(value)}", output)
    if claim.looked_up is not None:
        as_of = f", {claim.looked_up.as_of}" if claim.looked_up.as_of else ""
        _field("looked up", f"{claim.looked_up.source}{as_of}", output)
    for name, number in claim.also.items():
        _field("also", f"{words.number(number)} {name}", output)
    for reason in claim.reasons:
        _field("because", sentence(reason), output)
    _field("note", claim.note, output)
    _field("verdict", f"{verdict}: {words.meaning(claim)}", output)
    cited = [entry.text for entry in report.entries if claim.id in entry.claims]
    for text in cited:
        _field("says", text, output)


def _place(claim: AuditedClaim, report: Report) -> str:
    line = f", line {claim.source_line}" if claim.source_line else ""
    return f"{report.id}{line}"


def _field(name: str, words_: str, output: Output) -> None:
    if words_.strip():
        write_text(f"{name:<11} {words_.strip()}", output, indent="  ")


def write_entries(entries: Sequence[JudgedEntry], topic: str | None, output: Output) -> None:
    """What a report says beside its numbers, by topic in a fixed order; topic None: every one."""
    for each in TOPICS:
        rows = [_entry(entry) for entry in entries if entry.entry.topic == each and topic in (None, each)]
        if rows:
            output.line()
            write_heading(each, output)
            columns = (
                Column("line", right=True),
                Column("what it says", flows=True),
                Column("verdict", flows=True),
                Column("what is known", below=True),
            )
            write_table(columns, rows, output)


def _entry(judged: JudgedEntry) -> Row:
    found = dict.fromkeys(judged.verdicts)
    verdicts = ", ".join(words.VERDICTS[verdict] for verdict in words.VERDICTS if verdict in found)
    style = "green" if judged.holds else _FALSE
    line = "" if judged.entry.line is None else str(judged.entry.line)
    return (line, judged.entry.text, Cell(verdicts, style, flows=True), judged.entry.note)
