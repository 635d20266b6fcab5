"""A compared server becomes evidence about its stack, unless it denies the statement; and evidence recalibrates fit."""

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from advisor.advice.advise import Knowledge
from advisor.advice.candidates import generate
from advisor.advice.workload import workload_from
from advisor.cli.main import main
from advisor.errors import UnknownIdError
from advisor.fit.check import check_fit
from advisor.fit.proof.observed import Observed
from advisor.paths import UserPaths
from advisor.quantities.provenance import Level
from advisor.quantities.units import GIB
from advisor.workflows.check_fit_against_server import observe_log
from advisor.workflows.fit import fit, judged
from advisor.workflows.fit_all import Within, fit_all
from advisor.workflows.fit_matrix import fit_matrix
from advisor.workflows.fit_question import FitQuestion
from advisor.workflows.keep_memory import Kept, forget_memory, keep_memory
from advisor.workflows.knowledge import gather
from advisor.workflows.measured_memory import every_memory, measured_memory
from advisor.workflows.verify_fit import verify_fit
from fit.stacks import CATALOG, reported, request
from servers.raw import RawServer
from servers.serving_state import ServingState, cache_config, model_entry

NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
QUESTION = FitQuestion("llama-4-scout", "p5.48xlarge", context_tokens=131_072, tensor_parallel_size=8)
SCOUT = "meta-llama/Llama-4-Scout-17B-16E-Instruct"


@pytest.fixture
def paths(tmp_path: Path) -> UserPaths:
    return UserPaths(tmp_path / "config", tmp_path / "data")


def served(more_gib: float = -1.5) -> Observed:
    """8 H100s whose overheads are 1.5 GiB more than the catalogue's."""
    return replace(reported(check_fit(request()), more_gib * GIB), served_model=SCOUT)


def kept(paths: UserPaths, observed: Observed, question: FitQuestion = QUESTION, now: datetime = NOW) -> Kept:
    found = verify_fit(CATALOG, question, observed)
    return keep_memory(found.result, found.observed, found.comparison, paths, now)


def blocks(question: FitQuestion, paths: UserPaths) -> int:
    cache = fit(CATALOG, question, measured_memory(paths)).kv_cache
    assert cache is not None and cache.blocks is not None
    return cache.blocks


def test_nothing_is_measured_and_no_file_made_where_nothing_was_compared(paths: UserPaths) -> None:
    assert measured_memory(paths) == ()
    assert not paths.data.exists()


def test_a_compared_server_is_evidence_and_the_next_prediction_is_its_own_figure(paths: UserPaths) -> None:
    observed = served()
    assert blocks(QUESTION, paths) != observed.blocks
    memory = kept(paths, observed).memory
    assert memory is not None
    assert measured_memory(paths) == (memory,)
    assert (memory.provenance.level, memory.provenance.source) == (Level.MEASURED, "http://10.0.0.7:8000")
    assert blocks(QUESTION, paths) == observed.blocks
    assert memory.doubt_bytes == 98_304, "one block"
    assert memory.assumed == ("max_num_seqs",), "servers do not publish it; its concurrency tells the batched tokens"


def test_a_sibling_on_the_same_engine_and_accelerator_is_recalibrated_and_another_accelerator_is_not(
    paths: UserPaths,
) -> None:
    four, other = replace(QUESTION, tensor_parallel_size=4), replace(QUESTION, instance="p5en.48xlarge")
    before = blocks(four, paths), blocks(other, paths)
    kept(paths, served())
    after = blocks(four, paths), blocks(other, paths)
    assert after[0] < before[0]
    assert after[1] == before[1]


