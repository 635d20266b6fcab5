"""`advisor evidence list`: what advice may rest on first, every other figure on request, each with its provenance."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from advisor.cli.main import main
from advisor.evidence.ledger import Ledger
from advisor.fit.memory.measured import MeasuredMemory
from advisor.paths import user_paths
from advisor.quantities.provenance import Level
from fit.memories import STACK, seen

LEFT_OUT = Path(__file__).parents[2] / "overlays" / "terms-unclear"


def listed(capsys: pytest.CaptureFixture[str], *flags: str) -> list[dict[str, Any]]:
    assert main(["evidence", "list", *flags, "--json"]) == 0
    rows: list[dict[str, Any]] = json.loads(capsys.readouterr().out)["evidence"]
    return rows


def test_llama_4_is_listed_and_the_others_are_counted(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["evidence", "list", "--accelerator", "H100-80GB", "--metric", "output_tokens_per_s"]) == 0
    shown = capsys.readouterr()
    assert "scout bf16" in shown.out
    assert "mixtral" not in shown.out
    assert "of other models left out: --all, or --model ID, lists them" in shown.err


def test_all_lists_every_model_those_advised_on_first(capsys: pytest.CaptureFixture[str]) -> None:
    rows = listed(capsys, "--all")
    assert len(rows) == 3571
    assert {row["model"] for row in rows[:176]} == {"llama-4-scout", "llama-4-maverick"}
    assert {row["level"] for row in rows} == {"published"}


def test_a_model_is_found_under_the_name_that_a_source_prints(capsys: pytest.CaptureFixture[str]) -> None:
    rows = listed(capsys, "--model", "Mixtral-8x7B", "--accelerator", "L40S")
    assert {(row["model"], row["accelerator"]) for row in rows} == {("mixtral-8x7b", "L40S-48GB")}


def test_filters_narrow_together_and_a_source_matches_by_its_beginning(capsys: pytest.CaptureFixture[str]) -> None:
    rows = listed(
        capsys, "--all", "--source", "trtllm-docs", "--metric", "ttft_ms", "--engine", "tensorrt-llm",
        "--level", "published",
    )  # fmt: skip
    assert {row["source_id"] for row in rows} == {"trtllm-docs-v0-9"}
    assert {row["load"]["kind"] for row in rows} == {"batch"}


def test_every_row_says_where_it_stands_and_what_must_be_known_of_it(capsys: pytest.CaptureFixture[str]) -> None:
    (row, *_) = listed(capsys, "--model", "gpt-oss-120b", "--source", "aiconfigurator")
    assert row["location"].startswith("PyPI aiconfigurator-core")
    assert row["place"]
    assert row["statistic"] == "unstated"
    assert any("percentiles is not stated" in caveat for caveat in row["caveats"])


@pytest.mark.parametrize(
    ("flag", "wrong", "near"),
    [
        ("--model", "mixtral-8x7", "mixtral-8x7b"),
        ("--accelerator", "H100-80G", "H100-80GB"),
        ("--engine", "vlm", "vllm"),
        ("--level", "publishd", "published"),
        ("--metric", "ttft", "ttft_ms"),
        ("--source", "vlm-blog", "vllm-blog"),
    ],
)
def test_a_filter_that_names_nothing_is_a_mistake_with_the_nearest_that_would_do(
    capsys: pytest.CaptureFixture[str], flag: str, wrong: str, near: str
) -> None:
    assert main(["evidence", "list", flag, wrong]) == 2
    shown = capsys.readouterr()
    assert shown.out == ""
    assert f"'{wrong}'. Did you mean {near}" in shown.err


def test_what_nobody_published_is_said_in_words(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["evidence", "list", "--model", "llama-4-scout", "--accelerator", "L40S-48GB"]) == 0
    assert capsys.readouterr().out == "no figures match\n"


@pytest.mark.skipif(not LEFT_OUT.is_dir(), reason="distributions leave this overlay out, as they must")
def test_figures_on_unclear_terms_are_laid_over_by_a_flag(capsys: pytest.CaptureFixture[str]) -> None:
    rows = listed(capsys, "--model", "llama-2-70b", "--source", "mlperf", "--catalog", str(LEFT_OUT))
    assert len(rows) == 526
    assert {row["load"]["kind"] for row in rows} == {"slo_bound", "max_load"}
    assert {row["dataset"] for row in rows} == {"OpenOrca"}


@pytest.fixture
def memories() -> list[MeasuredMemory]:
    """Two observations in the ledger, and one that was simulated."""
    found = [
        seen(),
        seen(replace(STACK, checkpoint="fp8", tensor_parallel_size=4), day="2026-11-18"),
        seen(level=Level.SIMULATED, day="2026-11-17"),
    ]
    for memory in found:
        Ledger(user_paths().ledger).save_memory(memory)
    return found


def test_observed_memory_is_listed_before_figures_newest_first(
    memories: list[MeasuredMemory], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["evidence", "list"]) == 0
    shown = capsys.readouterr().out
    assert shown.index(memories[0].id) < shown.index(memories[1].id) < shown.index("scout bf16  ")
    assert "scout fp8 TP 4" in shown
    assert "6.0 GiB" in shown


@pytest.mark.parametrize(
    ("flags", "expected"),
    [
        (("--model", "llama-4-scout"), {0, 1, 2}),
        (("--model", "llama-4-maverick"), set()),
        (("--accelerator", "H100-80GB", "--level", "measured"), {0, 1}),
        (("--level", "simulated"), {2}),
        (("--level", "published"), set()),
        (("--metric", "ttft_ms"), set()),
        (("--source", "http://10.0.0.7"), {0, 1, 2}),
    ],
)
def test_the_filters_hold_for_observed_memory_too(
    memories: list[MeasuredMemory], capsys: pytest.CaptureFixture[str], flags: tuple[str, ...], expected: set[int]
) -> None:
    assert main(["evidence", "list", *flags, "--json"]) == 0
    rows = json.loads(capsys.readouterr().out)["memory"]
    assert {row["id"] for row in rows} == {memories[number].id for number in expected}


def test_an_observation_is_forgotten_and_the_others_stay(
    memories: list[MeasuredMemory], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["evidence", "forget", memories[1].id]) == 0
    assert f"forgot {memories[1].id}: scout fp8 TP 4" in capsys.readouterr().err
    assert Ledger(user_paths().ledger).memories() == [memories[0], memories[2]]
    assert main(["evidence", "forget", memories[1].id]) == 2
    assert f"no observation '{memories[1].id}'" in capsys.readouterr().err
