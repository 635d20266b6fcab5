"""`advisor evidence list`: what advice may rest on first, every other figure on request, each with its provenance."""

import json
from pathlib import Path
from typing import Any

import pytest

from advisor.cli.main import main

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
