"""`advisor fit --verify URL` and `--log FILE`: the table, what it means, exit codes, and mistakes."""

import io
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from advisor.catalog.load import load_catalog
from advisor.cli.main import main
from advisor.export.document import uncovered_numbers
from advisor.export.schemas import schema_text
from advisor.paths import user_paths
from advisor.simulator.server import SimulatorProcess
from advisor.workflows.fit import fit
from advisor.workflows.fit_question import FitQuestion
from advisor.workflows.measured_memory import every_memory
from servers.raw import RawServer
from servers.serving_state import ServingState, cache_config, model_entry

SCOUT = "meta-llama/Llama-4-Scout-17B-16E-Instruct"
LOG = str(Path(__file__).parents[1] / "fit" / "logs" / "vllm_0_19_0_scout_tp4.log")
ON_P5 = ("--model", "llama-4-scout", "--instance", "p5.48xlarge")


@pytest.fixture(scope="module")
def labels() -> Mapping[str, str]:
    """What Scout BF16 at TP 8 on a p5.48xlarge reports of its cache, as predicted."""
    question = FitQuestion(
        "llama-4-scout", "p5.48xlarge", engine="vllm@0.33.0", context_tokens=131_072, tensor_parallel_size=8
    )
    cache = fit(load_catalog(), question).kv_cache
    assert cache is not None
    return {
        "num_gpu_blocks": str(cache.blocks),
        "kv_cache_max_concurrency": str(cache.max_concurrency_at_context),
        "kv_cache_size_tokens": str(cache.capacity_tokens),
    }


def serving(labels: Mapping[str, str], **changes: Any) -> ServingState:
    return ServingState(metrics=cache_config(**labels), models=(model_entry(SCOUT),), **changes)


def verified(state: ServingState, capsys: pytest.CaptureFixture[str], *argv: str, code: int) -> dict[str, Any]:
    with RawServer(state) as server:
        assert main(["fit", *ON_P5, *argv, "--verify", server.url, "--json"]) == code
    found: dict[str, Any] = json.loads(capsys.readouterr().out)
    return found


