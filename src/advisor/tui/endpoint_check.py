"""An endpoint being tried in a worker thread, which somebody may give up waiting for at any moment."""

import asyncio
import threading
from collections.abc import Coroutine
from typing import Any, TypeVar

T = TypeVar("T")


class EndpointCheck:
    """One try. `run` blocks its thread until the answer is there, or until another thread abandons it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._task: asyncio.Task[Any] | None = None
        self._is_abandoned = False

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        """Carry it out. asyncio.CancelledError where it is abandoned, with every connection closed."""
        return asyncio.run(self._carry_out(work))

    def abandon(self) -> None:
        """Nobody waits for the answer any more. Harmless where it has come."""
        with self._lock:
            self._is_abandoned = True
            if self._loop is not None and self._task is not None:
                self._loop.call_soon_threadsafe(self._task.cancel)

    async def _carry_out(self, work: Coroutine[Any, Any, T]) -> T:
        with self._lock:
            self._loop, self._task = asyncio.get_running_loop(), asyncio.current_task()
            if self._is_abandoned and self._task is not None:
                self._task.cancel()
        try:
            return await work
        finally:
            with self._lock:
                self._loop = self._task = None
