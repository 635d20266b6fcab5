"""The one benchmark of the app: being checked, running, or over. It outlives every screen.

The blocking methods are for worker threads; the others only look, and are for the app's own loop.
What they load is heavy (httpx, NumPy) and is loaded on first use, so that the app opens at once.
"""

import time
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from typing import TYPE_CHECKING

from advisor.catalog.load import Catalog
from advisor.errors import AdvisorError
from advisor.paths import UserPaths

if TYPE_CHECKING:
    from advisor.bench.progress import Progress
    from advisor.bench.runner import RunHandle
    from advisor.workflows.benchmark_question import BenchmarkQuestion
    from advisor.workflows.run_benchmark import Kept

_KILL_AFTER_S = 10.0
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
    _run: "RunHandle | None" = None
    _builtin_url: str = ""
    _open: ExitStack = field(default_factory=ExitStack)
    _stopped_at: float = float("inf")

    @property
    def is_on(self) -> bool:
        return self.phase is not Phase.IDLE

    def check(self) -> None:
        """A run was asked for."""
        self.phase, self.progress, self.kept, self.complaint = Phase.CHECKING, None, None, ""

    def begin(self, question: "BenchmarkQuestion", catalog: Catalog, paths: UserPaths, key: str | None) -> None:
        """Try the endpoint and start. Blocking. What is wrong with the endpoint becomes the complaint."""
        from advisor.workflows.run_benchmark import begin, prepare

        try:
            run = begin(prepare(question, catalog, key), paths, datetime.now(UTC))
        except AdvisorError as error:
            self.refuse(error)
            return
        was_stopped = self.phase is Phase.STOPPING
        self._run, self._stopped_at, self.phase = run, float("inf"), Phase.RUNNING
        self.progress = run.poll()
        if was_stopped:
            self.stop()

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
        """Stop and keep what is measured. Harmless where nothing runs."""
        if self.is_on:
            self.phase = Phase.STOPPING
        if self._run is not None:
            self._run.cancel()
            self._stopped_at = min(self._stopped_at, time.monotonic())

    def kill(self) -> None:
        """End the run at once; what it had handed over is still kept."""
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
            self._run, self.phase = None, Phase.IDLE

    def builtin_url(self) -> str:
        """The address of the built-in endpoint, started on first use. Blocking. EndpointError if it does not start."""
        from advisor.simulator.server import SimulatorProcess

        if not self._builtin_url:
            self._builtin_url = self._open.enter_context(SimulatorProcess(_PROFILE)).url
        return self._builtin_url

    def close(self) -> None:
        """The app is leaving: end the built-in endpoint."""
        self._builtin_url = ""
        self._open.close()
