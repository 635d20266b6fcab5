"""`advisor.benchmark/1` and `advisor.runs/1`: what was measured, and the list of runs."""

from collections.abc import Sequence

from advisor.bench.result import BenchmarkResult, Verdict
from advisor.evidence.measured import origin_of
from advisor.evidence.runs import RunRow
from advisor.export.document import Document, ProvenanceMap
from advisor.quantities.provenance import Level, Provenance


def benchmark_document(result: BenchmarkResult) -> Document:
    """The whole result. A point whose gates failed is no measurement, and its figures say so."""
    entries = ProvenanceMap()
    origin = origin_of(result)
    asked = Provenance(Level.ASSUMED, "the plan of the run")
    entries.add("/plan", asked)
    entries.add("/subject", Provenance(Level.ASSUMED, "stated by the user"))
    entries.add(
        "/client", Provenance(Level.MEASURED, f"the benchmark's own process, run {result.run_id}", origin.as_of)
    )
    for index, point in enumerate(result.points):
        here = f"/points/{index}"
        entries.add(here, origin if point.verdict is Verdict.VALID else _unproven(result, point.verdict))
        entries.add(f"{here}/load", asked)
        for gate in range(len(point.gates)):
            entries.add(f"{here}/gates/{gate}/limit", Provenance(Level.SPECIFIED, "rules of the benchmark runner"))
    return {**result.document(), "provenance": entries.as_document()}


def runs_document(rows: Sequence[RunRow]) -> Document:
    """The list of runs; those that cannot be read say why."""
    entries = ProvenanceMap()
    entries.add("/runs", Provenance(Level.ASSUMED, "the plans of the runs"))
    return {
        "schema": "advisor.runs/1",
        "runs": [_entry(row) for row in rows],
        "provenance": entries.as_document(),
    }


def _unproven(result: BenchmarkResult, verdict: Verdict) -> Provenance:
    return Provenance(Level.UNKNOWN, f"observed in run {result.run_id}, but the point is {verdict.value}")


def _entry(row: RunRow) -> Document:
    meta, plan = row.meta, row.plan
    return {
        "run_id": row.id,
        "path": str(row.path),
        "started": meta.started if meta else None,
        "state": meta.state.value if meta else None,
        "simulated": meta.simulated if meta else None,
        "endpoint": meta.endpoint if meta else None,
        "model": meta.model if meta else None,
        "plan_hash": meta.plan_hash if meta else None,
        "concurrencies": list(plan.concurrencies) if plan else [],
        "verdicts": list(row.verdicts),
        "error": row.broken,
    }
