"""Refreshing prices in the app: choose, watch, look, apply; escape changes nothing at any point."""

import threading

import pytest

from advisor.paths import UserPaths
from advisor.tui.app import AdvisorApp
from advisor.tui.screens.refresh import RefreshDialog
from advisor.tui.session import Session
from servers import feeds
from servers.feeds import page_path, serving
from servers.raw import Connection, Request, chunk, head
from tui.support import LARGE, SMALL, opened, press, screen_text, until

HOME = "US East (N. Virginia)"
NEWS = {page_path(HOME): feeds.as_json(feeds.page(HOME, {"p5.48xlarge": "98.32", "p4d.24xlarge": "21"}))}
ONLY_THIS_REGION = ("r", "space")


def on_demand(session: Session) -> tuple[float, str]:
    price = session.catalog.prices.find("p5.48xlarge", "us-east-1", "on_demand")
    assert price is not None
    return price.usd_per_hour, price.provenance.layer


async def test_what_changes_is_shown_before_enter_applies_it(
    app: AdvisorApp, session: Session, paths: UserPaths
) -> None:
    with serving(NEWS) as server:
        session.feeds_url = server.url
        async with opened(app, "C", *ONLY_THIS_REGION, "enter", size=LARGE) as pilot:
            shown = screen_text(app)
            assert "2 changed" in shown
            assert "$55.04 → $98.32" in shown and "+78.6 %" in shown and "moves by more than 30 %" in shown
            assert shown.index("98.32") < shown.index("$21.96"), "what to look at comes first"
            assert not paths.refreshed.exists()
            await press(pilot, "enter")
            assert not isinstance(app.screen, RefreshDialog)
            assert on_demand(session) == (98.32, "refreshed")
            await press(pilot, "slash", *"p5.4")
            assert "98.32 ■" in screen_text(app)


async def test_escape_leaves_the_catalogue_as_it_is(
    app: AdvisorApp, session: Session, paths: UserPaths, monkeypatch: pytest.MonkeyPatch
) -> None:
    with serving(NEWS) as server:
        monkeypatch.setenv("ADVISOR_FEEDS", server.url)
        async with opened(app, "C", *ONLY_THIS_REGION, "enter", "escape"):
            assert not isinstance(app.screen, RefreshDialog)
    assert on_demand(session) == (55.04, "shipped")
    assert not paths.refreshed.exists()


async def test_escape_ends_a_reading_that_hangs(app: AdvisorApp, session: Session, paths: UserPaths) -> None:
    reached = threading.Event()

    def slow(connection: Connection, _request: Request) -> object:
        connection.send(head(200, {"transfer-encoding": "chunked"}), chunk(b'{"regions": '))
        reached.set()
        connection.stall()
        return False

    with serving({page_path(HOME): slow}) as server:
        session.feeds_url = server.url
        async with opened(app, "C", *ONLY_THIS_REGION) as pilot:
            await pilot.press("enter")
            await until(pilot, reached.is_set)
            await until(pilot, lambda: "page feed of us-east-1" in screen_text(app))
            await press(pilot, "escape")
            assert "Cancelled. Nothing was changed" in screen_text(app)
            await press(pilot, "escape")
            assert not isinstance(app.screen, RefreshDialog)
    assert not paths.refreshed.exists()


async def test_what_went_wrong_is_one_sentence_and_it_can_be_tried_again(app: AdvisorApp, session: Session) -> None:
    answers = {page_path(HOME): feeds.as_json({"regions": {"Mars": {}}})}
    with serving(answers) as server:
        session.feeds_url = server.url
        async with opened(app, "C", *ONLY_THIS_REGION, "enter") as pilot:
            shown = screen_text(app)
            assert "on-demand page feed of us-east-1: regions has no" in shown and "it has Mars" in shown
            answers.update(NEWS)
            await press(pilot, "enter")
            assert "2 changed" in screen_text(app)


async def test_every_feed_can_be_ticked_and_nothing_new_cannot_be_applied(
    app: AdvisorApp, session: Session, paths: UserPaths
) -> None:
    with serving(feeds.everything()) as server:
        session.feeds_url = server.url
        async with opened(app, "C", "r") as pilot:
            await press(pilot, *("space", "down") * 4, "space", "enter")
            assert "5 new" in screen_text(app)
            await press(pilot, "end")
            assert "Capacity Block page: read" in screen_text(app)
            await press(pilot, "enter")
            assert session.catalog.interruptions["p5.48xlarge", "us-east-1"].provenance.layer == "refreshed"
            await press(pilot, "r", "space", "down", "down", "down", "down", "space", "enter")
            assert "unchanged since the last refresh" in screen_text(app)
            written = paths.refreshed.joinpath("sources.toml").stat().st_mtime_ns
            await press(pilot, "enter")
            assert isinstance(app.screen, RefreshDialog)
            assert paths.refreshed.joinpath("sources.toml").stat().st_mtime_ns == written


async def test_on_a_small_screen_no_price_is_cut(app: AdvisorApp, session: Session) -> None:
    with serving(NEWS) as server:
        session.feeds_url = server.url
        async with opened(app, "C", *ONLY_THIS_REGION, "enter", size=SMALL):
            said = " ".join(screen_text(app).replace("│", " ").split())
            assert "$55.04 → $98.32 +78.6 %" in said
            assert "moves by more than 30 %" in said
