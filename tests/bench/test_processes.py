"""The two processes of a run from inside: what the analyser makes of its pipe, what a crash may say."""

from array import array
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from advisor.bench import capture
from advisor.bench.analyse import Analyser
from advisor.bench.asker import Conversation
from advisor.bench.counters import AnalysisCounter, CellCounter, CellStage, Counters, cell_slot
from advisor.bench.orders import Orders, read_line
from advisor.bench.plan import Plan, Secret, Target
from advisor.bench.prompts import PromptCalibration
from advisor.bench.records import CellEnd, CellStart, Control, RunEnd, RunState
from advisor.bench.rundir import RunDirectory
from advisor.bench.tracefile import read_trace
from servers.raw import DONE, chunks, role_event, stream_head, text_event, usage_event

from .support import MS, SENT_NS, answer
from .test_files import meta
from .test_interpret import header

KEY = "sk-very-secret-0123456789"
PLAN = Plan(model="m", concurrencies=(4,), requests_per_cell=2, repetitions=2)
STREAM = stream_head() + chunks([role_event(), text_event("a"), text_event("b", "length"), usage_event(9, 2), DONE])


class Kept:
    """A journal in memory."""

    def __init__(self) -> None:
        self.records: list[Mapping[str, object]] = []

    def append(self, record: Mapping[str, object]) -> None:
        self.records.append(record)


@pytest.fixture
def directory(tmp_path: Path) -> RunDirectory:
    run = RunDirectory(tmp_path)
    run.write_plan(PLAN)
    run.write_meta(meta(plan_hash=PLAN.plan_hash))
    Counters.create_for(run.capture_counters, run.analysis_counters, 2)
    return run


def request_frame(**changes: Any) -> tuple[dict[str, Any], bytes]:
    came = answer(STREAM)
    told = {
        "status": 200,
        "head": {"content-type": "text/event-stream"},
        "head_bytes": came.head_bytes,
        "framing": "chunked",
        "reads": len(came.reads),
    }
    return header(**(told | changes)), array("q", came.reads.flatten().tolist()).tobytes() + STREAM


class TestAnalyser:
    CELL = CellStart(4, 1, 0, SENT_NS, 2).to_json()

    def test_requests_become_rows_lines_and_counts(self, directory: RunDirectory) -> None:
        journal = Kept()
        analyser = Analyser(directory, journal, [])
        analyser.take(self.CELL, b"")
        analyser.take(*request_frame())
        analyser.take(*request_frame(index=8, phase="warmup"))
        end = CellEnd(4, 1, 0, SENT_NS, True, "", SENT_NS, SENT_NS + 50 * MS, 1, 0, 0.1, None, 0)
        analyser.take(end.to_json(), b"")
        analyser.take(RunEnd(SENT_NS, RunState.FINISHED, "").to_json(), b"")
        analyser.close(SENT_NS)
        assert [record["kind"] for record in journal.records] == [
            *("cell_start", "request", "request", "cell_end", "run_end")
        ]
        assert [record["first_row"] for record in journal.records[1:3]] == [0, 5]
        assert len(read_trace(directory.trace_file(end.cell, 0))) == 10
        with Counters(directory.analysis_counters, writable=False) as counters:
            assert counters[AnalysisCounter.TOKENS] == 4
            assert counters[cell_slot(1, CellCounter.COMPLETED)] == 1
            assert counters[cell_slot(1, CellCounter.TTFT_P50_US)] == 10_000
            assert counters[cell_slot(1, CellCounter.STAGE)] == CellStage.OVER
            assert counters[cell_slot(1, CellCounter.OUTPUT_MILLITOKENS_PER_S)] == 2_000 / 0.05
        assert directory.meta().state is RunState.FINISHED

    @pytest.mark.parametrize(
        ("control", "state"), [("cancel:user", RunState.CANCELLED), ("cancel:caller_gone", RunState.CRASHED)]
    )
    def test_a_pipe_that_ends_early_closes_the_run_as_what_was_going_on(
        self, directory: RunDirectory, control: str, state: RunState
    ) -> None:
        journal = Kept()
        analyser = Analyser(directory, journal, [])
        analyser.take(self.CELL, b"")
        analyser.take(Control(SENT_NS, control).to_json(), b"")
        analyser.close(SENT_NS)
        found = directory.meta()
        assert (found.state, found.reason, found.ended is None) == (state, "capture_died", False)
        assert journal.records[-1]["kind"] == "run_end"


class TestCapture:
    ORDERS = Orders(
        Path("/nowhere"),
        3,
        Conversation(
            PLAN,
            Target.with_key("http://host", Secret(KEY)),
            "n",
            frozenset({"ignore_eos"}),
            PromptCalibration.assumed(),
            2,
        ),
    )

    def test_orders_survive_their_line_and_print_no_secret(self) -> None:
        assert Orders.from_line(self.ORDERS.to_line()) == self.ORDERS
        assert KEY not in repr(self.ORDERS)

    def test_a_crash_is_told_without_the_key(
        self, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        async def crash(orders: Orders, early_orders: bytes) -> RunState:
            raise RuntimeError(f"cannot send Bearer {KEY}")

        monkeypatch.setattr(capture, "read_line", lambda _: (self.ORDERS.to_line(), b""))
        monkeypatch.setattr(capture, "_run", crash)
        assert capture.main() == capture.EXIT_CRASHED
        said = capsys.readouterr().err
        assert "RuntimeError: cannot send ***" in said
        assert KEY not in said

    def test_control_messages_behind_the_first_line_are_not_lost(self, tmp_path: Path) -> None:
        path = tmp_path / "stdin"
        path.write_bytes(b"x" * 100_000 + b"\ncancel\n")
        with path.open("rb") as file:
            assert read_line(file.fileno()) == (b"x" * 100_000, b"cancel\n")
