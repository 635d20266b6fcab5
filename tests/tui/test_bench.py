"""Bench: a run from the app against the built-in endpoint, across screens, stopped, and refused."""

import re
from collections.abc import Iterator

import pytest

from advisor.evidence.ledger import Ledger
from advisor.quantities.provenance import Level
from advisor.simulator.server import SimulatorProcess
from advisor.tui.app import AdvisorApp
from advisor.tui.live_run import Phase
from tui.support import LARGE, filled, opened, press, screen_text, until


@pytest.fixture(scope="module")
def endpoint() -> Iterator[SimulatorProcess]:
    with SimulatorProcess("fast") as running:
        yield running


async def test_a_run_on_the_builtin_endpoint_appears_in_evidence_as_simulated(app: AdvisorApp) -> None:
    filled(app.session, concurrency="1,2")
    async with opened(app, "B", "o", size=LARGE) as pilot:
        await until(pilot, lambda: app.session.bench_form.endpoint.startswith("http://127.0.0.1"))
        await press(pilot, "b")
        live = app.session.live
        await until(pilot, lambda: live.phase is Phase.IDLE and live.kept is not None)
        assert re.search(r"\d of 2 loads valid", screen_text(app))
        assert "Simulated: the built-in endpoint answered" in screen_text(app)
        await press(pilot, "E")
        shown = screen_text(app)
        assert "Runs 1" in shown
        assert "so nothing here is evidence about an instance" in shown
        points = Ledger(app.session.paths.ledger).points()
        assert {point.level for point in points} <= {Level.SIMULATED}
        await press(pilot, "A")
        assert "0 of 5 figures" in screen_text(app)


async def test_a_run_goes_on_across_screens_and_stops_with_what_it_measured(
    app: AdvisorApp, endpoint: SimulatorProcess
) -> None:
    filled(app.session, endpoint=endpoint.url, concurrency="4", requests="20000")
    async with opened(app, "B", "b") as pilot:
        live = app.session.live
        await until(pilot, lambda: live.progress is not None and live.progress.completed > 20)
        await press(pilot, "F")
        assert "Bench ●" in screen_text(app).splitlines()[0]
        assert live.is_on
        await press(pilot, "B", "x")
        await until(pilot, lambda: live.phase is Phase.IDLE)
        assert live.kept is not None
        assert live.kept.result.state.value == "cancelled"
        assert live.kept.result.points[0].requests.completed > 20
        assert "STOPPED" in screen_text(app)


async def test_quitting_asks_while_a_run_is_on_and_keeps_it(app: AdvisorApp, endpoint: SimulatorProcess) -> None:
    filled(app.session, endpoint=endpoint.url, concurrency="4", requests="20000")
    async with opened(app, "B", "b") as pilot:
        live = app.session.live
        await until(pilot, lambda: live.progress is not None and live.progress.completed > 5)
        await press(pilot, "q", "escape")
        assert live.is_on
        await press(pilot, "q", "y")
        await until(pilot, lambda: not app.is_running or not live.is_on)
    (run,) = Ledger(app.session.paths.ledger).runs()
    assert run.state == "cancelled"


@pytest.mark.parametrize(
    ("values", "complaint"),
    [
        ({}, "no endpoint is given"),
        ({"endpoint": "http://127.0.0.1:1"}, "nothing listens at http://127.0.0.1:1"),
        ({"endpoint": "http://user:pw@host"}, "user name or password"),
        ({"endpoint": "h", "concurrency": "4,x"}, "'x' is not a whole number"),
        ({"endpoint": "h", "tokens": "512"}, "Write it like 512/128"),
        ({"endpoint": "h", "targets": "ttft=1"}, "is not a latency target"),
        ({"endpoint": "h", "key_variable": "sk-live-abc"}, "the environment variable is not set"),
    ],
)
async def test_what_cannot_be_measured_is_said_in_one_sentence(
    app: AdvisorApp, values: dict[str, str], complaint: str
) -> None:
    filled(app.session, **values)
    async with opened(app, "B", "b", size=LARGE) as pilot:
        await until(pilot, lambda: not app.session.live.is_on)
        shown = screen_text(app)
        assert complaint in shown
        assert "sk-live-abc" not in shown.split("REFUSED")[1]


async def test_letters_are_text_in_a_field_and_keys_after_escape(app: AdvisorApp) -> None:
    async with opened(app, "B", "up", "up") as pilot:
        await press(pilot, *"bFx")
        assert app.current_mode == "bench"
        await press(pilot, "escape", "F")
        assert app.current_mode == "fit"
