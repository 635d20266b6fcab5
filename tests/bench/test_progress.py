"""The live view's numbers, from counters set by hand."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from advisor.bench.counters import AnalysisCounter, CaptureCounter, CellCounter, Counters, Stage, cell_slot
from advisor.bench.livecell import LiveCell
from advisor.bench.plan import Plan
from advisor.bench.progress import ProgressReader
from advisor.bench.records import Outcome
from advisor.bench.rundir import RunDirectory

from .support import MS, SENT_NS
from .test_metrics import sample

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
    writers.analysis[cell_slot(0, CellCounter.COMPLETED)] = 10
    progress = writers.reader.read(is_alive=True)
    assert [cell.state for cell in progress.cells] == ["over", "running", "waiting", "waiting"]
    assert (progress.concurrency, progress.repetition, progress.cell) == (8, 0, 1)


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


def test_after_closing_the_last_reading_stays(writers: Writers) -> None:
    writers.analysis[cell_slot(2, CellCounter.COMPLETED)] = 4
    writers.reader.close()
    writers.analysis[cell_slot(2, CellCounter.COMPLETED)] = 9
    assert writers.reader.read(is_alive=True).completed == 4


def test_the_analyser_counts_what_the_view_shows(writers: Writers) -> None:
    def publish(counter: CellCounter, value: int) -> None:
        writers.analysis[cell_slot(1, counter)] = value

    live = LiveCell(publish)
    live.add(sample(100, 200, 300, n=3))
    live.add(sample(120, 200, 280, n=3, sent_ms=20, ended_ms=500))
    live.add(sample(ended_ms=400, outcome=Outcome.TIMEOUT))
    cell = writers.reader.read(is_alive=True).cells[1]
    assert (cell.completed, cell.failed, cell.tokens) == (2, 1, 6)
    assert (cell.ttft_p50_ms, cell.ttft_p95_ms, cell.tpot_p50_ms) == (100, 100, 100)
    assert cell.output_tokens_per_s == pytest.approx(6 / 0.5)