def test_the_table_and_the_matrix_see_what_was_measured_as_the_single_verdict_does(paths: UserPaths) -> None:
    kept(paths, served(-1.9))
    measured = measured_memory(paths)
    (row,) = fit_all(CATALOG, QUESTION, Within("p5.48xlarge", "bf16", 8, 1), measured)
    single = fit(CATALOG, QUESTION, measured).per_device
    assert single is not None and row.memory is not None
    assert row.memory.margin_bytes == pytest.approx(single.margin_bytes)
    (cell,) = [each.cells[0] for each in fit_matrix(CATALOG, QUESTION, measured) if each.instance.id == "p5.48xlarge"]
    same = judged(CATALOG, cell.question, measured).per_device
    plain = judged(CATALOG, cell.question).per_device
    assert same is not None and plain is not None
    assert cell.margin_bytes == pytest.approx(same.margin_bytes)
    assert plain.margin_bytes - same.margin_bytes == pytest.approx(1.9 * GIB, abs=98_304)


def test_a_server_under_fewer_sequences_than_its_default_leaves_no_false_certainty(paths: UserPaths) -> None:
    """It shows 1.1 GiB more cache than the default would leave, and does not say why."""
    few = check_fit(request(max_num_seqs=64))
    kept(paths, replace(reported(few), served_model=SCOUT))
    by_default = check_fit(request()).per_device
    believed = judged(CATALOG, QUESTION, measured_memory(paths)).per_device
    assert by_default is not None and believed is not None
    too_high = believed.kv_cache_bytes - by_default.kv_cache_bytes
    assert GIB < too_high < believed.band_bytes


def test_seen_again_it_replaces_itself(paths: UserPaths) -> None:
    kept(paths, served(-1.5))
    kept(paths, served(-1.2), now=datetime(2026, 11, 21, tzinfo=UTC))
    (memory,) = measured_memory(paths)
    assert memory.observed_at == "2026-11-21T00:00:00Z"


def test_the_same_observation_under_another_declaration_corrects_the_first(paths: UserPaths) -> None:
    """H100s and A100s of 80 GB hold as much, and no server says which it has."""
    first = kept(paths, served(-1.0), replace(QUESTION, instance="p4de.24xlarge")).memory
    second = kept(paths, served(-1.0))
    assert second.replaced == (first,)
    assert every_memory(paths) == (second.memory,)
    third = kept(paths, served(-0.5), replace(QUESTION, instance="p4de.24xlarge"))
    assert third.replaced == (), "another observation: the server was started anew"


@pytest.mark.parametrize(
    ("denied", "code"),
    [
        ({"served_model": "RedHatAI/Llama-4-Scout-17B-16E-Instruct-FP8-dynamic"}, "compared_setting_denied"),
        ({"engine_version": "0.20.1"}, "compared_setting_denied"),
        ({"tensor_parallel_size": 4}, "compared_setting_denied"),
        ({"usable_bytes": 139.8 * GIB}, "compared_other_device"),
        ({"weights_bytes": 34.0 * GIB}, "compared_weights_differ"),
    ],
)
def test_what_the_server_denies_is_no_evidence(paths: UserPaths, denied: dict[str, Any], code: str) -> None:
    stated = replace(QUESTION, engine="vllm@0.33.0")
    found = verify_fit(CATALOG, stated, replace(served(), **denied), {"checkpoint"})
    refused = keep_memory(found.result, found.observed, found.comparison, paths, NOW)
    assert refused.memory is None
    assert code in {reason.code for reason in refused.reasons}
    assert every_memory(paths) == ()


@pytest.mark.parametrize(
    ("question", "untold", "code"),
    [
        (replace(QUESTION, tensor_parallel_size=None), {}, "compared_tp_assumed"),
        (QUESTION, {"engine_version": None}, "compared_engine_assumed"),
        (QUESTION, {"served_model": "scout"}, "compared_checkpoint_assumed"),
    ],
)
def test_a_stack_that_is_assumed_in_part_is_no_evidence(
    paths: UserPaths, question: FitQuestion, untold: dict[str, Any], code: str
) -> None:
    found = verify_fit(CATALOG, question, replace(served(), **untold), stated=())
    refused = keep_memory(found.result, found.observed, found.comparison, paths, NOW)
    assert [reason.code for reason in refused.reasons] == [code]
    assert every_memory(paths) == ()


