"""`advisor.audit/1`: audited claims as a JSON document."""

from collections.abc import Iterable

from advisor.evidence.audit.verdicts import AuditedClaim
from advisor.export.document import Document, ProvenanceMap
from advisor.quantities.provenance import Level, Provenance


def audit_document(claims: Iterable[AuditedClaim]) -> Document:
    """Every claim with its arithmetic. Claimed numbers are `claimed`, recomputed ones `derived`."""
    rows = [
        {
            "id": claim.id,
            "report": claim.report,
            "text": claim.text,
            "inputs": dict(claim.inputs),
            "formula": claim.formula,
            "claimed": claim.claimed,
            "recomputed": claim.recomputed,
            "unit": claim.unit,
            "verdict": claim.verdict.value,
            "source_line": claim.source_line,
        }
        for claim in claims
    ]
    entries = ProvenanceMap()
    for index, row in enumerate(rows):
        entries.add(f"/claims/{index}", Provenance(Level.DERIVED, str(row["formula"])))
        entries.add(f"/claims/{index}/claimed", Provenance(Level.CLAIMED, str(row["report"])))
        entries.add(f"/claims/{index}/inputs", Provenance(Level.CLAIMED, str(row["report"])))
    return {"schema": "advisor.audit/1", "claims": rows, "provenance": entries.as_document()}
