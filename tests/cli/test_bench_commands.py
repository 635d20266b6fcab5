"""`bench`, `verify` and `demo` as their users type them."""

import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from advisor.cli.main import main
from advisor.export.document import uncovered_numbers
from advisor.export.recommendation_file import read_recommendation
from advisor.export.schemas import schema_text
from advisor.simulator.server import SimulatorProcess
from patience import forgive_the_client
from servers.engine import Engine
from servers.raw import Connection, RawServer, Request, json_answer

_PROBES = 2
"""Streamed requests before a run."""

_SMALL = ("--concurrency", "2", "--requests", "20", "--output-tokens", "8", "--warmup", "2")


@pytest.fixture(scope="module")
def endpoint() -> Iterator[SimulatorProcess]:
    with SimulatorProcess("fast") as running:
        yield running


@pytest.fixture(autouse=True)
def endpoint_alone_is_judged(monkeypatch: pytest.MonkeyPatch) -> None:
    forgive_the_client(monkeypatch)


def measured(*flags: str) -> int:
    """The exit code of a benchmark."""
    return main(["bench", "run", *flags])


def document(capsys: pytest.CaptureFixture[str], schema: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(capsys.readouterr().out)
    jsonschema.validate(found, json.loads(schema_text(schema)))
    return found


def test_a_benchmark_is_run_kept_listed_and_shown_again(
    endpoint: SimulatorProcess, capsys: pytest.CaptureFixture[str]
) -> None:
    assert measured("--endpoint", endpoint.url, *_SMALL) == 0
    capsys.readouterr()
    assert main(["bench", "show", "last", "--json"]) == 0
    ran = document(capsys, "benchmark")
    assert (ran["simulated"], ran["points"][0]["verdict"]) == (True, "valid")
    assert ran["provenance"]["/points/0"]["level"] == "simulated"
    assert uncovered_numbers(ran) == []
    assert main(["bench", "list", "--json"]) == 0
    listed = document(capsys, "runs")["runs"][0]
    assert (listed["run_id"], listed["verdicts"]) == (ran["run_id"], ["valid"])
    assert main(["bench", "list"]) == 0
    assert "simulated" in capsys.readouterr().out
    assert main(["evidence", "list", "--json"]) == 0
    levels = [row["level"] for row in document(capsys, "evidence")["evidence"]]
    assert levels[:3] == ["simulated"] * 3


def test_the_result_for_people_says_that_it_is_simulated_and_what_held(
    endpoint: SimulatorProcess, capsys: pytest.CaptureFixture[str]
) -> None:
    assert measured("--endpoint", endpoint.url, *_SMALL, "--slo", "ttft_p50_ms=0.01") == 1
    written = capsys.readouterr()
    assert "Simulated: the built-in endpoint answered" in written.out
    assert "first token, p50 ≤ 0.01 ms: missed" in written.out
    assert "2 concurrent, repetition 3: 20 whole, 0 failed" in written.err
    assert "kept in" in written.err


def test_too_few_requests_prove_nothing_and_say_why(
    endpoint: SimulatorProcess, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["bench", "run", "--endpoint", endpoint.url, *_SMALL, "--requests", "3"]) == 4
    assert "9 answers are whole; 30 are needed" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("flags", "code", "words"),
    [
        (("--endpoint", "http://127.0.0.1:1"), 3, "nothing listens"),
        (("--endpoint", "http://user:pw@host"), 2, "user name or password"),
        (("--endpoint", "h", "--preset", "slow"), 2, "there is no preset 'slow'"),
        (("--endpoint", "h", "--requests", "5", "--duration", "5"), 2, "not allowed with"),
        (("--endpoint", "h", "--slo", "ttft=5"), 2, "is not a latency target"),
        (("--endpoint", "h", "--api-key-env", "sk-live-1"), 2, "the environment variable is not set"),
        (("--endpoint", "h", "--api-key-env", "NO_SUCH_KEY"), 2, "the environment variable NO_SUCH_KEY is not set"),
        (("--endpoint", "h", "--api-key-prompt"), 2, "nobody can be asked"),
    ],
)
def test_what_cannot_be_measured_is_one_sentence_and_a_code(
    capsys: pytest.CaptureFixture[str], flags: tuple[str, ...], code: int, words: str
) -> None:
    assert main(["bench", "run", *flags]) == code
    complaint = capsys.readouterr().err
    assert words in complaint
    assert len(complaint.splitlines()) == 1
    assert "sk-live-1" not in complaint