@pytest.mark.parametrize(("more_gib", "code"), [(8.0, "memory_impossible"), (-9.0, "memory_implausible")])
def test_a_cache_that_the_stack_cannot_have_is_no_evidence(paths: UserPaths, more_gib: float, code: str) -> None:
    refused = kept(paths, served(more_gib))
    assert [reason.code for reason in refused.reasons] == [code]
    assert every_memory(paths) == ()


@pytest.mark.parametrize(
    ("runs_on", "declared"),
    [
        (("g6e.48xlarge", 8), ("p5.48xlarge", 4)),
        (("p5en.48xlarge", 2), ("g6e.48xlarge", 8)),
        (("p4de.24xlarge", 4), ("p4d.24xlarge", 8)),
    ],
)
def test_other_hardware_than_is_declared_is_no_evidence_though_its_cache_is_not_impossible(
    paths: UserPaths, runs_on: tuple[str, int], declared: tuple[str, int]
) -> None:
    instance, tp = runs_on
    observed = replace(reported(check_fit(request(instance, tp=tp))), served_model=SCOUT)
    refused = kept(paths, observed, replace(QUESTION, instance=declared[0], tensor_parallel_size=declared[1]))
    assert [reason.code for reason in refused.reasons] == ["memory_unexplained"]
    assert every_memory(paths) == ()


def test_a_cache_that_proves_nothing_is_no_evidence(paths: UserPaths) -> None:
    """Scout in FP8 leaves no room on 24 GiB devices, and yet the blocks of larger ones are no contradiction there."""
    observed = reported(check_fit(request("p4d.24xlarge", "fp8", 4)))
    question = replace(QUESTION, instance="g5.48xlarge", checkpoint="fp8")
    observed = replace(observed, served_model="RedHatAI/Llama-4-Scout-17B-16E-Instruct-FP8-dynamic")
    assert kept(paths, observed, question) == Kept(None)


@pytest.mark.parametrize(("usable_gib", "is_kept"), [(79.19, True), (None, False)])
def test_overheads_beyond_the_doubt_count_only_where_a_log_states_device_and_weights(
    paths: UserPaths, usable_gib: float | None, is_kept: bool
) -> None:
    device = check_fit(request()).per_device
    assert device is not None
    usable = usable_gib * GIB if usable_gib is not None else None
    observed = replace(served(-3.0), usable_bytes=usable, weights_bytes=device.loaded_bytes)
    assert (kept(paths, observed).memory is not None) is is_kept


def test_a_cache_of_a_stated_size_is_no_evidence_of_overheads(paths: UserPaths) -> None:
    assert kept(paths, replace(served(), kv_pinned=True)) == Kept(None)
    assert every_memory(paths) == ()


def test_what_was_simulated_is_listed_and_used_nowhere(paths: UserPaths) -> None:
    before = blocks(QUESTION, paths)
    kept(paths, replace(served(), simulated=True))
    assert [memory.provenance.level for memory in every_memory(paths)] == [Level.SIMULATED]
    assert measured_memory(paths) == ()
    assert blocks(QUESTION, paths) == before


def test_a_log_is_named_by_its_file_and_what_is_in_it(paths: UserPaths, tmp_path: Path) -> None:
    log = tmp_path / "secret-customer" / "start.log"
    log.parent.mkdir()
    log.write_text(
        "INFO 04-22 01:37:11 [core.py:58] Initializing a V1 LLM engine (v0.33.0) with config: model='scout', "
        "max_seq_len=131072, tensor_parallel_size=8, pipeline_parallel_size=1, kv_cache_dtype=auto\n"
        "INFO 04-22 01:38:11 [gpu_worker.py:1] Available KV cache memory: 37.10 GiB\n",
        encoding="utf-8",
    )
    memory = kept(paths, observe_log(log)).memory
    assert memory is not None
    assert memory.provenance.source.startswith("start.log (SHA-256 ")
    assert "secret-customer" not in memory.provenance.source


