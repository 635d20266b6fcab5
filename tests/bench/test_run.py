"""Whole runs, in their own processes, against servers here: finished, stopped, killed, gone on with."""

import asyncio
import json
import os
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from statistics import mean
from typing import Any

import pytest

from advisor.bench.counters import Stage
from advisor.bench.journal import read_journal
from advisor.bench.plan import Plan, Secret, Slo, Target
from advisor.bench.preflight import Preflight, preflight
from advisor.bench.progress import Progress
from advisor.bench.prompts import PromptCalibration
from advisor.bench.records import Outcome, RunState
from advisor.bench.result import BenchmarkResult, Point, Verdict
from advisor.bench.rundir import RunDirectory, read_run
from advisor.bench.runner import RunHandle, start_run
from advisor.errors import InputError
from advisor.simulator.server import SimulatorProcess
from patience import PATIENCE_S, until
from servers.engine import Engine
from servers.raw import Connection, RawServer, Request, chunk, event, json_answer, stream_head, text_event

KEY = "sk-very-secret-0123456789"
PROBES = 2
"""Streamed requests that preflight makes."""

PLAN = Plan(
    model="tiny",
    concurrencies=(1, 3),
    requests_per_cell=15,
    input_tokens=60,
    output_tokens=8,
    repetitions=2,
    warmup_requests=3,
    timeout_s=PATIENCE_S,
    slos=(Slo("ttft", 90, 500.0),),
)
CLOCK_ERROR_MS = 0.1
"""Two kernel stamps brought onto the monotonic clock, each to within a step of 50 us."""

TOTAL = 60
WARMUPS = 12

on_linux = pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc")


class Bench:
    """Runs against one server, each waited for when the test ends."""

    def __init__(self, server: RawServer, root: Path, key: str | None = KEY, target: Target | None = None) -> None:
        self.target = target or Target.with_key(server.url, Secret(key) if key else None)
        self.root = root
        self.tried: Preflight = asyncio.run(preflight(self.target))
        self.handles: list[RunHandle] = []

    def start(self, plan: Plan = PLAN, **options: Any) -> RunHandle:
        handle = start_run(plan, self.target, self.tried, self.root, {"who": "user"}, **options)
        self.handles.append(handle)
        return handle

    def close(self) -> None:
        for handle in self.handles:
            handle.kill()
            handle.wait(PATIENCE_S)


@pytest.fixture
def bench(tmp_path: Path, request: pytest.FixtureRequest) -> Callable[..., Bench]:
    """A maker of benches that are cleaned up before their server is."""

    def make(server: RawServer, **options: Any) -> Bench:
        made = Bench(server, tmp_path / "runs", **options)
        request.addfinalizer(made.close)
        return made

    return make


def stalls_from(number: int) -> Engine:
    """An engine that answers the streamed requests before the given one, and lets all from there on hang."""

    def stall(connection: Connection, _: Request) -> None:
        connection.send(stream_head(), chunk(text_event("a")))
        connection.stall()

    return Engine(faulty=lambda count: stall if count >= PROBES + number else None, reach=PROBES + number + 1)


def follow(handle: RunHandle, until_it_is: Callable[[Progress], bool]) -> Progress:
    """Look at a run until something holds, as a screen would."""
    seen = [handle.poll()]

    def holds() -> bool:
        seen.append(handle.poll())
        return until_it_is(seen[-1])

    until(holds)
    return seen[-1]


def everything_in(directory: Path) -> bytes:
    return b"\n".join(path.read_bytes() + path.name.encode() for path in directory.rglob("*") if path.is_file())


def outcomes(handle: RunHandle) -> list[Outcome]:
    return [
        Outcome(line["outcome"]) for line in read_journal(handle.path / "journal.jsonl") if line["kind"] == "request"
    ]


def point(result: BenchmarkResult, concurrency: int) -> Point:
    (found,) = [each for each in result.points if each.load.value == concurrency]
    return found


