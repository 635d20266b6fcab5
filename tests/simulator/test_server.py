"""The endpoint as a process: how it starts, says where it is, and always ends."""

import asyncio
import errno
import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit

import httpx
import pytest

from advisor.errors import EndpointError, InputError
from advisor.simulator.__main__ import main
from advisor.simulator.profile import parse_profile
from advisor.simulator.server import Announcement, SimulatorProcess, _listen, serve
from patience import PATIENCE_S

from .support import chat_body, events

COMMAND = [sys.executable, "-m", "advisor.simulator"]


def is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


@contextmanager
def foreground(*arguments: str) -> Iterator[subprocess.Popen[str]]:
    """`python -m advisor.simulator` as a shell would run it."""
    with subprocess.Popen(
        [*COMMAND, *arguments],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            yield process
        finally:
            process.kill()


class TestTheModule:
    @pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
    def test_one_line_on_stdout_and_a_clean_end_on_a_signal(self, number: signal.Signals) -> None:
        with foreground("--profile", "fast,seed=3") as process:
            assert process.stdout is not None
            line = process.stdout.readline()
            said = json.loads(line)
            assert list(said) == ["url", "model", "profile"]
            assert said["url"].startswith("http://127.0.0.1:")
            assert said["model"] == httpx.get(said["url"] + "/v1/models").json()["data"][0]["id"]
            assert said["profile"] == "fast,seed=3"
            process.send_signal(number)
            stdout, stderr = process.communicate(timeout=PATIENCE_S)
        assert (process.returncode, stdout, stderr) == (0, "", "")

    def test_a_signal_ends_a_stream_with_an_abort_and_the_end_mark(self) -> None:
        with foreground("--profile", "fast") as process:
            assert process.stdout is not None
            url = json.loads(process.stdout.readline())["url"]
            body = chat_body(max_tokens=20_000, ignore_eos=True, stream=True)
            with httpx.stream("POST", url + "/v1/chat/completions", json=body) as response:
                received = response.iter_text()
                text = next(received)
                process.send_signal(signal.SIGTERM)
                text += "".join(received)
            assert process.wait(timeout=PATIENCE_S) == 0
        assert events(text)[-1]["choices"][0]["finish_reason"] == "abort"

    def test_it_outlives_its_stdin_unless_told_not_to(self) -> None:
        with foreground("--profile", "fast") as process:
            assert process.stdout is not None and process.stdin is not None
            url = json.loads(process.stdout.readline())["url"]
            process.stdin.close()
            assert httpx.get(url + "/health").status_code == 200

    @pytest.mark.parametrize(
        ("arguments", "says"),
        [
            (["--profile", "fasst"], "profile: there is no profile 'fasst'. Did you mean fast?\n"),
            (["--api-key-env", "NOT_SET"], "--api-key-env: the environment variable NOT_SET holds no API key\n"),
            (["--port", "70000"], "port: 70000 is not a port. Ports are 0 to 65535.\n"),
            (
                ["--host", "203.0.113.7"],
                f"host: cannot listen on 203.0.113.7, port 0: {os.strerror(errno.EADDRNOTAVAIL)}\n",
            ),
        ],
    )
    def test_bad_arguments_are_one_sentence_and_exit_code_2(
        self, arguments: list[str], says: str, capsys: pytest.CaptureFixture[str]
    ) -> None:
        assert main(arguments) == 2
        assert capsys.readouterr() == ("", says)


class TestServe:
    def test_a_taken_port_is_an_input_error_before_anything_starts(self) -> None:
        announced: list[Announcement] = []
        with socket.create_server(("127.0.0.1", 0)) as taken:
            port = taken.getsockname()[1]
            with pytest.raises(InputError, match=f"port {port} of 127.0.0.1 is already in use"):
                serve(parse_profile("fast"), port=port, on_ready=announced.append)
        assert announced == []

    async def test_small_answers_are_not_held_back_by_the_network_stack(self) -> None:
        """Nagle's algorithm would keep the body of each for the 40 ms of a delayed acknowledgement."""
        is_off: asyncio.Future[bool] = asyncio.get_running_loop().create_future()

        def accepted(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            is_off.set_result(writer.get_extra_info("socket").getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY) != 0)
            writer.close()

        listener = _listen("127.0.0.1", 0)
        async with await asyncio.start_server(accepted, sock=listener):
            _, writer = await asyncio.open_connection(*listener.getsockname())
            assert await is_off
            writer.close()


class TestSimulatorProcess:
    def test_it_lives_as_long_as_its_block(self) -> None:
        with SimulatorProcess("fast") as endpoint:
            assert (endpoint.profile, endpoint.model) == ("fast", "llama-4-scout-simulated")
            assert urlsplit(endpoint.url).hostname == "127.0.0.1"
            assert httpx.get(endpoint.url + "/health").status_code == 200
            assert os.getpgid(endpoint.pid) != os.getpgid(0)  # Ctrl+C in a terminal does not reach it
            pid = endpoint.pid
        assert not is_alive(pid)
        with pytest.raises(httpx.ConnectError):
            httpx.get(endpoint.url + "/health")

    def test_it_ends_with_a_block_that_fails_in_the_middle_of_a_stream(self) -> None:
        body = chat_body(max_tokens=20_000, ignore_eos=True, stream=True)
        with pytest.raises(ZeroDivisionError), SimulatorProcess("fast") as endpoint:
            pid = endpoint.pid
            with httpx.stream("POST", endpoint.url + "/v1/chat/completions", json=body) as response:
                next(response.iter_raw())
                raise ZeroDivisionError
        assert not is_alive(pid)

    def test_it_dies_with_a_parent_that_is_killed(self) -> None:
        script = (
            "import sys\n"
            "from advisor.simulator.server import SimulatorProcess\n"
            "with SimulatorProcess('fast') as endpoint:\n"
            "    print(endpoint.url, flush=True)\n"
            "    sys.stdin.read()\n"
        )
        with subprocess.Popen(
            [sys.executable, "-c", script], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        ) as parent:
            assert parent.stdout is not None
            address = urlsplit(parent.stdout.readline().strip())
            assert address.hostname and address.port
            with socket.create_connection((address.hostname, address.port), timeout=PATIENCE_S) as connection:
                parent.kill()
                assert connection.recv(1) == b""  # the orphan closes what it holds when it goes

    def test_a_bad_profile_is_refused_before_a_process_is_started(self) -> None:
        with pytest.raises(InputError, match="no profile 'fasst'"):
            SimulatorProcess("fasst")

    def test_a_taken_port_is_the_childs_own_sentence(self) -> None:
        with socket.create_server(("127.0.0.1", 0)) as taken:
            port = taken.getsockname()[1]
            with (
                pytest.raises(InputError, match=f"cannot start: port: port {port}.*in use"),
                SimulatorProcess(port=port),
            ):
                pass

    def test_a_child_that_is_not_ready_in_time_is_ended_and_said_so(self) -> None:
        endpoint = SimulatorProcess("fast", start_timeout_s=0.0)
        with pytest.raises(EndpointError, match="not ready after 0 s"), endpoint:
            pass
        assert not is_alive(endpoint.pid)
