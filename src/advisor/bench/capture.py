"""The capture process: `python -m advisor.bench.capture`, started by `runner.start_run`.

The first line of its standard input is its `Orders`; later lines are control messages (`cancel`). The
end of standard input means that whoever started it is gone. Nothing is decoded here: answers go over a
pipe to the analyser, the only child.
"""

import asyncio
import gc
import math
import os
import resource
import signal
import sys
import time
import traceback
from asyncio.subprocess import PIPE, Process
from collections.abc import Mapping
from contextlib import suppress

import httpx

from advisor.bench.asker import Asker
from advisor.bench.clock import SAMPLES_PER_S
from advisor.bench.closedloop import ClosedLoop
from advisor.bench.counters import CaptureCounter, Counters, Stage
from advisor.bench.fallback import StampedTransport, open_transport
from advisor.bench.frames import pack_frame, pack_line
from advisor.bench.orders import CANCEL_ORDER, Orders, read_line
from advisor.bench.records import (
    CUT_SHORT,
    CellEnd,
    CellKey,
    CellStart,
    Control,
    RunEnd,
    RunStart,
    RunState,
    cells_of,
)
from advisor.bench.rundir import RunDirectory
from advisor.bench.transport import CaptureTransport, stamping

EXIT_FINISHED, EXIT_CRASHED, EXIT_CANCELLED = 0, 1, 130

_STDIN = 0
_STOPPING = (signal.SIGINT, signal.SIGTERM)
_OTHER_DESCRIPTORS = 64
"""Open files beside the connections: pipes, counters, logs, the event loop's own."""


class Capture:
    """One run: the cells that are left, one after the other."""

    def __init__(
        self, orders: Orders, client: httpx.AsyncClient, transport: CaptureTransport | StampedTransport
    ) -> None:
        self._talk = orders.talk
        self._directory = RunDirectory(orders.directory)
        self._lock_descriptor = orders.lock_descriptor
        self._client = client
        self._transport = transport
        self._counters = Counters(self._directory.capture_counters, writable=True)
        self._analyser: Process | None = None
        self._stop = asyncio.Event()
        self._stop_reason = ""
        self._lags_us: list[float] = []
        self._asker: Asker | None = None
        self._loop: ClosedLoop | None = None

    async def run(self, early_orders: bytes) -> RunState:
        """From the first cell to the end of the analyser. early_orders: control lines that are already here."""
        self._analyser = await self._start_analyser()
        watching = [asyncio.create_task(self._watch_analyser()), asyncio.create_task(self._tick())]
        self._listen(early_orders)
        now = time.monotonic_ns()
        self._counters[CaptureCounter.STARTED_NS] = now
        self._write(RunStart(now, self._talk.nonce, 0, 1, self._transport.clock.value).to_json())
        gc.collect()
        gc.freeze()
        gc.disable()
        try:
            state, reason = await self._run_cells()
            self._write(RunEnd(time.monotonic_ns(), state, reason).to_json())
        finally:
            for task in watching:
                task.cancel()
            self._counters[CaptureCounter.STAGE] = Stage.ENDED
            await self._close_analyser()
            # The event loop takes its handlers along; a signal behind that must not change how this process ends.
            signal.pthread_sigmask(signal.SIG_BLOCK, _STOPPING)
        return state

    async def _run_cells(self) -> tuple[RunState, str]:
        cells = cells_of(self._talk.plan)
        done = self._directory.complete_cells()
        for number, cell in enumerate(cells):
            if cell in done:
                continue
            loop = await self._run_cell(cell, number)
            if self._stop.is_set():
                by_user = self._stop_reason == "user"
                return (RunState.CANCELLED if by_user else RunState.CRASHED), self._stop_reason
            if loop.reason and not loop.answered:
                return RunState.CRASHED, "endpoint_lost"
        return RunState.FINISHED, ""

    async def _run_cell(self, cell: CellKey, number: int) -> ClosedLoop:
        talk, steps = self._talk, self._transport.clock_map.steps
        asker = self._asker = Asker(self._client, talk, cell, self._hand_over)
        loop = self._loop = ClosedLoop(talk.plan, cell, asker.ask, self._stop, self._enter_stage)
        begun_ns, cpu_ns = time.monotonic_ns(), time.process_time_ns()
        self._counters[CaptureCounter.CELL] = number
        self._counters[CaptureCounter.CELL_STARTED_NS] = begun_ns
        self._lags_us.clear()
        level, repetition = cell.load.value, cell.repetition
        self._write(CellStart(level, repetition, talk.attempt, begun_ns, talk.plan.requests_per_cell).to_json())
        await loop.run()
        now = time.monotonic_ns()
        end = CellEnd(
            concurrency=level,
            repetition=repetition,
            attempt=talk.attempt,
            at_ns=now,
            is_complete=not loop.reason,
            reason=self._why(loop.reason),
            window_start_ns=loop.window_start_ns,
            window_end_ns=loop.window_end_ns,
            issued=loop.issued,
            unsent=loop.unsent,
            cpu_share=(time.process_time_ns() - cpu_ns) / max(1, now - begun_ns),
            loop_lag_us_p99=_p99(self._lags_us),
            clock_steps=self._transport.clock_map.steps - steps,
        )
        self._write(end.to_json())
        gc.collect()  # off while a cell runs, although errors leave cycles behind
        return loop

    def _why(self, reason: str) -> str:
        """Why a cell is not complete: only a stop by the user is one that was cancelled."""
        by_another = reason == CUT_SHORT and self._stop_reason != "user"
        return self._stop_reason if by_another else reason

    def _enter_stage(self, stage: Stage) -> None:
        self._counters[CaptureCounter.STAGE] = stage

    async def _tick(self) -> None:
        """Ten times a second: sample the clocks, publish the counters, see whether the caller is alive."""
        loop, parent = asyncio.get_running_loop(), os.getppid()
        due = loop.time()
        while True:
            due = max(due + 1 / SAMPLES_PER_S, loop.time())
            await asyncio.sleep(due - loop.time())
            late_us = (loop.time() - due) * 1e6
            self._lags_us.append(late_us)
            self._transport.clock_map.sample()
            self._publish(int(late_us))
            if os.getppid() != parent:
                self._cancel("caller_gone")

    def _publish(self, late_us: int) -> None:
        counters, transport = self._counters, self._transport
        counters[CaptureCounter.UPDATED_NS] = time.monotonic_ns()
        counters[CaptureCounter.IN_FLIGHT] = self._asker.in_flight if self._asker is not None else 0
        counters[CaptureCounter.ISSUED] = self._loop.issued if self._loop is not None else 0
        counters[CaptureCounter.READS] = transport.reads
        counters[CaptureCounter.BYTES] = transport.bytes
        counters[CaptureCounter.LOOP_LAG_US] = late_us

    def _listen(self, early_orders: bytes) -> None:
        loop = asyncio.get_running_loop()
        for number in _STOPPING:
            loop.add_signal_handler(number, self._cancel, "user")
        self._obey(early_orders)
        loop.add_reader(_STDIN, self._read_orders)

    def _read_orders(self) -> None:
        data = os.read(_STDIN, 4096)
        if data:
            self._obey(data)
        else:
            asyncio.get_running_loop().remove_reader(_STDIN)
            self._cancel("caller_gone")

    def _obey(self, orders: bytes) -> None:
        if CANCEL_ORDER in orders:
            self._cancel("user")

    def _cancel(self, reason: str) -> None:
        """Stop issuing and cut what is in flight; once."""
        if not self._stop.is_set():
            self._stop_reason = reason
            self._write(Control(time.monotonic_ns(), f"cancel:{reason}").to_json())
            self._stop.set()

    async def _start_analyser(self) -> Process:
        with self._directory.analysis_log.open("ab") as log:
            process = await asyncio.create_subprocess_exec(
                *(sys.executable, "-P", "-m", "advisor.bench.analyse"),
                stdin=PIPE,
                stdout=log,
                stderr=log,
                start_new_session=True,
                pass_fds=(self._lock_descriptor,),
            )
        assert process.stdin is not None
        secrets = list(self._talk.target.wire_headers().values())
        process.stdin.write(pack_line({"directory": str(self._directory.path), "secrets": secrets}))
        return process

    async def _watch_analyser(self) -> None:
        assert self._analyser is not None
        await self._analyser.wait()
        self._cancel("analyser_lost")

    async def _close_analyser(self) -> None:
        assert self._analyser is not None
        assert self._analyser.stdin is not None
        self._analyser.stdin.close()
        with suppress(ConnectionError):
            await self._analyser.stdin.wait_closed()
        await self._analyser.wait()

    def _write(self, record: Mapping[str, object]) -> None:
        self._hand_over(pack_frame(record))

    def _hand_over(self, frame: bytes) -> None:
        assert self._analyser is not None
        assert self._analyser.stdin is not None
        self._analyser.stdin.write(frame)


