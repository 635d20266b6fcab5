"""Leaving and stopping: every way out asks the same question, and nothing is left behind."""

import asyncio
from pathlib import Path

import pytest

from advisor.advice.advise import Knowledge
from advisor.bench.preflight import preflight
from advisor.paths import UserPaths
from advisor.tui.app import AdvisorApp
from advisor.tui.bench_question import question_of
from advisor.tui.endpoint_check import EndpointCheck
from advisor.tui.live_run import Phase
from advisor.tui.session import Session
from patience import PATIENCE_S
from servers.engine import Engine
from servers.raw import Connection, RawServer, Request
from tui.support import LARGE, filled, opened, press, screen_text, until


def stalled(connection: Connection, request: Request) -> bool:
    """An endpoint that takes a request and says nothing."""
    connection.stall()
    return False


def slow() -> RawServer:
    """An endpoint whose answers take long enough to be stopped in the middle."""
    return RawServer(Engine(gap_s=0.02))


@pytest.mark.parametrize("way", ["q", "ctrl+q", "palette"])
async def test_every_way_out_asks_while_a_benchmark_runs(app: AdvisorApp, way: str) -> None:
    with slow() as server:
        filled(app.session, endpoint=server.url, concurrency="2", requests="2000")
        async with opened(app, "B", "b") as pilot:
            live = app.session.live
            await until(pilot, lambda: live.phase is Phase.RUNNING)
            if way == "palette":
                (command,) = [each for each in app.get_system_commands(app.screen) if each.title == "Quit"]
                await command.callback()
            else:
                await pilot.press(way)
            await until(pilot, lambda: "Stop it, keep what was measured" in screen_text(app))
            await pilot.press("escape")
            await until(pilot, lambda: "Stop it" not in screen_text(app))
            assert app.is_running
            assert live.phase is Phase.RUNNING


async def test_the_way_out_is_open_over_another_question_and_is_asked_once(app: AdvisorApp) -> None:
    with slow() as server:
        filled(app.session, endpoint=server.url, concurrency="2", requests="2000")
        async with opened(app, "1", "B", "b") as pilot:
            await until(pilot, lambda: app.session.live.phase is Phase.RUNNING)
            await press(pilot, "D", "r")
            for _ in range(2):
                await pilot.press("ctrl+q")
                await until(pilot, lambda: "Stop it, keep what was measured" in screen_text(app))
            await pilot.press("escape")
            await until(pilot, lambda: "Forget the answer" in screen_text(app))


async def test_quitting_twice_ends_a_run_that_is_slow_to_stop(app: AdvisorApp) -> None:
    with slow() as server:
        filled(app.session, endpoint=server.url, concurrency="2", requests="2000")
        async with opened(app, "B", "b") as pilot:
            live = app.session.live
            await until(pilot, lambda: live.phase is Phase.RUNNING)
            live.phase = Phase.STOPPING
            await pilot.press("q")
            await until(pilot, lambda: "End it at once" in screen_text(app))
            await pilot.press("y")
            await until(pilot, lambda: not app.is_running)
            assert not live.is_on


async def test_ctrl_c_says_how_to_quit(app: AdvisorApp) -> None:
    async with opened(app, "ctrl+c"):
        assert "ctrl+q quits" in screen_text(app)


async def test_a_stop_while_the_endpoint_is_tried_gives_it_up_at_once(app: AdvisorApp) -> None:
    with RawServer(stalled) as silent, slow() as server:
        filled(app.session, endpoint=silent.url, concurrency="2", requests="2000")
        async with opened(app, "B") as pilot:
            live = app.session.live
            await pilot.press("b")
            await until(pilot, lambda: bool(silent.requests))
            assert live.is_on
            await pilot.press("x")
            assert not live.is_on
            await pilot.app.workers.wait_for_complete()
            assert not live.complaint
            assert not list_of_runs(app)
            app.session.use_endpoint(server.url)
            await pilot.press("b")
            await until(pilot, lambda: live.phase is Phase.RUNNING)
            live.kill()
            await until(pilot, lambda: live.phase is Phase.IDLE)
            assert len(list_of_runs(app)) == 1


