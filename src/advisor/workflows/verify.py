"""Run the benchmark that would confirm a recommendation, on one live replica of it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from math import ceil
from pathlib import Path
from typing import Any

from advisor.advice.live_check import REPETITIONS, TURNS
from advisor.bench.plan import Api, Secret
from advisor.bench.records import RunState
from advisor.bench.result import Verdict
from advisor.bench.runner import RunHandle
from advisor.catalog.load import Catalog
from advisor.errors import CancelledError, InputError, UnknownIdError
from advisor.evidence.subject import Statement
from advisor.evidence.verification import (
    ClaimCheck,
    Outcome,
    Status,
    Trial,
    Verification,
    claim_holds,
    judged,
    measured_claim,
    next_concurrency,
    trial_of,
)
from advisor.export.document import Document
from advisor.export.recommendation_document import sealed
from advisor.export.recommendation_file import read_recommendation, write_recommendation
from advisor.paths import UserPaths
from advisor.reasons import Reason, error, info, warning
from advisor.slo import METRICS, PERCENTILES, Slo
from advisor.workflows.benchmark_question import BenchmarkQuestion
from advisor.workflows.run_benchmark import begin, keep, prepare

_MOST_TRIALS = 4
_MOST_LOAD = 4
"""Up to so many times the planned load is tried before the search gives up."""

_LONG_PROMPTS = 1.25
"""Prompts at the 95th percentile that are longer by this factor get a trial of their own."""


@dataclass(frozen=True, slots=True)
class VerifyQuestion:
    """Which file, on which endpoint. pool names the catalogue's model where the file has several pools."""

    file: Path
    endpoint: str
    served_model: str | None = None
    api: Api = "chat"
    pool: str | None = None


@dataclass
class _Session:
    """One verification under way."""

    question: VerifyQuestion
    document: Document
    pool: dict[str, Any]
    check: dict[str, Any]
    catalog: Catalog
    paths: UserPaths
    key: Secret | None = field(repr=False)
    watch: Callable[[RunHandle], RunState]
    targets: tuple[Slo, ...]
    trials: list[Trial] = field(default_factory=list)

    def run(self, concurrency: int, input_tokens: int) -> Reason | None:
        """One trial, entered into the ledger; the reason where it says nothing, before it runs if that is known.

        CancelledError where the user stopped it.
        """
        workload = self.document["workload"]
        question = BenchmarkQuestion(
            endpoint=self.question.endpoint,
            model=self.question.served_model,
            api=self.question.api,
            changes={
                "concurrencies": (concurrency,),
                "requests_per_cell": max(ceil(self.check["min_requests"]), TURNS * concurrency),
                "input_tokens": input_tokens,
                "output_tokens": int(workload["output_tokens_p50"]),
                "repetitions": REPETITIONS,
                "warmup_requests": concurrency,
                "slos": self.targets or None,
            },
            statement=Statement(
                instance=self.pool["instance_type"],
                checkpoint=self.pool["checkpoint"],
                tensor_parallel_size=self.pool["tensor_parallel_size"],
                model=self.pool["model"],
                engine=self.pool["engine"],
            ),
        )
        prepared = prepare(question, self.catalog, self.key)
        if prepared.preflight.simulated:
            return warning("verify_simulated")
        if prepared.subject is not None and prepared.subject.contradictions:
            return warning("verify_contradicted", contradictions=prepared.subject.contradictions)
        handle = begin(prepared, self.paths, datetime.now(UTC))
        state = self.watch(handle)
        kept = keep(handle.path, self.paths)
        if state is RunState.CANCELLED:
            raise CancelledError(f"the verification was stopped; run {handle.run_id} is kept")
        trial = trial_of(kept.result)
        self.trials.append(trial)
        if trial.simulated:  # it may come out only in the middle of a run
            return warning("verify_simulated")
        if trial.verdict is not Verdict.VALID:
            return warning("verify_not_valid", verdict=trial.verdict.value, run_id=trial.run_id)
        return None


def verify(
    question: VerifyQuestion,
    catalog: Catalog,
    paths: UserPaths,
    key: Secret | None,
    watch: Callable[[RunHandle], RunState],
) -> Verification:
    """Measure one replica at the load that the file plans, and search near it where that does not decide.

    watch shows a run and returns when it has ended. InputError for a file that plans no live check,
    EndpointError for an endpoint that cannot be used, CancelledError where the user stops.
    """
    document = read_recommendation(question.file)
    check = _check(document, question)
    pool = next(pool for pool in document["pool"] if pool["model"] == check["model"])
    session = _Session(question, document, pool, check, catalog, paths, key, watch, _targets(document))
    outcome, reasons = _search(session)
    planned = session.trials[0] if session.trials else None
    return Verification(
        file=str(question.file),
        model=check["model"],
        rate_rps=check["rate_rps"],
        targets=session.targets,
        outcome=outcome,
        trials=tuple(session.trials),
        claims=tuple(_claims(document, check["model"], planned)) if planned is not None else (),
        reasons=tuple(reasons),
    )


