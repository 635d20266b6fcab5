"""`advisor fit --identify URL` against a server that tells its KV cache."""

import json
from collections.abc import Iterator
from typing import Any

import jsonschema
import pytest

from advisor.catalog.load import load_catalog
from advisor.cli.main import main
from advisor.export.schemas import schema_text
from advisor.fit.check import check_fit
from advisor.fit.request import FitRequest
from servers.raw import RawServer
from servers.serving_state import ServingState, cache_config, model_entry

SCOUT = "meta-llama/Llama-4-Scout-17B-16E-Instruct"


@pytest.fixture(scope="module")
def on_p5() -> ServingState:
    """What Scout BF16 at TP 8 on a p5.48xlarge reports, as predicted."""
    catalog = load_catalog()
    model, instance = catalog.model("llama-4-scout"), catalog.instance("p5.48xlarge")
    cache = check_fit(
        FitRequest(
            model=model,
            checkpoint=model.checkpoints["bf16"],
            instance=instance,
            accelerator=catalog.accelerator_of(instance),
            engine=catalog.engine("vllm"),
            engine_version="0.33.0",
            context_tokens=131_072,
            tensor_parallel_size=8,
        )
    ).kv_cache
    assert cache is not None
    labels = {"num_gpu_blocks": cache.blocks, "kv_cache_max_concurrency": cache.max_concurrency_at_context}
    page = cache_config(**{name: str(value) for name, value in labels.items()})
    return ServingState(metrics=page, models=(model_entry(SCOUT),))


@pytest.fixture(scope="module")
def url(on_p5: ServingState) -> Iterator[str]:
    with RawServer(on_p5) as server:
        yield server.url


def identified(capsys: pytest.CaptureFixture[str], *argv: str, code: int) -> dict[str, Any]:
    assert main(["fit", "--identify", *argv, "--json"]) == code
    found: dict[str, Any] = json.loads(capsys.readouterr().out)
    jsonschema.validate(found, json.loads(schema_text("identify")))
    return found


def test_a_server_is_identified_without_naming_model_or_instance(url: str, capsys: pytest.CaptureFixture[str]) -> None:
    found = identified(capsys, url, code=0)
    first = found["matches"][0]
    assert found["outcome"] == "found"
    assert (first["model"], first["checkpoint"]) == ("llama-4-scout", "bf16")
    assert (first["accelerator"], first["tensor_parallel_size"]) == ("H100-80GB", 8)
    assert {"instance": "p5.48xlarge", "nodes": 1} in first["instances"]
    assert found["provenance"]["/matches"]["level"] == "modelled"
    assert found["provenance"]["/observed"]["level"] == "measured"


def test_the_right_instance_is_corroborated(url: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["fit", "--identify", url, "--instance", "p5.48xlarge", "--tp", "8"]) == 0
    shown = capsys.readouterr().out
    assert "It agrees with p5.48xlarge (TP 8)" in shown
    assert "H100-80GB" in shown
    assert "are not excluded" in shown.replace("\n  ", " ")


@pytest.mark.parametrize("flags", [("--instance", "p5en.48xlarge"), ("--instance", "p5.48xlarge", "--tp", "4")])
def test_another_instance_or_degree_is_contradicted(
    url: str, capsys: pytest.CaptureFixture[str], flags: tuple[str, ...]
) -> None:
    found = identified(capsys, url, *flags, code=1)
    assert found["outcome"] == "contradicted"
    assert found["declared"]["nearest"]["consistency"] != "consistent"


def test_a_stated_model_that_the_server_denies_is_contradicted(url: str, capsys: pytest.CaptureFixture[str]) -> None:
    found = identified(capsys, url, "--model", "llama-4-maverick", code=1)
    assert found["outcome"] == "contradicted"
    assert found["reasons"][0]["code"] == "identify_model_denied"


