"""Verifying a recommendation file against live servers: confirmed, refuted, and what decides nothing."""

from pathlib import Path
from typing import Any

import pytest

from advisor.bench.records import RunState
from advisor.bench.runner import RunHandle
from advisor.catalog.load import Catalog
from advisor.errors import CancelledError, InputError
from advisor.evidence.verification import Outcome, Status, Verification
from advisor.export.document import uncovered_numbers
from advisor.export.recommendation_document import recommendation_document
from advisor.export.recommendation_file import read_recommendation, write_recommendation
from advisor.export.verify_document import verify_document
from advisor.paths import UserPaths
from advisor.simulator.server import SimulatorProcess
from advisor.wording.reasons import sentence
from advisor.workflows.knowledge import gather
from advisor.workflows.recommend import recommend
from advisor.workflows.verify import VerifyQuestion, verify, write_state
from evidence.results import SCOUT_FP8
from patience import PATIENCE_S
from servers.engine import Engine
from servers.raw import RawServer

RATE_RPS = 10.0
TTFT_MS = 2_000.0
"""What the small live check asks for: far from what its servers do, so that a slow machine decides nothing."""


@pytest.fixture
def file(catalog: Catalog, paths: UserPaths, tmp_path: Path) -> Path:
    """A recommendation that plans a small live check: 4 concurrent requests of 4 tokens."""
    settings: dict[str, Any] = {
        "input_tokens_p50": 64,
        "input_tokens_p95": 64,
        "output_tokens_p50": 4,
        "slo_ttft_ms_p95": TTFT_MS,
    }
    document = recommendation_document(recommend(settings, gather(catalog, paths)), sentence)
    path = tmp_path / "rec.toml"
    write_recommendation(document, path)
    ask_for(path, RATE_RPS, TTFT_MS)
    return path


def ask_for(path: Path, rate_rps: float, ttft_ms: float) -> None:
    """Change what the check of a file asks of the replica."""
    document = read_recommendation(path)
    document["workload"]["slo_ttft_ms_p95"] = ttft_ms
    document["verify"][0] |= {"concurrency": 4, "rate_rps": rate_rps, "min_requests": 30}
    write_recommendation(document, path)


def vllm(*, first_s: float = 0.02, gap_s: float = 0.008, version: str = "0.33.0") -> RawServer:
    return RawServer(Engine((SCOUT_FP8,), first_s=first_s, gap_s=gap_s, version={"version": version}))


def checked(file: Path, url: str, catalog: Catalog, paths: UserPaths) -> Verification:
    return verify(VerifyQuestion(file, url), catalog, paths, None, lambda run: run.wait(PATIENCE_S))


def codes(found: Verification) -> list[str]:
    return [reason.code for reason in found.reasons]


def test_a_replica_that_carries_the_rate_within_the_targets_confirms(
    file: Path, catalog: Catalog, paths: UserPaths
) -> None:
    with vllm() as server:
        found = checked(file, server.url, catalog, paths)
    assert (found.outcome, codes(found)) == (Outcome.CONFIRMED, ["verify_confirmed"])
    assert [claim.id for claim in found.claims] == ["ttft_p95_ms", "itl_p95_ms"]
    assert uncovered_numbers(verify_document(found, sentence)) == []
    write_state(file, found.model, found.outcome)
    assert read_recommendation(file)["state"] == "confirmed"


def test_a_replica_that_is_too_slow_refutes(file: Path, catalog: Catalog, paths: UserPaths) -> None:
    ask_for(file, rate_rps=60.0, ttft_ms=100.0)
    with vllm(first_s=0.12) as server:  # 4 requests of 120 ms or more are 34 a second at most
        found = checked(file, server.url, catalog, paths)
    assert (found.outcome, codes(found)) == (Outcome.REFUTED, ["verify_refuted"])
    write_state(file, found.model, found.outcome)
    assert read_recommendation(file)["state"] == "refuted"


def test_a_slow_replica_within_its_targets_is_asked_for_more_in_flight(
    file: Path, catalog: Catalog, paths: UserPaths
) -> None:
    ask_for(file, rate_rps=70.0, ttft_ms=TTFT_MS)
    with vllm(gap_s=0.02) as server:  # 4 requests of 80 ms or more are 50 a second at most
        found = checked(file, server.url, catalog, paths)
    first, *others = found.trials
    assert (first.concurrency, first.carries(70.0)) == (4, Status.MISSED)
    assert others
    assert others[0].concurrency > 4
    is_carried = any(trial.carries(70.0) is Status.HOLDS for trial in others)  # a slow machine may never get there
    assert (found.outcome is Outcome.CONFIRMED) is is_carried


def test_long_prompts_get_a_trial_of_their_own(file: Path, catalog: Catalog, paths: UserPaths) -> None:
    document = read_recommendation(file)
    document["workload"]["input_tokens_p95"] = 512
    write_recommendation(document, file)
    with vllm() as server:
        found = checked(file, server.url, catalog, paths)
    assert codes(found) == ["verify_confirmed", "verify_long_prompts_hold"]
    assert [trial.input_tokens for trial in found.trials] == [64, 512]


def test_the_builtin_endpoint_confirms_nothing(file: Path, catalog: Catalog, paths: UserPaths) -> None:
    before = file.read_bytes()
    with SimulatorProcess("fast") as endpoint:
        found = checked(file, endpoint.url, catalog, paths)
    assert (found.outcome, codes(found), found.trials) == (Outcome.INCONCLUSIVE, ["verify_simulated"], ())
    write_state(file, found.model, found.outcome)
    assert file.read_bytes() == before


def test_another_server_than_recommended_confirms_nothing(file: Path, catalog: Catalog, paths: UserPaths) -> None:
    with vllm(version="0.20.0") as server:
        found = checked(file, server.url, catalog, paths)
    assert (found.outcome, codes(found)) == (Outcome.INCONCLUSIVE, ["verify_contradicted"])


def test_a_stopped_verification_keeps_its_run(file: Path, catalog: Catalog, paths: UserPaths) -> None:
    def stop(run: RunHandle) -> RunState:
        run.cancel()
        return run.wait(PATIENCE_S)

    with vllm() as server, pytest.raises(CancelledError, match="is kept"):
        verify(VerifyQuestion(file, server.url), catalog, paths, None, stop)
    assert len(list(paths.runs.iterdir())) == 1


def test_a_file_without_a_live_check_says_so(catalog: Catalog, paths: UserPaths, tmp_path: Path) -> None:
    settings = {"mode": "batch", "batch_input_tokens": 10**9, "batch_output_tokens": 10**8}
    path = tmp_path / "batch.toml"
    write_recommendation(recommendation_document(recommend(settings, gather(catalog, paths)), sentence), path)
    with pytest.raises(InputError, match="plans no live check"):
        checked(path, "http://127.0.0.1:1", catalog, paths)


def test_two_pools_need_a_name(file: Path, catalog: Catalog, paths: UserPaths) -> None:
    document = recommendation_document(recommend({"model": "both"}, gather(catalog, paths)), sentence)
    write_recommendation(document, file)
    with pytest.raises(InputError, match="pools for llama-4"):
        checked(file, "http://127.0.0.1:1", catalog, paths)
