"""Catalog: the table, its filter, order and ticks; details with every source; instances side by side."""

import pytest
from textual.widgets import DataTable, OptionList

from advisor.cli.main import main as run_command
from advisor.tui.app import AdvisorApp
from advisor.tui.screens.catalog import CatalogScreen
from advisor.tui.views import catalog as view
from advisor.tui.widgets.rowtable import RowTable
from advisor.workflows.catalog.columns import COLUMNS
from tui.support import LARGE, opened, paste, press, screen_text


def shown_rows(app: AdvisorApp) -> list[str]:
    """The instances in the table, in order."""
    return [str(key.value) for key in app.screen.query_one("#instances", RowTable).rows]


def room(app: AdvisorApp) -> CatalogScreen:
    assert isinstance(app.screen, CatalogScreen)
    return app.screen


async def test_the_filter_leaves_matching_rows_and_escape_clears_it(app: AdvisorApp) -> None:
    total = len(app.session.catalog.instances)
    async with opened(app, "C", "slash", *"h100") as pilot:
        assert f"2 of {total}" in screen_text(app)
        await press(pilot, "escape")
        assert f"{total} · [us-east-1]" in screen_text(app)


async def test_the_filter_says_its_language_and_how_it_was_read(app: AdvisorApp) -> None:
    async with opened(app, "C", "slash") as pilot:
        assert ">=80GiB" in screen_text(app)
        await paste(pilot, "8x >=79GiB nvlink h1")
        shown = screen_text(app)
        assert "accelerators = 8  ·  GiB each ≥ 79  ·  link nvlink  ·  'h1'" in shown
        assert shown_rows(app) == ["p5.48xlarge"]
        await press(pilot, "enter")
        assert "8x >=79GiB nvlink h1" in screen_text(app)  # a filter in force stays visible


async def test_a_filter_that_leaves_nothing_says_which_term_is_in_the_way(app: AdvisorApp) -> None:
    async with opened(app, "C", "slash", *"h100 <1$", size=LARGE) as pilot:
        shown = screen_text(app)
        assert "No instance matches" in shown
        assert "without it 2 would be left" in shown
        await press(pilot, "escape")
        assert "No instance matches" not in screen_text(app)


async def test_typing_draws_the_table_anew_only_when_other_rows_are_left(
    app: AdvisorApp, monkeypatch: pytest.MonkeyPatch
) -> None:
    cleared: list[bool] = []
    clear = RowTable.clear

    def counted(self: RowTable, columns: bool = False) -> RowTable:
        cleared.append(columns)
        clear(self, columns)
        return self

    monkeypatch.setattr(RowTable, "clear", counted)
    async with opened(app, "C") as pilot:
        written = dict(room(app)._cells)
        cleared.clear()
        await press(pilot, "slash", *"h100")
        assert len(cleared) < 4  # h1, h10 and h100 leave the same rows
        assert not any(cleared)  # and columns stay as they are
        assert room(app)._cells == written


async def test_what_has_no_list_price_says_so_and_shows_no_zero(app: AdvisorApp) -> None:
    app.session.region = "us-east-2"
    async with opened(app, "C", "slash", *"trn2.48"):
        shown = screen_text(app)
        assert "no list price" in shown
        assert "0.00" not in shown


async def test_what_is_not_sold_in_the_region_is_told_from_what_has_no_list_price(
    app: AdvisorApp, capsys: pytest.CaptureFixture[str]
) -> None:
    async with opened(app, "C", "slash", *"trn2.48"):
        shown = screen_text(app)
        assert "no list" not in shown
        assert "us-east-1: not sold here" in shown
    run_command(["catalog", "show", "trn2.48xlarge"])
    assert "us-east-1: not sold here" in capsys.readouterr().out


async def test_any_column_can_be_picked_to_sort_by_and_is_marked(app: AdvisorApp) -> None:
    async with opened(app, "C", "s", size=LARGE) as pilot:
        choices = app.screen.query_one("#choices", OptionList)
        assert choices.option_count == len(COLUMNS)
        choices.highlighted = list(COLUMNS).index("usd_per_tb_per_s_hour")
        await press(pilot, "enter")
        assert "USD/TB/s·h ↑" in screen_text(app)
        ratios = [row.derived.get("usd_per_tb_per_s_hour") for row in room(app)._rows]
        known = [ratio.known for ratio in ratios if ratio is not None]
        assert known == sorted(known)
        assert all(ratio is None for ratio in ratios[len(known) :])
        await press(pilot, "S")
        assert "USD/TB/s·h ↓" in screen_text(app)
        last = room(app)._rows[-1]
        assert "usd_per_tb_per_s_hour" not in last.derived


async def test_the_same_column_again_turns_the_order_round(app: AdvisorApp) -> None:
    async with opened(app, "C") as pilot:
        first = shown_rows(app)
        await press(pilot, "s", "enter")
        assert "by instance ↓" in screen_text(app)
        assert shown_rows(app) == first[::-1]
        await press(pilot, "s", "escape")
        assert shown_rows(app) == first[::-1]