def test_one_observation_is_forgotten_by_the_beginning_of_its_id(paths: UserPaths) -> None:
    memory = kept(paths, served()).memory
    assert memory is not None
    with pytest.raises(UnknownIdError):
        forget_memory("zz", paths)
    assert forget_memory(memory.id[:4], paths) == memory
    assert every_memory(paths) == ()


def test_advice_sees_what_was_measured(paths: UserPaths) -> None:
    kept(paths, served(-1.9))
    knowledge = gather(CATALOG, paths)
    workload = workload_from({"model": "llama-4-scout"}, CATALOG)

    def margin(known: Knowledge) -> float:
        funnel = generate(CATALOG, CATALOG.model("llama-4-scout"), workload, known.memory)
        found = next(
            each
            for each in funnel.candidates
            if (each.instance.id, each.checkpoint.id, each.tensor_parallel_size) == ("p5.48xlarge", "bf16", 8)
        )
        assert found.fit.per_device is not None
        return found.fit.per_device.margin_bytes

    assert margin(knowledge) == pytest.approx(margin(replace(knowledge, memory=())) - 1.9 * GIB, abs=98_304)


@pytest.fixture
def url() -> Any:
    observed = served()
    labels = {"num_gpu_blocks": observed.blocks, "kv_cache_max_concurrency": observed.kv_cache_max_concurrency}
    page = cache_config(**{name: str(value) for name, value in labels.items()}, kv_cache_size_tokens="None")
    with RawServer(ServingState(metrics=page, models=(model_entry(SCOUT),))) as server:
        yield server.url


@pytest.fixture
def answer(capsys: pytest.CaptureFixture[str]) -> Callable[..., dict[str, Any]]:
    def ask(*argv: str) -> dict[str, Any]:
        main([*argv, "--json"])
        found: dict[str, Any] = json.loads(capsys.readouterr().out)
        return found

    return ask


def test_verify_recalibrates_fit_until_it_is_told_otherwise(url: str, answer: Callable[..., dict[str, Any]]) -> None:
    question = ("fit", "--model", "llama-4-scout", "--instance", "p5.48xlarge", "--context", "131072", "--tp", "8")
    plain = answer(*question)
    verified = answer(*question, "--verify", url)
    recalibrated = answer(*question)
    seen = verified["verification"]["observed"]["blocks"]
    assert plain["kv_cache"]["blocks"] != seen
    assert recalibrated["kv_cache"]["blocks"] == seen
    assert recalibrated["per_device"]["band_bytes"] == 2 * GIB, "nobody told its max_num_seqs"
    answer(*question, "--max-num-seqs", "1024", "--verify", url)
    assert answer(*question)["per_device"]["band_bytes"] == GIB
    assert recalibrated["provenance"]["/per_device/correction_bytes"]["level"] == "measured"
    assert recalibrated["provenance"]["/per_device/correction_bytes"]["source"] == url
    assert recalibrated["provenance"]["/kv_cache"]["level"] == "calibrated"
    assert "overheads_measured" in {reason["code"] for reason in recalibrated["reasons"]}
    assert answer(*question, "--no-measured")["kv_cache"] == plain["kv_cache"]
    assert verified["verification"]["evidence_id"] is not None


def test_a_second_comparison_is_against_the_catalogue_and_not_against_the_first(
    url: str, answer: Callable[..., dict[str, Any]]
) -> None:
    question = ("fit", "--model", "llama-4-scout", "--instance", "p5.48xlarge", "--tp", "8", "--verify", url)
    first, second = answer(*question), answer(*question)
    assert first["verification"]["lines"] == second["verification"]["lines"]