class TestFinishedRun:
    """One run, looked at from all sides."""

    ENGINE = Engine(key=KEY, first_s=0.02, gap_s=0.004)

    @pytest.fixture(scope="class")
    def done(self, tmp_path_factory: pytest.TempPathFactory) -> tuple[RunHandle, BenchmarkResult, RawServer, Progress]:
        root = tmp_path_factory.mktemp("runs")
        with RawServer(self.ENGINE) as server:
            handle = Bench(server, root).start()
            assert handle.wait(PATIENCE_S) is RunState.FINISHED
        return handle, handle.result(), server, handle.poll()

    def test_every_request_was_made_and_answered(self, done: Any) -> None:
        handle, result, server, _ = done
        assert outcomes(handle) == [Outcome.OK] * (TOTAL + WARMUPS)
        assert len(server.requests) == TOTAL + WARMUPS + PROBES + 2
        assert (result.state, result.is_partial, [each.load.value for each in result.points]) == (
            "finished",
            False,
            [1, 3],
        )
        assert all(each.requests.completed == 30 for each in result.points)

    def test_no_figure_is_below_what_the_server_took(self, done: Any) -> None:
        """The server waits 20 ms for the first token and 4 ms for each of the other seven, or longer."""
        result: Any = done[1]
        for each in result.points:
            assert each.figures.ttft_ms.min >= 20 - CLOCK_ERROR_MS
            assert each.figures.e2e_ms.min >= 48 - CLOCK_ERROR_MS
            assert 0 < each.figures.achieved_concurrency <= each.load.value

    def test_a_request_lasts_as_long_as_to_its_first_token_and_through_the_others(self, done: Any) -> None:
        _, result, _, _ = done
        for figures in (each.figures for each in result.points):
            assert figures.e2e_ms.mean == pytest.approx(figures.ttft_ms.mean + 7 * figures.tpot_ms.mean)

    def test_figures_lie_between_the_bounds_that_the_server_saw(self, done: Any) -> None:
        """One request after the other: each was sent after the answer before it, and read before the one behind it."""
        seen = self.ENGINE.answers[PROBES:]
        figures: Any = point(done[1], 1).figures
        cells = [range(start + 3, start + 18) for start in (0, 36)]  # behind three warm-up requests; 36 to a repetition
        alone = [index for cell in cells for index in cell]
        least_ms = mean((seen[index].last_ns - seen[index].received_ns) / 1e6 for index in alone)
        most_ms = mean((seen[index + 1].received_ns - seen[index - 1].last_ns) / 1e6 for index in alone)
        assert least_ms - CLOCK_ERROR_MS <= figures.e2e_ms.mean <= most_ms + CLOCK_ERROR_MS
        first_ms = mean((seen[index].first_ns - seen[index].received_ns) / 1e6 for index in alone)
        assert first_ms - CLOCK_ERROR_MS <= figures.ttft_ms.mean <= figures.e2e_ms.mean
        spans_s = [(seen[cell[-1] + 1].received_ns - seen[cell[0] - 1].last_ns) / 1e9 for cell in cells]
        assert mean(15 / span_s for span_s in spans_s) <= figures.requests_per_s <= 1 / 0.048

    def test_prompts_have_their_length_and_answers_theirs(self, done: Any) -> None:
        _, result, _, _ = done
        assert point(result, 1).input_tokens == pytest.approx(60, abs=1)
        assert point(result, 1).output_tokens == 8

    def test_connections_are_kept(self, done: Any) -> None:
        """No cell opens more than its slots need; one that stood idle for long is opened anew in the next cell."""
        handle, _, server, _ = done
        asked = [line for line in read_journal(handle.path / "journal.jsonl") if line["kind"] == "request"]
        opened = Counter((line["concurrency"], line["repetition"]) for line in asked if line["connect_start_ns"])
        assert opened[1, 0] == 1
        assert all(count <= concurrency for (concurrency, _), count in opened.items())
        assert server.connections == 1 + opened.total()  # and preflight's

    def test_no_two_prompts_are_alike(self, done: Any) -> None:
        _, _, server, _ = done
        prompts = [request.json()["messages"][0]["content"] for request in server.requests if request.body]
        assert len(set(prompts)) == len(prompts)

    def test_progress_ends_where_the_run_does(self, done: Any) -> None:
        _, _, _, progress = done
        assert (progress.stage, progress.is_alive) == (Stage.ENDED, False)
        assert (progress.completed, progress.failed, progress.planned, progress.tokens) == (TOTAL, 0, TOTAL, TOTAL * 8)
        assert [cell.state for cell in progress.cells] == ["over"] * 4

    def test_what_the_live_view_ends_with_is_what_the_result_says(self, done: Any) -> None:
        _, result, _, progress = done
        for cell in progress.cells:
            figures = point(result, cell.concurrency).repetitions[cell.repetition].figures
            assert cell.output_tokens_per_s == pytest.approx(figures.output_tokens_per_s, abs=0.001)
            assert cell.ttft_p50_ms == pytest.approx(figures.ttft_ms.p50, abs=0.001)
            assert cell.tpot_p50_ms == pytest.approx(figures.tpot_ms.p50, abs=0.001)

    def test_the_directory_holds_all_of_it(self, done: Any) -> None:
        handle, result, _, _ = done
        names = {path.name for path in handle.path.iterdir()}
        assert {"plan.json", "meta.json", "journal.jsonl", "trace-c0001-r0-a0.npy", "trace-c0003-r1-a0.npy"} <= names
        assert read_run(handle.path) == result
        assert (result.subject, result.engine) == ({"who": "user"}, "vllm")
        assert Plan.from_dict(json.loads((handle.path / "plan.json").read_text())) == PLAN

    def test_no_secret_is_in_any_file(self, done: Any) -> None:
        handle, _, server, _ = done
        assert server.requests[-1].headers["authorization"] == f"Bearer {KEY}"
        assert KEY.encode() not in everything_in(handle.path)

    def test_the_processes_had_nothing_to_complain_about(self, done: Any) -> None:
        handle, _, _, _ = done
        assert (handle.path / "capture.log").read_text() == ""
        assert (handle.path / "analysis.log").read_text() == ""

    def test_the_document_is_json(self, done: Any) -> None:
        _, result, _, _ = done
        document = json.loads(json.dumps(result.document(), allow_nan=False))
        assert (document["schema"], document["simulated"]) == ("advisor.benchmark/1", False)


