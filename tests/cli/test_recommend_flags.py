"""The flags of `recommend`: what contradicts itself is refused by name, before anything is computed."""

import json
from pathlib import Path

import pytest

from advisor.cli.main import main

BATCH = ("--mode", "batch", "--batch-input-tokens", "1e9", "--batch-output-tokens", "1M")


@pytest.mark.parametrize(
    ("flags", "complaint"),
    [
        (("--mode", "batch", "--batch-output-tokens", "1M"), "Add --batch-input-tokens N."),
        (("--mode", "batch"), "Add --batch-input-tokens N and --batch-output-tokens N."),
        (("--budget-usd", "0/month"), "0 is not a number above 0"),
        (("--owned", "p4d.24xlage=4"), "Did you mean p4d.24xlarge"),
        (("--engine", "vlmm@0.33"), "Did you mean vllm"),
        (("--engine", "vllm@new"), "'new' is not a version"),
        (("--engine", "vllm@0.1"), "older than the first version"),
        (("--input-tokens", "500", "--input-tokens-p95", "3"), "the long prompts are shorter"),
        (("--deadline", "12h"), "--deadline: it says something about a batch only"),
        (("--runs-per-month", "3"), "Add --mode batch"),
        ((*BATCH, "--peak-rps", "3"), "--peak-rps: it says something about an online workload only"),
        ((*BATCH, "--redundancy", "single"), "--redundancy"),
        (("--peak-rps", "0"), "0 is not a number above 0"),
        (("--batch-input-tokens", "1e400"), "is not a number of tokens"),
        (("--from", "rec.toml", "--peak-rps", "2"), "which --peak-rps cannot change"),
        (("--from", "rec.toml", "--workload", "w.toml"), "which --workload cannot change"),
        (("--from", "rec.toml", "--frozen", "--slo", "ttft_p95_ms=5"), "which --slo cannot change"),
    ],
)
def test_a_contradiction_is_one_sentence(
    capsys: pytest.CaptureFixture[str], flags: tuple[str, ...], complaint: str
) -> None:
    assert main(["recommend", *flags]) == 2
    written = capsys.readouterr()
    assert complaint in written.err
    assert written.err.count("\n") == 1
    assert written.out == ""


def test_the_mode_of_a_workload_file_counts(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    path = tmp_path / "workload.toml"
    path.write_text('mode = "batch"\nbatch_input_tokens = 1000000000\nbatch_output_tokens = 1000000\n')
    assert main(["recommend", "--workload", str(path), "--peak-rps", "2"]) == 2
    assert "an online workload only" in capsys.readouterr().err
    assert main(["recommend", "--workload", str(path), "--deadline", "12h", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["workload"]["deadline_hours"] == 12


def test_what_is_owned_is_checked_in_a_file_too(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    path = tmp_path / "workload.toml"
    path.write_text('[workload.owned]\n"p4d.24xlage" = 2\n')
    assert main(["recommend", "--workload", str(path)]) == 2
    assert "Did you mean p4d.24xlarge" in capsys.readouterr().err


def test_why_of_a_workload_out_of_scope_says_so(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    path = tmp_path / "workload.toml"
    path.write_text("out_of_scope = true\n")
    assert main(["recommend", "--workload", str(path), "--why", "p5.48xlarge"]) == 2
    assert "the workload is out of scope" in capsys.readouterr().err
