"""The capture path against servers that do what they want with their bytes."""

import asyncio
import select
import socket
import struct
import sys
import threading
import time
from collections.abc import AsyncIterator, Callable
from contextlib import suppress

import httpx
import pytest

from advisor.bench import transport as transport_module
from advisor.bench.clock import SO_TIMESTAMPNS, STEP_NS, ClockMap, kernel_stamp_ns
from advisor.bench.trace import Trace
from advisor.bench.transport import CaptureTransport, Clock, stamping
from advisor.bench.wire import Framing
from patience import PATIENCE_S
from servers.raw import (
    DONE,
    LAST_CHUNK,
    Connection,
    RawServer,
    Request,
    Script,
    chunk,
    chunks,
    head,
    json_answer,
    stream_head,
    text_event,
    whole,
)

BODY = b"".join([text_event("a"), text_event("b", "stop"), DONE])
STREAM = stream_head() + chunks([text_event("a"), text_event("b", "stop"), DONE])

on_linux = pytest.mark.skipif(sys.platform != "linux", reason="kernel receive stamps are Linux's")


@pytest.fixture
async def capture() -> AsyncIterator[CaptureTransport]:
    async with CaptureTransport(idle_limit_s=PATIENCE_S) as transport:
        yield transport


def sends(*pieces: bytes) -> Script:
    """A script that answers every request with the same pieces."""

    def script(connection: Connection, _: Request) -> None:
        connection.send(*pieces)

    return script


def closes_after(*pieces: bytes) -> Script:
    def script(connection: Connection, _: Request) -> bool:
        connection.send(*pieces)
        return False

    return script


def resets_after(*pieces: bytes) -> Script:
    def script(connection: Connection, _: Request) -> None:
        connection.send(*pieces)
        connection.reset()

    return script


async def ask(transport: CaptureTransport, url: str, body: bytes = b"{}", **timeouts: float) -> httpx.Response:
    """One request, its answer read to the end by iterating."""
    async with _client(transport, **timeouts) as client, client.stream("POST", url, content=body) as response:
        await response.aread()
        return response


async def traced(transport: CaptureTransport, url: str) -> tuple[Trace, httpx.Response]:
    """One request, its answer waited for as the capture loop does."""
    async with _client(transport) as client:
        trace = Trace()
        request = httpx.Request("POST", url, content=b"{}", extensions={"capture": trace})
        response = await client.send(request, stream=True)
        await response.extensions["read_to_end"]()
        await response.aclose()
        return trace, response


def _client(transport: CaptureTransport, **timeouts: float) -> httpx.AsyncClient:
    class Shared(httpx.AsyncBaseTransport):
        """The transport, left open when its client closes."""

        async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
            return await transport.handle_async_request(request)

    return httpx.AsyncClient(transport=Shared(), timeout=httpx.Timeout(PATIENCE_S, **timeouts))


class TestAnswers:
    async def test_a_chunked_stream(self, capture: CaptureTransport) -> None:
        with RawServer(sends(STREAM)) as server:
            response = await ask(capture, server.url)
        assert (response.status_code, response.content) == (200, BODY)
        assert response.headers["content-type"].startswith("text/event-stream")

    @pytest.mark.parametrize("cut", range(0, len(STREAM) + 1, 3))
    async def test_a_stream_cut_anywhere(self, capture: CaptureTransport, cut: int) -> None:
        with RawServer(sends(STREAM[:cut], STREAM[cut:])) as server:
            trace, _ = await traced(capture, server.url)
        assert (trace.raw, trace.end) == (STREAM, "complete")
        assert sum(trace.stamps[2::3]) == len(STREAM)

    async def test_a_stream_in_single_bytes(self, capture: CaptureTransport) -> None:
        with RawServer(sends(*(STREAM[i : i + 1] for i in range(len(STREAM))))) as server:
            assert (await ask(capture, server.url)).content == BODY
            assert (await ask(capture, server.url)).content == BODY
            assert server.connections == 1

    async def test_a_body_of_told_length(self, capture: CaptureTransport) -> None:
        with RawServer(sends(whole(b"hello"))) as server:
            assert (await ask(capture, server.url)).content == b"hello"

    async def test_a_body_of_no_length(self, capture: CaptureTransport) -> None:
        with RawServer(sends(whole(b""))) as server:
            assert (await ask(capture, server.url)).content == b""

    async def test_a_body_that_ends_with_its_connection(self, capture: CaptureTransport) -> None:
        with RawServer(closes_after(head(200), b"hel", b"lo")) as server:
            trace, _ = await traced(capture, server.url)
            assert (trace.framing, trace.end) == (Framing.CLOSE, "complete")
            assert (await ask(capture, server.url)).content == b"hello"
            assert server.connections == 2

    @pytest.mark.parametrize("status", [429, 503])
    async def test_a_refusal_with_its_words(self, capture: CaptureTransport, status: int) -> None:
        with RawServer(sends(json_answer({"error": "busy"}, status, {"retry-after": "1"}))) as server:
            response = await ask(capture, server.url)
        assert (response.status_code, response.json()) == (status, {"error": "busy"})

    async def test_a_head_that_comes_slowly(self, capture: CaptureTransport) -> None:
        def script(connection: Connection, _: Request) -> None:
            for piece in STREAM[:60].split(b"i"):
                connection.send(piece, b"i")
                connection.pause(0.005)

        slow = STREAM[:60] + b"i"

        def whole_script(connection: Connection, request: Request) -> None:
            script(connection, request)
            connection.send(STREAM[len(slow) :])

        with RawServer(whole_script) as server:
            trace, response = await traced(capture, server.url)
        assert (response.status_code, trace.raw[: len(slow)]) == (200, slow)

    async def test_interim_answers_are_passed_over(self, capture: CaptureTransport) -> None:
        with RawServer(sends(b"HTTP/1.1 100 Continue\r\n\r\n", STREAM)) as server:
            assert (await ask(capture, server.url)).content == BODY

    async def test_a_name_is_resolved(self, capture: CaptureTransport) -> None:
        with RawServer(sends(STREAM)) as server:
            assert (await ask(capture, f"http://localhost:{server.port}")).content == BODY


