"""An event loop on paper: time passes only when everybody waits, and then exactly as much as is waited for."""

import asyncio
import selectors
from collections.abc import Coroutine
from typing import Any, TypeVar

Found = TypeVar("Found")


class PaperLoop(asyncio.SelectorEventLoop):
    """Its clock starts at 0 and stands still while code runs, however slow the machine is."""

    def __init__(self) -> None:
        self._now_s = 0.0
        super().__init__(_PaperSelector(self))

    def time(self) -> float:
        return self._now_s

    def advance(self, seconds: float) -> None:
        """Let time pass, as a sleep or a stalled host would."""
        self._now_s += seconds


class _PaperSelector(selectors.SelectSelector):
    def __init__(self, loop: PaperLoop) -> None:
        super().__init__()
        self._loop = loop

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        assert timeout is not None, "everybody waits, and nothing will ever happen"
        self._loop.advance(timeout)
        return super().select(0)


def on_paper(work: Coroutine[Any, Any, Found]) -> Found:
    """Run to the end in a loop of its own."""
    with asyncio.Runner(loop_factory=PaperLoop) as runner:
        return runner.run(work)
