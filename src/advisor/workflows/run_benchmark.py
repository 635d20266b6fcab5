"""From an endpoint's address to measured evidence: try it, plan, run, and enter what it proves."""

import asyncio
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from advisor.bench.plan import Plan, Secret, Target, preset_plan
from advisor.bench.preflight import Preflight, preflight
from advisor.bench.records import RunState
from advisor.bench.result import BenchmarkResult
from advisor.bench.rundir import RunDirectory, read_run
from advisor.bench.runner import RunHandle, start_run
from advisor.catalog.load import Catalog
from advisor.errors import EndpointError, InputError
from advisor.evidence.ledger import Ledger
from advisor.evidence.measured import evidence_of, run_record
from advisor.evidence.points import EvidencePoint
from advisor.evidence.subject import Statement, Subject, subject_of
from advisor.fit.proof.observed import Observed
from advisor.paths import UserPaths
from advisor.performance.roofline import MOST_TOKENS_PER_STEP, Replica, hardest_limit_tokens_per_s
from advisor.workflows.benchmark_question import BenchmarkQuestion
from advisor.workflows.check_fit_against_server import observe_server

_UNNAMED = "the model that the endpoint serves"


@dataclass(frozen=True, slots=True)
class Prepared:
    """An endpoint that was tried, and the plan for it. subject is None where nobody says what it runs on."""

    target: Target
    preflight: Preflight
    plan: Plan
    subject: Subject | None


@dataclass(frozen=True, slots=True)
class Kept:
    """A run as it was entered into the ledger, with the figures that it proves."""

    result: BenchmarkResult
    path: Path
    evidence: tuple[EvidencePoint, ...]


def prepare(question: BenchmarkQuestion, catalog: Catalog, key: Secret | None) -> Prepared:
    """Check the question, then try the endpoint; key is its API key, if it takes one. Blocking.

    InputError for a question that cannot be asked, before the network is touched where that is possible;
    EndpointError for an endpoint that cannot be used.
    """
    return asyncio.run(try_endpoint(question, catalog, key))


async def try_endpoint(question: BenchmarkQuestion, catalog: Catalog, key: Secret | None) -> Prepared:
    """As `prepare`, for a caller that may give up waiting: cancelling it hangs up at once."""
    target = Target.with_key(question.endpoint, key)
    plan = _plan(question, question.model or _UNNAMED)
    tried = await preflight(target, api=question.api, model=question.model, ignore_eos=plan.ignore_eos)
    _check_length(plan, tried)
    subject = None
    if not tried.simulated and not question.statement.is_empty:
        observed = await _observed(question.endpoint, key, tried)
        subject = await asyncio.to_thread(_subject, question.statement, catalog, tried, observed)
    limit = None if subject is None else throughput_limit(subject, catalog, plan)
    plan = _plan(question, tried.model, output_tokens_per_s_limit=limit)
    return Prepared(target, tried, plan, subject)


def begin(prepared: Prepared, paths: UserPaths, started: datetime) -> RunHandle:
    """Start the run in a directory of its own."""
    subject = prepared.subject.as_document() if prepared.subject is not None else {}
    return start_run(prepared.plan, prepared.target, prepared.preflight, _private(paths.runs), subject, started=started)


def go_on(path: Path, key: Secret | None) -> RunHandle:
    """Continue a run that did not finish, against the endpoint it was made with."""
    directory = RunDirectory(path)
    plan, meta = directory.plan(), directory.meta()
    if meta.state is RunState.FINISHED and not read_run(path).is_partial:
        raise InputError("the run is complete: nothing is left to do", file=path, hint="See advisor bench show.")
    target = Target.with_key(meta.endpoint, key)
    tried = asyncio.run(preflight(target, api=plan.api, model=plan.model, ignore_eos=plan.ignore_eos))
    return start_run(plan, target, tried, path.parent, meta.subject, resume=path)


def keep(path: Path, paths: UserPaths) -> Kept:
    """Read what the run wrote and enter it into the ledger; a partial run is entered as such."""
    result = read_run(path)
    evidence = tuple(evidence_of(result))
    Ledger(paths.ledger).save(run_record(result, path), evidence)
    return Kept(result, path, evidence)


def throughput_limit(subject: Subject, catalog: Catalog, plan: Plan) -> float | None:
    """Output tokens per second that no server on this hardware can exceed under the plan, speculation included.

    None for a chip whose rates nobody has published.
    """
    model = catalog.model(subject.model)
    accelerator = catalog.accelerator(subject.accelerator)
    if accelerator.unknown_rates:
        return None
    replica = Replica(
        model.architecture,
        catalog.checkpoint(model, subject.checkpoint),
        accelerator,
        subject.tensor_parallel_size,
        hybrid_kv=True,
    )
    return MOST_TOKENS_PER_STEP * hardest_limit_tokens_per_s(replica, max(plan.concurrencies), plan.input_tokens)


def _plan(question: BenchmarkQuestion, model: str, **more: object) -> Plan:
    return preset_plan(question.preset, model, **{**question.changes, "api": question.api, **more})


async def _observed(endpoint: str, key: Secret | None, tried: Preflight) -> Observed | None:
    """What the server says of its memory; None where it is another engine's, or says nothing that can be read."""
    if tried.engine not in (None, "vllm"):
        return None
    try:
        return await observe_server(endpoint, key, model=tried.model)
    except (EndpointError, InputError):  # a gateway may hide its metrics: then nothing vouches and nothing denies
        return None


def _subject(statement: Statement, catalog: Catalog, tried: Preflight, observed: Observed | None) -> Subject | None:
    return subject_of(
        statement,
        catalog,
        served_model=tried.model,
        engine=tried.engine,
        engine_version=tried.engine_version,
        observed=observed,
    )


def _check_length(plan: Plan, tried: Preflight) -> None:
    needed = plan.input_tokens + plan.output_tokens
    if tried.max_model_len is not None and needed > tried.max_model_len:
        raise InputError(
            f"prompt and answer take {needed:,} tokens, and the endpoint holds {tried.max_model_len:,}",
            hint="Ask for fewer input or output tokens.",
            key="input_tokens",
        )


def _private(directory: Path) -> Path:
    directory.mkdir(parents=True, exist_ok=True, mode=0o700)
    return directory
