"""The published figures in Evidence: Llama 4 at first, every model by a filter, never more than a screen can take."""

from textual.pilot import Pilot
from textual.widgets import DataTable, Input

from advisor.catalog.load import Catalog
from advisor.evidence.published import all_published_points
from advisor.tui.app import AdvisorApp
from advisor.tui.views.published import MOST_ROWS, Published
from tui.support import opened, press, screen_text, settle


async def look_for(pilot: Pilot[None], words: str) -> None:
    """The words at once in the filter, as by pasting."""
    await press(pilot, "slash")
    pilot.app.screen.query_one(Input).value = words
    await settle(pilot)


async def test_figures_of_the_models_advised_on_come_first_and_a_filter_finds_the_others(app: AdvisorApp) -> None:
    async with opened(app, "E", "t") as pilot:
        table = app.screen.query_one(DataTable)
        assert table.row_count == 176
        assert "mixtral" not in screen_text(app)
        await look_for(pilot, "mixtral 8xh")
        assert "no published figure matches" in screen_text(app).casefold()
        await look_for(pilot, "Mixtral h100")
        await press(pilot, "enter")
        assert app.focused is table
        assert 0 < table.row_count < 100
        assert all("mixtral" in str(table.get_row_at(at)[0]) for at in range(table.row_count))
        await press(pilot, "escape")
        assert table.row_count == 176


async def test_the_filter_key_leads_to_the_published_figures_from_any_panel(app: AdvisorApp) -> None:
    async with opened(app, "E", "t", "t", "slash"):
        assert app.focused is app.screen.query_one(Input)
        assert "figures of the models advised on" in screen_text(app)


async def test_a_filter_that_many_figures_match_says_how_many_are_not_shown(app: AdvisorApp) -> None:
    async with opened(app, "E") as pilot:
        await look_for(pilot, "gpt-oss")
        assert app.screen.query_one(DataTable).row_count == MOST_ROWS
        assert f"showing {MOST_ROWS} of 892 that match; more words narrow it" in screen_text(app)


async def test_an_accelerator_that_no_answer_considers_says_so(app: AdvisorApp) -> None:
    async with opened(app, "E", size=(140, 40)) as pilot:
        await look_for(pilot, "scout gb200")
        await press(pilot, "enter", "i")
        assert "which no answer proposes" in screen_text(app)


async def test_everything_that_is_known_of_a_figure_is_one_key_away(app: AdvisorApp) -> None:
    async with opened(app, "E", size=(140, 40)) as pilot:
        await look_for(pilot, "aiconfigurator gpt")
        await press(pilot, "enter", "i")
        shown = screen_text(app)
        assert "silicon_sample.csv" in shown
        assert "percentiles is not stated" in shown


def test_every_word_of_a_filter_must_occur(catalog: Catalog) -> None:
    published = Published(all_published_points(catalog), tuple(catalog.models), catalog.layers.sources)
    found = published.matching("L40S 70B ttft")
    assert found
    assert {(point.accelerator, point.metric) for point in found} == {("L40S-48GB", "ttft_ms")}
    assert len(published.matching("  ")) == 176
