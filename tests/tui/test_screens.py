"""Pictures of every screen, filled and empty, small and large. They lie in snapshots/, for the README too.

Look at a changed picture before you accept it: `uv run pytest tests/tui/test_screens.py --snapshot-update`.
"""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from textual.pilot import Pilot

from advisor.bench.result import Gate, SloResult, Verdict
from advisor.evidence.ledger import Ledger
from advisor.evidence.measured import evidence_of
from advisor.tui.app import AdvisorApp
from advisor.tui.session import Session
from advisor.workflows.run_benchmark import Kept
from evidence.results import SUBJECT, point, result
from fit.memories import STACK, seen
from tui.support import LARGE, SMALL, keep_run, press, settle

Compare = Callable[..., bool]

_SIZES = {"80x24": SMALL, "140x40": LARGE}
_ROOMS = {
    "decide": ("1", "2"),
    "decide_finished": ("u",) * 10,
    "catalog": ("C",),
    "catalog_filtered": ("C", "S", "slash", *"8x fp8 <120$", "enter", "p", "down", "enter"),
    "catalog_compared": ("C", "slash", *"8x nvlink", "enter", *["space", "down"] * 4, "c"),
    "catalog_details": ("C", "slash", *"p5en", "enter", "enter"),
    "fit": ("F",),
    "fit_short": ("F", "up", "up", "up", "left", "down", "left"),
    "matrix": ("F", "m"),
    "bench_empty": ("B",),
    "evidence_published": ("E", "t"),
    "evidence_audit": ("E", "t", "t"),
    "report": ("E", "t", "t", "t", "enter"),
    "chart_ttft": ("E", "t", "t", "t", "enter", "down", "down", "down", "enter"),
    "chart_concurrency": ("E", "t", "t", "t", "enter", *("down",) * 6, "enter", "down"),
    "advice": ("A",),
    "help": ("question_mark",),
}


@pytest.fixture(params=list(_SIZES.values()), ids=list(_SIZES))
def size(request: pytest.FixtureRequest) -> tuple[int, int]:
    found: tuple[int, int] = request.param
    return found


def matches(compare: Compare, app: AdvisorApp, size: tuple[int, int], *keys: str) -> bool:
    """Whether the screen after some keys looks as it did."""

    async def before(pilot: Pilot[None]) -> None:
        await settle(pilot)
        await press(pilot, *keys)

    return compare(app, terminal_size=size, run_before=before)


@pytest.mark.parametrize("room", _ROOMS)
def test_screen(snap_compare: Compare, app: AdvisorApp, room: str, size: tuple[int, int]) -> None:
    assert matches(snap_compare, app, size, *_ROOMS[room])


def simulated_run() -> Kept:
    """A finished run against the built-in endpoint."""
    target = SloResult("ttft_p95_ms=500", 1.0, 0.94, 1.0, holds=True, is_resolved=False)
    slow = Gate("little", False, 0.081, 0.05, Verdict.NOT_STEADY)
    points = (
        point(1, (81.2, 81.4, 81.6), slos=[target], ttft_ms=36.0),
        point(4, (288.0, 290.0, 292.0), slos=[target], ttft_ms=61.0),
        point(8, (489.0, 495.0, 502.0), slos=[target], ttft_ms=92.0, gates=[slow], verdict=Verdict.NOT_STEADY),
    )
    run = result(*points, simulated=True)
    return Kept(run, Path("/runs") / run.run_id, tuple(evidence_of(run)))


def test_bench_finished(snap_compare: Compare, app: AdvisorApp, session: Session, size: tuple[int, int]) -> None:
    session.live.kept = simulated_run()
    session.use_endpoint("http://127.0.0.1:8000")
    assert matches(snap_compare, app, size, "B")


def test_bench_refused(snap_compare: Compare, app: AdvisorApp, session: Session, size: tuple[int, int]) -> None:
    session.live.complaint = "nothing listens at http://127.0.0.1:8000: the connection was refused. Is the server up?"
    session.use_endpoint("http://127.0.0.1:8000")
    assert matches(snap_compare, app, size, "B")


def test_evidence_memory(snap_compare: Compare, app: AdvisorApp, session: Session, size: tuple[int, int]) -> None:
    for memory in (seen(), seen(replace(STACK, checkpoint="fp8", tensor_parallel_size=4), day="2026-11-18")):
        Ledger(session.paths.ledger).save_memory(memory)
    assert matches(snap_compare, app, size, "E", *("t",) * 4)


def test_evidence_runs(snap_compare: Compare, app: AdvisorApp, session: Session, size: tuple[int, int]) -> None:
    simulated = simulated_run()
    keep_run(session.paths, simulated.result, simulated.evidence)
    live = replace(result(point(1), point(8, (300.0, 310.0, 320.0))), run_id="20261117T090000Z-7f7f7f")
    keep_run(session.paths, live, evidence_of(live))
    contradicted = {**SUBJECT, "vouched_by": "contradicted", "contradictions": ["engine_version"]}
    keep_run(session.paths, replace(live, run_id="20261116T090000Z-3c3c3c", subject=contradicted))
    assert matches(snap_compare, app, size, "E")
