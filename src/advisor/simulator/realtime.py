"""The engine in real time: steps end at absolute times of the event loop's clock.

A step begins when the one before it ended on paper, however late its tokens were sent, so that a slow
moment of the host delays a few tokens and shifts nothing after them.
"""

import asyncio
import time

from advisor.simulator.core import Emission, Engine, EngineRequest
from advisor.simulator.metrics import Metrics
from advisor.simulator.profile import Profile

_LEAD_S = 0.001
"""epoll waits in whole milliseconds, rounded up: the loop is woken this much early, the rest is slept."""


class Mailbox:
    """The tokens of one request on their way from the engine to its connection; one reader."""

    def __init__(self) -> None:
        self._emissions: list[Emission] = []
        self._closed = False
        self._reader: asyncio.Future[None] | None = None

    def put(self, emission: Emission) -> None:
        self._emissions.append(emission)
        self._wake()

    def close(self) -> None:
        """Nothing more will come."""
        self._closed = True
        self._wake()

    async def take(self) -> list[Emission]:
        """What has arrived since the last call, at least one emission; nothing once it was closed."""
        if not self._emissions and not self._closed:
            self._reader = asyncio.get_running_loop().create_future()
            await self._reader
        taken, self._emissions = self._emissions, []
        return taken

    def _wake(self) -> None:
        if self._reader is not None and not self._reader.done():
            self._reader.set_result(None)


class RealTimeEngine:
    """Drives an `Engine` by timers of the running loop. All calls come from that loop."""

    def __init__(self, profile: Profile) -> None:
        self.engine = Engine(profile)
        self.metrics = Metrics(self.engine)
        self._mailboxes: dict[str, Mailbox] = {}
        self._timer: asyncio.Handle | None = None

    def submit(self, request: EngineRequest) -> Mailbox:
        """Queue a request; its tokens come to the mailbox. ValueError for one that cannot be served."""
        loop = asyncio.get_running_loop()
        self.engine.submit(request, loop.time())
        mailbox = self._mailboxes[request.id] = Mailbox()
        if self._timer is None:  # requests that arrive in the same turn of the loop start in one step
            self._timer = loop.call_soon(self._wait_for_step, loop)
        return mailbox

    def abort(self, request_id: str) -> None:
        """End a request and close its mailbox; nothing to do if it has ended by itself."""
        if self.engine.abort(request_id) is not None:
            self.metrics.observe_abort()
            self._mailboxes.pop(request_id).close()

    def abort_all(self) -> None:
        """End every request."""
        for request_id in tuple(self._mailboxes):
            self.abort(request_id)

    def _wait_for_step(self, loop: asyncio.AbstractEventLoop, starts_s: float | None = None) -> None:
        """Set the timer for the end of the step that starts at `starts_s`, or now."""
        ends_s = self.engine.plan(loop.time() if starts_s is None else starts_s)
        self._timer = None if ends_s is None else loop.call_at(ends_s - _LEAD_S, self._end_step, loop, ends_s)

    def _end_step(self, loop: asyncio.AbstractEventLoop, ends_s: float) -> None:
        remaining_s = ends_s - loop.time()
        if remaining_s > 0:
            time.sleep(remaining_s)
        for emission in self.engine.step():
            self.metrics.observe(emission)
            request_id = emission.stream.request.id
            self._mailboxes[request_id].put(emission)
            if emission.finish_reason is not None:
                self._mailboxes.pop(request_id).close()
        self._wait_for_step(loop, ends_s)
