"""`advisor.check/1`: what a check of the catalogue found."""

from collections.abc import Iterable

from advisor.catalog.check.findings import Finding
from advisor.export.document import Document


def check_document(findings: Iterable[Finding], instances: int, prices: int) -> Document:
    """Findings in the keys of `advisor.error/1`, each with its severity."""
    rows = [
        {
            "code": finding.code,
            "severity": finding.severity,
            "message": finding.error.message,
            "file": finding.error.file,
            "line": finding.error.line,
            "key": finding.error.key,
            "hint": finding.error.hint,
        }
        for finding in findings
    ]
    severities = [row["severity"] for row in rows]
    return {
        "schema": "advisor.check/1",
        "holds": "error" not in severities,
        "instances": instances,
        "prices": prices,
        "errors": severities.count("error"),
        "warnings": severities.count("warning"),
        "findings": rows,
    }
