"""`advisor fit` as an architect reads it: the decision in the first lines, then why, then what to run."""

import json
import subprocess

import pytest

from advisor.cli.main import main

SCOUT = ("fit", "--model", "llama-4-scout")
MAVERICK = ("fit", "--model", "llama-4-maverick")


def shown(capsys: pytest.CaptureFixture[str], *argv: str) -> list[str]:
    main(argv)
    return capsys.readouterr().out.splitlines()


@pytest.fixture(autouse=True)
def _terminal_of_80_columns(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")


def test_the_first_lines_say_what_fits_how_much_and_how_surely(capsys: pytest.CaptureFixture[str]) -> None:
    lines = shown(capsys, *SCOUT, "--instance", "p5.48xlarge", "--context", "131072", "--concurrency", "16")
    assert lines[0] == "FITS   Llama 4 Scout 17B-16E Instruct bf16 on p5.48xlarge, 8 × NVIDIA H100 80GB"
    assert lines[1] == "vLLM 0.33.0   TP 8   context 131,072 × 16 concurrent"
    assert lines[2].startswith("holds ")
    assert "± 2.0 GiB left" in lines[2]


def test_what_does_not_fit_says_why_and_what_would_before_the_memory(capsys: pytest.CaptureFixture[str]) -> None:
    lines = shown(capsys, *SCOUT, "--instance", "p5.4xlarge")
    text = "\n".join(lines)
    reason, remedies, memory = (
        text.index(words) for words in ("× Weights and overheads exceed", "What would make it fit", "\nmemory ")
    )
    assert 0 < reason < remedies < memory
    assert "→ --checkpoint w4a16: " in text
    assert "→ --instance p5.48xlarge: " in text
    assert not any(line.startswith("vllm serve") for line in lines)


def test_a_printed_remedy_typed_in_runs(capsys: pytest.CaptureFixture[str]) -> None:
    asked = (*MAVERICK, "--instance", "p5.48xlarge")
    found = [line for line in shown(capsys, *asked) if line.startswith("→ ")]
    assert len(found) >= 3
    for line in found:
        flags = line.removeprefix("→ ").partition(": ")[0].split()
        instance = () if "--instance" in flags else asked[3:]
        assert main((*MAVERICK, *instance, *flags)) == 0
        capsys.readouterr()


def test_the_cache_is_printed_as_the_engine_prints_it_with_both_states_and_the_price(
    capsys: pytest.CaptureFixture[str],
) -> None:
    """A published start-up log of vLLM 0.19.0 says 365,968 tokens; this is its prediction."""
    flags = ("--tp", "4", "--engine", "vllm@0.19.0", "--gpu-memory-utilization", "0.95")
    lines = shown(capsys, *SCOUT, "--instance", "p5.48xlarge", *flags)
    heading = next(number for number, line in enumerate(lines) if line.startswith("KV cache "))
    on, off, caveat = lines[heading + 1 : heading + 4]
    assert on.startswith("hybrid on, used")
    assert off.startswith("hybrid off")
    assert "latency" in " ".join(lines[heading + 3 : heading + 10])
    assert caveat.startswith("  ")
    tokens = int(on.split()[4].replace(",", ""))
    assert tokens == pytest.approx(365_968, rel=0.02)


def test_the_default_of_the_hybrid_cache_is_the_versions_whatever_is_forced(capsys: pytest.CaptureFixture[str]) -> None:
    lines = shown(capsys, *SCOUT, "--instance", "p5.48xlarge", "--hybrid-kv", "off")
    assert any(line.startswith("hybrid off, used") for line in lines)
    assert any("is on by default in vLLM 0.33.0" in line for line in lines)


def test_the_memory_is_told_with_its_doubt_and_what_the_weights_are_made_of(capsys: pytest.CaptureFixture[str]) -> None:
    text = "\n".join(shown(capsys, *MAVERICK, "--checkpoint", "fp8", "--instance", "p5.48xlarge"))
    assert "activation              3.2 GiB     1.2 – 5.2  ○  modelled" in text
    assert "weights, GiB: routed experts 45.0; dense ffn 1.4; " in text


def test_two_replicas_are_named_and_each_has_its_command(capsys: pytest.CaptureFixture[str]) -> None:
    lines = shown(capsys, *SCOUT, "--instance", "p5.48xlarge", "--tp", "4")
    assert lines[1].startswith("vLLM 0.33.0   TP 4, 2 replicas   ")
    assert "CUDA_VISIBLE_DEVICES=4,5,6,7 \\" in lines
    assert any("--port 8001" in line for line in lines)


def test_what_stands_last_is_a_script_for_a_shell(capsys: pytest.CaptureFixture[str]) -> None:
    lines = shown(capsys, *SCOUT, "--instance", "p5.48xlarge", "--context", "131072")
    script = "\n".join(lines[lines.index("# Serve it with vLLM 0.33.0:") :])
    spoken = subprocess.run(
        ["sh", "-c", f"vllm() {{ printf '%s\\n' \"$@\"; }}\n{script}"], capture_output=True, text=True, check=True
    )
    assert spoken.stdout.split() == [
        *("serve", "meta-llama/Llama-4-Scout-17B-16E-Instruct"),
        *("--tensor-parallel-size", "8", "--max-model-len", "131072"),
    ]


@pytest.mark.parametrize("width", ["80", "120"])
def test_only_a_word_that_cannot_be_broken_is_wider_than_the_terminal(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, width: str
) -> None:
    monkeypatch.setenv("COLUMNS", width)
    for where in ("p5.48xlarge", "p5.4xlarge", "g6e.12xlarge", "trn2.48xlarge", "inf2.48xlarge", "r8g.48xlarge"):
        for line in shown(capsys, *SCOUT, "--instance", where, "--tp", "4" if where == "p5.48xlarge" else "1"):
            assert len(line) <= int(width) or line.lstrip().startswith("--additional-config ")


def test_a_dumb_terminal_gets_plain_ascii(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "dumb")
    text = "\n".join(shown(capsys, *SCOUT, "--instance", "p5.4xlarge"))
    assert text.isascii()
    assert "-> --checkpoint w4a16: " in text


def test_the_document_has_the_remedies_and_each_flag_with_its_reason(capsys: pytest.CaptureFixture[str]) -> None:
    short = json.loads("\n".join(shown(capsys, *SCOUT, "--instance", "p5.4xlarge", "--json")))
    assert {"checkpoint": "w4a16"} in [remedy["changes"] for remedy in short["remedies"]]
    assert short["serve_argv"] == short["serve_flags"] == []
    assert "/remedies" in short["provenance"]
    runs = json.loads("\n".join(shown(capsys, *SCOUT, "--instance", "p5.48xlarge", "--tp", "4", "--json")))
    assert runs["remedies"] == []
    assert [flag["name"] for flag in runs["serve_flags"]] == ["--tensor-parallel-size", "--max-model-len"]
    assert runs["serve_flags"][1]["reason"]["message"].startswith("The default, 10,485,760, does not fit here: ")
    assert [copy["env"]["CUDA_VISIBLE_DEVICES"] for copy in runs["serve_copies"]] == ["0,1,2,3", "4,5,6,7"]


def test_beside_the_longest_context_stands_what_would_lift_it(capsys: pytest.CaptureFixture[str]) -> None:
    text = " ".join(word for line in shown(capsys, *SCOUT, "--instance", "p5.48xlarge") for word in line.split())
    assert "leave room for 2.24M only: --max-num-seqs 256 makes room for all of it." in text
    assert "6,670" not in text, "the serve command promises no length that would not start"


def test_a_length_that_aws_does_not_document_is_one_of_memory_alone(capsys: pytest.CaptureFixture[str]) -> None:
    text = " ".join(shown(capsys, *SCOUT, "--instance", "trn2.48xlarge")[2:4])
    assert "by memory alone (AWS documents 16,384)" in " ".join(text.split())


@pytest.mark.parametrize(("written", "readings"), [("1M", "1000000 or 1048576"), ("128k", "128000 or 131072")])
def test_a_short_length_could_mean_two_and_is_asked_for_in_full(
    capsys: pytest.CaptureFixture[str], written: str, readings: str
) -> None:
    assert main([*SCOUT, "--instance", "p5.48xlarge", "--context", written]) == 2
    assert f"'{written}' may mean {readings}: write the number out" in capsys.readouterr().err


def test_requests_with_images_are_allowed_by_the_command_and_need_the_vision_encoder(
    capsys: pytest.CaptureFixture[str],
) -> None:
    asked = (*SCOUT, "--instance", "p5.48xlarge", "--images")
    assert "    --limit-mm-per-prompt '{\"image\": 10}'" in "\n".join(shown(capsys, *asked))
    assert main((*asked, "--mm-encoder", "none")) == 2
    assert "no image can be read without the vision encoder" in capsys.readouterr().err