class TestWhileItRuns:
    def test_progress_and_records_tell_of_it(self, bench: Callable[..., Bench]) -> None:
        engine = stalls_from(10)
        with RawServer(engine) as server:
            handle = bench(server).start()
            assert engine.reached.wait(PATIENCE_S)
            progress = follow(handle, lambda now: (now.completed, now.in_flight, now.issued) == (7, 1, 8))
            assert (progress.stage, progress.is_alive, progress.concurrency) == (Stage.MEASURE, True, 1)
            assert (progress.cells[0].state, progress.cells[1].state) == ("running", "waiting")
            kinds = [record["kind"] for record in handle.new_records()]
            assert kinds == ["run_start", "cell_start", *["request"] * 10]
            assert handle.new_records() == ()
            result = handle.result()
            assert (result.state, result.is_partial, result.points[0].requests.completed) == (RunState.RUNNING, True, 7)
            with pytest.raises(TimeoutError):
                handle.wait(0.01)

    def test_a_rate_is_shown_once_an_answer_has_ended(self, bench: Callable[..., Bench]) -> None:
        with RawServer(Engine(gap_s=0.002)) as server:
            handle = bench(server).start(replace(PLAN, requests_per_cell=200))
            progress = follow(handle, lambda now: (now.output_tokens_per_s_now or 0) > 0 and now.completed > 5)
            assert progress.output_tokens_per_s is not None
            assert 0 < progress.output_tokens_per_s <= 1000

    @on_linux
    def test_the_key_is_in_no_argument_and_no_environment(self, bench: Callable[..., Bench]) -> None:
        engine = stalls_from(1)
        with RawServer(engine) as server:
            capture = bench(server).start()._capture.pid
            assert engine.reached.wait(PATIENCE_S)
            (analyser,) = _children(capture)
            for process in (Path(f"/proc/{pid}") for pid in (capture, analyser)):
                started_with = (process / "cmdline").read_bytes()
                assert b"advisor.bench." in started_with
                assert KEY.encode() not in started_with + (process / "environ").read_bytes()


