"""Stopping a run from the keyboard: once keeps what is measured, twice ends it, however fast."""

import io
import os
import signal
from typing import Any, cast

import pytest

from advisor.bench.records import RunState
from advisor.bench.runner import RunHandle
from advisor.cli.output import Output
from advisor.cli.watch import watch


class Run:
    """A run that goes on until it is killed; each wait is one tick, in which signals arrive."""

    def __init__(self, signals_by_tick: list[int], ends_when_cancelled: bool = False) -> None:
        self.signals = signals_by_tick
        self.ends_when_cancelled = ends_when_cancelled
        self.orders: list[str] = []

    def wait(self, _timeout_s: float) -> RunState:
        if "kill" in self.orders:
            return RunState.CRASHED
        if "cancel" in self.orders and self.ends_when_cancelled:
            return RunState.CANCELLED
        if not self.signals:
            raise AssertionError("the run was asked to end, and was not ended")
        for _ in range(self.signals.pop(0)):
            os.kill(os.getpid(), signal.SIGINT)
        raise TimeoutError

    def poll(self) -> Any:
        return type("Progress", (), {"cells": ()})()

    def cancel(self) -> None:
        self.orders.append("cancel")

    def kill(self) -> None:
        self.orders.append("kill")


@pytest.mark.parametrize("signals", [[2], [1, 1], [3], [0, 1, 0, 1]])
def test_two_presses_end_the_run_also_within_one_tick(signals: list[int]) -> None:
    run = Run(signals)
    ended = watch(cast("RunHandle", run), Output(stdout=io.StringIO(), stderr=io.StringIO()))
    assert run.orders == ["cancel", "kill"]
    assert ended is RunState.CANCELLED, "whoever ends a run cancels it"


def test_one_press_keeps_what_is_measured() -> None:
    run, complaints = Run([1, 0], ends_when_cancelled=True), io.StringIO()
    ended = watch(cast("RunHandle", run), Output(stdout=io.StringIO(), stderr=complaints))
    assert (ended, run.orders) == (RunState.CANCELLED, ["cancel"])
    assert "what is measured is kept" in complaints.getvalue()