def test_a_wrong_key_is_refused_without_being_repeated(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MY_KEY", "sk-secret-value")
    with RawServer(Engine(key="another")) as server:
        assert main(["bench", "run", "--endpoint", server.url, "--api-key-env", "MY_KEY"]) == 3
    written = capsys.readouterr()
    assert "401" in written.err
    assert "sk-secret-value" not in written.out + written.err


def test_a_prompt_that_is_closed_cancels(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    def closed(_prompt: str) -> str:
        raise EOFError

    monkeypatch.setattr("sys.stdin.isatty", lambda: True)
    monkeypatch.setattr("getpass.getpass", closed)
    assert main(["bench", "run", "--endpoint", "h", "--api-key-prompt"]) == 130
    assert capsys.readouterr().err == "advisor: no API key was given\n"


@pytest.mark.parametrize(
    ("flags", "complaint"),
    [
        (("--instance", "p5.48xlage"), "Did you mean p5.48xlarge"),
        (("--checkpoint", "fp9"), "Did you mean fp8"),
        (("--serves", "llama-4-scot"), "Did you mean llama-4-scout"),
        (("--engine", "vlm@0.33"), "Did you mean vllm"),
        (("--concurrency", ","), "no load is named"),
        (("--duration", "0"), "0 is not a number above 0"),
    ],
)
def test_what_is_stated_of_a_simulated_endpoint_is_checked_too(
    endpoint: SimulatorProcess, capsys: pytest.CaptureFixture[str], flags: tuple[str, ...], complaint: str
) -> None:
    assert main(["bench", "run", "--endpoint", endpoint.url, *flags]) == 2
    assert complaint in capsys.readouterr().err


@pytest.mark.parametrize(
    "answer",
    [
        json_answer({"choices": [{"message": {"content": "whole, not streamed"}}]}),
        b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nContent-Length: 12\r\n\r\ndata: {nope\n",
    ],
)
def test_an_answer_that_is_no_stream_is_one_sentence(capsys: pytest.CaptureFixture[str], answer: bytes) -> None:
    engine = Engine(faulty=lambda _: lambda connection, _request: connection.send(answer))
    with RawServer(engine) as server:
        assert main(["bench", "run", "--endpoint", server.url]) == 3
    complaint = capsys.readouterr().err
    assert len(complaint.splitlines()) == 1
    assert "Traceback" not in complaint


def test_several_served_models_need_a_name(capsys: pytest.CaptureFixture[str]) -> None:
    with RawServer(Engine(("one", "two"))) as server:
        assert main(["bench", "run", "--endpoint", server.url]) == 2
    assert "one, two" in capsys.readouterr().err


def test_runs_that_do_not_exist_are_input_errors(capsys: pytest.CaptureFixture[str]) -> None:
    for action in ("show", "resume"):
        assert main(["bench", action, "last"]) == 2
        assert "there is no run 'last'" in capsys.readouterr().err
    assert main(["bench", "list"]) == 0
    assert "no run was made here yet" in capsys.readouterr().out


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_keeps_what_was_measured_and_the_run_goes_on_later(
    capsys: pytest.CaptureFixture[str], number: signal.Signals, home: Path
) -> None:
    """The signal comes when the command has told of the first repetition, and the endpoint hangs in the second."""
    engine = Engine(simulated=True, faulty=lambda number: _hang if number >= _PROBES + 35 else None)
    with RawServer(engine) as server:
        argv = ("bench", "run", "--endpoint", server.url, "--concurrency", "2", "--requests", "20", "--repeat", "2")
        with subprocess.Popen(
            [sys.executable, "-m", "advisor", *argv, "--output-tokens", "16"],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env=os.environ | {"XDG_DATA_HOME": str(home / "data")},
        ) as child:
            assert child.stdout is not None
            assert child.stderr is not None
            assert next(line for line in child.stderr if "2 concurrent, repetition 1: 20 whole" in line)
            child.send_signal(number)
            complaints, out = child.stderr.read(), child.stdout.read()
        assert child.returncode == 130
        assert "what is measured is kept" in complaints
        assert "only while the built-in endpoint still runs" in out
        engine.faulty = lambda _: None
        assert main(["bench", "resume", "last", "--json"]) in (0, 4)
    resumed = document(capsys, "benchmark")
    assert (resumed["state"], resumed["partial"]) == ("finished", False)
    assert resumed["points"][0]["requests"]["completed"] == 40


def _hang(connection: Connection, _: Request) -> None:
    connection.stall()


def test_verify_on_the_builtin_endpoint_is_inconclusive(
    endpoint: SimulatorProcess, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    file = tmp_path / "rec.toml"
    assert main(["recommend", "--out", str(file)]) == 0
    capsys.readouterr()
    assert main(["verify", str(file), "--endpoint", endpoint.url, "--update", "--json"]) == 4
    found = document(capsys, "verify")
    assert [reason["code"] for reason in found["reasons"]] == ["verify_simulated"]
    assert read_recommendation(file)["state"] == "unverified"
    assert main(["verify", str(file), "--endpoint", endpoint.url]) == 4
    assert capsys.readouterr().out.startswith("INCONCLUSIVE")


def test_the_demo_walks_the_whole_journey_and_changes_no_recommendation(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    file = tmp_path / "demo.toml"
    assert main(["demo", "--out", str(file)]) == 0
    shown = capsys.readouterr().out
    assert re.search(r"\d figures are kept, all of them simulated; the recommendation is as it was", shown)
    assert "RUN LLAMA 4 SCOUT" in shown
    assert main(["recheck", str(file)]) == 0
    document = read_recommendation(file)
    assert all(row["level"] != "simulated" for row in (*document["claim"], *document["evidence"]))