class TestStopped:
    def test_a_cancelled_run_keeps_what_was_finished(self, bench: Callable[..., Bench]) -> None:
        engine = stalls_from(10)
        with RawServer(engine) as server:
            handle = bench(server).start()
            assert engine.reached.wait(PATIENCE_S)
            handle.cancel()
            handle.cancel()
            assert handle.wait(PATIENCE_S) is RunState.CANCELLED
        assert outcomes(handle) == [*[Outcome.OK] * 10, Outcome.CANCELLED]
        result = handle.result()
        found = point(result, 1)
        assert (result.state, result.reason, result.is_partial) == ("cancelled", "user", True)
        assert (found.requests.completed, found.requests.cancelled, found.requests.unsent) == (7, 1, 22)
        assert found.verdict is Verdict.INSUFFICIENT

    def test_a_load_that_was_stopped_says_so(self, bench: Callable[..., Bench]) -> None:
        engine = stalls_from(0)
        with RawServer(engine) as server:
            handle = bench(server).start()
            assert engine.reached.wait(PATIENCE_S)
            handle.cancel()
            handle.wait(PATIENCE_S)
        (found,) = handle.result().points
        assert (found.reason, found.repetitions[0].reason, found.verdict) == (
            "cancelled",
            "cancelled",
            Verdict.INSUFFICIENT,
        )

    def test_a_run_can_be_cancelled_before_it_has_begun(self, bench: Callable[..., Bench]) -> None:
        engine = Engine()
        with RawServer(engine) as server:
            maker = bench(server)
            engine.faulty = lambda _: lambda connection, _request: connection.stall()
            handle = maker.start()
            handle.cancel()
            assert handle.wait(PATIENCE_S) is RunState.CANCELLED
        assert Outcome.OK not in outcomes(handle)

    @pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
    def test_signals_end_a_run_once_and_in_order(self, bench: Callable[..., Bench], number: signal.Signals) -> None:
        engine = stalls_from(10)
        with RawServer(engine) as server:
            handle = bench(server).start()
            assert engine.reached.wait(PATIENCE_S)
            for _ in range(3):
                handle._capture.send_signal(number)
            assert handle.wait(PATIENCE_S) is RunState.CANCELLED
        kinds = [record["kind"] for record in read_journal(handle.path / "journal.jsonl")]
        assert kinds[-4:] == ["control", "request", "cell_end", "run_end"]
        assert kinds.count("run_end") == kinds.count("control") == 1
        assert handle._capture.returncode == 130

    def test_the_processes_are_out_of_reach_of_the_terminal(self, bench: Callable[..., Bench]) -> None:
        engine = stalls_from(1)
        with RawServer(engine) as server:
            handle = bench(server).start()
            assert engine.reached.wait(PATIENCE_S)
            assert os.getsid(handle._capture.pid) != os.getsid(0)
            assert os.getpgid(handle._capture.pid) == handle._capture.pid

    def test_cancelling_what_is_over_is_harmless(self, bench: Callable[..., Bench]) -> None:
        with RawServer(Engine()) as server:
            handle = bench(server).start(replace(PLAN, concurrencies=(2,), requests_per_cell=2, repetitions=1))
            assert handle.wait(PATIENCE_S) is RunState.FINISHED
            handle.cancel()
            assert handle.wait(PATIENCE_S) is RunState.FINISHED


class TestKilled:
    def test_a_killed_capture_process_leaves_a_partial_labelled_result(self, bench: Callable[..., Bench]) -> None:
        engine = stalls_from(10)
        with RawServer(engine) as server:
            handle = bench(server).start()
            assert engine.reached.wait(PATIENCE_S)
            handle.kill()
            assert handle.wait(PATIENCE_S) is RunState.CRASHED
        result = handle.result()
        assert (result.state, result.reason, result.is_partial) == ("crashed", "capture_died", True)
        # the answer before the one that hangs may have been in the process when it died
        assert outcomes(handle) in ([Outcome.OK] * 10, [Outcome.OK] * 9)
        assert point(result, 1).verdict is Verdict.INSUFFICIENT
        assert result.ended is not None

    def test_a_killed_analyser_leaves_what_it_had_written(self, bench: Callable[..., Bench]) -> None:
        engine = stalls_from(10)
        with RawServer(engine) as server:
            handle = bench(server).start()
            assert engine.reached.wait(PATIENCE_S)
            follow(handle, lambda now: now.completed == 7)
            (analyser,) = _children(handle._capture.pid)
            os.kill(analyser, signal.SIGKILL)
            assert handle.wait(PATIENCE_S) is RunState.CRASHED
        result = handle.result()
        assert (result.reason, result.points[0].requests.completed) == ("processes_gone", 7)
        assert result.ended is not None

    def test_a_run_ends_when_its_caller_dies(self, bench: Callable[..., Bench]) -> None:
        engine = stalls_from(10 + PROBES)  # the caller tries the endpoint once more
        with RawServer(engine) as server:
            maker = bench(server, key=None)
            caller = subprocess.Popen(
                [sys.executable, "-c", _CALLER, server.url, str(maker.root)], stdout=subprocess.PIPE, text=True
            )
            assert caller.stdout is not None
            path = Path(caller.stdout.readline().strip())
            assert engine.reached.wait(PATIENCE_S)
            caller.kill()
            caller.wait(PATIENCE_S)
            caller.stdout.close()
            directory = RunDirectory(path)
            until(lambda: not directory.is_locked())
        result = read_run(path)
        assert (result.state, result.reason) == (RunState.CRASHED, "caller_gone")
        assert point(result, 1).requests.completed == 7

    def test_a_crash_of_our_own_is_logged_without_the_key(self, bench: Callable[..., Bench]) -> None:
        with RawServer(Engine()) as server:
            maker = bench(server)
            broken = replace(maker.tried, calibration=replace(maker.tried.calibration, tokens_per_word=0.0))
            handle = start_run(PLAN, maker.target, broken, maker.root, {})
            maker.handles.append(handle)
            assert handle.wait(PATIENCE_S) is RunState.CRASHED
        assert "ZeroDivisionError" in (handle.path / "capture.log").read_text()
        assert KEY.encode() not in everything_in(handle.path)
        assert handle.result().is_partial