class TestRequests:
    async def test_the_server_gets_exactly_what_was_asked(self, capture: CaptureTransport) -> None:
        with RawServer(sends(STREAM)) as server:
            async with _client(capture) as client:
                await client.post(f"{server.url}/a/b?c=d", content=b'{"x": 1}', headers={"X-Test": "yes"})
            (request,) = server.requests
            host = f"127.0.0.1:{server.port}"
        assert (request.method, request.path, request.body) == ("POST", "/a/b?c=d", b'{"x": 1}')
        assert (request.headers["x-test"], request.headers["content-length"]) == ("yes", "8")
        assert request.headers["host"] == host

    async def test_a_body_larger_than_the_socket_takes_at_once(self, capture: CaptureTransport) -> None:
        with RawServer(sends(STREAM)) as server:
            large = b"x" * 20_000_000
            assert (await ask(capture, server.url, large)).content == BODY
            assert server.requests[0].body == large

    async def test_an_answer_before_the_body_was_taken_is_heard(self, capture: CaptureTransport) -> None:
        """A server that refuses a large body may answer without ever reading it."""

        def script(connection: Connection, _: Request) -> bool:
            raise AssertionError("the body is never whole")

        class Early(RawServer):
            def _serve(self, sock: socket.socket) -> None:
                with sock, suppress(ConnectionError):
                    sock.recv(1000)
                    sock.sendall(whole(b"too large", 413))
                    self._closing.wait()

        with Early(script) as server:
            response = await ask(capture, server.url, b"x" * 5_000_000)
            assert not capture._open  # half a request was sent on it: it can carry no other
        assert response.status_code == 413


