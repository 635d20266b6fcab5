"""A published report in the app: its contents, its charts, and the way back."""

from advisor.tui.app import AdvisorApp, make_app
from advisor.tui.screens.chart import ChartScreen
from tui.support import LARGE, opened, press, screen_text

REPORTS = ("E", "t", "t", "t")


def squeezed(app: AdvisorApp) -> str:
    """The screen with runs of spaces as one."""
    return " ".join(screen_text(app).split())


async def test_a_report_opens_from_its_panel_and_from_a_claim_of_the_audit(app: AdvisorApp) -> None:
    async with opened(app, *REPORTS, size=LARGE) as pilot:
        assert "Llama 4 FM Serving Benchmark" in screen_text(app)
        await press(pilot, "enter")
        shown = screen_text(app)
        for title in ("Charts 10", "Overview: Llama 4 Scout", "Recommendation by workload", "✗ false fact"):
            assert title in shown
        await press(pilot, "escape", "t", "t", "t", "t", "enter")
        assert "Also says" in screen_text(app)


async def test_the_claims_of_a_verdict_can_be_read_with_their_arithmetic(app: AdvisorApp) -> None:
    async with opened(app, *REPORTS, "enter", size=LARGE) as pilot:
        lines = screen_text(app).splitlines()
        first, wrong = (next(at for at, line in enumerate(lines) if word in line) for word in ("Overview:", "✗ wrong"))
        await press(pilot, *("down",) * (wrong - first - 1), "enter")
        assert "claimed 0.85" in squeezed(app)
        assert "= 6.50 USD/1M" in squeezed(app)


async def test_charts_turn_like_pages_and_their_rows_are_explained(app: AdvisorApp) -> None:
    async with opened(app, *REPORTS, "enter", "enter", size=LARGE) as pilot:
        for shown in ("1 of 10", "120 ✗", "≥ 7.97 ≡", "bars: log scale"):
            assert shown in squeezed(app)
        await press(pilot, *("down",) * 4)
        assert "does not support Llama 4 on the inf2 family" in squeezed(app)
        await press(pilot, "i")
        assert "Best evidence unknown ? unknown" in squeezed(app)
        await press(pilot, "escape", "n", "right")
        assert "3 of 10" in screen_text(app)
        await press(pilot, "left", "p")
        assert "1 of 10" in screen_text(app)


async def test_escape_leads_back_step_by_step_and_rooms_can_be_left_anywhere(app: AdvisorApp) -> None:
    async with opened(app, *REPORTS, "enter", "enter", "C") as pilot:
        assert app.current_mode == "catalog"
        await press(pilot, "E")
        assert "1 of 10" in screen_text(app)
        await press(pilot, "escape")
        assert "Charts 10" in screen_text(app)
        await press(pilot, "escape")
        assert "t next panel" in screen_text(app)


async def test_a_chart_is_computed_again_after_new_evidence(app: AdvisorApp) -> None:
    async with opened(app, *REPORTS, "enter", "enter") as pilot:
        screen = app.screen
        assert isinstance(screen, ChartScreen)
        before = screen._chart
        app.session.forget_evidence()
        await press(pilot, "D", "E")
        assert screen.is_current
        assert screen._chart is not before


async def test_a_chart_file_that_cannot_be_used_is_said_in_place(app: AdvisorApp) -> None:
    folder = app.session.paths.config / "catalog" / "charts"
    folder.mkdir(parents=True)
    (folder / "llama-4-serving-2026-02.toml").write_text('source = "me"\nas_of = 2026-01-01\nchart = 5\n')
    other = make_app(app.session.paths)
    async with opened(other, *REPORTS, "enter"):
        assert "this is an array of tables" in squeezed(other)