_CALLER = """
import asyncio, sys
from pathlib import Path
from advisor.bench.plan import Plan, Secret, Target
from advisor.bench.preflight import preflight
from advisor.bench.runner import start_run

target = Target(sys.argv[1])
tried = asyncio.run(preflight(target))
plan = Plan(model="tiny", concurrencies=(1,), requests_per_cell=15, input_tokens=60, output_tokens=8, warmup_requests=3)
handle = start_run(plan, target, tried, Path(sys.argv[2]), {})
print(handle.path, flush=True)
handle.wait()
"""


def _children(pid: int) -> list[int]:
    listed = subprocess.run(["ps", "-o", "pid=", "--ppid", str(pid)], capture_output=True, text=True, check=False)
    return [int(line) for line in listed.stdout.split()]


class TestResumed:
    def test_it_goes_on_where_it_stopped(self, bench: Callable[..., Bench]) -> None:
        engine = stalls_from(40)
        with RawServer(engine) as server:
            maker = bench(server)
            first = maker.start()
            assert engine.reached.wait(PATIENCE_S)
            first.cancel()
            first.wait(PATIENCE_S)
            engine.faulty = lambda _: None
            maker.tried = replace(maker.tried, calibration=PromptCalibration(0.0, 9.0, "usage"), accepted=())
            second = maker.start(resume=first.path)
            assert second.poll().cells[0].completed == 15
            assert second.wait(PATIENCE_S) is RunState.FINISHED
        assert second.path == first.path
        result = second.result()
        assert (result.is_partial, result.reason) == (False, "")
        assert [each.input_tokens for each in result.points] == [pytest.approx(60, abs=1)] * 2
        assert [each.output_tokens for each in result.points] == [8, 8]
        assert [(each.requests.completed, each.requests.cancelled) for each in result.points] == [(30, 0), (30, 0)]
        names = sorted(path.name for path in second.path.glob("trace*"))
        assert names == [
            "trace-c0001-r0-a0.npy",
            "trace-c0001-r1-a0.npy",
            "trace-c0001-r1-a1.npy",
            "trace-c0003-r0-a0.npy",
            "trace-c0003-r1-a1.npy",
        ]
        starts = [line for line in read_journal(second.path / "journal.jsonl") if line["kind"] == "run_start"]
        assert len({line["nonce"] for line in starts}) == 2

    def test_killed_in_the_middle_of_a_repetition_it_loses_that_repetition_alone(
        self, bench: Callable[..., Bench]
    ) -> None:
        """Both processes at once, and the journal cut in the middle of a line, as by a machine that fails."""
        engine = stalls_from(40)
        with RawServer(engine) as server:
            maker = bench(server)
            first = maker.start()
            follow(first, lambda now: [cell.completed for cell in now.cells] == [15, 15, 1, 0])
            for pid in (*_children(first._capture.pid), first._capture.pid):  # nobody is left to say how it ended
                os.kill(pid, signal.SIGKILL)
            assert first.wait(PATIENCE_S) is RunState.CRASHED
            left = first.result()
            assert (left.reason, [each.requests.completed for each in left.points]) == ("processes_gone", [16, 15])
            assert [each.reason for each in left.points] == ["processes_gone", "processes_gone"]
            journal = first.path / "journal.jsonl"
            journal.write_bytes(journal.read_bytes()[:-40])
            assert [each.requests.completed for each in first.result().points] == [15, 15]
            engine.faulty = lambda _: None
            second = maker.start(resume=first.path)
            assert [cell.state for cell in second.poll().cells[:2]] == ["over", "over"]
            assert second.wait(PATIENCE_S) is RunState.FINISHED
        result = second.result()
        assert (result.is_partial, [each.requests.completed for each in result.points]) == (False, [30, 30])
        assert [each.repetitions[0] for each in result.points] == [each.repetitions[0] for each in left.points]

    def test_a_finished_run_has_nothing_left_to_do(self, bench: Callable[..., Bench]) -> None:
        plan = replace(PLAN, concurrencies=(2,), requests_per_cell=3, repetitions=1)
        with RawServer(Engine()) as server:
            maker = bench(server)
            first = maker.start(plan)
            first.wait(PATIENCE_S)
            before, asked = first.result(), len(server.requests)
            again = maker.start(plan, resume=first.path)
            assert again.wait(PATIENCE_S) is RunState.FINISHED
            assert len(server.requests) == asked
        assert again.result().points == before.points

    def test_another_plan_or_endpoint_is_refused(self, bench: Callable[..., Bench]) -> None:
        plan = replace(PLAN, concurrencies=(2,), requests_per_cell=3, repetitions=1)
        with RawServer(Engine()) as server, RawServer(Engine()) as other:
            maker = bench(server)
            first = maker.start(plan)
            first.wait(PATIENCE_S)
            with pytest.raises(InputError, match="another plan"):
                maker.start(replace(plan, seed=9), resume=first.path)
            with pytest.raises(InputError, match="another endpoint"):
                bench(other).start(plan, resume=first.path)

    def test_a_run_that_goes_on_cannot_be_resumed(self, bench: Callable[..., Bench]) -> None:
        engine = stalls_from(1)
        with RawServer(engine) as server:
            maker = bench(server)
            handle = maker.start()
            assert engine.reached.wait(PATIENCE_S)
            with pytest.raises(InputError, match="still going on"):
                maker.start(resume=handle.path)

    def test_what_was_simulated_once_stays_simulated(self, bench: Callable[..., Bench]) -> None:
        engine = Engine()
        plan = replace(PLAN, concurrencies=(2,), requests_per_cell=3, repetitions=1)
        with RawServer(engine) as server:
            maker = bench(server)
            assert not maker.tried.simulated
            engine.simulated = True
            handle = maker.start(plan)
            handle.wait(PATIENCE_S)
            assert handle.result().simulated
            engine.simulated = False
            again = maker.start(plan, resume=handle.path)
            again.wait(PATIENCE_S)
            assert again.result().simulated