class TestConnections:
    async def test_one_connection_serves_all_requests_one_after_another(self, capture: CaptureTransport) -> None:
        with RawServer(sends(STREAM)) as server:
            traces = [(await traced(capture, server.url))[0] for _ in range(20)]
            assert server.connections == 1
        assert [trace.reused for trace in traces] == [False] + [True] * 19
        assert traces[0].connect_start_ns < traces[0].connect_end_ns <= traces[0].sent_ns
        assert traces[1].connect_start_ns == 0

    async def test_requests_at_the_same_time_have_one_each(self, capture: CaptureTransport) -> None:
        with RawServer(sends(STREAM)) as server:
            for _ in range(2):
                await asyncio.gather(*(ask(capture, server.url) for _ in range(8)))
                assert server.connections == 8

    @pytest.mark.parametrize(
        "answer",
        [
            whole(b"x", 200, fields={"connection": "close"}),
            b"HTTP/1.0 200 OK\r\nContent-Length: 1\r\n\r\nx",
            whole(b"x") + b"surplus",
        ],
    )
    async def test_one_that_should_not_be_used_again_is_not(self, capture: CaptureTransport, answer: bytes) -> None:
        with RawServer(sends(answer)) as server:
            assert (await ask(capture, server.url)).content == b"x"
            assert (await ask(capture, server.url)).content == b"x"
            assert server.connections == 2

    async def test_one_that_the_server_closed_in_the_meantime_is_not_used(self, capture: CaptureTransport) -> None:
        with RawServer(closes_after(STREAM)) as server:
            for _ in range(3):
                assert (await ask(capture, server.url)).content == BODY
            assert server.connections == 3

    async def test_a_request_that_meets_a_closing_connection_is_sent_again_once(
        self, capture: CaptureTransport, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(transport_module._Connection, "is_quiet", lambda _: True)
        with RawServer(closes_after(STREAM)) as server:
            (first, _), (second, _) = await traced(capture, server.url), await traced(capture, server.url)
        assert (first.raw, second.raw, second.end) == (STREAM, STREAM, "complete")

    async def test_a_server_that_never_answers_is_not_asked_again_and_again(self, capture: CaptureTransport) -> None:
        answers = [STREAM]

        def script(connection: Connection, _: Request) -> bool:
            connection.send(*answers)
            answers.clear()
            return False

        with RawServer(script) as server:
            await ask(capture, server.url)
            with pytest.raises(httpx.RemoteProtocolError):
                await ask(capture, server.url)
            assert len(server.requests) <= 3

    async def test_one_that_was_idle_too_long_is_not_used(self) -> None:
        async with CaptureTransport(idle_limit_s=0.0) as impatient:
            with RawServer(sends(STREAM)) as server:
                await ask(impatient, server.url)
                await ask(impatient, server.url)
                assert server.connections == 2

    async def test_an_answer_that_is_given_up_takes_its_connection_with_it(self, capture: CaptureTransport) -> None:
        closed = asyncio.Event()
        loop = asyncio.get_running_loop()

        def script(connection: Connection, _: Request) -> bool:
            connection.send(stream_head(), chunk(text_event("a")))
            connection.wait_for_close()
            loop.call_soon_threadsafe(closed.set)
            return False

        with RawServer(script) as server:
            async with _client(capture) as client, client.stream("POST", server.url) as response:
                assert response.status_code == 200
            await asyncio.wait_for(closed.wait(), PATIENCE_S)


class TestFailures:
    """Everything that goes wrong is one of httpx's own exceptions, and the trace keeps what came before."""

    async def test_nothing_listens(self, capture: CaptureTransport, unused_port: int) -> None:
        with pytest.raises(httpx.ConnectError):
            await ask(capture, f"http://127.0.0.1:{unused_port}")

    @pytest.mark.usefixtures("no_names")
    async def test_a_name_that_does_not_resolve(self, capture: CaptureTransport) -> None:
        with pytest.raises(httpx.ConnectError):
            await ask(capture, "http://no-such-host.invalid")

    @pytest.mark.parametrize(
        ("script", "failure"),
        [
            (closes_after(), httpx.RemoteProtocolError),
            (closes_after(STREAM[:20]), httpx.RemoteProtocolError),
            (closes_after(STREAM[:-20]), httpx.RemoteProtocolError),
            (closes_after(head(200, {"content-length": "9"}), b"half"), httpx.RemoteProtocolError),
            (resets_after(), httpx.ReadError),
            (resets_after(STREAM[:-20]), httpx.ReadError),
            (sends(b"SSH-2.0-OpenSSH_9.6\r\n"), httpx.RemoteProtocolError),
            (sends(stream_head(), b"zz\r\n"), httpx.RemoteProtocolError),
            (sends(stream_head(), b"3\r\nabcdef\r\n"), httpx.RemoteProtocolError),
            (sends(head(200, {"content-length": "many"})), httpx.RemoteProtocolError),
        ],
    )
    async def test_an_answer_that_breaks(
        self, capture: CaptureTransport, script: Script, failure: type[Exception]
    ) -> None:
        with RawServer(script) as server, pytest.raises(failure):
            await ask(capture, server.url)

    @pytest.mark.parametrize(
        ("ending", "end"), [(resets_after, "reset"), (closes_after, "eof")], ids=["reset", "closed"]
    )
    async def test_the_trace_keeps_what_came_before(
        self, capture: CaptureTransport, ending: Callable[..., Script], end: str
    ) -> None:
        with RawServer(ending(STREAM[:-20])) as server:
            trace, _ = await traced(capture, server.url)
        assert (trace.raw, trace.end) == (STREAM[:-20], end)
        assert trace.ended_ns >= trace.head_ns > trace.sent_ns

    async def test_a_head_that_never_comes(self, capture: CaptureTransport) -> None:
        with RawServer(lambda connection, _: connection.stall()) as server, pytest.raises(httpx.ReadTimeout):
            await ask(capture, server.url, read=0.05)

    async def test_a_stream_that_stalls(self, capture: CaptureTransport) -> None:
        def script(connection: Connection, _: Request) -> None:
            connection.send(STREAM[:-20])
            connection.stall()

        with RawServer(script) as server, pytest.raises(httpx.ReadTimeout):
            await ask(capture, server.url, read=0.05)

    async def test_a_connection_that_is_never_accepted(
        self, capture: CaptureTransport, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        async def never(host: str, port: int) -> object:
            return await asyncio.get_running_loop().create_future()

        monkeypatch.setattr(transport_module, "_connect", never)
        with pytest.raises(httpx.ConnectTimeout):
            await ask(capture, "http://127.0.0.1:1", connect=0.01)

    async def test_a_cancelled_request_leaves_no_connection_behind(self, capture: CaptureTransport) -> None:
        asked = asyncio.Event()
        loop = asyncio.get_running_loop()

        def script(connection: Connection, _: Request) -> None:
            loop.call_soon_threadsafe(asked.set)
            connection.wait_for_close()

        with RawServer(script) as server:
            task = asyncio.create_task(ask(capture, server.url))
            await asyncio.wait_for(asked.wait(), PATIENCE_S)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
        assert not capture._open


@pytest.fixture
async def stamped(capture: CaptureTransport) -> AsyncIterator[CaptureTransport]:
    """A transport on a machine that stamps by now."""
    with stamping(), RawServer(sends(STREAM)) as server:
        for _ in range(round(PATIENCE_S / 0.01)):
            trace, _ = await traced(capture, server.url)
            if all(trace.stamps[0::3]):
                break
            await asyncio.sleep(0.01)
        yield capture


class TestStamps:
    async def test_each_read_is_stamped_in_order_behind_the_request(self, capture: CaptureTransport) -> None:
        def script(connection: Connection, _: Request) -> None:
            connection.send(stream_head())
            for _step in range(5):
                connection.pause(0.005)
                connection.send(chunk(text_event("a")))
            connection.send(chunk(DONE), LAST_CHUNK)

        with RawServer(script) as server:
            trace, _ = await traced(capture, server.url)
        users = trace.stamps[1::3].tolist()
        assert users == sorted(users)
        assert trace.sent_ns <= trace.sent_end_ns < users[0]
        assert trace.ended_ns - trace.sent_ns >= 25_000_000 - STEP_NS

    @on_linux
    async def test_the_kernels_stamp_lies_between_the_request_and_the_users(self, stamped: CaptureTransport) -> None:
        with RawServer(sends(STREAM)) as server:
            trace, _ = await traced(stamped, server.url)
        assert stamped.clock is Clock.KERNEL
        for kernel, user in zip(trace.stamps[0::3], trace.stamps[1::3], strict=True):
            assert trace.sent_ns - STEP_NS <= kernel <= user + STEP_NS

    @on_linux
    async def test_a_client_that_reads_late_knows_it(self, stamped: CaptureTransport) -> None:
        """The kernel's stamp is the arrival, however long the event loop was busy."""
        go_on = threading.Event()

        def script(connection: Connection, _: Request) -> None:
            connection.send(stream_head())
            go_on.wait(PATIENCE_S)
            connection.send(chunks([text_event("a", "stop"), DONE]))

        with RawServer(script) as server:
            async with _client(stamped) as client, client.stream("POST", server.url) as response:
                trace: Trace = response.extensions["capture"]
                sockets = [connection._sock for connection in stamped._open]
                go_on.set()
                assert select.select(sockets, [], [], PATIENCE_S)[0]  # here it is
                time.sleep(0.05)  # noqa: ASYNC251  the loop is made late on purpose
                await response.aread()
        kernel, user, _ = trace.stamps[-3:]
        assert trace.sent_ns - STEP_NS <= kernel < user - 50_000_000 + STEP_NS

    async def test_the_transport_counts_reads_and_bytes(self, capture: CaptureTransport) -> None:
        with RawServer(sends(STREAM)) as server:
            trace, _ = await traced(capture, server.url)
        assert (capture.reads, capture.bytes) == (len(trace.pieces), len(STREAM))


class TestClock:
    def test_the_stamp_is_found_among_control_messages(self) -> None:
        stamp = struct.pack("qq", 12, 345)
        assert kernel_stamp_ns([(1, 2, b"x"), (1, SO_TIMESTAMPNS, stamp)]) == 12_000_000_345
        assert kernel_stamp_ns([]) == 0
        assert kernel_stamp_ns([(1, SO_TIMESTAMPNS, b"short")]) == 0

    def test_a_steady_clock_does_not_step(self) -> None:
        clock = ClockMap()
        for _ in range(20):
            clock.sample()
        assert clock.steps == 0

    def test_a_step_of_the_wall_clock_is_counted_and_followed(self) -> None:
        clock = ClockMap()
        clock.offset_ns += 1_000_000_000  # far more than may drift away, however late the next sample comes
        clock.sample()
        stepped = clock.offset_ns
        clock.sample()
        assert clock.steps == 1
        assert abs(clock.offset_ns - stepped) < STEP_NS
