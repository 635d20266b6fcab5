"""From an address to evidence, against real servers here."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from advisor.advice.advise import advise
from advisor.advice.workload import workload_from
from advisor.bench.records import RunState
from advisor.bench.result import Verdict
from advisor.catalog.load import Catalog
from advisor.errors import InputError, UnknownIdError
from advisor.evidence.ledger import Ledger
from advisor.evidence.subject import Statement
from advisor.fit.check import check_fit
from advisor.paths import UserPaths
from advisor.quantities.provenance import Level
from advisor.simulator.server import SimulatorProcess
from advisor.workflows.benchmark_question import BenchmarkQuestion
from advisor.workflows.knowledge import gather
from advisor.workflows.run_benchmark import Kept, begin, go_on, keep, prepare
from advisor.workflows.runs import find_run, list_runs
from evidence.results import SCOUT_FP8
from fit.stacks import reported, request
from patience import PATIENCE_S, until
from servers.engine import Engine
from servers.raw import Connection, RawServer, Request
from servers.serving_state import cache_config

SMALL = {
    "concurrencies": (2, 4),
    "requests_per_cell": 20,
    "input_tokens": 512,
    "output_tokens": 8,
    "warmup_requests": 4,
}
STATED = Statement("g7e.12xlarge", "fp8", 2)


def vllm(first_s: float = 0.02, gap_s: float = 0.007, version: str = "0.33.0") -> RawServer:
    """A server that says of itself what vLLM says, and is simulated nowhere."""
    return RawServer(Engine((SCOUT_FP8,), first_s=first_s, gap_s=gap_s, version={"version": version}))


def capacity(instance: str, tp: int) -> str:
    """The metrics of a server that runs Scout FP8 on an instance, for the 4,096 tokens that `Engine` serves."""
    observed = reported(check_fit(request(instance, "fp8", tp, context_tokens=4096)))
    labels = {"num_gpu_blocks": observed.blocks, "kv_cache_max_concurrency": observed.kv_cache_max_concurrency}
    return cache_config(**{name: str(value) for name, value in labels.items()}, kv_cache_size_tokens="None")


@pytest.mark.parametrize(
    ("metrics", "vouched_by", "against"),
    [
        (None, "user", ()),
        (capacity("g7e.12xlarge", 2), "server", ()),
        (capacity("p5en.48xlarge", 8), "contradicted", ("kv_capacity",)),
        ("<html>a gateway's page</html>", "user", ()),
    ],
)
def test_what_the_server_says_of_its_cache_vouches_for_the_statement_or_denies_it(
    catalog: Catalog, metrics: str | None, vouched_by: str, against: tuple[str, ...]
) -> None:
    with RawServer(Engine((SCOUT_FP8,), version={"version": "0.33.0"}, metrics=metrics)) as server:
        subject = prepare(BenchmarkQuestion(server.url, changes=SMALL, statement=STATED), catalog, None).subject
    assert subject is not None
    assert (subject.vouched_by, subject.contradictions) == (vouched_by, against)


def measure(question: BenchmarkQuestion, catalog: Catalog, paths: UserPaths) -> Kept:
    run = begin(prepare(question, catalog, None), paths, datetime(2026, 11, 20, 12, tzinfo=UTC))
    assert run.wait(PATIENCE_S) is RunState.FINISHED
    return keep(run.path, paths)


def test_a_stated_live_server_becomes_evidence_that_advice_rests_on(catalog: Catalog, paths: UserPaths) -> None:
    before = gather(catalog, paths)
    with vllm() as server:
        kept = measure(BenchmarkQuestion(server.url, changes=SMALL, statement=STATED), catalog, paths)
    assert [each.verdict for each in kept.result.points] == [Verdict.VALID, Verdict.VALID]
    assert {figure.level for figure in kept.evidence} == {Level.MEASURED}
    workload = workload_from({"input_tokens_p50": 512, "output_tokens_p50": 8, "peak_rps": 0.5}, catalog)
    bases = []
    for known in (before, gather(catalog, paths)):
        answer = advise(workload, known)
        (pool,) = answer.pools
        estimated = [pool.pick, *(each for each in pool.alternatives)]
        bases.append(repr(estimated))
    assert kept.result.run_id not in bases[0]
    assert kept.result.run_id in bases[1]


def test_more_than_the_hardware_can_read_is_refused_as_evidence(catalog: Catalog, paths: UserPaths) -> None:
    """Every token at once: many times the 620 tokens/s that two such accelerators can reach, however slow we are."""
    question = BenchmarkQuestion("", changes={**SMALL, "output_tokens": 256}, statement=STATED)
    with vllm(first_s=0.0, gap_s=0.0) as server:
        kept = measure(replace(question, endpoint=server.url), catalog, paths)
    failed = [gate.name for gate in kept.result.points[1].gates if not gate.passed]
    assert "physical_bound" in failed
    assert all(figure.load_value != 4 for figure in kept.evidence)


def test_without_a_statement_a_run_is_listed_and_proves_nothing(catalog: Catalog, paths: UserPaths) -> None:
    with vllm() as server:
        kept = measure(BenchmarkQuestion(server.url, changes={**SMALL, "concurrencies": (4,)}), catalog, paths)
    assert kept.evidence == ()
    row = next(row for row in list_runs(paths) if row.id == kept.result.run_id)
    assert row.verdicts == ("valid",)


def test_another_engine_version_than_stated_is_contradicted(catalog: Catalog) -> None:
    statement = replace(STATED, engine="vllm@0.33.0")
    with vllm(version="0.20.0") as server:
        prepared = prepare(BenchmarkQuestion(server.url, changes=SMALL, statement=statement), catalog, None)
    assert prepared.subject is not None
    assert prepared.subject.contradictions == ("engine_version",)


def test_a_simulated_run_ignores_what_is_stated(catalog: Catalog, paths: UserPaths) -> None:
    with SimulatorProcess("fast") as endpoint:
        question = BenchmarkQuestion(endpoint.url, changes={**SMALL, "concurrencies": (2,)}, statement=STATED)
        kept = measure(question, catalog, paths)
    assert kept.result.simulated
    assert {figure.level for figure in kept.evidence} == {Level.SIMULATED}
    assert all(point.level is not Level.SIMULATED for point in gather(catalog, paths).points)


def test_a_stopped_run_keeps_what_it_measured_and_goes_on(catalog: Catalog, paths: UserPaths) -> None:
    engine = Engine((SCOUT_FP8,), faulty=lambda number: _hang if number >= 20 else None)
    with RawServer(engine) as server:
        question = BenchmarkQuestion(server.url, changes={**SMALL, "repetitions": 2})
        run = begin(prepare(question, catalog, None), paths, datetime.now(UTC))
        until(lambda: run.poll().completed >= 10)
        run.cancel()
        assert run.wait(PATIENCE_S) is RunState.CANCELLED
        stopped = keep(run.path, paths)
        assert stopped.result.points[0].requests.completed >= 10
        engine.faulty = lambda _: None
        again = go_on(run.path, None)
        assert again.wait(PATIENCE_S) is RunState.FINISHED
        kept = keep(run.path, paths)
    assert not kept.result.is_partial
    assert [record.state for record in Ledger(paths.ledger).runs()] == ["finished"]
    with pytest.raises(InputError, match="nothing is left to do"):
        go_on(run.path, None)


def _hang(connection: Connection, _: Request) -> None:
    connection.stall()


def test_a_run_whose_caller_died_is_entered_when_it_is_listed(catalog: Catalog, paths: UserPaths) -> None:
    with SimulatorProcess("fast") as endpoint:
        question = BenchmarkQuestion(endpoint.url, changes={**SMALL, "concurrencies": (2,)})
        run = begin(prepare(question, catalog, None), paths, datetime.now(UTC))
        assert run.wait(PATIENCE_S) is RunState.FINISHED
    assert Ledger(paths.ledger).runs() == []
    (row,) = list_runs(paths)
    assert len(row.verdicts) == 1
    assert [record.id for record in Ledger(paths.ledger).runs()] == [run.run_id]


def test_a_prompt_that_the_endpoint_cannot_hold_is_refused_before_it_is_sent(catalog: Catalog) -> None:
    with vllm() as server, pytest.raises(InputError, match="holds 4,096"):
        prepare(BenchmarkQuestion(server.url, changes={**SMALL, "input_tokens": 8_000}), catalog, None)


def test_runs_are_found_by_the_beginning_of_their_id(paths: UserPaths) -> None:
    for name in ("20261118T140000Z-aaaaaa", "20261119T140000Z-bbbbbb"):
        (paths.runs / name).mkdir(parents=True)
    assert find_run("20261118", paths).name.endswith("aaaaaa")
    assert find_run("last", paths).name.endswith("bbbbbb")
    for wanted in ("2026", "nothing"):
        with pytest.raises(UnknownIdError):
            find_run(wanted, paths)


def test_a_directory_that_is_no_run_is_listed_with_what_is_wrong(paths: UserPaths) -> None:
    (paths.runs / "20261118T140000Z-aaaaaa").mkdir(parents=True)
    (row,) = list_runs(paths)
    assert row.broken == "there is no run here"