class TestBadEndpoints:
    def test_some_failures_are_counted_and_named(self, bench: Callable[..., Bench]) -> None:
        def busy(connection: Connection, _: Request) -> None:
            connection.send(json_answer({"error": {"message": f"busy, {KEY}\x1b[2J"}}, 429))

        def breaks(connection: Connection, _: Request) -> None:
            connection.send(
                stream_head(),
                chunk(text_event("a")),
                chunk(event({"error": "out of\x9b2J memory\u202e"})),
                b"0\r\n\r\n",
            )

        faults = {PROBES + 20: busy, PROBES + 21: breaks}
        plan = replace(PLAN, concurrencies=(3,), requests_per_cell=40, repetitions=1)
        with RawServer(Engine(faulty=faults.get)) as server:
            handle = bench(server).start(plan)
            assert handle.wait(PATIENCE_S) is RunState.FINISHED
        (found,) = handle.result().points
        assert (found.requests.completed, found.requests.failed) == (38, 2)
        assert {(each.outcome, each.status, each.message) for each in found.failures} == {
            ("http_status", 429, "busy, *** [2J"),
            ("server_error", 200, "out of 2J memory"),
        }
        assert KEY.encode() not in everything_in(handle.path)

    def test_an_endpoint_that_stops_answering_ends_the_run(self, bench: Callable[..., Bench]) -> None:
        def busy(connection: Connection, _: Request) -> None:
            connection.send(json_answer({"error": "gone"}, 503))

        with RawServer(Engine(faulty=lambda number: busy if number >= PROBES else None)) as server:
            handle = bench(server).start()
            assert handle.wait(PATIENCE_S) is RunState.CRASHED
            asked = len(server.requests)
        result = handle.result()
        assert (result.reason, result.points[0].verdict) == ("endpoint_lost", Verdict.FAILED)
        assert asked < 20

    def test_a_server_that_goes_away_ends_the_run_too(self, bench: Callable[..., Bench]) -> None:
        engine = Engine()
        server = RawServer(engine)
        with server:
            maker = bench(server)
        handle = maker.start()
        assert handle.wait(PATIENCE_S) is RunState.CRASHED
        result = handle.result()
        assert (result.reason, result.points[0].failures[0].outcome) == ("endpoint_lost", "connection")


