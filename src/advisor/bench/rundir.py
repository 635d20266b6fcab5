"""The directory of one run: its plan, what it is about, its journal, its traces.

Who may write what: the caller makes the directory and its first `meta.json`; from then on the analyser
alone writes meta, journal and traces, and the capture process its counters. A lock that both of them
hold tells a run that goes on from one whose processes are gone.
"""

import fcntl
import json
import os
import tempfile
import time
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from advisor.bench.assemble import assemble
from advisor.bench.journal import read_journal
from advisor.bench.meta import RunMeta
from advisor.bench.plan import Plan
from advisor.bench.records import CellEnd, CellKey, RunStart, RunState
from advisor.bench.result import BenchmarkResult
from advisor.bench.tracefile import read_trace
from advisor.errors import InputError

_LOCK_ATTEMPTS = 5
_LOCK_PAUSE_S = 0.02
"""A reader that looks whether a run is alive holds its lock for microseconds; it must not look like the run."""


class RunDirectory:
    """The files of one run by name."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.plan_file = path / "plan.json"
        self.meta_file = path / "meta.json"
        self.journal = path / "journal.jsonl"
        self.capture_counters = path / "capture.counters"
        self.analysis_counters = path / "analysis.counters"
        self.capture_log = path / "capture.log"
        self.analysis_log = path / "analysis.log"
        self._lock = path / "run.lock"

    def trace_file(self, cell: CellKey, attempt: int) -> Path:
        """The trace of one attempt at a cell."""
        return self.path / f"trace-{cell.label}-a{attempt}.npy"

    def plan(self) -> Plan:
        """The plan of the run. InputError where there is none."""
        return Plan.from_dict(_read_json(self.plan_file))

    def meta(self) -> RunMeta:
        """What the run is about, with the state it is really in: one whose processes are gone is `crashed`."""
        meta = RunMeta.from_json(_read_json(self.meta_file), self.meta_file)
        if meta.state is RunState.RUNNING and not self.is_locked():
            return replace(meta, state=RunState.CRASHED, reason=meta.reason or "processes_gone")
        return meta

    def write_plan(self, plan: Plan) -> None:
        write_json(self.plan_file, plan.to_dict())

    def write_meta(self, meta: RunMeta) -> None:
        write_json(self.meta_file, meta.to_json())

    def lock(self) -> int:
        """A descriptor that holds the run for as long as any process has it open. InputError if it is held."""
        descriptor = os.open(self._lock, os.O_RDWR | os.O_CREAT, 0o600)
        for _ in range(_LOCK_ATTEMPTS):
            if _try_lock(descriptor, fcntl.LOCK_EX):
                return descriptor
            time.sleep(_LOCK_PAUSE_S)
        os.close(descriptor)
        raise InputError("the run is still going on", file=self.path)

    def is_locked(self) -> bool:
        """Whether a process of the run is alive."""
        try:
            descriptor = os.open(self._lock, os.O_RDONLY)
        except FileNotFoundError:
            return False
        try:
            return not _try_lock(descriptor, fcntl.LOCK_SH)
        finally:
            os.close(descriptor)

    def complete_cells(self) -> frozenset[CellKey]:
        """Cells that need no further attempt."""
        lines = (record for record in read_journal(self.journal) if record.get("kind") == CellEnd.kind)
        return frozenset(end.cell for end in map(CellEnd.from_json, lines) if end.is_complete)

    def next_attempt(self) -> int:
        """How often a capture process has begun: the number of the next attempt."""
        return sum(record.get("kind") == RunStart.kind for record in read_journal(self.journal))


def read_run(path: Path) -> BenchmarkResult:
    """A run as it stands, recomputed from its journal and traces; one that goes on or broke off is partial.

    InputError where the directory holds no run.
    """
    directory = RunDirectory(path)
    meta = directory.meta()
    return assemble(
        directory.plan(),
        meta,
        read_journal(directory.journal),
        lambda cell, attempt: read_trace(directory.trace_file(cell, attempt)),
    )


def write_json(path: Path, value: Mapping[str, object]) -> None:
    """Write a file so that a reader sees the old one or the new one, never half of one."""
    descriptor, written = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            json.dump(value, file, indent=1, sort_keys=True)
            file.write("\n")
        Path(written).replace(path)
    except BaseException:  # whatever stopped us, no stray file stays behind
        Path(written).unlink(missing_ok=True)
        raise


def _try_lock(descriptor: int, kind: int) -> bool:
    try:
        fcntl.flock(descriptor, kind | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _read_json(path: Path) -> dict[str, Any]:
    try:
        value = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise InputError("there is no run here", file=path.parent) from None
    except ValueError:
        raise InputError("the file is no JSON", file=path) from None
    if not isinstance(value, dict):
        raise InputError("the file is no JSON object", file=path)
    return value
