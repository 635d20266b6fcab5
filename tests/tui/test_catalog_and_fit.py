"""Catalog and Fit: the table, its filter and marks; the verdict that follows a field at once."""

import pytest

from advisor.cli.main import main as run_command
from advisor.tui.app import AdvisorApp
from tui.support import LARGE, opened, press, screen_text


async def test_the_filter_leaves_matching_rows_and_escape_clears_it(app: AdvisorApp) -> None:
    async with opened(app, "C", "slash", *"h100") as pilot:
        assert "2 of 48" in screen_text(app)
        await press(pilot, "escape")
        assert "48 of 48" in screen_text(app)


async def test_what_has_no_list_price_says_so_and_shows_no_zero(app: AdvisorApp) -> None:
    app.session.region = "us-east-2"
    async with opened(app, "C", "slash", *"trn2"):
        shown = screen_text(app)
        assert "no list ?" in shown
        assert "0.00" not in shown


async def test_what_is_not_sold_in_the_region_is_told_from_what_has_no_list_price(
    app: AdvisorApp, capsys: pytest.CaptureFixture[str]
) -> None:
    async with opened(app, "C", "slash", *"trn2"):
        shown = screen_text(app)
        assert "not here" in shown
        assert "no list" not in shown
        assert "us-east-1: not offered here" in shown
    run_command(["catalog", "show", "trn2.48xlarge"])
    assert "us-east-1: not offered here" in capsys.readouterr().out


async def test_sorting_goes_up_then_down_then_on(app: AdvisorApp) -> None:
    async with opened(app, "C", "s") as pilot:
        assert "by instance ↓" in screen_text(app)
        await press(pilot, "s")
        assert "by accelerator ↑" in screen_text(app)


async def test_the_region_changes_for_the_whole_app(app: AdvisorApp) -> None:
    async with opened(app, "C", "right_square_bracket") as pilot:
        region = app.session.region
        assert region != "us-east-1"
        await press(pilot, "F")
        assert region in screen_text(app).splitlines()[0]


async def test_marked_rows_are_compared_side_by_side(app: AdvisorApp) -> None:
    async with opened(app, "C", "space", "down", "space", "c", size=LARGE):
        shown = screen_text(app)
        assert "g5.48xlarge" in shown
        assert "g6.12xlarge" in shown
        assert "memory bandwidth each" in shown


async def test_sources_name_where_each_figure_comes_from(app: AdvisorApp) -> None:
    async with opened(app, "C", "slash", *"l40s", "enter", "i", size=LARGE):
        shown = screen_text(app)
        assert "memory each, usable" in shown
        assert "CUDA-visible" in shown


async def test_enter_on_a_row_asks_fit_about_it(app: AdvisorApp) -> None:
    async with opened(app, "C", "slash", *"inf2.48", "enter", "enter"):
        assert app.current_mode == "fit"
        shown = screen_text(app)
        assert "UNSUPPORTED" in shown
        assert "inf2.48xlarge" in shown


async def test_a_changed_field_changes_the_verdict_at_once(app: AdvisorApp) -> None:
    async with opened(app, "F") as pilot:
        assert "FITS" in screen_text(app)
        app.session.ask_fit(instance="p5.4xlarge", checkpoint="bf16")
        await press(pilot, "C", "F")
        assert "DOES NOT FIT" in screen_text(app)


async def test_arrows_move_between_fields_and_change_them(app: AdvisorApp) -> None:
    async with opened(app, "F", "up", "up", "up", "left") as pilot:
        assert app.session.fit_question.model == "llama-4-maverick"
        await press(pilot, "r")
        assert app.session.fit_question.model == "llama-4-scout"


async def test_a_chip_without_fp8_arithmetic_has_none_and_no_gap_in_the_data(app: AdvisorApp) -> None:
    async with opened(app, "C", "slash", *"p4d", "enter", "i", size=LARGE):
        (line,) = [line for line in screen_text(app).splitlines() if "FP8 dense each" in line]
        assert "none" in line
        assert "no data" not in line


async def test_what_decides_stands_above_what_is_only_worth_knowing(app: AdvisorApp) -> None:
    app.session.ask_fit(instance="p4d.24xlarge", kv_dtype="fp8")
    async with opened(app, "F", size=LARGE):
        shown = screen_text(app)
        assert shown.index("× An FP8 KV cache") < shown.index("! NVIDIA A100")


async def test_the_bar_marks_the_budget_and_crosses_what_is_over_it(app: AdvisorApp) -> None:
    async with opened(app, "F", size=LARGE) as pilot:
        bar = screen_text(app).splitlines()[3]
        assert "┃" in bar
        assert "×" not in bar
        app.session.ask_fit(instance="p5.4xlarge", checkpoint="bf16")
        await press(pilot, "C", "F")
        bar, legend = screen_text(app).splitlines()[3:5]
        behind = bar.partition("┃")[2].strip()
        assert set(behind) == {"×"}
        assert "over 138.0 GiB" in legend


async def test_the_legend_of_the_bar_keeps_each_pattern_with_its_label(app: AdvisorApp) -> None:
    async with opened(app, "F"):
        lines = screen_text(app).splitlines()[4:6]
        assert lines[1].split()[:2] == ["·", "free"]
        assert all(line.strip()[-1] not in "·#┃░▒▓█" for line in lines)


async def test_exact_numbers_can_be_typed(app: AdvisorApp) -> None:
    async with opened(app, "F", "equals_sign") as pilot:
        await press(pilot, *["backspace"] * 8, *"100k", "down", "backspace", *"2.5", "enter")
        assert "is not a whole number" in screen_text(app)
        await press(pilot, *["backspace"] * 3, *"77", "enter")
        question = app.session.fit_question
        assert (question.context_tokens, question.concurrency) == (100_000, 77)
        shown = screen_text(app)
        assert "100000" in shown
        assert "77" in shown