def _p99(values: list[float]) -> float | None:
    """The order statistic at or above the 99th percentile."""
    return sorted(values)[math.ceil(0.99 * (len(values) - 1))] if values else None


async def _run(orders: Orders, early_orders: bytes) -> RunState:
    transport = open_transport(orders.talk.target.url)
    with stamping():
        async with httpx.AsyncClient(transport=transport, timeout=httpx.Timeout(None)) as client:
            return await Capture(orders, client, transport).run(early_orders)


def main() -> int:
    """Entry of the process. A crash is written to the log without secrets, and ends with code 1."""
    line, early_orders = read_line(_STDIN)
    orders = Orders.from_line(line)
    _allow_descriptors(max(orders.talk.plan.concurrencies) + _OTHER_DESCRIPTORS)
    try:
        state = asyncio.run(_run(orders, early_orders))
    except Exception:  # the last resort of a process: whatever it was, the log must not hold a secret
        sys.stderr.write(orders.talk.target.redact(traceback.format_exc()))
        return EXIT_CRASHED
    return {RunState.FINISHED: EXIT_FINISHED, RunState.CANCELLED: EXIT_CANCELLED}.get(state, EXIT_CRASHED)


def _allow_descriptors(needed: int) -> None:
    """Raise the soft limit on open files; where the hard limit is lower, requests will fail and say why."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft != resource.RLIM_INFINITY and soft < needed:
        allowed = needed if hard == resource.RLIM_INFINITY else min(needed, hard)
        resource.setrlimit(resource.RLIMIT_NOFILE, (allowed, hard))


if __name__ == "__main__":
    sys.exit(main())