def test_the_answer_of_an_abandoned_check_is_dropped_however_late_it_comes(
    app: AdvisorApp, monkeypatch: pytest.MonkeyPatch
) -> None:
    live, session = app.session.live, app.session
    monkeypatch.setattr(EndpointCheck, "abandon", lambda _: None)  # the answer was on its way already
    with slow() as server:
        filled(session, endpoint=server.url)
        given_up = live.check()
        live.stop()
        live.begin(given_up, question_of(session.bench_form), session.catalog, session.paths, None)
    assert live.phase is Phase.IDLE
    assert not live.complaint
    assert not list_of_runs(app)


async def test_quitting_while_the_endpoint_is_tried_goes_at_once_and_leaves_nothing(
    app: AdvisorApp, monkeypatch: pytest.MonkeyPatch
) -> None:
    defaults = preflight.__kwdefaults__ or {}
    assert "timeout_s" in defaults
    monkeypatch.setitem(defaults, "timeout_s", 10 * PATIENCE_S)  # it would not give up by itself
    with RawServer(stalled) as silent:
        filled(app.session, endpoint=silent.url)
        async with opened(app, "B") as pilot:
            await pilot.press("b")
            await until(pilot, lambda: bool(silent.requests))
            await pilot.press("ctrl+q")
            await until(pilot, lambda: "Give that up and quit" in screen_text(app))
            await pilot.press("y")
            await until(pilot, lambda: not app.is_running)
    assert not list_of_runs(app)


async def test_a_load_that_was_stopped_is_no_failure_and_keeps_its_answers(app: AdvisorApp) -> None:
    with slow() as server:
        filled(app.session, endpoint=server.url, concurrency="2", requests="2000")
        async with opened(app, "B", "b", size=LARGE) as pilot:
            live = app.session.live
            await until(pilot, lambda: live.progress is not None and live.progress.completed > 2)
            await pilot.press("x")
            await until(pilot, lambda: live.phase is Phase.IDLE)
            shown = screen_text(app)
            assert live.kept is not None
            kept = live.kept.result.points[0].requests.completed
            assert f"It was stopped after {kept} of 6000 answers, which are kept." in shown
            assert "failed" not in shown
            assert "no data of the requests" not in shown


async def test_a_load_stopped_before_its_first_answer_is_no_failure_either(app: AdvisorApp) -> None:
    with RawServer(Engine(reach=2)) as server:
        script = server._script
        assert isinstance(script, Engine)
        filled(app.session, endpoint=server.url, concurrency="2", requests="2000")
        async with opened(app, "B") as pilot:
            live = app.session.live
            await pilot.press("b")
            await until(pilot, lambda: live.phase is Phase.RUNNING)
            script.first_s = 1.0  # long enough to stop before it, twice: the load is warmed up first
            await until(pilot, lambda: live.progress is not None and live.progress.issued > 0)
            await pilot.press("x")
            await until(pilot, lambda: live.phase is Phase.IDLE)
            assert "failed" not in screen_text(app)


async def test_what_is_complained_about_goes_with_a_new_address(app: AdvisorApp) -> None:
    filled(app.session, endpoint="http://user:pw@host")
    async with opened(app, "B", "b") as pilot:
        assert "REFUSED" in screen_text(app)
        await press(pilot, "up", "up", "up", "up", "up", "up", "up", "backspace")
        assert app.session.bench_form.endpoint == "http://user:pw@hos"
        assert "REFUSED" not in screen_text(app)


def test_a_check_can_be_abandoned_before_it_begins() -> None:
    check = EndpointCheck()
    check.abandon()
    with pytest.raises(asyncio.CancelledError):
        check.run(asyncio.sleep(60))


def test_evidence_read_before_a_run_ended_does_not_hide_what_the_run_added(
    session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = [Knowledge(session.catalog, []), Knowledge(session.catalog, [])]
    read: list[Knowledge] = []

    def gather(*_: object) -> Knowledge:
        read.append(found[len(read)])
        if len(read) == 1:
            session.forget_evidence()  # a run ends while the ledger is being read
        return read[-1]

    monkeypatch.setattr("advisor.workflows.knowledge.gather", gather)
    assert session.knowledge() is found[0]
    assert session.knowledge() is found[1]
    assert session.knowledge() is found[1]


def list_of_runs(app: AdvisorApp) -> list[Path]:
    paths: UserPaths = app.session.paths
    return list(paths.runs.iterdir()) if paths.runs.is_dir() else []
