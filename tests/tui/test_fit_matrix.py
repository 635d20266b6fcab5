"""The matrix of instances × checkpoints: marks, the cell under the cursor, and the way back to Fit."""

import pytest

from advisor.fit.result import Verdict
from advisor.tui.app import AdvisorApp
from advisor.workflows.fit import fit
from advisor.workflows.fit_matrix import fit_matrix
from tui.support import LARGE, opened, paste, press, screen_text


def row_of(app: AdvisorApp, instance: str) -> str:
    return next(line for line in screen_text(app).splitlines() if line.strip().startswith(f"{instance} "))


async def test_marks_need_no_colour_and_say_degree_replicas_and_what_is_missing(app: AdvisorApp) -> None:
    app.session.ask_fit(model="llama-4-maverick", checkpoint="fp8")
    async with opened(app, "F", "m", size=LARGE) as pilot:
        bf16, fp8 = row_of(app, "p5.48xlarge").split("H100-80GB")[1].split("✓", 1)
        assert bf16.strip().startswith("✗")
        assert fp8.startswith(" TP8 ")
        assert row_of(app, "inf2.48xlarge").split()[-4:] == ["–"] * 4
        assert all(word in screen_text(app) for word in ("✓ fits", "~ tight", "✗ GiB short", "– unsupported"))
        await press(pilot, "t")
        assert "✓ TP4 ×2" in row_of(app, "p5.48xlarge")


async def test_the_cursor_begins_at_the_combination_of_fit_and_enter_opens_another(app: AdvisorApp) -> None:
    async with opened(app, "F", "m") as pilot:
        assert "Scout fp8 on p5.48xlarge" in screen_text(app)
        await press(pilot, "left")
        assert "Scout bf16 on p5.48xlarge · TP 4, 2 replicas" in screen_text(app)
        await press(pilot, "enter")
        question = app.session.fit_question
        assert (question.instance, question.checkpoint, question.tensor_parallel_size) == ("p5.48xlarge", "bf16", 4)
        assert "TP 4, 2 replicas" in screen_text(app).splitlines()[1]


async def test_the_reason_and_the_margin_of_a_cell_stand_below(app: AdvisorApp) -> None:
    async with opened(app, "F", "m", "slash", size=LARGE) as pilot:
        await paste(pilot, "p5.4x")
        await press(pilot, "enter", "home", "right", "right")
        below = screen_text(app).splitlines()[-5:]
        assert any("DOES NOT FIT" in line for line in below)
        assert any("Weights and overheads exceed the budget" in line for line in below)


async def test_more_context_and_more_requests_judge_everything_again(app: AdvisorApp) -> None:
    async with opened(app, "F", "m", size=LARGE) as pilot:
        before = row_of(app, "p5.48xlarge")
        await press(pilot, "plus", "greater_than_sign", "minus", "plus")
        assert "16,384 tokens × 2 requests" in screen_text(app)
        assert row_of(app, "p5.48xlarge") != before


async def test_a_filter_leaves_rows_and_escape_clears_it_before_it_leaves(app: AdvisorApp) -> None:
    async with opened(app, "F", "m", "slash") as pilot:
        await paste(pilot, "h200 fits")
        await press(pilot, "enter")
        assert "2 shown" in screen_text(app)
        assert "p4d.24xlarge" not in screen_text(app)
        await press(pilot, "escape")
        assert "shown" not in screen_text(app)
        await press(pilot, "escape")
        assert app.screen.id == "fit"


@pytest.mark.parametrize("model", ["llama-4-scout", "llama-4-maverick"])
def test_every_cell_says_what_fit_says_of_its_own_combination(app: AdvisorApp, model: str) -> None:
    session = app.session
    session.ask_fit(model=model, context_tokens=32_768, concurrency=8)
    rows = fit_matrix(session.catalog, session.fit_question)
    assert len(rows) == len(session.catalog.instances)
    judged = [(cell, fit(session.catalog, cell.question)) for row in rows[::3] for cell in row.cells]
    assert [result.verdict for _, result in judged] == [cell.verdict for cell, _ in judged]
    assert {Verdict.FITS, Verdict.DOES_NOT_FIT, Verdict.UNSUPPORTED} <= {cell.verdict for cell, _ in judged}
