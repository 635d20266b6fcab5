"""Advice and Evidence: the card and its export; published figures and audited claims."""

from pathlib import Path

import pytest

from advisor.export.recommendation_file import read_recommendation
from advisor.tui.app import AdvisorApp
from tui.support import LARGE, opened, press, screen_text


async def test_the_answer_follows_the_answers(app: AdvisorApp) -> None:
    async with opened(app, "A") as pilot:
        assert "RUN LLAMA 4 SCOUT" in screen_text(app)
        await press(pilot, "D", "2", "A")
        assert "RUN LLAMA 4 MAVERICK" in screen_text(app)


async def test_every_figure_of_the_card_shows_its_level(app: AdvisorApp) -> None:
    async with opened(app, "A", size=LARGE):
        shown = screen_text(app)
        assert "○ first token, p95" in shown
        assert "≡ cost per month" in shown
        assert "0 of 5 figures" in shown


async def test_export_writes_what_recheck_reads(
    app: AdvisorApp, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    async with opened(app, "A", "e", "enter"):
        written = read_recommendation(tmp_path / "recommendation.toml")
        assert written["status"] == "recommended"


async def test_export_asks_before_it_writes_over_a_file(
    app: AdvisorApp, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    file = tmp_path / "recommendation.toml"
    file.write_text("mine")
    async with opened(app, "A", "e", "enter", "enter") as pilot:
        assert file.read_text() == "mine"
        await press(pilot, "e", "enter", "y")
        assert file.read_text() != "mine"


async def test_bench_is_filled_with_what_would_confirm_the_answer(app: AdvisorApp) -> None:
    async with opened(app, "A", "b"):
        assert app.current_mode == "bench"
        form = app.session.bench_form
        assert (form.instance, form.checkpoint, form.tp) == ("g7e.12xlarge", "fp8", "2")
        assert "g7e.12xlarge" in screen_text(app)


async def test_published_figures_and_audited_claims_are_panels(app: AdvisorApp) -> None:
    async with opened(app, "E") as pilot:
        assert "No runs yet" in screen_text(app)
        await press(pilot, "t")
        assert "◆ published" in screen_text(app)
        await press(pilot, "t")
        assert "✗ false fact" in screen_text(app)


async def test_a_load_in_requests_a_second_is_told_from_one_in_flight(app: AdvisorApp) -> None:
    async with opened(app, "E", "t") as pilot:
        assert "0.4/s" in screen_text(app)
        await press(pilot, "down", "down", "down", "down", "down")
        assert "mean, load 0.4/s" in " ".join(screen_text(app).split())