class TestServers:
    def test_a_server_as_predicted_agrees(self, labels: Mapping[str, str], capsys: pytest.CaptureFixture[str]) -> None:
        found = verified(serving(labels), capsys, code=0)
        jsonschema.validate(found, json.loads(schema_text("fit")))
        assert uncovered_numbers(found) == []
        told = found["verification"]
        assert told["outcome"] == "agrees"
        assert {line["quantity"] for line in told["lines"]} == {
            "kv_cache_blocks",
            "kv_cache_tokens",
            "max_concurrency",
        }
        assert all(line["error"] == 0 and line["within"] for line in told["lines"])
        assert found["provenance"]["/verification/observed"]["level"] == "measured"
        assert found["provenance"]["/verification/lines/0/predicted"]["level"] == "modelled"
        assert (found["context_tokens"], found["engine"]) == (131_072, "vllm@0.33.0")

    def test_a_server_with_less_cache_differs(
        self, labels: Mapping[str, str], capsys: pytest.CaptureFixture[str]
    ) -> None:
        fewer = {**labels, "num_gpu_blocks": str(int(labels["num_gpu_blocks"]) * 9 // 10)}
        told = verified(serving(fewer), capsys, code=1)["verification"]
        assert told["outcome"] == "differs"
        blocks = next(line for line in told["lines"] if line["quantity"] == "kv_cache_blocks")
        assert blocks["relative_error"] == pytest.approx(0.111, abs=0.001)
        assert told["reasons"][0]["code"] == "compared_cache_differs"

    def test_a_stated_setting_that_the_server_denies_differs(
        self, labels: Mapping[str, str], capsys: pytest.CaptureFixture[str]
    ) -> None:
        told = verified(serving(labels), capsys, "--gpu-memory-utilization", "0.9", code=1)["verification"]
        assert told["reasons"][0]["code"] == "compared_setting_denied"
        assert [each["name"] for each in told["settings"] if each["denied"]] == ["gpu_memory_utilization"]

    def test_a_simulated_endpoint_proves_nothing(
        self, labels: Mapping[str, str], capsys: pytest.CaptureFixture[str]
    ) -> None:
        found = verified(serving(labels, simulated=True), capsys, code=4)
        assert found["verification"]["outcome"] == "proves_nothing"
        assert found["provenance"]["/verification/observed"]["level"] == "simulated"

    def test_the_built_in_endpoint_proves_nothing(self, capsys: pytest.CaptureFixture[str]) -> None:
        with SimulatorProcess("fast") as simulator:
            assert main(["fit", *ON_P5, "--verify", simulator.url]) == 4
        shown = capsys.readouterr().out
        assert shown.startswith("PROVES NOTHING")
        assert "simulated ~" in shown
        assert "The endpoint is simulated" in shown

    def test_a_server_that_does_not_tell_proves_nothing(self, capsys: pytest.CaptureFixture[str]) -> None:
        state = ServingState(metrics=None, models=(model_entry(SCOUT),))
        with RawServer(state) as server:
            assert main(["fit", *ON_P5, "--verify", server.url]) == 4
        shown = capsys.readouterr().out
        assert shown.startswith("PROVES NOTHING")
        assert "no /metrics" in shown

    def test_one_of_several_models_is_named(
        self, labels: Mapping[str, str], capsys: pytest.CaptureFixture[str]
    ) -> None:
        state = ServingState(metrics=cache_config(**labels), models=(model_entry(SCOUT), model_entry("other", 4096)))
        with RawServer(state) as server:
            argv = ("fit", *ON_P5, "--tp", "8", "--verify", server.url)
            assert main(argv) == 2
            assert "served_model: " in (said := capsys.readouterr().err)
            assert f"Name one of {SCOUT}, other." in said
            assert main((*argv, "--served-model", SCOUT)) == 0

    def test_the_table_is_for_reading(self, labels: Mapping[str, str], capsys: pytest.CaptureFixture[str]) -> None:
        with RawServer(serving(labels)) as server:
            assert main(["fit", *ON_P5, "--verify", f"{server.url}/v1"]) == 0
        shown = capsys.readouterr().out
        assert shown.startswith("AGREES   Llama 4 Scout")
        assert "KV cache blocks" in shown
        assert "within" in shown
        assert "Taken from the server: vllm@0.33.0, bf16" in shown

    def test_an_endpoint_that_refuses_is_unusable_and_the_key_stays_secret(
        self, labels: Mapping[str, str], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("SCOUT_KEY", "sk-wrong-0123456789")
        with RawServer(serving(labels, key="sk-right")) as server:
            assert main(["fit", *ON_P5, "--verify", server.url, "--api-key-env", "SCOUT_KEY"]) == 3
        shown = capsys.readouterr()
        assert "refuses the key (HTTP 401)" in shown.err
        assert "sk-wrong" not in shown.out + shown.err

    def test_a_key_opens_it(
        self, labels: Mapping[str, str], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("SCOUT_KEY", "sk-right-0123456789")
        verified(serving(labels, key="sk-right-0123456789"), capsys, "--api-key-env", "SCOUT_KEY", code=0)

    def test_a_key_that_the_server_echoes_stands_nowhere(
        self, labels: Mapping[str, str], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        key = "sk-very-secret-0123456789"
        monkeypatch.setenv("ENGINE_KEY", key)
        state = ServingState(metrics=cache_config(**labels), models=(model_entry(key),), key=key)
        with RawServer(state) as server:
            asked = (*ON_P5, "--tp", "8", "--checkpoint", "bf16", "--verify", server.url, "--api-key-env", "ENGINE_KEY")
            assert main(["fit", *asked]) == 0
        shown = capsys.readouterr()
        assert "It calls its model '***'" in shown.out
        assert key not in shown.out + shown.err
        assert key not in repr(every_memory(user_paths()))

    @pytest.mark.parametrize("key", ["vllm", "EMPTY", "0"])
    def test_a_stand_in_for_a_key_hides_nothing_of_the_pages(
        self, key: str, labels: Mapping[str, str], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("ENGINE_KEY", key)
        found = verified(serving(labels, key=key), capsys, "--tp", "8", "--api-key-env", "ENGINE_KEY", code=0)
        assert found["verification"]["outcome"] == "agrees"


class TestLogs:
    def test_a_published_log_agrees(self, capsys: pytest.CaptureFixture[str]) -> None:
        assert main(["fit", *ON_P5, "--log", LOG, "--json"]) == 0
        found = json.loads(capsys.readouterr().out)
        jsonschema.validate(found, json.loads(schema_text("fit")))
        assert found["verification"]["observed"]["blocks"] == 91_495
        assert found["parallelism"]["tensor_parallel_size"] == 4

    def test_what_is_kept_is_told_with_the_way_back_and_can_be_left_out(
        self, capsys: pytest.CaptureFixture[str]
    ) -> None:
        compare = ("fit", *ON_P5, "--log", LOG)
        assert main([*compare, "--no-keep"]) == 0
        assert capsys.readouterr().err == ""
        assert every_memory(user_paths()) == ()
        assert main(compare) == 0
        (memory,) = every_memory(user_paths())
        told = capsys.readouterr().err
        assert "kept as your own measurement" in told
        assert f"advisor evidence forget {memory.id} removes it" in told

    def test_another_instance_than_the_log_is_of_differs(self, capsys: pytest.CaptureFixture[str]) -> None:
        assert main(["fit", "--model", "llama-4-scout", "--instance", "p5en.48xlarge", "--log", LOG]) == 1
        shown = capsys.readouterr().out
        assert shown.startswith("DIFFERS")
        assert "The devices are of another size than those of p5en.48xlarge." in shown

    def test_standard_input_is_read(self, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
        piped = io.TextIOWrapper(io.BytesIO(Path(LOG).read_bytes()))
        monkeypatch.setattr("sys.stdin", piped)
        assert main(["fit", *ON_P5, "--log", "-"]) == 0
        assert "against standard input" in capsys.readouterr().out

    def test_a_failed_start_that_was_predicted_agrees(self, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
        # vllm-project/vllm issue 16118, 2025-04-06
        log = tmp_path / "vllm.log"
        log.write_text(
            "ERROR 04-05 01:12:55 [core.py:390] ValueError: To serve at least one request with the models's max seq "
            "len (1048576), (24.00 GiB KV cache is needed, which is larger than the available KV cache memory "
            "(9.97 GiB). Try increasing `gpu_memory_utilization`"
        )
        argv = ("--model", "llama-4-maverick", "--checkpoint", "fp8", "--instance", "p5.48xlarge")
        assert main(["fit", *argv, "--engine", "vllm@0.8.3", "--log", str(log)]) == 0
        shown = capsys.readouterr().out
        assert "KV cache needed" in shown
        assert "24.00 GiB" in shown

    def test_the_name_of_another_model_is_told(self, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
        log = tmp_path / "vllm.log"
        log.write_text(Path(LOG).read_text().replace("meta-llama/Llama-4-Scout-17B-16E-Instruct", "moonshotai/Kimi"))
        assert main(["fit", *ON_P5, "--checkpoint", "bf16", "--log", str(log), "--no-keep"]) == 0
        assert "that it is llama-4-scout bf16 is your word" in " ".join(capsys.readouterr().out.split())

    def test_another_program_s_log_is_bad_input(self, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
        log = tmp_path / "nginx.log"
        log.write_text("200 OK\n")
        assert main(["fit", *ON_P5, "--log", str(log)]) == 2
        assert "'Available KV cache memory'" in capsys.readouterr().err


class TestMistakes:
    @pytest.mark.parametrize(
        ("argv", "said"),
        [
            (("--model", "llama-4-scout", "--verify", "http://x"), "advisor fit --identify http://x"),
            ((*ON_P5, "--all", "--verify", "http://x"), "--all asks about every one"),
            ((*ON_P5, "--log", LOG, "--api-key-prompt"), "a log needs no API key"),
            ((*ON_P5, "--verify", "http://x", "--log", LOG), "not allowed with argument"),
            ((*ON_P5, "--verify", "ftp://x"), "is no endpoint"),
            (
                ("--model", "llama-5", "--instance", "p5.48xlarge", "--verify", "http://127.0.0.1:1"),
                "no model 'llama-5'",
            ),
            ((*ON_P5, "--log", "absent.log"), "the log cannot be read"),
            ((*ON_P5, "--no-keep"), "nothing to keep without --verify or --log"),
        ],
    )
    def test_they_say_what_would_be_right(
        self, argv: tuple[str, ...], said: str, capsys: pytest.CaptureFixture[str]
    ) -> None:
        assert main(["fit", *argv]) == 2
        assert said in capsys.readouterr().err
