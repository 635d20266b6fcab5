"""The live view's numbers, from counters set by hand."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from advisor.bench.counters import (
    AnalysisCounter,
    CaptureCounter,
    CellCounter,
    CellStage,
    Counters,
    Stage,
    cell_slot,
)
from advisor.bench.livecell import LiveCell
from advisor.bench.metrics import output_tokens_per_s
from advisor.bench.plan import Plan
from advisor.bench.progress import CellProgress, ProgressReader
from advisor.bench.records import Outcome
from advisor.bench.rundir import RunDirectory

from .support import MS, SENT_NS
from .test_metrics import sample, window

PLAN = Plan(model="m", concurrencies=(1, 8), requests_per_cell=10, repetitions=2)
SECOND = 1000 * MS


class Writers:
    """Both files of counters, to be written, and the reader of them."""

    def __init__(self, directory: RunDirectory) -> None:
        Counters.create_for(directory.capture_counters, directory.analysis_counters, 4)
        self.capture = Counters(directory.capture_counters, writable=True)
        self.analysis = Counters(directory.analysis_counters, writable=True)
        self.reader = ProgressReader(directory, PLAN)

    def at(self, second: float, reads: int) -> float | None:
        """The current rate, at a time since the start and with so many reads by then."""
        self.capture[CaptureCounter.UPDATED_NS] = SENT_NS + int(second * SECOND)
        self.capture[CaptureCounter.READS] = reads
        return self.reader.read(is_alive=False).output_tokens_per_s_now

    def close(self) -> None:
        self.reader.close()
        self.capture.close()
        self.analysis.close()


@pytest.fixture
def writers(tmp_path: Path) -> Iterator[Writers]:
    made = Writers(RunDirectory(tmp_path))
    yield made
    made.close()


def test_a_run_that_has_not_begun(writers: Writers) -> None:
    progress = writers.reader.read(is_alive=True)
    assert (progress.stage, progress.completed, progress.planned, progress.elapsed_s) == (Stage.STARTING, 0, 40, 0.0)
    assert {cell.state for cell in progress.cells} == {"waiting"}
    assert progress.output_tokens_per_s_now is None


def test_cells_are_over_running_or_waiting(writers: Writers) -> None:
    writers.capture[CaptureCounter.STAGE] = Stage.MEASURE
    writers.capture[CaptureCounter.CELL] = 1
    writers.analysis[cell_slot(0, CellCounter.STAGE)] = CellStage.OVER
    progress = writers.reader.read(is_alive=True)
    assert [cell.state for cell in progress.cells] == ["over", "running", "waiting", "waiting"]
    assert (progress.concurrency, progress.repetition, progress.cell) == (8, 0, 1)


def test_a_cell_is_not_over_before_the_analyser_is_done_with_it(writers: Writers) -> None:
    writers.capture[CaptureCounter.STAGE] = Stage.MEASURE
    writers.capture[CaptureCounter.CELL] = 1
    writers.analysis[cell_slot(0, CellCounter.STAGE)] = CellStage.RUNNING
    writers.analysis[cell_slot(0, CellCounter.COMPLETED)] = 9
    assert [cell.state for cell in writers.reader.read(is_alive=True).cells] == ["running", "running", *["waiting"] * 2]
    assert writers.reader.read(is_alive=False).cells[0].state == "over"


def test_times_count_to_the_last_sign_of_life_once_the_run_is_over(writers: Writers) -> None:
    writers.capture[CaptureCounter.STARTED_NS] = SENT_NS
    writers.capture[CaptureCounter.CELL_STARTED_NS] = SENT_NS + SECOND
    writers.capture[CaptureCounter.UPDATED_NS] = SENT_NS + 3 * SECOND
    progress = writers.reader.read(is_alive=False)
    assert (progress.elapsed_s, progress.cell_elapsed_s) == (3.0, 2.0)


def test_the_current_rate_is_that_of_the_last_second(writers: Writers) -> None:
    writers.analysis[AnalysisCounter.READS] = 100
    writers.analysis[AnalysisCounter.TOKENS] = 150
    assert writers.at(0.0, 0) is None
    assert writers.at(0.5, 100) == pytest.approx(300.0)
    assert writers.at(1.0, 200) == pytest.approx(300.0)
    assert writers.at(1.5, 200) == pytest.approx(150.0)
    assert writers.at(2.0, 200) == 0.0


def test_where_readings_are_rare_the_current_rate_is_that_of_the_last_two(writers: Writers) -> None:
    writers.analysis[AnalysisCounter.READS] = writers.analysis[AnalysisCounter.TOKENS] = 100
    assert writers.at(0.0, 0) is None
    assert writers.at(5.0, 100) == pytest.approx(20.0)
    assert writers.at(10.0, 400) == pytest.approx(60.0)


def test_after_closing_the_last_reading_stays(writers: Writers) -> None:
    writers.analysis[cell_slot(2, CellCounter.COMPLETED)] = 4
    writers.reader.close()
    writers.analysis[cell_slot(2, CellCounter.COMPLETED)] = 9
    assert writers.reader.read(is_alive=True).completed == 4


class TestLiveCell:
    """What the analyser counts, and the view shows: 2 requests of 3 tokens, after a warm-up that ended at 50 ms."""

    FIRST = sample(100, 200, 300, n=3)
    SECOND = sample(120, 200, 280, n=3, sent_ms=20, ended_ms=500)
    LATE = sample(ended_ms=400, outcome=Outcome.TIMEOUT)
    WARMUP = sample(10, 50, n=2)

    @pytest.fixture
    def publish(self, writers: Writers) -> Callable[[CellCounter, int], None]:
        def publish(counter: CellCounter, value: int) -> None:
            writers.analysis[cell_slot(1, counter)] = value

        return publish

    def cell(self, writers: Writers) -> CellProgress:
        return writers.reader.read(is_alive=True).cells[1]

    def test_counts_and_latencies(self, writers: Writers, publish: Callable[[CellCounter, int], None]) -> None:
        live = LiveCell(publish, 0)
        for each in (self.FIRST, self.SECOND, self.LATE):
            live.add(each)
        cell = self.cell(writers)
        assert (cell.state, cell.completed, cell.failed, cell.tokens) == ("running", 2, 1, 6)
        assert (cell.ttft_p50_ms, cell.ttft_p95_ms, cell.tpot_p50_ms) == (100, 100, 100)
        assert cell.output_tokens_per_s == pytest.approx(6 / 0.5)

    def test_the_rate_begins_where_the_warm_up_ended(
        self, writers: Writers, publish: Callable[[CellCounter, int], None]
    ) -> None:
        live = LiveCell(publish, 2)
        live.add_warmup(self.WARMUP)
        live.add(self.FIRST)
        assert self.cell(writers).output_tokens_per_s is None  # not all slots are at work yet
        live.add_warmup(sample(110, n=1))
        assert self.cell(writers).output_tokens_per_s == pytest.approx(
            2 / 0.190, abs=0.001
        )  # of three tokens, two came since
        live.add(self.SECOND)
        assert self.cell(writers).output_tokens_per_s == pytest.approx(5 / 0.390, abs=0.001)

    def test_it_is_the_rate_of_the_result_while_it_runs(
        self, writers: Writers, publish: Callable[[CellCounter, int], None]
    ) -> None:
        samples = [self.FIRST, self.SECOND, sample(150, 250, ended_ms=260, outcome=Outcome.CANCELLED)]
        live = LiveCell(publish, 1)
        live.add_warmup(self.WARMUP)
        for each in samples:
            live.add(each)
        assert self.cell(writers).output_tokens_per_s == pytest.approx(
            output_tokens_per_s(samples, window(50, 500)), abs=0.001
        )

    def test_once_over_it_shows_what_it_was_closed_with(
        self, writers: Writers, publish: Callable[[CellCounter, int], None]
    ) -> None:
        live = LiveCell(publish, 0)
        live.add(self.FIRST)
        live.close(12.345)
        cell = self.cell(writers)
        assert (cell.state, cell.output_tokens_per_s) == ("over", 12.345)

    def test_a_cell_that_broke_off_keeps_the_rate_it_had(
        self, writers: Writers, publish: Callable[[CellCounter, int], None]
    ) -> None:
        live = LiveCell(publish, 0)
        live.add(self.FIRST)
        live.close()
        cell = self.cell(writers)
        assert (cell.state, cell.output_tokens_per_s) == ("over", 10.0)