@pytest.mark.parametrize(
    ("state", "reason"),
    [
        (ServingState(metrics=None), "no_metrics_route"),
        (ServingState(metrics=cache_config(num_gpu_blocks="None", kv_cache_size_tokens="None")), "no_block_count"),
        (ServingState(metrics=cache_config(num_gpu_blocks_override="1000")), "identify_pinned"),
        (ServingState(metrics=cache_config(cache_dtype="turboquant_k8v4")), "identify_cache_untold"),
        (ServingState(version=None), "identify_version_untold"),
        (ServingState(version={"version": "0.6.1"}), "identify_version_old"),
        (ServingState(simulated=True), "identify_simulated"),
    ],
)
def test_an_endpoint_that_says_too_little_proves_nothing(
    capsys: pytest.CaptureFixture[str], state: ServingState, reason: str
) -> None:
    with RawServer(state) as server:
        found = identified(capsys, server.url, code=4)
    assert found["outcome"] == "too_little"
    assert reason in [each["code"] for each in found["reasons"]]
    assert found["matches"] == []


def test_what_no_combination_can_serve_is_said(capsys: pytest.CaptureFixture[str]) -> None:
    with RawServer(ServingState(models=(model_entry(SCOUT, 20_000_000),))) as server:
        found = identified(capsys, server.url, code=1)
    assert (found["outcome"], found["tried"]) == ("nothing_consistent", 0)
    assert found["reasons"][0]["code"] == "identify_nothing_runs"


def test_a_version_newer_than_any_that_was_read_is_judged_with_a_warning(
    on_p5: ServingState, capsys: pytest.CaptureFixture[str]
) -> None:
    with RawServer(ServingState(metrics=on_p5.metrics, models=on_p5.models, version={"version": "0.99.0"})) as server:
        found = identified(capsys, server.url, code=0)
    assert "engine_newer_than_known" in [reason["code"] for reason in found["reasons"]]


def test_a_version_that_the_server_does_not_tell_can_be_stated(
    on_p5: ServingState, capsys: pytest.CaptureFixture[str]
) -> None:
    with RawServer(ServingState(metrics=on_p5.metrics, models=on_p5.models, version=None)) as server:
        assert identified(capsys, server.url, "--engine", "vllm@0.33.0", code=0)["outcome"] == "found"


def test_an_unusable_endpoint_is_exit_code_3(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["fit", "--identify", "http://127.0.0.1:9"]) == 3
    assert "127.0.0.1:9" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("flags", "complaint"),
    [
        (("--instance", "p5.48xlage"), "Did you mean p5.48xlarge"),
        (("--instance", "trn2.48xlarge"), "no GPU"),
        (("--engine", "neuron"), "only vLLM"),
        (("--checkpoint", "fp9"), "Did you mean"),
    ],
)
def test_a_wrong_declaration_is_told_before_the_network_is_touched(
    capsys: pytest.CaptureFixture[str], flags: tuple[str, ...], complaint: str
) -> None:
    assert main(["fit", "--identify", "http://127.0.0.1:9", *flags]) == 2
    assert complaint in capsys.readouterr().err


def test_control_characters_of_a_server_reach_no_terminal(
    on_p5: ServingState, capsys: pytest.CaptureFixture[str]
) -> None:
    state = ServingState(metrics=on_p5.metrics, models=(model_entry("\x1b[31mscout[/]"),))
    with RawServer(state) as server:
        assert main(["fit", "--identify", server.url, "--model", "llama-4-scout"]) == 0
    shown = capsys.readouterr().out
    assert "\x1b" not in shown
    assert "scout[/]" in shown


def test_settings_that_somebody_states_are_not_guessed(url: str, capsys: pytest.CaptureFixture[str]) -> None:
    anything = identified(capsys, url, code=0)
    stated = identified(capsys, url, "--max-num-seqs", "1024", "--max-num-batched-tokens", "8192", code=0)
    assert any(match["max_num_batched_tokens"] for match in anything["matches"])
    assert not any(match["max_num_batched_tokens"] or match["max_num_seqs"] for match in stated["matches"])
    assert "identify_settings_untold" in {reason["code"] for reason in anything["reasons"]}
    assert "identify_settings_untold" not in {reason["code"] for reason in stated["reasons"]}
    assert stated["declared"]["max_num_seqs"] == 1024


@pytest.mark.parametrize(
    "argv", [("--context", "10"), ("--dp", "2"), ("--mm-encoder", "none"), ("--images",), ("--no-keep",), ("--all",)]
)
def test_flags_that_would_be_left_aside_are_refused(argv: tuple[str, ...], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["fit", "--identify", "http://127.0.0.1:9", *argv]) == 2
    assert f"{argv[0]} is no part of it" in capsys.readouterr().err
