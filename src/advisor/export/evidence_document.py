"""`advisor.evidence/1`: performance figures as a JSON document."""

from collections.abc import Callable, Mapping, Sequence

from advisor.catalog.records import Source
from advisor.evidence.points import EvidencePoint
from advisor.export.document import Document, ProvenanceMap

Caveats = Callable[[EvidencePoint, Mapping[str, Source]], Sequence[str]]
"""Turns what must be known of a figure into sentences; the language is the caller's."""


def evidence_document(points: Sequence[EvidencePoint], sources: Mapping[str, Source], caveats: Caveats) -> Document:
    """Every figure with its key, load, origin and caveats."""
    entries = ProvenanceMap()
    rows = []
    for index, point in enumerate(points):
        source = sources.get(point.source_id)
        entries.add(f"/evidence/{index}", point.provenance)
        rows.append(
            {
                "model": point.model,
                "checkpoint": point.checkpoint,
                "accelerator": point.accelerator,
                "devices": point.devices,
                "tensor_parallel_size": point.tensor_parallel_size,
                "engine": point.engine,
                "engine_version": point.engine_version,
                "input_tokens": point.input_tokens,
                "output_tokens": point.output_tokens,
                "load": {"kind": point.load, "value": point.load_value},
                "metric": point.metric,
                "value": point.value,
                "unit": point.unit,
                "statistic": point.statistic,
                "level": point.level.value,
                "source": point.provenance.source,
                "as_of": str(point.provenance.as_of) if point.provenance.as_of else None,
                "run_id": point.run_id,
                "note": point.note or None,
                "source_id": point.source_id or None,
                "location": source.location if source else None,
                "place": point.place or None,
                "dataset": point.dataset or None,
                "caveats": list(caveats(point, sources)),
            }
        )
    return {"schema": "advisor.evidence/1", "evidence": rows, "provenance": entries.as_document()}
