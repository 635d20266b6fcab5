"""The closed loop: N slots, each sends its next request when the previous one has ended.

Warm-up requests come first and flow into measured ones without a pause, so that the load is standing
when measuring begins. What is measured as throughput lies between the end of the last warm-up request
and the first slot that finds no more work: all that time, N requests were in flight.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from advisor.bench.counters import Stage
from advisor.bench.gates import ERROR_LIMIT
from advisor.bench.plan import Plan
from advisor.bench.records import CUT_SHORT, CellKey, Outcome, Phase

ERROR_PATIENCE = 10
"""A cell is given up when too many of max(concurrency, 10) or more results failed (facts: benchmark-runner,
section 8.5)."""

_DRAIN_FLOOR_S = 5.0
"""A cell bounded by time waits for its last answers as long as it measured, and at least this long."""

_LOOK_S = 0.25


@dataclass(frozen=True, slots=True)
class Ticket:
    """One request to be made. slot_ns: when its slot became free."""

    phase: Phase
    index: int
    slot: int
    slot_ns: int


Ask = Callable[[Ticket, Callable[[], Outcome]], Awaitable[bool]]
"""Makes one request and says whether it was answered. Cancelled, it asks what to call that."""


class ClosedLoop:
    """One cell. `run` measures it; afterwards the attributes say how it went.

    window_start_ns and window_end_ns are 0 where that moment never came. reason is empty where the cell
    is complete, else `cancelled` (whoever stopped it) or `errors`.
    """

    def __init__(
        self, plan: Plan, cell: CellKey, ask: Ask, stop: asyncio.Event, on_stage: Callable[[Stage], None]
    ) -> None:
        self._plan = plan
        self._slots = cell.load.value
        self._ask = ask
        self._stop = stop
        self._on_stage = on_stage
        self._warm_issued = 0
        self._warm_ended = 0
        self._results = 0
        self._failures = 0
        self._deadline_ns: int | None = None
        self._cut = Outcome.CANCELLED
        self.issued = 0
        self.window_start_ns = 0
        self.window_end_ns = 0
        self.reason = ""

    @property
    def answered(self) -> int:
        """Requests that were answered, warm-up included."""
        return self._results - self._failures

    @property
    def unsent(self) -> int | None:
        """Measured requests that were planned and never issued."""
        planned = self._plan.requests_per_cell
        return planned - self.issued if planned is not None else None

    async def run(self) -> None:
        """Until every request has ended, the user stops, or the time to drain is over."""
        self._on_stage(Stage.WARMUP if self._plan.warmup_requests else Stage.MEASURE)
        slots = {asyncio.create_task(self._slot(number)) for number in range(self._slots)}
        try:
            await self._until_over(slots)
        finally:
            for slot in slots:
                slot.cancel()
            await asyncio.gather(*slots, return_exceptions=True)
            self._end_window()
        for slot in slots:
            if not slot.cancelled():
                slot.result()  # an error of ours must not pass for an idle slot

    async def _until_over(self, slots: set[asyncio.Task[None]]) -> None:
        stopped = asyncio.create_task(self._stopped())
        look = _LOOK_S if self._plan.duration_s is not None else None
        try:
            waiting = set(slots)
            while waiting:
                both: set[asyncio.Task[None]] = {*waiting, stopped}
                done, _ = await asyncio.wait(both, timeout=look, return_when=asyncio.FIRST_COMPLETED)
                waiting -= done
                if stopped in done:
                    self.reason = CUT_SHORT
                    return
                if any(slot.exception() is not None for slot in done):
                    return
                if self._is_drained_out():
                    self._cut = Outcome.CENSORED
                    return
        finally:
            stopped.cancel()

    async def _stopped(self) -> None:
        await self._stop.wait()

    async def _slot(self, number: int) -> None:
        while (ticket := self._next(number)) is not None:
            answered = await self._ask(ticket, lambda: self._cut)
            self._results += 1
            self._failures += not answered
            if self._failures > ERROR_LIMIT * self._results and self._results >= max(self._slots, ERROR_PATIENCE):
                self.reason = self.reason or "errors"
            if ticket.phase is Phase.WARMUP:
                self._warm_ended += 1
                if self._warm_ended == self._plan.warmup_requests:
                    self.window_start_ns = time.monotonic_ns()
        self._end_window()

    def _next(self, slot: int) -> Ticket | None:
        if self._stop.is_set() or self.reason:
            return None
        now = time.monotonic_ns()
        if self._warm_issued < self._plan.warmup_requests:
            self._warm_issued += 1
            return Ticket(Phase.WARMUP, self._warm_issued - 1, slot, now)
        if not self._has_more(now):
            return None
        if self.issued == 0:
            self._on_stage(Stage.MEASURE)
            if not self._plan.warmup_requests:
                self.window_start_ns = now
        self.issued += 1
        return Ticket(Phase.MEASURE, self.issued - 1, slot, now)

    def _has_more(self, now: int) -> bool:
        if self._plan.duration_s is None:
            return self.unsent != 0
        if self._deadline_ns is None:
            self._deadline_ns = now + int(self._plan.duration_s * 1e9)
        return now < self._deadline_ns

    def _is_drained_out(self) -> bool:
        if self._deadline_ns is None or self._plan.duration_s is None:
            return False
        patience_s = max(_DRAIN_FLOOR_S, self._plan.duration_s)
        return time.monotonic_ns() > self._deadline_ns + int(patience_s * 1e9)

    def _end_window(self) -> None:
        if not self.window_end_ns:
            self.window_end_ns = time.monotonic_ns()
            self._on_stage(Stage.DRAIN)