def write_state(file: Path, model: str, outcome: Outcome) -> None:
    """Write the outcome into the file, where it is one: an inconclusive check leaves the file as it is.

    A file of several pools is confirmed when each of them is, and refuted when one of them is.
    """
    if outcome is Outcome.INCONCLUSIVE:
        return
    document = read_recommendation(file)
    checks = document["verify"]
    if len(checks) == 1:
        write_recommendation(sealed({**document, "state": outcome.value}), file)
        return
    for check in checks:
        if check["model"] == model:
            check["state"] = outcome.value
    found = {check.get("state", "unverified") for check in checks}
    state = next(state for state in ("refuted", "unverified", "confirmed") if state in found)
    write_recommendation(sealed({**document, "state": state}), file)


def _check(document: Document, question: VerifyQuestion) -> dict[str, Any]:
    checks: list[dict[str, Any]] = document.get("verify", [])
    if not checks:
        raise InputError(
            "the file plans no live check: only an online pick is checked at a rate",
            hint="Measure the endpoint with advisor bench run.",
            file=question.file,
            key="verify",
        )
    models = [check["model"] for check in checks]
    if question.pool is None:
        if len(checks) > 1:
            raise InputError(f"the file has pools for {' and '.join(models)}", hint="Name one.", key="pool")
        return checks[0]
    if question.pool not in models:
        raise UnknownIdError("pool", question.pool, models, key="pool")
    return checks[models.index(question.pool)]


def _targets(document: Document) -> tuple[Slo, ...]:
    workload = document["workload"]
    return tuple(
        replace(target, limit_ms=float(workload[target.setting]))
        for target in (Slo(metric, percentile, 0.0) for metric in METRICS for percentile in PERCENTILES)
        if target.setting in workload
    )


def _search(session: _Session) -> tuple[Outcome, Sequence[Reason]]:
    """Trials until they decide, or until none would tell more."""
    workload, rate = session.document["workload"], session.check["rate_rps"]
    planned = int(session.check["concurrency"])
    concurrency: int | None = planned
    while concurrency is not None and len(session.trials) < _MOST_TRIALS:
        useless = session.run(concurrency, int(workload["input_tokens_p50"]))
        if useless is not None:
            return Outcome.INCONCLUSIVE, [useless]
        concurrency = next_concurrency(session.trials, rate, _MOST_LOAD * planned)
    outcome = judged(session.trials, rate)
    if outcome is Outcome.CONFIRMED:
        return _with_long_prompts(session)
    last = session.trials[-1]
    if outcome is Outcome.REFUTED:
        return outcome, [error("verify_refuted", rate_rps=rate, concurrency=last.concurrency)]
    return outcome, [warning("verify_undecided", rate_rps=rate, trials=len(session.trials))]


def _with_long_prompts(session: _Session) -> tuple[Outcome, Sequence[Reason]]:
    """Prompts of the median length do not show what long ones wait: those get a trial of their own.

    All of its prompts are long, which is more than the workload has. So holding there confirms, and
    missing there leaves the question open.
    """
    workload, good = session.document["workload"], session.trials[-1]
    long_tokens = int(workload.get("input_tokens_p95", workload["input_tokens_p50"]))
    confirmed = info("verify_confirmed", rate_rps=session.check["rate_rps"], concurrency=good.concurrency)
    if not session.targets or long_tokens <= _LONG_PROMPTS * good.input_tokens:
        return Outcome.CONFIRMED, [confirmed]
    useless = session.run(good.concurrency, long_tokens)
    if useless is None and session.trials[-1].within_targets is Status.HOLDS:
        return Outcome.CONFIRMED, [confirmed, info("verify_long_prompts_hold", long_tokens=long_tokens)]
    return Outcome.INCONCLUSIVE, [useless or warning("verify_long_prompts_undecided", long_tokens=long_tokens)]


def _claims(document: Document, model: str, trial: Trial) -> list[ClaimCheck]:
    """The file's latencies beside the measured ones at the planned load; none where nothing is measured."""
    if trial.simulated or trial.verdict is not Verdict.VALID:
        return []
    found = []
    for claim in document.get("claim", []):
        if not claim["id"].endswith("_ms") or claim.get("model", model) != model or "low" not in claim:
            continue
        measured = measured_claim(trial.point, claim["id"])
        if measured is not None:
            status = claim_holds(claim["low"], claim["high"], measured)
            found.append(ClaimCheck(claim["id"], claim["value"], claim["low"], claim["high"], measured, status))
    return found
