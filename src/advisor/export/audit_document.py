"""`advisor.audit/1`: audited reports as a JSON document: summaries, claims with their arithmetic, other content."""

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any

from advisor.evidence.audit.entries import judged
from advisor.evidence.audit.verdicts import AuditedClaim, AuditVerdict
from advisor.evidence.reports import Report
from advisor.export.document import Document, ProvenanceMap, Say, reason_document
from advisor.quantities.provenance import Level, Provenance


def audit_document(
    reports: Sequence[Report], audited: Sequence[AuditedClaim], say: Say, shown: Sequence[AuditedClaim] | None = None
) -> Document:
    """Every claim with its arithmetic. Claimed numbers are `claimed`, recomputed ones `derived` or looked up.

    shown: the claims to write, if not all; the counts are of all of them.
    """
    claims = audited if shown is None else shown
    return {
        "schema": "advisor.audit/1",
        "reports": [_report(report, audited) for report in reports],
        "claims": [_claim(claim, say) for claim in claims],
        "entries": [entry for report in reports for entry in _entries(report, audited)],
        "provenance": _provenance(reports, claims).as_document(),
    }


def counts(claims: Iterable[AuditedClaim]) -> dict[str, int]:
    """How many claims have each verdict, every verdict named."""
    found = Counter(claim.verdict for claim in claims)
    return {verdict.value: found[verdict] for verdict in AuditVerdict}


def _report(report: Report, audited: Sequence[AuditedClaim]) -> dict[str, Any]:
    own = [claim for claim in audited if claim.report == report.id]
    sections = dict.fromkeys(claim.section for claim in own)
    return {
        "id": report.id,
        "title": report.title,
        "author": report.author,
        "as_of": report.as_of,
        "location": report.location,
        "note": report.note,
        "counts": counts(own),
        "sections": [
            {"section": section, "counts": counts(claim for claim in own if claim.section == section)}
            for section in sections
        ],
    }


def _claim(claim: AuditedClaim, say: Say) -> dict[str, Any]:
    return {
        "id": claim.id,
        "report": claim.report,
        "section": claim.section,
        "check": claim.check,
        "text": claim.text,
        "inputs": dict(claim.inputs),
        "formula": claim.formula,
        "claimed": claim.claimed,
        "recomputed": claim.recomputed,
        "unit": claim.unit,
        "also": dict(claim.also),
        "verdict": claim.verdict.value,
        "reasons": [reason_document(reason, say) for reason in claim.reasons],
        "note": claim.note,
        "source_line": claim.source_line,
    }


def _entries(report: Report, audited: Sequence[AuditedClaim]) -> list[dict[str, Any]]:
    return [
        {
            "id": each.entry.id,
            "report": report.id,
            "topic": each.entry.topic,
            "section": each.entry.section,
            "text": each.entry.text,
            "claims": list(each.entry.claims),
            "verdicts": [verdict.value for verdict in each.verdicts],
            "note": each.entry.note,
            "source_line": each.entry.line,
        }
        for each in judged(report, audited)
    ]


def _provenance(reports: Sequence[Report], claims: Sequence[AuditedClaim]) -> ProvenanceMap:
    found = ProvenanceMap()
    found.add("/reports", Provenance(Level.DERIVED, "counted"))
    found.add("/entries", Provenance(Level.CLAIMED, ", ".join(report.id for report in reports) or "no report"))
    for index, claim in enumerate(claims):
        place, claimed = f"/claims/{index}", Provenance(Level.CLAIMED, claim.report)
        found.add(place, Provenance(Level.DERIVED, claim.formula))
        found.add(f"{place}/claimed", claimed)
        found.add(f"{place}/inputs", claimed)
        found.add(f"{place}/source_line", claimed)
        if claim.looked_up is not None:
            found.add(f"{place}/recomputed", claim.looked_up)
    return found
