"""The analyser process: `python -m advisor.bench.analyse`, started by the capture process.

It decodes what was captured, appends the journal, writes the traces and keeps the counters of the live
view. It outlives the capture process by what is left in the pipe; a pipe that ends without an end of the
run means that the capture process died, and the run is closed as such. It has no network and no httpx.
"""

import json
import os
import signal
import sys
import time
import traceback
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from advisor.bench.counters import AnalysisCounter, CellCounter, Counters, cell_slot
from advisor.bench.frames import read_frames
from advisor.bench.interpret import interpret
from advisor.bench.journal import Journal, JournalFile
from advisor.bench.livecell import LiveCell
from advisor.bench.metrics import Window, output_tokens_per_s
from advisor.bench.records import CellEnd, CellStart, Control, Phase, RequestRecord, RunEnd, RunState, cells_of
from advisor.bench.rundir import RunDirectory
from advisor.bench.samples import sample_of
from advisor.bench.target import redact
from advisor.bench.tracefile import TraceFile, read_trace

_NICENESS = 5
"""Decoding can wait; reading from sockets cannot."""


class Analyser:
    """One run, frame by frame."""

    def __init__(self, directory: RunDirectory, journal: Journal, secrets: Sequence[str]) -> None:
        self._directory = directory
        self._journal = journal
        self._secrets = secrets
        self._meta = directory.meta()
        self._plan = directory.plan()
        self._cells = cells_of(self._plan)
        self._counters = Counters(directory.analysis_counters, writable=True)
        self._trace: TraceFile | None = None
        self._live: LiveCell | None = None
        self._measured: list[RequestRecord] = []
        self._was_cancelled = False
        self._has_ended = False

    def take(self, header: Mapping[str, Any], payload: bytes) -> None:
        """One frame: a request is decoded first; every other record goes to the journal as it is."""
        kind = header["kind"]
        if kind == RequestRecord.kind:
            self._take_request(header, payload)
            return
        if kind == CellStart.kind:
            self._begin_cell(CellStart.from_json(header))
        elif kind == CellEnd.kind:
            self._end_cell(CellEnd.from_json(header))
        elif kind == Control.kind:
            self._was_cancelled = self._was_cancelled or header["operation"] == "cancel:user"
        self._journal.append(header)
        if kind == RunEnd.kind:
            self._end_run(RunState(header["state"]), header["reason"])

    def close(self, at_ns: int) -> None:
        """The pipe has ended. Without an end of the run before that, the capture process died."""
        self._close_cell(None)
        if not self._has_ended:
            state = RunState.CANCELLED if self._was_cancelled else RunState.CRASHED
            self._journal.append(RunEnd(at_ns, state, "capture_died").to_json())
            self._end_run(state, "capture_died")

    def _take_request(self, header: Mapping[str, Any], payload: bytes) -> None:
        assert self._trace is not None
        assert self._live is not None
        found = interpret(header, payload, self._trace.rows, self._secrets)
        self._trace.append(found.events)
        self._journal.append(found.record.to_json())
        sample = sample_of(found.record, found.events)
        if found.record.phase is Phase.MEASURE:
            self._measured.append(found.record)
            self._live.add(sample)
        else:
            self._live.add_warmup(sample)
        self._counters[AnalysisCounter.READS] += header["reads"]
        self._counters[AnalysisCounter.TOKENS] += sample.output_tokens or 0
        if found.is_simulated and not self._meta.simulated:
            self._meta = replace(self._meta, simulated=True)
            self._directory.write_meta(self._meta)

    def _begin_cell(self, start: CellStart) -> None:
        number = self._cells.index(start.cell)

        def publish(counter: CellCounter, value: int) -> None:
            self._counters[cell_slot(number, counter)] = value

        self._live = LiveCell(publish, self._plan.warmup_requests)
        self._trace = TraceFile(self._directory.trace_file(start.cell, start.attempt))

    def _end_cell(self, end: CellEnd) -> None:
        """Close a cell with the rate that its result will have: only now is its window known."""
        events = read_trace(self._directory.trace_file(end.cell, end.attempt))
        samples = [sample_of(each, events[each.first_row : each.first_row + each.rows]) for each in self._measured]
        self._close_cell(output_tokens_per_s(samples, Window(end.window_start_ns, end.window_end_ns)))

    def _close_cell(self, output_tokens_per_s: float | None) -> None:
        if self._trace is not None:
            self._trace.close()
            self._trace = None
        if self._live is not None:
            self._live.close(output_tokens_per_s)
            self._live = None
        self._measured.clear()

    def _end_run(self, state: RunState, reason: str) -> None:
        self._has_ended = True
        ended = datetime.now(UTC).isoformat(timespec="seconds")
        self._meta = replace(self._meta, state=state, reason=reason, ended=ended)
        self._directory.write_meta(self._meta)


def main() -> int:
    """Entry of the process. What goes wrong is written to the log without secrets, and ends with code 1."""
    for number in (signal.SIGINT, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    os.nice(_NICENESS)
    pipe = sys.stdin.buffer
    told = json.loads(pipe.readline())
    secrets: list[str] = told["secrets"]
    try:
        directory = RunDirectory(Path(told["directory"]))
        journal = JournalFile(directory.journal)
        analyser = Analyser(directory, journal, secrets)
        for header, payload in read_frames(pipe):
            analyser.take(header, payload)
        analyser.close(time.monotonic_ns())
        journal.close()
    except Exception:  # the last resort of a process: whatever it was, the log must not hold a secret
        sys.stderr.write(redact(traceback.format_exc(), secrets))
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
