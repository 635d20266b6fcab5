"""Endpoints that the capture path does not speak to: https, and http through a proxy.

httpx's own transport carries them. Stamps are then taken in user space, once a read has passed TLS and
the HTTP library, and the clock is called `degraded` wherever a result shows.
"""

import time
from collections.abc import AsyncIterator, Mapping
from contextlib import suppress
from ipaddress import ip_address
from typing import Any
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

import httpx

from advisor.bench.clock import ClockMap
from advisor.bench.trace import Trace
from advisor.bench.transport import CaptureTransport, Clock
from advisor.bench.wire import Framing, Head
from advisor.errors import EndpointError

_STARTS = {
    "connection.connect_tcp.started": "connect_start_ns",
    "http11.send_request_headers.started": "sent_ns",
}
_ENDS = {
    "connection.connect_tcp.complete": "connect_end_ns",
    "connection.start_tls.complete": "connect_end_ns",
    "http11.send_request_body.complete": "sent_end_ns",
    "http11.receive_response_headers.complete": "head_ns",
}
_MOMENTS = _STARTS | _ENDS
"""What httpcore reports, and where a trace keeps it."""


class StampedTransport(httpx.AsyncBaseTransport):
    """httpx's transport, with a `Trace` filled from what comes through it."""

    clock = Clock.DEGRADED

    def __init__(self, inner: httpx.AsyncHTTPTransport) -> None:
        self.clock_map = ClockMap()
        self.reads = 0
        self.bytes = 0
        self._inner = inner

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send through httpx; its own exceptions."""
        trace: Trace = request.extensions.get("capture") or Trace()

        async def note(name: str, info: Mapping[str, Any]) -> None:  # noqa: ARG001  httpcore's signature
            moment = _MOMENTS.get(name)
            if moment is not None:
                setattr(trace, moment, time.monotonic_ns())

        request.extensions = {**request.extensions, "trace": note}
        response = await self._inner.handle_async_request(request)
        trace.reused = not trace.connect_start_ns
        trace.head = Head(response.status_code, tuple((name.lower(), value) for name, value in response.headers.raw))
        trace.framing = Framing.DECODED
        stream = _StampedStream(self, trace, response)
        return httpx.Response(
            response.status_code,
            headers=response.headers.raw,
            stream=stream,
            extensions={**response.extensions, "capture": trace, "read_to_end": stream.read_to_end},
        )

    async def aclose(self) -> None:
        await self._inner.aclose()


class _StampedStream(httpx.AsyncByteStream):
    def __init__(self, transport: StampedTransport, trace: Trace, response: httpx.Response) -> None:
        self._transport = transport
        self._trace = trace
        self._response = response

    async def __aiter__(self) -> AsyncIterator[bytes]:
        trace, transport = self._trace, self._transport
        stream = self._response.stream
        assert isinstance(stream, httpx.AsyncByteStream)
        try:
            async for piece in stream:
                transport.reads += 1
                transport.bytes += len(piece)
                trace.stamps.extend((0, time.monotonic_ns(), len(piece)))
                trace.pieces.append(piece)
                trace.wake()
                yield piece
        except httpx.RemoteProtocolError:
            trace.finish("eof", time.monotonic_ns())
            raise
        except httpx.TransportError:
            trace.finish("reset", time.monotonic_ns())
            raise
        trace.finish("complete", time.monotonic_ns())

    async def read_to_end(self) -> None:
        """Drive the stream to its end; how it ended stands in the trace."""
        with suppress(httpx.TransportError):
            async for _ in self:
                pass

    async def aclose(self) -> None:
        self._trace.finish("abandoned", time.monotonic_ns())
        await self._response.aclose()


def open_transport(url: str) -> CaptureTransport | StampedTransport:
    """The transport for an endpoint: our own for plain http, httpx's for https and behind a proxy.

    EndpointError where the environment names a proxy that cannot be used.
    """
    proxy = proxy_for(url)
    if proxy is None and urlsplit(url).scheme == "http":
        return CaptureTransport()
    # The default of 100 connections would silently cap the concurrency.
    limits = httpx.Limits(max_connections=None, max_keepalive_connections=None)
    try:
        return StampedTransport(httpx.AsyncHTTPTransport(proxy=proxy, limits=limits))
    except (ImportError, ValueError, httpx.InvalidURL):  # a SOCKS proxy without its package, or no proxy URL at all
        raise EndpointError(
            "the proxy that the environment names for this endpoint cannot be used",
            hint="Give an http:// proxy, or list the host in NO_PROXY.",
        ) from None


def proxy_for(url: str) -> str | None:
    """The proxy that the environment names for this URL; never one for loopback."""
    parts = urlsplit(url)
    proxies = getproxies()
    proxy = proxies.get(parts.scheme) or proxies.get("all")
    if proxy is None or _is_loopback(parts.hostname or "") or proxy_bypass(parts.netloc.rpartition("@")[2]):
        return None
    return proxy


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
