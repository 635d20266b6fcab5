"""`advisor.verify/1`: what a live check of a recommendation found."""

from dataclasses import asdict
from typing import Any

from advisor.bench.result import Verdict
from advisor.evidence.verification import Trial, Verification
from advisor.export.document import Document, ProvenanceMap, Say, reason_document
from advisor.quantities.provenance import Level, Provenance


def verify_document(found: Verification, say: Say) -> Document:
    """The outcome, every trial, and the file's claims beside what was measured."""
    entries = ProvenanceMap()
    file = Provenance(Level.ASSUMED, f"stated in {found.file}")
    for key in ("/rate_rps", "/targets", "/reasons"):
        entries.add(key, file)
    for index, trial in enumerate(found.trials):
        entries.add(f"/trials/{index}", _origin(trial))
    for index in range(len(found.claims)):
        here = f"/claims/{index}"
        entries.add(here, file)
        entries.add(f"{here}/measured", _origin(found.trials[0]))
    return {
        "schema": "advisor.verify/1",
        "file": found.file,
        "model": found.model,
        "scope": "one_replica",
        "rate_rps": found.rate_rps,
        "targets": [str(target) for target in found.targets],
        "outcome": found.outcome.value,
        "trials": [_trial(trial, found.rate_rps) for trial in found.trials],
        "claims": [asdict(claim) for claim in found.claims],
        "reasons": [reason_document(reason, say) for reason in found.reasons],
        "provenance": entries.as_document(),
    }


def _trial(trial: Trial, rate_rps: float) -> dict[str, Any]:
    return {
        "run_id": trial.run_id,
        "concurrency": trial.concurrency,
        "input_tokens": trial.input_tokens,
        "simulated": trial.simulated,
        "verdict": trial.verdict.value,
        "requests_per_s": trial.rate_rps,
        "carries_rate": trial.carries(rate_rps).value,
        "within_targets": trial.within_targets.value,
        "slos": [asdict(slo) for slo in trial.point.slos],
    }


def _origin(trial: Trial) -> Provenance:
    source = f"run {trial.run_id}"
    if trial.simulated:
        return Provenance(Level.SIMULATED, source)
    if trial.verdict is not Verdict.VALID or trial.contradictions:
        return Provenance(Level.UNKNOWN, f"observed in {source}, which proves nothing")
    return Provenance(Level.MEASURED, source)
