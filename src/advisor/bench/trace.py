"""The raw trace of one answer: what arrived, in which reads, and when.

The capture side fills it and decodes nothing. All stamps are nanoseconds on the monotonic clock; 0
means that the moment never came.
"""

import asyncio
from array import array

from advisor.bench.wire import Framing, Head

STAMPS_PER_READ = 3
"""Kernel stamp (0 where there is none), user stamp, bytes."""


class Trace:
    """One request and its answer as bytes and stamps.

    reused: the connection was open before. end: `complete` by the framing, `eof` when the server closed,
    `reset` when the connection broke, `broken` when the bytes were no HTTP, empty while it goes on.
    """

    __slots__ = (
        "_end_waiters",
        "_read_waiters",
        "connect_end_ns",
        "connect_start_ns",
        "end",
        "ended_ns",
        "framing",
        "head",
        "head_bytes",
        "head_ns",
        "length",
        "pieces",
        "reused",
        "sent_end_ns",
        "sent_ns",
        "stamps",
    )

    def __init__(self) -> None:
        self.connect_start_ns = 0
        self.connect_end_ns = 0
        self.sent_ns = 0
        self.sent_end_ns = 0
        self.head_ns = 0
        self.ended_ns = 0
        self.reused = False
        self.end = ""
        self.head: Head | None = None
        self.head_bytes = 0
        self.framing = Framing.CLOSE
        self.length: int | None = None
        self.pieces: list[bytes] = []
        self.stamps = array("q")
        self._read_waiters: list[asyncio.Future[None]] = []
        self._end_waiters: list[asyncio.Future[None]] = []

    @property
    def raw(self) -> bytes:
        """Everything that was read, the head included."""
        return b"".join(self.pieces)

    def renew(self) -> None:
        """Begin again: nothing has come, and the request is sent anew."""
        self.reused = False
        self.end = ""
        self.ended_ns = 0

    def finish(self, end: str, at_ns: int) -> None:
        """Close the trace, once; later calls change nothing."""
        if not self.end:
            self.end = end
            self.ended_ns = at_ns
            self.wake()
            _release(self._end_waiters)

    def wake(self) -> None:
        """Tell whoever follows the reads that there was one."""
        if self._read_waiters:
            _release(self._read_waiters)

    async def changed(self) -> None:
        """Until the next read or the end."""
        await _wait_in(self._read_waiters)

    async def finished(self) -> None:
        """Until the answer has ended, however it ended; reads before that wake nobody."""
        if not self.end:
            await _wait_in(self._end_waiters)


async def _wait_in(waiters: list[asyncio.Future[None]]) -> None:
    waiter = asyncio.get_running_loop().create_future()
    waiters.append(waiter)
    await waiter


def _release(waiters: list[asyncio.Future[None]]) -> None:
    for waiter in waiters:
        if not waiter.done():
            waiter.set_result(None)
    waiters.clear()