class TestDegradedClock:
    def test_a_run_through_a_proxy_works_and_says_so(
        self, bench: Callable[..., Bench], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        plan = replace(PLAN, concurrencies=(2,), repetitions=1)
        with RawServer(Engine(key=KEY, gap_s=0.002)) as proxy:
            monkeypatch.setenv("http_proxy", proxy.url)
            monkeypatch.delenv("no_proxy", raising=False)
            target = Target.with_key("http://engine.invalid:8000", Secret(KEY))
            maker = bench(proxy, target=target)
            handle = maker.start(plan)
            assert handle.wait(PATIENCE_S) is RunState.FINISHED
        result = handle.result()
        (found,) = result.points
        assert (result.client.clock, result.client.lag_us_p99) == ("degraded", None)
        assert found.requests.completed == 15
        # Late reads come together and shorten gaps, so only the whole is bounded: seven pauses of 2 ms.
        figures = found.figures
        assert figures.e2e_ms is not None
        assert figures.ttft_ms is not None
        assert figures.tpot_ms is not None
        assert figures.e2e_ms.min >= 14
        assert figures.e2e_ms.mean == pytest.approx(figures.ttft_ms.mean + 7 * figures.tpot_ms.mean)
        assert [gate.detail for gate in found.gates if gate.name == "client_lag"] == ["event_loop"]
        assert KEY.encode() not in everything_in(handle.path)


class TestStart:
    def test_the_plan_must_be_for_what_was_tried(self, bench: Callable[..., Bench], tmp_path: Path) -> None:
        with RawServer(Engine()) as server:
            maker = bench(server)
            with pytest.raises(InputError, match="another model or API"):
                maker.start(replace(PLAN, model="other"))
            with pytest.raises(InputError, match="another one than was tried"):
                start_run(PLAN, Target("http://127.0.0.1:9"), maker.tried, tmp_path, {})


def test_the_built_in_endpoint_gives_a_simulated_run(tmp_path: Path) -> None:
    with SimulatorProcess("fast") as endpoint:
        target = Target(endpoint.url)
        tried = asyncio.run(preflight(target, api="completions"))
        plan = Plan(
            model=tried.model,
            api="completions",
            concurrencies=(4,),
            duration_s=1.0,
            input_tokens=64,
            output_tokens=32,
            repetitions=1,
        )
        handle = start_run(plan, target, tried, tmp_path, {})
        assert handle.wait(PATIENCE_S) is RunState.FINISHED
    result = handle.result()
    (found,) = result.points
    assert tried.simulated
    assert result.simulated
    assert (found.requests.planned, found.requests.unsent, found.requests.censored) == (None, None, 0)
    passed = {gate.name for gate in found.gates if gate.passed}
    assert passed >= {"errors", "repetitions", "censored", "token_source", "output_length", "input_length"}
    lines = read_journal(handle.path / "journal.jsonl")
    slots_ns = [line["slot_ns"] for line in lines if line.get("phase") == "measure"]
    (ended_ns,) = [line["at_ns"] for line in lines if line["kind"] == "cell_end"]
    assert found.requests.completed == len(slots_ns) > 0
    assert max(slots_ns) - min(slots_ns) < 1e9 <= ended_ns - min(slots_ns)  # issued for a second, then drained
