"""Prices that were read before, and what is sold whole: `catalog prices --history` and UltraServers."""

import json
from typing import Any

import pytest

from advisor.cli.main import main


def document(capsys: pytest.CaptureFixture[str], *arguments: str) -> dict[str, Any]:
    assert main([*arguments, "--json"]) == 0
    found: dict[str, Any] = json.loads(capsys.readouterr().out)
    return found


def test_history_shows_what_a_price_was_and_the_plain_table_what_it_is(capsys: pytest.CaptureFixture[str]) -> None:
    asked = ("catalog", "prices", "p5.48xlarge", "--region", "us-east-1")
    listed = [
        [(row["usd_per_hour"], row["as_of"]) for row in found["prices"] if row["purchase_option"] == "on_demand"]
        for found in (document(capsys, *asked), document(capsys, *asked, "--history"))
    ]
    assert listed[0] == [(55.04, "2026-07-20")]
    assert listed[1] == [(98.32, "2024-12-09"), (98.32, "2025-04-28"), (55.04, "2025-06-23"), (55.04, "2026-07-20")]


def test_history_holds_the_rows_whose_region_nobody_could_name(capsys: pytest.CaptureFixture[str]) -> None:
    asked = ("catalog", "prices", "p5e.48xlarge")
    everywhere = {row["region"] for row in document(capsys, *asked, "--history")["prices"]}
    assert "unknown" in everywhere
    assert "unknown" not in {row["region"] for row in document(capsys, *asked)["prices"]}


def test_nothing_in_a_history_is_marked_as_old(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["catalog", "prices", "p5.48xlarge", "--history"]) == 0
    assert "■!" not in capsys.readouterr().out


def test_an_ultraserver_is_shown_with_its_prices_and_is_no_instance(capsys: pytest.CaptureFixture[str]) -> None:
    found = document(capsys, "catalog", "show", "u-p6e-gb200x72")
    assert found["instances"] == []
    assert found["ultraservers"][0]["accelerator_count"] == 72
    prices = document(capsys, "catalog", "prices", "u-p6e-gb200x72")["prices"]
    assert [row["usd_per_hour"] for row in prices] == [761.904]
    assert main(["catalog", "show", "u-p6e-gb200x72"]) == 0
    shown = capsys.readouterr().out
    assert "vCPU" in shown
    assert "no data" in shown
    assert main(["fit", "--model", "llama-4-scout", "--instance", "u-p6e-gb200x72"]) == 2
