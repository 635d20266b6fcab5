"""What tests of screens share. The one place that touches Textual's internals."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace

from textual.events import Paste
from textual.pilot import Pilot

from advisor.bench.meta import RunMeta
from advisor.bench.plan import Plan
from advisor.bench.prompts import PromptCalibration
from advisor.bench.result import BenchmarkResult
from advisor.bench.rundir import RunDirectory
from advisor.evidence.ledger import Ledger
from advisor.evidence.measured import run_record
from advisor.evidence.points import EvidencePoint
from advisor.paths import UserPaths
from advisor.tui.app import AdvisorApp
from advisor.tui.session import Session
from patience import PATIENCE_S

SMALL, LARGE = (80, 24), (140, 40)
SIZES = {"80x24": SMALL, "140x40": LARGE}


@asynccontextmanager
async def opened(app: AdvisorApp, *keys: str, size: tuple[int, int] = SMALL) -> AsyncIterator[Pilot[None]]:
    """The app after some keys, with its workers done."""
    async with app.run_test(size=size, notifications=True) as pilot:
        await settle(pilot)
        await press(pilot, *keys)
        yield pilot


async def press(pilot: Pilot[None], *keys: str) -> None:
    """Press keys one after the other, each with all that follows from it."""
    for key in keys:
        await pilot.press(key)
        await settle(pilot)


async def paste(pilot: Pilot[None], text: str) -> None:
    """Text that comes all at once, as a terminal pastes it: letter by letter, a long one takes seconds."""
    pilot.app.post_message(Paste(text))
    await settle(pilot)


async def settle(pilot: Pilot[None]) -> None:
    """Until no worker runs and nothing waits to be painted."""
    await pilot.pause()
    await pilot.app.workers.wait_for_complete()
    await pilot.pause()


async def until(pilot: Pilot[None], holds: Callable[[], bool]) -> None:
    """Wait for something that another process or thread does."""
    deadline = time.monotonic() + PATIENCE_S
    while not holds():
        assert time.monotonic() < deadline, "it never came to that"
        await asyncio.sleep(0.05)
        await pilot.pause()


def filled(session: Session, **values: str) -> None:
    """Type into the Bench form before it is shown."""
    session.bench_form = replace(session.bench_form, **values)


def screen_text(app: AdvisorApp) -> str:
    """What stands on the screen, line by line."""
    strips = app.screen._compositor.render_strips()
    return "\n".join(strip.text.rstrip() for strip in strips)


def keep_run(paths: UserPaths, run: BenchmarkResult, evidence: Sequence[EvidencePoint] = ()) -> None:
    """A finished run as it lies on disk and in the ledger, without what it measured."""
    directory = RunDirectory(paths.runs / run.run_id)
    directory.path.mkdir(parents=True)
    directory.write_plan(Plan.from_dict(run.plan))
    directory.write_meta(
        RunMeta(
            id=run.run_id,
            plan_hash=run.plan_hash,
            state=run.state,
            reason=run.reason,
            started=run.started,
            ended=run.ended,
            endpoint=run.endpoint,
            model=run.model,
            engine=run.engine,
            engine_version=run.engine_version,
            max_model_len=None,
            simulated=run.simulated,
            accepted=run.accepted,
            refused=run.refused,
            calibration=PromptCalibration.assumed(),
            subject=run.subject,
        )
    )
    Ledger(paths.ledger).save(run_record(run, directory.path), evidence)