@pytest.mark.parametrize("key", COLUMNS)
def test_the_column_by_which_rows_stand_is_always_shown(key: str) -> None:
    for width in (80, 140):
        shown = view.columns(width, view.Order.by(COLUMNS[key]), [])
        assert key in [column.key for column in shown]
        assert sum(column.width + 2 for column in shown) + 3 <= width


async def test_the_region_changes_for_the_whole_app(app: AdvisorApp) -> None:
    async with opened(app, "C", "right_square_bracket") as pilot:
        region = app.session.region
        assert region != "us-east-1"
        assert f"[{region}]" in screen_text(app)
        await press(pilot, "F")
        assert region in screen_text(app).splitlines()[0]


async def test_a_region_can_be_picked_from_all(app: AdvisorApp) -> None:
    async with opened(app, "C", "R") as pilot:
        await press(pilot, "down", "enter")
        assert app.session.region == "us-east-1-atl-2a"
        await press(pilot, "R", "up", "up", "escape")
        assert app.session.region == "us-east-1-atl-2a"


async def test_prices_can_be_of_another_way_of_buying(app: AdvisorApp) -> None:
    async with opened(app, "C", "p", "down", "down", "enter", "slash", *"p5.48") as pilot:
        shown = screen_text(app)
        assert "[us-east-1] Capacity Block" in shown
        assert "41.53" in shown
        assert "hold 31 days" in shown
        await press(pilot, "escape", "slash", *"g7e.48")
        assert "not sold this way" in screen_text(app)


async def test_ticks_outlast_filter_and_order_and_are_compared_side_by_side(app: AdvisorApp) -> None:
    async with opened(app, "C", "slash", *"p5.48", "enter", "space", "slash", size=LARGE) as pilot:
        await press(pilot, "ctrl+u", *"p5en", "enter", "space", "S")
        assert "2 ticked" in screen_text(app)
        await press(pilot, "escape", "c")
        shown = screen_text(app)
        assert "2 instances, us-east-1" in shown
        table = app.screen.query_one("#compared", DataTable)
        assert [str(column.label) for column in table.ordered_columns] == ["figure", "p5en.48xlarge", "p5.48xlarge"]
        (line,) = [line for line in shown.splitlines() if "memory each, usable" in line]
        assert "▸ 139.80 GiB" in line
        assert "▸ 79.19" not in line
        await press(pilot, "escape")
        assert [line for line in screen_text(app).splitlines() if "✓ p5.48xlarge" in line]


async def test_a_comparison_of_more_than_fits_scrolls_and_keeps_the_labels(app: AdvisorApp) -> None:
    ticks = [key for _ in range(5) for key in ("space", "down")]
    async with opened(app, "C", *ticks, "c") as pilot:
        table = app.screen.query_one("#compared", DataTable)
        assert "g6.24xlarge" not in screen_text(app)
        await press(pilot, *["right"] * 4)
        assert table.scroll_x > 0
        shown = screen_text(app)
        assert "g6.24xlarge" in shown
        assert "memory each, usable" in shown
        await press(pilot, "pagedown", "pagedown", "pagedown")
        assert "USD/h per BF16 PFLOP/s" in screen_text(app)


async def test_fewer_than_two_ticks_are_not_compared_and_it_says_why(app: AdvisorApp) -> None:
    async with opened(app, "C", "space", "c"):
        assert isinstance(app.screen, CatalogScreen)
        assert "Tick at least two" in screen_text(app)


@pytest.mark.parametrize("key", ["enter", "i"])
async def test_details_name_where_each_figure_comes_from(app: AdvisorApp, key: str) -> None:
    async with opened(app, "C", "slash", *"p5en", "enter", key, size=LARGE) as pilot:
        lines = screen_text(app).splitlines()
        (total,) = [line for line in lines if "memory all, usable" in line]
        assert "8 × 139.8" in total
        await press(pilot, "end")
        shown = screen_text(app)
        assert "3-year savings plan, no upfront" in shown
        assert "USD/h ÷ GiB, all accelerators" in shown
        assert "[2] CUDA-visible memory" in shown


async def test_on_a_small_screen_sources_stand_below_by_number(app: AdvisorApp) -> None:
    async with opened(app, "C", "slash", *"p5en", "enter", "enter") as pilot:
        assert "[1]" in screen_text(app)
        await press(pilot, "end")
        shown = screen_text(app)
        assert "] USD/h ÷ PFLOP/s, all accelerators" in shown


async def test_a_chip_without_fp8_arithmetic_has_none_and_no_gap_in_the_data(app: AdvisorApp) -> None:
    async with opened(app, "C", "slash", *"p4d", "enter", "i", size=LARGE):
        (line,) = [line for line in screen_text(app).splitlines() if "FP8 dense each" in line]
        assert "none" in line
        assert "no data" not in line


async def test_f_asks_fit_about_the_row(app: AdvisorApp) -> None:
    async with opened(app, "C", "slash", *"inf2.48", "enter", "f"):
        assert app.current_mode == "fit"
        shown = screen_text(app)
        assert "UNSUPPORTED" in shown
        assert "inf2.48xlarge" in shown
