"""The one benchmark of the app: being checked, running, or over. It outlives every screen.

The blocking methods are for worker threads; the others only look, or tell a process something, and are for
the app's own loop. What they load is heavy (httpx, NumPy) and is loaded on first use, so that the app opens
at once.
"""

import asyncio
import threading
import time
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from typing import TYPE_CHECKING

from advisor.catalog.load import Catalog
from advisor.errors import AdvisorError
from advisor.paths import UserPaths
from advisor.tui.endpoint_check import EndpointCheck

if TYPE_CHECKING:
    from advisor.bench.progress import Progress
    from advisor.bench.runner import RunHandle
    from advisor.bench.target import Secret
    from advisor.workflows.benchmark_question import BenchmarkQuestion
    from advisor.workflows.run_benchmark import Kept

_KILL_AFTER_S = 10.0
_LAST_S = 2.0
_PROFILE = "fast"


class Phase(StrEnum):
    """Where the benchmark stands."""

    IDLE = "idle"
    CHECKING = "checking"
    RUNNING = "running"
    STOPPING = "stopping"


@dataclass
class LiveRun:
    """Its phase, what can be shown of it, and what came of the last one. complaint is for the screen."""

    phase: Phase = Phase.IDLE
    progress: "Progress | None" = None
    kept: "Kept | None" = None
    complaint: str = ""
    _check: EndpointCheck | None = None
    _run: "RunHandle | None" = None
    _stopped_at: float = float("inf")
    _lock: threading.Lock = field(default_factory=threading.Lock)
    """Held where a check becomes a run, so that a stop meets one of the two."""

    @property
    def is_on(self) -> bool:
        return self.phase is not Phase.IDLE

    def check(self) -> EndpointCheck:
        """A run was asked for; `begin` carries out the check that this returns."""
        self.phase, self.progress, self.kept, self.complaint = Phase.CHECKING, None, None, ""
        self._check = EndpointCheck()
        return self._check

    def begin(
        self,
        check: EndpointCheck,
        question: "BenchmarkQuestion",
        catalog: Catalog,
        paths: UserPaths,
        key: "Secret | None",
    ) -> None:
        """Try the endpoint and start. Blocking. What is wrong with the endpoint becomes the complaint.

        Where the check was given up meanwhile, nothing starts and its answer is dropped.
        """
        from advisor.workflows.run_benchmark import begin, try_endpoint

        try:
            prepared = check.run(try_endpoint(question, catalog, key))
            with self._lock:
                if check is self._check:
                    self._run = begin(prepared, paths, datetime.now(UTC))
                    self._check, self._stopped_at, self.phase = None, float("inf"), Phase.RUNNING
                    self.progress = self._run.poll()
        except asyncio.CancelledError:
            return
        except AdvisorError as error:
            with self._lock:
                if check is self._check:
                    self._check = None
                    self.refuse(error)

    def refuse(self, error: AdvisorError) -> None:
        self.phase, self.complaint = Phase.IDLE, error.sentence()

    def look(self) -> bool:
        """Read where the run stands. Whether it has ended and waits for `finish`."""
        if self._run is None:
            return False
        self.progress = self._run.poll()
        if time.monotonic() - self._stopped_at > _KILL_AFTER_S:
            self._run.kill()
        return not self.progress.is_alive

    def stop(self) -> None:
        """Stop and keep what is measured; give up a check. Harmless where nothing runs."""
        with self._lock:
            self._abandon()
            if self._run is not None:
                self._run.cancel()
                self.phase, self._stopped_at = Phase.STOPPING, min(self._stopped_at, time.monotonic())

    def kill(self) -> None:
        """End the run at once; what it had handed over is still kept."""
        with self._lock:
            self._abandon()
            if self._run is not None:
                self._run.kill()
                self.phase = Phase.STOPPING

    def finish(self, paths: UserPaths) -> None:
        """Wait for the last of the run and enter it into the ledger. Blocking."""
        from advisor.workflows.run_benchmark import keep

        run = self._run
        if run is None:
            return
        try:
            run.wait()
            self.kept = keep(run.path, paths)
        except AdvisorError as error:
            self.complaint = error.sentence()
        finally:
            with self._lock:
                self._run, self.phase = None, Phase.IDLE

    def close(self) -> None:
        """The app is leaving, whyever: no process of a run outlives it. What was measured is on disk."""
        self.stop()
        run = self._run
        if run is None:
            return
        try:
            run.wait(_LAST_S)
        except TimeoutError:
            run.kill()
            run.wait()

    def _abandon(self) -> None:
        if self._check is not None:
            self._check.abandon()
            self._check, self.phase = None, Phase.IDLE


class BuiltInEndpoint:
    """The built-in endpoint, in a process of its own, started on first use and ended with the app."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._open = ExitStack()
        self._url = ""
        self._is_closed = False

    def url(self) -> str:
        """Its address. Blocking where it has to start. EndpointError if it does not."""
        from advisor.simulator.server import SimulatorProcess

        with self._lock:
            if not self._url and not self._is_closed:
                self._url = self._open.enter_context(SimulatorProcess(_PROFILE)).url
            return self._url

    def close(self) -> None:
        """End it, and start none any more."""
        with self._lock:
            self._is_closed = True
            self._url = ""
            self._open.close()
