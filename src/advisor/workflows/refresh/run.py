"""A refresh in a thread of its own, which another thread watches and may cancel at any moment."""

import asyncio
import threading
from datetime import date
from pathlib import Path

from advisor.catalog.load import Catalog
from advisor.errors import CancelledError
from advisor.paths import UserPaths
from advisor.workflows.refresh.apply import apply_refresh
from advisor.workflows.refresh.read import Progress, Refresh, RefreshQuestion, read_feeds


class RefreshRun:
    """Reads feeds once. progress is replaced as a whole, so that any thread may look at it."""

    def __init__(self, question: RefreshQuestion, catalog: Catalog, paths: UserPaths, today: date) -> None:
        self._question = question
        self._catalog = catalog
        self._paths = paths
        self._today = today
        self._cancelled = threading.Event()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._task: asyncio.Task[Refresh] | None = None
        self._lock = threading.Lock()
        self.progress: Progress | None = None

    def read(self) -> Refresh:
        """Read the feeds; blocks until they are read. CancelledError after `cancel`, EndpointError as `read_feeds`."""
        try:
            return asyncio.run(self._read())
        except asyncio.CancelledError:
            raise CancelledError("cancelled", hint="Nothing was changed.") from None

    def cancel(self) -> None:
        """End it at once, whatever it waits for; from any thread, at any time."""
        self._cancelled.set()
        with self._lock:
            if self._loop is not None and self._task is not None:
                self._loop.call_soon_threadsafe(self._task.cancel)

    def apply(self, refresh: Refresh) -> list[Path]:
        """Write what was found; returns the files."""
        return apply_refresh(refresh, self._paths)

    async def _read(self) -> Refresh:
        work = read_feeds(self._question, self._catalog, self._paths, self._today, watch=self._watch)
        task = asyncio.ensure_future(work)
        with self._lock:
            self._loop, self._task = asyncio.get_running_loop(), task
        if self._cancelled.is_set():
            task.cancel()
        try:
            return await task
        finally:
            with self._lock:
                self._loop = self._task = None

    def _watch(self, progress: Progress) -> None:
        self.progress = progress
