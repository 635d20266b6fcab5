"""What a run writes: traces that grow, a journal that survives cuts, counters, the directory itself."""

import io
import json
import os
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from advisor.bench.counters import AnalysisCounter, CaptureCounter, CellCounter, Counters, cell_slot
from advisor.bench.events import EVENT, Events
from advisor.bench.frames import pack_frame, read_frames
from advisor.bench.journal import JournalFile, JournalTail, read_journal
from advisor.bench.meta import RunMeta
from advisor.bench.plan import Plan
from advisor.bench.prompts import PromptCalibration
from advisor.bench.records import CellEnd, CellKey, Load, RunStart, RunState
from advisor.bench.rundir import RunDirectory, read_run, write_json
from advisor.bench.tracefile import TraceFile, read_trace
from advisor.errors import InputError

PLAN = Plan(model="m", concurrencies=(1, 2), requests_per_cell=3)


def rows(count: int, first: int = 0) -> Events:
    events = np.zeros(count, dtype=EVENT)
    events["hi_ns"] = np.arange(first, first + count)
    return events


def meta(**changes: object) -> RunMeta:
    values: dict[str, object] = {
        "id": "r",
        "plan_hash": PLAN.plan_hash,
        "state": RunState.RUNNING,
        "reason": "",
        "started": "2026-11-20T12:00:00+00:00",
        "ended": None,
        "endpoint": "http://host",
        "model": "m",
        "engine": "vllm",
        "engine_version": "0.33",
        "max_model_len": 4096,
        "simulated": False,
        "accepted": ("stream_options",),
        "refused": ("ignore_eos",),
        "calibration": PromptCalibration(11.0, 1.25, "usage"),
        "subject": {"instance": "p5.48xlarge", "nested": {"a": [1]}},
    }
    return RunMeta(**(values | changes))  # type: ignore[arg-type]


@pytest.fixture
def directory(tmp_path: Path) -> RunDirectory:
    run = RunDirectory(tmp_path)
    run.write_plan(PLAN)
    run.write_meta(meta())
    return run


class TestTraces:
    def test_a_closed_file_is_an_ordinary_array(self, tmp_path: Path) -> None:
        trace = TraceFile(tmp_path / "t.npy")
        assert [trace.append(rows(3)), trace.append(rows(0)), trace.append(rows(2, 3))] == [0, 3, 3]
        trace.close()
        loaded = np.load(tmp_path / "t.npy")
        assert loaded["hi_ns"].tolist() == [0, 1, 2, 3, 4]
        assert (read_trace(tmp_path / "t.npy") == loaded).all()

    def test_a_file_whose_writer_died_gives_all_whole_rows(self, tmp_path: Path) -> None:
        trace = TraceFile(tmp_path / "t.npy")
        trace.append(rows(3))
        with (tmp_path / "t.npy").open("ab") as file:
            file.write(b"half a row")
        assert read_trace(tmp_path / "t.npy")["hi_ns"].tolist() == [0, 1, 2]
        trace.close()

    def test_an_attempt_is_never_overwritten(self, tmp_path: Path) -> None:
        TraceFile(tmp_path / "t.npy").close()
        with pytest.raises(FileExistsError):
            TraceFile(tmp_path / "t.npy")

    def test_a_missing_file_has_no_events(self, tmp_path: Path) -> None:
        assert len(read_trace(tmp_path / "t.npy")) == 0

    def test_another_file_is_refused(self, tmp_path: Path) -> None:
        (tmp_path / "t.npy").write_bytes(b"no array")
        with pytest.raises(InputError):
            read_trace(tmp_path / "t.npy")
        np.save(tmp_path / "u.npy", np.zeros(3))
        with pytest.raises(InputError, match="another version"):
            read_trace(tmp_path / "u.npy")


class TestFrames:
    @given(
        st.lists(
            st.tuples(st.dictionaries(st.text(max_size=5), st.integers()), st.lists(st.binary(max_size=20), max_size=3))
        ),
        st.data(),
    )
    def test_what_came_whole_is_read_and_a_cut_frame_is_not(
        self, frames: list[tuple[dict[str, int], list[bytes]]], data: st.DataObject
    ) -> None:
        packed = [pack_frame(header, payload) for header, payload in frames]
        whole = b"".join(packed)
        length = data.draw(st.integers(0, len(whole)))
        ends = np.cumsum([len(frame) for frame in packed])
        expected = [(header, b"".join(payload)) for header, payload in frames][: int((ends <= length).sum())]
        assert list(read_frames(io.BytesIO(whole[:length]))) == expected


