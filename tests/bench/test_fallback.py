"""Endpoints behind a proxy or TLS: the same answers through httpx's transport, and a clock that says so."""

from urllib.parse import urlsplit

import httpx
import pytest

from advisor.bench.fallback import StampedTransport, open_transport, proxy_for
from advisor.bench.trace import Trace
from advisor.bench.transport import CaptureTransport, Clock
from advisor.bench.wire import Framing
from advisor.errors import EndpointError
from servers.raw import DONE, Connection, RawServer, Request, chunk, chunks, stream_head, text_event

HOST = "http://engine.invalid:8000"


@pytest.fixture(autouse=True)
def no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "https_proxy", "all_proxy", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)


def streams(connection: Connection, _: Request) -> None:
    """What a proxy passes on: a stream in three pieces."""
    connection.send(stream_head(), chunk(text_event("a")))
    connection.pause(0.01)
    connection.send(chunks([text_event("b", "stop"), DONE]))


async def traced(transport: httpx.AsyncBaseTransport, url: str = HOST) -> Trace:
    trace = Trace()
    async with httpx.AsyncClient(transport=transport) as client:
        request = httpx.Request("POST", url, content=b"{}", extensions={"capture": trace})
        response = await client.send(request, stream=True)
        await response.extensions["read_to_end"]()
        await response.aclose()
    return trace


class TestChoice:
    def test_plain_http_is_captured(self) -> None:
        transport = open_transport("http://10.0.0.1:8000")
        assert isinstance(transport, CaptureTransport)

    def test_https_is_degraded(self) -> None:
        transport = open_transport("https://10.0.0.1")
        assert isinstance(transport, StampedTransport)
        assert transport.clock is Clock.DEGRADED

    def test_a_proxy_is_taken_from_the_environment_for_its_scheme(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("http_proxy", "http://proxy:3128")
        assert proxy_for(HOST) == "http://proxy:3128"
        assert proxy_for("https://engine.invalid") is None
        assert isinstance(open_transport(HOST), StampedTransport)

    def test_a_host_can_be_left_out(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("all_proxy", "http://proxy:3128")
        monkeypatch.setenv("no_proxy", "engine.invalid")
        assert proxy_for(HOST) is None
        assert proxy_for("http://other.invalid") == "http://proxy:3128"

    @pytest.mark.parametrize("url", ["http://127.0.0.1:8000", "http://localhost:1", "http://[::1]:1"])
    def test_loopback_never_goes_through_a_proxy(self, monkeypatch: pytest.MonkeyPatch, url: str) -> None:
        monkeypatch.setenv("http_proxy", "http://proxy:3128")
        assert isinstance(open_transport(url), CaptureTransport)

    @pytest.mark.parametrize("proxy", ["socks5://user:secret@proxy:1080", "nonsense://proxy"])
    def test_a_proxy_that_cannot_be_used_is_an_error_that_does_not_repeat_it(
        self, monkeypatch: pytest.MonkeyPatch, proxy: str
    ) -> None:
        monkeypatch.setenv("http_proxy", proxy)
        with pytest.raises(EndpointError) as refused:
            open_transport(HOST)
        assert proxy not in refused.value.sentence()


class TestThroughAProxy:
    async def test_the_answer_is_captured_with_user_stamps(self, monkeypatch: pytest.MonkeyPatch) -> None:
        with RawServer(streams) as proxy:
            monkeypatch.setenv("http_proxy", proxy.url)
            transport = open_transport(HOST)
            trace = await traced(transport)
            (request,) = proxy.requests
        assert urlsplit(request.path).hostname == "engine.invalid"
        assert (trace.framing, trace.end, trace.reused) == (Framing.DECODED, "complete", False)
        assert trace.raw == b"".join([text_event("a"), text_event("b", "stop"), DONE])
        assert set(trace.stamps[0::3]) == {0}
        moments = [trace.connect_start_ns, trace.connect_end_ns, trace.sent_ns, trace.sent_end_ns, trace.head_ns]
        assert moments == sorted(moments)
        assert all(moments)
        assert transport.reads == len(trace.pieces)

    @pytest.mark.parametrize("breaks", ["close", "reset"])
    async def test_a_stream_that_breaks_keeps_what_came(self, monkeypatch: pytest.MonkeyPatch, breaks: str) -> None:
        def script(connection: Connection, _: Request) -> bool:
            connection.send(stream_head(), chunk(text_event("a")))
            if breaks == "reset":
                connection.reset()
            return False

        with RawServer(script) as proxy:
            monkeypatch.setenv("http_proxy", proxy.url)
            trace = await traced(open_transport(HOST))
        assert (trace.raw, trace.end) == (text_event("a"), {"close": "eof", "reset": "reset"}[breaks])

    async def test_an_answer_that_is_given_up_is_closed_as_such(self, monkeypatch: pytest.MonkeyPatch) -> None:
        def script(connection: Connection, _: Request) -> bool:
            connection.send(stream_head(), chunk(text_event("a")))
            connection.wait_for_close()
            return False

        with RawServer(script) as proxy:
            monkeypatch.setenv("http_proxy", proxy.url)
            client = httpx.AsyncClient(transport=open_transport(HOST))
            async with client, client.stream("POST", HOST) as response:
                trace: Trace = response.extensions["capture"]
        assert trace.end == "abandoned"
