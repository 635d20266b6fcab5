"""Fit: the verdict that follows a field at once."""

from advisor.tui.app import AdvisorApp
from tui.support import LARGE, opened, press, screen_text


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
