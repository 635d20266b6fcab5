"""Runs for whoever shows them: start one, look at it a few times a second, stop it, read its result.

The caller's process never touches a socket of the run. It starts the capture process, holds the other
end of its standard input (so that the run ends when the caller does), and reads counters and journal.
"""

import os
import secrets
import subprocess
import sys
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from advisor.bench.asker import Conversation
from advisor.bench.counters import Counters
from advisor.bench.journal import JournalTail
from advisor.bench.meta import RunMeta
from advisor.bench.orders import CANCEL_ORDER, Orders
from advisor.bench.plan import Plan, Target
from advisor.bench.preflight import Preflight
from advisor.bench.progress import Progress, ProgressReader
from advisor.bench.records import RunState, cells_of
from advisor.bench.result import BenchmarkResult
from advisor.bench.rundir import RunDirectory, read_run
from advisor.errors import InputError

_FLUSH_LIMIT_S = 30.0
"""How long the analyser may take for what a killed capture process left in its pipe."""

_LOOK_S = 0.02


def start_run(
    plan: Plan,
    target: Target,
    preflight: Preflight,
    runs_root: Path,
    subject: Mapping[str, Any],
    *,
    resume: Path | None = None,
    started: datetime | None = None,
) -> "RunHandle":
    """Begin a run in a directory of its own under runs_root, or go on with the one at `resume`.

    subject passes through unread. A run that goes on keeps its subject, its prompt calibration and its
    request parameters, so that its cells stay alike. InputError where the plan does not belong to the
    endpoint that was tried, or not to the run that should go on, or where that run is not over.
    """
    if plan.model != preflight.model or plan.api != preflight.api:
        raise InputError("the plan names another model or API than the endpoint was tried with", key="model")
    if target.url != preflight.url:
        raise InputError("the endpoint is another one than was tried", key="endpoint")
    if resume is None:
        meta = _meta(plan, preflight, subject, started or datetime.now(UTC))
        directory, lock = _new_directory(runs_root / meta.id, plan)
    else:
        directory, lock, meta = _old_directory(plan, preflight, resume)
    directory.write_meta(meta)
    cells, complete = cells_of(plan), directory.complete_cells()
    kept = [number for number, cell in enumerate(cells) if cell in complete]
    Counters.create_for(directory.capture_counters, directory.analysis_counters, len(cells), kept)
    talk = Conversation(
        plan=plan,
        target=target,
        nonce=secrets.token_hex(16),
        accepted=frozenset(meta.accepted),
        calibration=meta.calibration,
        attempt=directory.next_attempt(),
    )
    return RunHandle(directory, plan, _start_capture(Orders(directory.path, lock, talk)))


class RunHandle:
    """A run that was started here."""

    def __init__(self, directory: RunDirectory, plan: Plan, capture: subprocess.Popen[bytes]) -> None:
        self._directory = directory
        self._capture = capture
        self._progress = ProgressReader(directory, plan)
        self._tail = JournalTail(directory.journal)

    @property
    def path(self) -> Path:
        """The run directory."""
        return self._directory.path

    @property
    def run_id(self) -> str:
        return self.path.name

    def poll(self) -> Progress:
        """Where the run stands. Cheap: reads two mapped files."""
        return self._progress.read(is_alive=self._capture.poll() is None)

    def new_records(self) -> tuple[dict[str, Any], ...]:
        """The journal's records since the last call: what was finished in between."""
        return self._tail.read_new()

    def cancel(self) -> None:
        """Stop issuing, cut what is in flight, keep what is finished. Harmless when the run is over."""
        pipe = self._capture.stdin
        assert pipe is not None
        try:
            pipe.write(CANCEL_ORDER)
            pipe.flush()
        except (BrokenPipeError, ValueError):
            return  # the process is gone, or `wait` has closed the pipe

    def kill(self) -> None:
        """End the capture process at once; what it had handed over is still written."""
        self._capture.kill()

    def wait(self, timeout_s: float | None = None) -> RunState:
        """Until both processes of the run have ended, and how it ended. TimeoutError where that takes longer."""
        try:
            self._capture.wait(timeout_s)
        except subprocess.TimeoutExpired:
            raise TimeoutError("the run goes on") from None
        deadline = time.monotonic() + _FLUSH_LIMIT_S
        while self._directory.is_locked() and time.monotonic() < deadline:
            time.sleep(_LOOK_S)
        assert self._capture.stdin is not None
        self._capture.stdin.close()
        self._progress.close()
        return self._settled().state

    def result(self) -> BenchmarkResult:
        """The run as it stands, recomputed from what it wrote; partial while it goes on."""
        return read_run(self.path)

    def _settled(self) -> RunMeta:
        """The state on disk; a run whose processes died before they could say so is closed here."""
        meta = self._directory.meta()
        if meta.state is RunState.CRASHED and meta.ended is None:
            meta = replace(meta, ended=datetime.now(UTC).isoformat(timespec="seconds"))
            self._directory.write_meta(meta)
        return meta


def _meta(plan: Plan, preflight: Preflight, subject: Mapping[str, Any], started: datetime) -> RunMeta:
    return RunMeta(
        id=f"{started:%Y%m%dT%H%M%SZ}-{secrets.token_hex(3)}",
        plan_hash=plan.plan_hash,
        state=RunState.RUNNING,
        reason="",
        started=started.isoformat(timespec="seconds"),
        ended=None,
        endpoint=preflight.url,
        model=preflight.model,
        engine=preflight.engine,
        engine_version=preflight.engine_version,
        max_model_len=preflight.max_model_len,
        simulated=preflight.simulated,
        accepted=preflight.accepted,
        refused=preflight.refused,
        calibration=preflight.calibration,
        subject=dict(subject),
    )


def _new_directory(path: Path, plan: Plan) -> tuple[RunDirectory, int]:
    path.mkdir(parents=True, mode=0o700)
    directory = RunDirectory(path)
    lock = directory.lock()
    directory.write_plan(plan)
    return directory, lock


def _old_directory(plan: Plan, preflight: Preflight, path: Path) -> tuple[RunDirectory, int, RunMeta]:
    directory = RunDirectory(path)
    meta = directory.meta()
    if meta.plan_hash != plan.plan_hash:
        raise InputError("the run was made with another plan", hint="Start a new one.", file=path)
    tried = (preflight.url, preflight.engine, preflight.engine_version)
    if (meta.endpoint, meta.engine, meta.engine_version) != tried:
        raise InputError("the run was made against another endpoint or engine version", file=path)
    simulated = meta.simulated or preflight.simulated
    going_on = replace(meta, state=RunState.RUNNING, reason="", ended=None, simulated=simulated)
    return directory, directory.lock(), going_on


def _start_capture(orders: Orders) -> subprocess.Popen[bytes]:
    """A capture process in a session of its own, so that Ctrl+C in a terminal reaches only the caller."""

    directory = RunDirectory(orders.directory)
    try:
        with directory.capture_log.open("ab") as log:
            capture = subprocess.Popen(
                [sys.executable, "-P", "-m", "advisor.bench.capture"],
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=log,
                start_new_session=True,
                pass_fds=(orders.lock_descriptor,),
            )
        assert capture.stdin is not None
        with suppress(BrokenPipeError):  # it died at once, and its log says why
            capture.stdin.write(orders.to_line())
            capture.stdin.flush()
    finally:
        os.close(orders.lock_descriptor)
    return capture
