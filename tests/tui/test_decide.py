"""Decide: answer by digit, see the candidates shrink, go back without losing anything."""

from advisor.tui.app import AdvisorApp
from tui.support import LARGE, opened, press, screen_text


async def test_the_app_opens_on_the_first_question_with_the_whole_catalogue(app: AdvisorApp) -> None:
    async with opened(app):
        shown = screen_text(app)
        assert "Question 1 of 10" in shown
        assert "instances left 48 → 14" in shown


async def test_a_digit_answers_and_the_next_question_comes(app: AdvisorApp) -> None:
    async with opened(app, "2"):
        shown = screen_text(app)
        assert "✓model 2" in shown
        assert "Question 2 of 10" in shown
        assert app.session.settings["model"] == "llama-4-maverick"


async def test_maverick_leaves_fewer_instances(app: AdvisorApp) -> None:
    async with opened(app) as pilot:
        before = screen_text(app)
        await press(pilot, "2")
        assert "g7e.12xlarge" in before
        left = screen_text(app).split("dropped by")[0]
        assert "g7e.12xlarge" not in left


async def test_backspace_reopens_the_question_before(app: AdvisorApp) -> None:
    async with opened(app, "2", "1", "backspace"):
        assert "Question 2 of 10" in screen_text(app)
        assert app.session.settings["model"] == "llama-4-maverick"


async def test_enter_takes_the_marked_answer(app: AdvisorApp) -> None:
    async with opened(app, "down", "enter"):
        assert app.session.settings["model"] == "llama-4-maverick"


async def test_an_option_with_numbers_asks_for_them_and_refuses_nonsense(app: AdvisorApp) -> None:
    async with opened(app, "1", "3") as pilot:
        assert "prompt, tokens" in screen_text(app)
        await press(pilot, *["backspace"] * 8, "x", "enter", "enter")
        assert "is not a number" in screen_text(app)
        await press(pilot, "backspace", *"150k", "enter", "enter")
        assert app.session.settings["input_tokens_p50"] == 150_000


async def test_escape_leaves_a_form_without_an_answer(app: AdvisorApp) -> None:
    async with opened(app, "1", "3", "escape"):
        assert "Question 2 of 10" in screen_text(app)
        assert "input_tokens_p50" not in app.session.settings


async def test_the_finished_page_leads_to_the_advice_each_time(app: AdvisorApp) -> None:
    async with opened(app, *"u" * 10, "enter", "D") as pilot:
        for _ in range(2):
            assert app.current_mode == "decide"
            await press(pilot, "enter")
            assert app.current_mode == "advice"
            await press(pilot, "D")
        await press(pilot, "r", "enter", "escape", "enter")
        assert app.current_mode == "advice"


async def test_unsure_takes_the_default_as_an_assumption(app: AdvisorApp) -> None:
    async with opened(app, *"u" * 10) as pilot:
        assert "Everything is answered" in screen_text(app)
        await press(pilot, "enter")
        assert app.current_mode == "advice"


async def test_training_is_no_serving_question(app: AdvisorApp) -> None:
    async with opened(app, "1", "7"):
        assert "Training is not a serving question" in screen_text(app)


async def test_dropped_says_why(app: AdvisorApp) -> None:
    async with opened(app, "d"):
        shown = screen_text(app)
        assert "r8g.48xlarge" in shown
        assert "not a serving choice" in " ".join(shown.replace("│", " ").split())


async def test_a_small_window_says_so(app: AdvisorApp) -> None:
    async with opened(app, size=(50, 12)):
        assert "60 × 16" in screen_text(app)


async def test_going_back_keeps_the_answers_and_marks_the_one_that_was_given(app: AdvisorApp) -> None:
    async with opened(app, "2", "2", "3", "backspace", "backspace") as pilot:
        shown = screen_text(app)
        assert "Question 2 of 10" in shown
        (answered,) = [line for line in shown.splitlines() if "(yours)" in line]
        assert "Retrieval (RAG)" in answered
        assert app.session.settings["peak_rps"] == 20.0
        assert "✓load 3" in shown
        await press(pilot, "enter")
        assert "Question 4 of 10" in screen_text(app)
        assert app.session.settings["input_tokens_p50"] == 4096


async def test_a_changed_answer_takes_the_defaults_along_that_depend_on_it(app: AdvisorApp) -> None:
    async with opened(app, *"u" * 10, *["backspace"] * 9) as pilot:
        assert "Question 2 of 10" in screen_text(app)
        assert app.session.settings["context_tokens"] == 8192
        await press(pilot, "5")
        assert app.session.settings["context_tokens"] == 32_768
        assert "Everything is answered" in screen_text(app)


async def test_several_chosen_ways_are_marked_again_and_told_apart(app: AdvisorApp) -> None:
    async with opened(app, *"uuuuuuu", "6", "enter") as pilot:
        assert "buying 1+6" in screen_text(app)
        await press(pilot, "backspace")
        marked = [line for line in screen_text(app).splitlines() if "[x]" in line]
        assert ["On demand" in marked[0], "Spot" in marked[1], len(marked)] == [True, True, 2]


async def test_exact_numbers_stay_when_the_question_is_answered_again(app: AdvisorApp) -> None:
    async with opened(
        app, *"111", "equals_sign", *["down"] * 4, "ctrl+u", *"30", "enter", "enter", size=LARGE
    ) as pilot:
        assert app.session.settings["slo_itl_ms_p95"] == 30
        await press(pilot, "backspace")
        assert "between tokens, p95 30" in screen_text(app)
        await press(pilot, "3")
        assert app.session.settings["slo_itl_ms_p95"] == 30
        assert app.session.settings["slo_ttft_ms_p95"] == 500


async def test_reset_asks_before_it_throws_answers_away(app: AdvisorApp) -> None:
    async with opened(app, "r") as pilot:
        assert app.screen.id == "decide"
        await press(pilot, "2", "1", "r")
        assert "Forget all 2 answers" in screen_text(app)
        await press(pilot, "enter")
        assert len(app.session.answers) == 2
        await press(pilot, "r", "y")
        assert not app.session.answers
        assert "Question 1 of 10" in screen_text(app)


async def test_the_key_for_numbers_opens_the_option_that_has_them(app: AdvisorApp) -> None:
    async with opened(app, "1", "1", "equals_sign") as pilot:
        await press(pilot, "ctrl+u", *"7", "enter", "ctrl+u", *"3", "enter")
        assert (app.session.settings["peak_rps"], app.session.settings["mean_rps"]) == (7, 3)
