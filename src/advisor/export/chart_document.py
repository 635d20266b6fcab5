"""`advisor.chart/1`: charts of a report as a JSON document, three columns side by side."""

from collections.abc import Iterable

from advisor.evidence.charts.answers import Answer, Cell, ComputedChart
from advisor.export.document import Document, ProvenanceMap, Say, reason_document
from advisor.quantities.provenance import Level, Provenance

_SIDES = ("as_published", "recomputed", "best_evidence")
_RATIO = Provenance(Level.DERIVED, "as published over the other column")


def chart_document(report: str, charts: Iterable[ComputedChart], say: Say) -> Document:
    """Every row with its arithmetic; each of the three numbers has its own origin."""
    entries = ProvenanceMap()
    shown = []
    for number, chart in enumerate(charts):
        groups = []
        for at, group in enumerate(chart.groups):
            place = f"/charts/{number}/groups/{at}/rows"
            rows = [_row(cell, f"{place}/{index}", entries, say) for index, cell in enumerate(group.cells)]
            groups.append({"title": group.title, "unit": group.unit or None, "note": group.note or None, "rows": rows})
        shown.append({"id": chart.id, "title": chart.title, "note": chart.note or None, "groups": groups})
    return {"schema": "advisor.chart/1", "report": report, "charts": shown, "provenance": entries.as_document()}


def _row(cell: Cell, pointer: str, entries: ProvenanceMap, say: Say) -> Document:
    entries.add(pointer, _RATIO)
    for side, answer in zip(_SIDES, cell.answers, strict=True):
        entries.add(f"{pointer}/{side}", answer.quantity or answer.provenance)
    return {
        "id": cell.id or None,
        "label": cell.label,
        "scenario": cell.scenario or None,
        **{side: _answer(answer, say) for side, answer in zip(_SIDES, cell.answers, strict=True)},
        "published_over_recomputed": cell.over_recomputed,
        "published_over_best_evidence": cell.over_best,
        "verdict": cell.verdict.value,
        "source_line": cell.line,
    }


def _answer(answer: Answer, say: Say) -> Document:
    return {
        "value": answer.value,
        "words": answer.words or None,
        "unit": answer.unit,
        "bound": answer.bound or None,
        "low": answer.low,
        "high": answer.high,
        "formula": answer.formula or None,
        "inputs": dict(answer.inputs),
        "reasons": [reason_document(reason, say) for reason in answer.reasons],
    }