class TestJournal:
    def test_records_come_back_in_order_and_only_once(self, tmp_path: Path) -> None:
        path = tmp_path / "j"
        tail = JournalTail(path)
        assert tail.read_new() == ()
        journal = JournalFile(path)
        journal.append({"kind": "a"})
        journal.append({"kind": "b"})
        assert tail.read_new() == ({"kind": "a"}, {"kind": "b"})
        assert tail.read_new() == ()
        journal.append({"kind": "c"})
        assert tail.read_new() == ({"kind": "c"},)
        journal.close()

    def test_a_line_that_is_being_written_is_left_for_later(self, tmp_path: Path) -> None:
        path = tmp_path / "j"
        path.write_bytes(b'{"a": 1}\n{"b"')
        tail = JournalTail(path)
        assert tail.read_new() == ({"a": 1},)
        with path.open("ab") as file:
            file.write(b": 2}\n")
        assert tail.read_new() == ({"b": 2},)

    def test_a_line_cut_by_a_crash_does_not_spoil_the_next(self, tmp_path: Path) -> None:
        path = tmp_path / "j"
        path.write_bytes(b'{"a": 1}\n{"b"')
        journal = JournalFile(path)
        journal.append({"c": 3})
        journal.close()
        assert read_journal(path) == ({"a": 1}, {"c": 3})

    @pytest.mark.parametrize(
        ("written", "then"), [(b"", b""), (b'{"a": 1}\n', b'{"a": 1}\n'), (b'{"a": 1', b'{"a": 1\n'), (b"\n", b"\n")]
    )
    def test_opening_it_again_ends_a_cut_line_and_changes_nothing_else(
        self, tmp_path: Path, written: bytes, then: bytes
    ) -> None:
        path = tmp_path / "j"
        path.write_bytes(written)
        JournalFile(path).close()
        assert path.read_bytes() == then

    def test_it_is_the_users_own(self, tmp_path: Path) -> None:
        JournalFile(tmp_path / "j").close()
        assert (tmp_path / "j").stat().st_mode & 0o077 == 0


class TestCounters:
    def test_a_reader_sees_what_the_writer_sets(self, tmp_path: Path) -> None:
        capture, analysis = tmp_path / "c", tmp_path / "a"
        Counters.create_for(capture, analysis, 2)
        slot = cell_slot(1, CellCounter.TPOT_P50_US)
        with Counters(analysis, writable=True) as writer, Counters(analysis, writable=False) as reader:
            assert reader[slot] == 0
            writer[slot] = 2**40
            assert (reader[slot], reader[slot - 1]) == (2**40, 0)
            with pytest.raises(TypeError):
                reader[slot] = 1

    def test_going_on_keeps_what_the_analyser_counted_for_complete_cells(self, tmp_path: Path) -> None:
        capture, analysis = tmp_path / "c", tmp_path / "a"
        Counters.create_for(capture, analysis, 2)
        slots = [cell_slot(cell, CellCounter.COMPLETED) for cell in (0, 1)]
        with Counters(capture, writable=True) as first, Counters(analysis, writable=True) as second:
            first[CaptureCounter.STARTED_NS] = second[AnalysisCounter.READS] = 5
            second[slots[0]] = second[slots[1]] = 7
        Counters.create_for(capture, analysis, 2, kept=[1])
        with Counters(capture, writable=False) as cleared, Counters(analysis, writable=False) as kept:
            assert (cleared[0], kept[0], [kept[slot] for slot in slots]) == (0, 5, [0, 7])


class TestDirectory:
    def test_plan_and_meta_come_back(self, directory: RunDirectory) -> None:
        assert directory.plan() == PLAN
        lock = directory.lock()
        assert directory.meta() == meta()
        os.close(lock)

    def test_a_run_is_going_on_while_its_lock_is_held(self, directory: RunDirectory) -> None:
        lock = directory.lock()
        assert directory.is_locked()
        assert directory.meta().state is RunState.RUNNING
        with pytest.raises(InputError, match="still going on"):
            directory.lock()
        os.close(lock)
        assert not directory.is_locked()

    def test_a_run_whose_processes_are_gone_has_crashed(self, directory: RunDirectory) -> None:
        found = directory.meta()
        assert (found.state, found.reason) == (RunState.CRASHED, "processes_gone")

    def test_a_run_that_ended_stays_as_it_ended(self, directory: RunDirectory) -> None:
        directory.write_meta(meta(state=RunState.CANCELLED, reason="user"))
        assert directory.meta().state is RunState.CANCELLED

    def test_complete_cells_are_those_whose_end_says_so(self, directory: RunDirectory) -> None:
        journal = JournalFile(directory.journal)
        for level, complete in ((1, True), (2, False)):
            end = CellEnd(level, 0, 0, 1, complete, "", 0, 0, 3, 0, 0.1, None, 0)
            journal.append(end.to_json())
        journal.append(RunStart(1, "n", 0, 1, "kernel").to_json())
        journal.close()
        assert directory.complete_cells() == {CellKey(Load("concurrency", 1), 0)}
        assert directory.next_attempt() == 1

    @pytest.mark.parametrize("content", ["{}", "[]", "no json", '{"id": 1}'])
    def test_a_directory_of_something_else_is_refused(self, directory: RunDirectory, content: str) -> None:
        directory.meta_file.write_text(content)
        with pytest.raises(InputError):
            read_run(directory.path)

    def test_an_empty_place_holds_no_run(self, tmp_path: Path) -> None:
        with pytest.raises(InputError, match="no run here"):
            read_run(tmp_path / "nowhere")

    def test_a_file_is_replaced_whole_or_not_at_all(self, tmp_path: Path) -> None:
        path = tmp_path / "f.json"
        write_json(path, {"a": 1})
        with pytest.raises(TypeError):
            write_json(path, {"a": object()})
        assert json.loads(path.read_text()) == {"a": 1}
        assert [entry.name for entry in tmp_path.iterdir()] == ["f.json"]
