"""From journal and traces to a result: whole, going on, broken off, gone on with."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from advisor.bench.assemble import assemble
from advisor.bench.events import EVENT, NO_LAG, EventKind, Events, no_events
from advisor.bench.plan import Plan, Slo
from advisor.bench.records import CellEnd, CellKey, CellStart, Outcome, Phase, RequestRecord, RunStart, RunState
from advisor.bench.result import BenchmarkResult, TokenSource, Verdict
from advisor.errors import InputError

from .support import MS
from .test_files import meta

PLAN = Plan(
    model="m",
    concurrencies=(2,),
    requests_per_cell=20,
    input_tokens=100,
    output_tokens=4,
    repetitions=2,
    warmup_requests=0,
    slos=(Slo("ttft", 50, 60.0),),
)


class Book:
    """A journal in the making, with its traces: two slots in lockstep, 50 ms to the first token, 10 to the others."""

    def __init__(self) -> None:
        self.records: list[Mapping[str, Any]] = [RunStart(0, "n", 0, 1, "kernel").to_json()]
        self.traces: dict[tuple[CellKey, int], Events] = {}

    def cell(
        self, repetition: int, attempt: int = 0, *, requests: int = 20, complete: bool | None = True, **changes: Any
    ) -> None:
        """One cell; complete None leaves it without an end."""
        start = CellStart(2, repetition, attempt, 0, 20)
        self.records.append(start.to_json())
        rows = [no_events()]
        at = 10**12
        for index in range(requests):
            sent = at + index // 2 * 80 * MS
            events = np.zeros(4, dtype=EVENT)
            events["hi_ns"] = events["lo_ns"] = sent + np.asarray([50, 60, 70, 80]) * MS
            events["kind"] = EventKind.CONTENT
            events["lag_ns"] = changes.get("lag_ns", MS // 4)
            rows.append(events)
            self.records.append(request(repetition, attempt, index, sent, **changes).to_json())
        self.traces[start.cell, attempt] = np.concatenate(rows)
        if complete is not None:
            window = (at, at + (requests // 2) * 80 * MS) if requests else (0, 0)
            reason = changes.get("reason", "")
            end = CellEnd(2, repetition, attempt, 1, complete, reason, *window, requests, 20 - requests, 0.1, 900.0, 0)
            self.records.append(end.to_json())

    def result(self, plan: Plan = PLAN, state: RunState = RunState.FINISHED, **changes: Any) -> BenchmarkResult:
        return assemble(
            plan,
            meta(state=state, plan_hash=plan.plan_hash, **({"refused": ()} | changes)),
            self.records,
            lambda cell, attempt: self.traces.get((cell, attempt), no_events()),
        )


def request(repetition: int, attempt: int, index: int, sent: int, **changes: Any) -> RequestRecord:
    values: dict[str, Any] = {
        "concurrency": 2,
        "repetition": repetition,
        "attempt": attempt,
        "phase": Phase.MEASURE,
        "index": index,
        "slot": index % 2,
        "outcome": Outcome.OK,
        "status": 200,
        "error": None,
        "faults": (),
        "slot_ns": sent,
        "connect_start_ns": 0,
        "connect_end_ns": 0,
        "sent_ns": sent,
        "sent_end_ns": sent,
        "head_ns": sent,
        "ended_ns": sent + 80 * MS,
        "requested_tokens": 4,
        "completion_tokens": 4,
        "prompt_tokens": 100,
        "cached_tokens": None,
        "token_ids": None,
        "finish_reason": "length",
        "first_row": index * 4,
        "rows": 4,
        "bytes": 1000,
    }
    return RequestRecord(**(values | {key: value for key, value in changes.items() if key in values}))


def whole() -> Book:
    book = Book()
    book.cell(0)
    book.cell(1)
    return book


class TestWholeRun:
    def test_its_figures_are_those_of_the_trace(self) -> None:
        (point,) = whole().result().points
        figures = point.figures
        assert figures.ttft_ms is not None
        assert (figures.ttft_ms.mean, figures.ttft_ms.p90, figures.ttft_ms.p95, figures.ttft_ms.n) == (50, 50, None, 40)
        assert figures.itl_ms is not None
        assert (figures.itl_ms.p95, figures.itl_ms.n) == (10, 120)
        assert figures.tpot_ms is not None
        assert figures.tpot_ms.p50 == 10
        assert figures.e2e_ms is not None
        assert figures.e2e_ms.max == 80
        # two answers of four tokens every 80 ms; the last two tokens of each cell arrive as its window closes
        assert figures.output_tokens_per_s == pytest.approx(78 / 0.8)
        assert figures.achieved_concurrency == pytest.approx(2.0)
        assert point.duration_s == pytest.approx(1.6)

    def test_it_is_valid_evidence(self) -> None:
        result = whole().result()
        (point,) = result.points
        assert [gate.name for gate in point.gates if not gate.passed] == []
        assert (point.verdict, result.is_partial, point.token_source) == (Verdict.VALID, False, TokenSource.SERVER)
        assert (point.requests.planned, point.requests.completed, point.requests.unsent) == (40, 40, 0)

    def test_the_objective_is_judged_over_all_repetitions(self) -> None:
        (point,) = whole().result().points
        assert point.goodput is not None
        assert point.goodput.attainment == 1.0
        assert [slo.holds for slo in point.slos] == [True]

    def test_repetitions_stand_for_themselves(self) -> None:
        (point,) = whole().result().points
        assert [each.index for each in point.repetitions] == [0, 1]
        first = point.repetitions[0]
        assert first.figures.ttft_ms is not None
        assert (first.figures.ttft_ms.p50, first.figures.ttft_ms.p90, first.requests.completed) == (50, None, 20)

    def test_the_client_has_a_certificate(self) -> None:
        client = whole().result().client
        assert (client.clock, client.lag_us_p99, client.loop_lag_us_p99, client.cpu_share_max) == (
            "kernel",
            250,
            900,
            0.1,
        )
        assert (client.capacity_events_per_s, client.stamp_error_us_p99) == (None, None)

    def test_a_clock_that_lacks_kernel_stamps_is_not_called_one(self) -> None:
        book = Book()
        book.cell(0)
        book.cell(1, lag_ns=NO_LAG)
        assert book.result().client.clock == "user"

    def test_warm_up_is_not_counted(self) -> None:
        book = whole()
        warm = request(1, 0, 0, 10**12, phase=Phase.WARMUP, outcome=Outcome.TIMEOUT)
        book.records.insert(-1, warm.to_json())
        assert book.result().points == whole().result().points

    def test_what_was_simulated_stays_simulated(self) -> None:
        assert whole().result(simulated=True).document()["simulated"] is True


class TestDocument:
    def test_it_has_every_key_of_the_contract(self) -> None:
        document = whole().result().document()
        assert document["schema"] == "advisor.benchmark/1"
        assert {"run_id", "plan_hash", "endpoint", "model", "simulated", "subject", "client", "points"} <= set(document)
        points = document["points"]
        assert isinstance(points, list)
        assert {
            *("load", "requests", "duration_s", "ttft_ms", "itl_ms", "tpot_ms", "e2e_ms", "output_tokens_per_s"),
            *("total_tokens_per_s", "requests_per_s", "achieved_concurrency", "goodput", "token_source"),
            *("repetitions", "gates", "verdict"),
        } <= set(points[0])
        assert points[0]["load"] == {"kind": "concurrency", "value": 2}
        assert set(points[0]["requests"]) == {"planned", "completed", "failed", "cancelled", "unsent", "censored"}
        assert set(points[0]["ttft_ms"]) == {"mean", "p50", "p90", "p95", "p99", "min", "max", "n"}
        assert {"name", "passed", "observed", "limit"} <= set(points[0]["gates"][0])
        assert {"clock", "capacity_events_per_s", "stamp_error_us_p99"} <= set(document["client"])  # type: ignore[call-overload]


class TestPartialRun:
    def test_a_cell_that_broke_off_gives_what_it_has(self) -> None:
        book = Book()
        book.cell(0)
        book.cell(1, requests=6, complete=None)
        result = book.result(state=RunState.CRASHED)
        (point,) = result.points
        assert result.is_partial
        assert (point.requests.completed, point.requests.unsent, point.verdict) == (26, 14, Verdict.INSUFFICIENT)
        assert [each.is_complete for each in point.repetitions] == [True, False]
        assert point.repetitions[1].duration_s == pytest.approx(0.24)
        assert point.repetitions[1].figures.output_tokens_per_s == pytest.approx(22 / 0.24)

    def test_a_run_that_has_only_begun_has_no_points(self) -> None:
        result = Book().result(state=RunState.RUNNING)
        assert (result.points, result.is_partial) == ((), True)

    def test_a_cell_without_a_request_yet(self) -> None:
        book = Book()
        book.cell(0, requests=0, complete=None)
        (point,) = book.result(state=RunState.RUNNING).points
        assert (point.figures.ttft_ms, point.figures.output_tokens_per_s) == (None, None)
        assert (point.reason, point.verdict) == ("running", Verdict.INSUFFICIENT)

    def test_a_load_that_was_stopped_says_so_and_is_no_failure_of_the_endpoint(self) -> None:
        book = Book()
        book.cell(0, requests=0, complete=False, reason="cancelled")
        (point,) = book.result(state=RunState.CANCELLED).points
        assert (point.reason, point.repetitions[0].reason) == ("cancelled", "cancelled")
        assert point.verdict is Verdict.INSUFFICIENT
        assert "errors" not in {gate.name for gate in point.gates}

    def test_a_load_whose_endpoint_was_lost_before_a_result_has_failed(self) -> None:
        book = Book()
        book.cell(0, requests=0, complete=False, reason="errors")
        (point,) = book.result(state=RunState.CRASHED).points
        assert (point.reason, point.verdict) == ("errors", Verdict.FAILED)

    @pytest.mark.parametrize(
        ("state", "run_reason", "reason"),
        [
            (RunState.CANCELLED, "user", "cancelled"),
            (RunState.RUNNING, "", "running"),
            (RunState.CRASHED, "capture_died", "capture_died"),
        ],
    )
    def test_repetitions_that_never_began_are_missing_for_the_reason_of_the_run(
        self, state: RunState, run_reason: str, reason: str
    ) -> None:
        book = Book()
        book.cell(0)
        (point,) = book.result(state=state, reason=run_reason).points
        assert (point.reason, [each.reason for each in point.repetitions]) == (reason, [""])

    def test_a_complete_point_needs_no_reason(self) -> None:
        (point,) = whole().result().points
        assert (point.reason, [each.reason for each in point.repetitions]) == ("", ["", ""])

    def test_the_latest_attempt_at_a_cell_stands_alone(self) -> None:
        book = Book()
        book.cell(0)
        book.cell(1, requests=6, complete=False)
        book.records.append(RunStart(0, "other", 0, 1, "kernel").to_json())
        book.cell(1, attempt=1)
        result = book.result()
        assert result.points == whole().result().points
        assert not result.is_partial

    def test_a_request_that_was_never_sent_was_never_in_flight(self) -> None:
        book = whole()
        refused = request(1, 0, 20, 0, outcome=Outcome.CONNECTION, ended_ns=10**12 + 500 * MS, rows=0)
        book.records.insert(-1, refused.to_json())
        (point,) = book.result().points
        assert point.figures.achieved_concurrency == pytest.approx(2.0)
        assert [(each.outcome, each.count) for each in point.failures] == [("connection", 1)]

    def test_a_journal_that_lost_the_beginning_of_a_cell_is_refused(self) -> None:
        book = whole()
        book.records = [record for record in book.records if record["kind"] != "cell_start"]
        with pytest.raises(InputError, match="damaged"):
            book.result()

    def test_a_line_that_lost_a_key_is_refused(self) -> None:
        book = whole()
        book.records[2] = {key: value for key, value in book.records[2].items() if key != "sent_ns"}
        with pytest.raises(InputError, match="sent_ns"):
            book.result()


class TestWorkload:
    def test_a_missing_usage_makes_the_events_the_source(self) -> None:
        book = Book()
        book.cell(0, completion_tokens=None)
        book.cell(1, completion_tokens=None)
        (point,) = book.result().points
        assert (point.token_source, point.verdict) == (TokenSource.EVENTS, Verdict.INSUFFICIENT)

    @pytest.mark.parametrize(("lacking", "source"), [(1, TokenSource.SERVER), (2, TokenSource.EVENTS)])
    def test_one_answer_in_a_hundred_may_lack_its_count(self, lacking: int, source: TokenSource) -> None:
        book = Book()
        book.cell(0, requests=100 - lacking)
        for index in range(100 - lacking, 100):
            book.records.insert(-1, request(0, 0, index, 10**12, completion_tokens=None, rows=0).to_json())
        (point,) = book.result().points
        assert point.token_source is source

    def test_listed_ids_are_a_source_too(self) -> None:
        book = Book()
        for repetition in (0, 1):
            book.cell(repetition, completion_tokens=None, token_ids=4)
        (point,) = book.result().points
        assert (point.token_source, point.verdict) == (TokenSource.IDS, Verdict.VALID)

    @pytest.mark.parametrize("changes", [{"finish_reason": "stop"}, {"completion_tokens": 3}])
    def test_answers_of_another_length_contaminate(self, changes: dict[str, Any]) -> None:
        book = Book()
        book.cell(0)
        book.cell(1, **changes)
        (point,) = book.result().points
        assert point.verdict is Verdict.CONTAMINATED

    def test_unless_the_server_would_not_keep_the_length(self) -> None:
        book = Book()
        book.cell(0)
        book.cell(1, finish_reason="stop")
        (point,) = book.result(refused=("ignore_eos",)).points
        assert point.verdict is Verdict.VALID

    def test_a_prefix_from_the_cache_contaminates(self) -> None:
        book = Book()
        for repetition in (0, 1):
            book.cell(repetition, cached_tokens=80)
        (point,) = book.result().points
        assert point.verdict is Verdict.CONTAMINATED

    def test_above_the_bound_it_has_failed(self) -> None:
        (point,) = whole().result(replace(PLAN, output_tokens_per_s_limit=50.0)).points
        assert point.verdict is Verdict.FAILED
