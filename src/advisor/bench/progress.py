"""Where a run stands, from its counters: what a live view shows, several times a second."""

import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from advisor.bench.counters import (
    AnalysisCounter,
    CaptureCounter,
    CellCounter,
    CellStage,
    Counters,
    Stage,
    cell_slot,
)
from advisor.bench.plan import Plan
from advisor.bench.records import cells_of
from advisor.bench.rundir import RunDirectory

CellState = Literal["waiting", "running", "over"]

_STATES: Mapping[CellStage, CellState] = {
    CellStage.WAITING: "waiting",
    CellStage.RUNNING: "running",
    CellStage.OVER: "over",
}
_RATE_WINDOW_S = 1.0


@dataclass(frozen=True, slots=True)
class CellProgress:
    """One cell, finished requests only. Latencies in milliseconds; None while nothing is known.

    It is `over` when the analyser is done with it: what is shown then is what the result says.
    """

    concurrency: int
    repetition: int
    state: CellState
    completed: int
    failed: int
    tokens: int
    output_tokens_per_s: float | None
    ttft_p50_ms: float | None
    ttft_p95_ms: float | None
    tpot_p50_ms: float | None


@dataclass(frozen=True, slots=True)
class Progress:
    """A run at one moment.

    planned: measured requests of the whole run, None where time bounds its cells. output_tokens_per_s is
    that of the cell so far, by the definition of the result; output_tokens_per_s_now an estimate over the
    last second from network reads, None before any answer is finished. elapsed_s counts from the start of
    capture, cell_elapsed_s from that of the cell, warm-up included.
    """

    stage: Stage
    is_alive: bool
    cell: int
    cells: tuple[CellProgress, ...]
    concurrency: int
    repetition: int
    in_flight: int
    issued: int
    completed: int
    failed: int
    planned: int | None
    tokens: int
    output_tokens_per_s: float | None
    output_tokens_per_s_now: float | None
    elapsed_s: float
    cell_elapsed_s: float
    loop_lag_ms: float


class ProgressReader:
    """Reads the counters of one run. Remembers a second of them, for the current rate."""

    def __init__(self, directory: RunDirectory, plan: Plan) -> None:
        self._cells = cells_of(plan)
        self._planned = plan.requests_per_cell * len(self._cells) if plan.requests_per_cell is not None else None
        self._capture = Counters(directory.capture_counters, writable=False)
        self._analysis = Counters(directory.analysis_counters, writable=False)
        self._reads_before: list[tuple[float, int]] = []
        self._last: Progress | None = None

    def read(self, *, is_alive: bool) -> Progress:
        """The run now; after `close`, as it last was."""
        if self._last is not None:
            return self._last
        capture, stage = self._capture, Stage(self._capture[CaptureCounter.STAGE])
        now_ns = time.monotonic_ns() if is_alive else capture[CaptureCounter.UPDATED_NS]
        number = capture[CaptureCounter.CELL]
        running = number if stage in (Stage.WARMUP, Stage.MEASURE, Stage.DRAIN) else None
        cells = tuple(self._cell(index, index == running, is_alive=is_alive) for index in range(len(self._cells)))
        key = self._cells[number]
        return Progress(
            stage=stage,
            is_alive=is_alive,
            cell=number,
            cells=cells,
            concurrency=key.load.value,
            repetition=key.repetition,
            in_flight=capture[CaptureCounter.IN_FLIGHT],
            issued=capture[CaptureCounter.ISSUED],
            completed=sum(cell.completed for cell in cells),
            failed=sum(cell.failed for cell in cells),
            planned=self._planned,
            tokens=sum(cell.tokens for cell in cells),
            output_tokens_per_s=cells[number].output_tokens_per_s,
            output_tokens_per_s_now=self._rate_now(),
            elapsed_s=_since(capture[CaptureCounter.STARTED_NS], now_ns),
            cell_elapsed_s=_since(capture[CaptureCounter.CELL_STARTED_NS], now_ns),
            loop_lag_ms=capture[CaptureCounter.LOOP_LAG_US] / 1e3,
        )

    def close(self) -> None:
        """Let go of the files; the last reading stays."""
        if self._last is None:
            self._last = self.read(is_alive=False)
            self._capture.close()
            self._analysis.close()

    def _cell(self, index: int, is_captured: bool, *, is_alive: bool) -> CellProgress:
        key = self._cells[index]

        def counted(counter: CellCounter) -> int:
            return self._analysis[cell_slot(index, counter)]

        def latency_ms(counter: CellCounter) -> float | None:
            return counted(counter) / 1e3 or None

        state = _STATES[CellStage(counted(CellCounter.STAGE))]
        if state == "waiting" and is_captured:
            state = "running"
        if state == "running" and not is_alive:
            state = "over"
        return CellProgress(
            concurrency=key.load.value,
            repetition=key.repetition,
            state=state,
            completed=counted(CellCounter.COMPLETED),
            failed=counted(CellCounter.FAILED),
            tokens=counted(CellCounter.TOKENS),
            output_tokens_per_s=counted(CellCounter.OUTPUT_MILLITOKENS_PER_S) / 1e3 or None,
            ttft_p50_ms=latency_ms(CellCounter.TTFT_P50_US),
            ttft_p95_ms=latency_ms(CellCounter.TTFT_P95_US),
            tpot_p50_ms=latency_ms(CellCounter.TPOT_P50_US),
        )

    def _rate_now(self) -> float | None:
        """Reads of the last second times the tokens per read that finished answers had."""
        finished, tokens = self._analysis[AnalysisCounter.READS], self._analysis[AnalysisCounter.TOKENS]
        now = self._capture[CaptureCounter.UPDATED_NS] / 1e9
        past = self._reads_before
        past.append((now, self._capture[CaptureCounter.READS]))
        while len(past) > 2 and past[1][0] <= now - _RATE_WINDOW_S:
            past.pop(0)
        (then, reads_then), (_, reads_now) = past[0], past[-1]
        if not finished or now <= then:
            return None
        return (reads_now - reads_then) / (now - then) * tokens / finished


def _since(start_ns: int, now_ns: int) -> float:
    return max(0, now_ns - start_ns) / 1e9 if start_ns else 0.0
