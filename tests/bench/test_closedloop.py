"""The closed loop against requests that last as long as a test wants."""

import asyncio
import itertools
import time
from collections.abc import Callable
from dataclasses import replace
from types import SimpleNamespace

import pytest

from advisor.bench.closedloop import ClosedLoop, Ticket
from advisor.bench.counters import Stage
from advisor.bench.plan import Plan
from advisor.bench.records import CellKey, Load, Outcome, Phase

PLAN = Plan(model="m", requests_per_cell=10, concurrencies=(3,), warmup_requests=4)


class Requests:
    """Stands in for the wire. Each request takes a few turns of the event loop, or until it is let go."""

    def __init__(self, answered: Callable[[Ticket], bool] = lambda _: True, *, hangs: bool = False) -> None:
        self._answered = answered
        self._hangs = hangs
        self.tickets: list[Ticket] = []
        self.cut: list[Outcome] = []
        self.in_flight = 0
        self.most = 0
        self.all_waiting = asyncio.Event()

    async def __call__(self, ticket: Ticket, cut: Callable[[], Outcome]) -> bool:
        self.tickets.append(ticket)
        self.in_flight += 1
        self.most = max(self.most, self.in_flight)
        try:
            if self._hangs:
                self.all_waiting.set()
                await asyncio.Event().wait()
            for _ in range(ticket.index % 3 + 1):
                await asyncio.sleep(0)
        except asyncio.CancelledError:
            self.cut.append(cut())
            raise
        finally:
            self.in_flight -= 1
        return self._answered(ticket)


def loop_of(plan: Plan, requests: Requests, stop: asyncio.Event | None = None, slots: int = 3) -> ClosedLoop:
    cell = CellKey(Load("concurrency", slots), 0)
    return ClosedLoop(plan, cell, requests, stop or asyncio.Event(), lambda _: None)


async def test_every_planned_request_is_made_once_after_the_warm_up() -> None:
    requests = Requests()
    loop = loop_of(PLAN, requests)
    await loop.run()
    made = [(ticket.phase, ticket.index) for ticket in requests.tickets]
    assert made == [*((Phase.WARMUP, i) for i in range(4)), *((Phase.MEASURE, i) for i in range(10))]
    assert (loop.issued, loop.unsent, loop.reason, loop.answered) == (10, 0, "", 14)


async def test_never_more_and_always_as_many_as_there_are_slots() -> None:
    requests = Requests()
    await loop_of(PLAN, requests).run()
    assert requests.most == 3
    assert {ticket.slot for ticket in requests.tickets} == {0, 1, 2}


async def test_fewer_requests_than_slots_leave_slots_idle() -> None:
    requests = Requests()
    await loop_of(replace(PLAN, requests_per_cell=2, warmup_requests=0), requests, slots=8).run()
    assert len(requests.tickets) == 2


async def test_the_window_begins_behind_the_warm_up_and_ends_with_the_first_idle_slot() -> None:
    requests = Requests()
    begun = time.monotonic_ns()
    loop = loop_of(PLAN, requests)
    await loop.run()
    assert begun <= loop.window_start_ns < loop.window_end_ns <= time.monotonic_ns()
    warm_slots = [ticket.slot_ns for ticket in requests.tickets if ticket.phase is Phase.WARMUP]
    assert loop.window_start_ns > max(warm_slots)
    assert loop.window_end_ns > max(ticket.slot_ns for ticket in requests.tickets)


async def test_without_a_warm_up_the_window_begins_with_the_first_request() -> None:
    requests = Requests()
    loop = loop_of(replace(PLAN, warmup_requests=0), requests)
    await loop.run()
    assert loop.window_start_ns == requests.tickets[0].slot_ns


async def test_stages_are_told_in_order() -> None:
    stages: list[Stage] = []
    cell = CellKey(Load("concurrency", 3), 0)
    await ClosedLoop(PLAN, cell, Requests(), asyncio.Event(), stages.append).run()
    assert stages == [Stage.WARMUP, Stage.MEASURE, Stage.DRAIN]


async def test_stopping_cuts_what_is_in_flight_and_issues_nothing_more() -> None:
    requests, stop = Requests(hangs=True), asyncio.Event()
    loop = loop_of(replace(PLAN, warmup_requests=0), requests, stop)
    running = asyncio.create_task(loop.run())
    await requests.all_waiting.wait()
    stop.set()
    await running
    assert (loop.reason, loop.issued, loop.unsent) == ("cancelled", 3, 7)
    assert requests.cut == [Outcome.CANCELLED] * 3


@pytest.mark.parametrize(
    ("failing", "slots", "made"),
    [
        (lambda ticket: ticket.index == 3, 1, 100),  # one failure among the first ten is 10 %, and admitted
        (lambda ticket: ticket.index in (3, 7), 1, 10),  # two are more, known once ten results are there
        (lambda ticket: ticket.index in (3, 60), 1, 100),  # two of sixty are not
        (lambda _: True, 1, 10),
        (lambda _: True, 30, 59),  # with thirty slots, thirty results are waited for
    ],
)
async def test_more_than_a_tenth_of_failures_ends_the_cell(
    failing: Callable[[Ticket], bool], slots: int, made: int
) -> None:
    requests = Requests(lambda ticket: not failing(ticket))
    loop = loop_of(replace(PLAN, requests_per_cell=100, warmup_requests=0), requests, slots=slots)
    await loop.run()
    assert loop.issued == made if slots == 1 else 30 <= loop.issued <= made
    assert (loop.reason == "errors") is (made < 100)
    assert loop.unsent == 100 - loop.issued


@pytest.fixture
def ticking(monkeypatch: pytest.MonkeyPatch) -> None:
    """A clock that moves by a millisecond whenever the loop looks at it, however long that takes."""
    ticks = itertools.count(10**12, 1_000_000)
    monkeypatch.setattr("advisor.bench.closedloop.time", SimpleNamespace(monotonic_ns=lambda: next(ticks)))


@pytest.mark.usefixtures("ticking")
async def test_a_cell_bounded_by_time_lets_its_last_answers_come() -> None:
    requests = Requests()
    loop = loop_of(replace(PLAN, requests_per_cell=None, duration_s=0.03), requests)
    await loop.run()
    measured_ns = [ticket.slot_ns for ticket in requests.tickets if ticket.phase is Phase.MEASURE]
    assert (loop.reason, loop.unsent, requests.cut) == ("", None, [])
    assert loop.issued == len(measured_ns) > 3
    assert max(measured_ns) < measured_ns[0] + 30_000_000 <= loop.window_end_ns


@pytest.mark.usefixtures("ticking")
async def test_answers_that_outlast_the_drain_are_censored(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("advisor.bench.closedloop._DRAIN_FLOOR_S", 0.01)
    monkeypatch.setattr("advisor.bench.closedloop._LOOK_S", 0.001)
    requests = Requests(hangs=True)
    loop = loop_of(replace(PLAN, requests_per_cell=None, duration_s=0.01, warmup_requests=0), requests)
    await loop.run()
    assert requests.cut == [Outcome.CENSORED] * 3
    assert loop.reason == ""


async def test_an_error_of_ours_is_not_taken_for_an_idle_slot() -> None:
    def broken(ticket: Ticket) -> bool:
        if ticket.phase is Phase.MEASURE and ticket.index == 2:
            raise ZeroDivisionError
        return True

    requests = Requests(broken)
    with pytest.raises(ZeroDivisionError):
        await loop_of(PLAN, requests).run()
    assert requests.in_flight == 0
