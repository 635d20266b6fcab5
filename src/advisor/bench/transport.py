"""The capture path: an httpx transport that stamps and stores what arrives, and decodes nothing.

Each connection has one reader callback. It takes what the kernel has, with the kernel's own receive
stamp where there is one (facts: benchmark-runner, section 8.1), and appends it to a `Trace`; only the
end of the body is looked for. `Response.extensions["capture"]` holds the trace while it fills, and
`aiter_raw()` gives the body as any httpx response does.
"""

import asyncio
import socket
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import contextmanager, suppress
from enum import StrEnum

import httpx

from advisor.bench.clock import SO_TIMESTAMPNS, ClockMap, kernel_stamp_ns, kernel_stamps_offered
from advisor.bench.trace import Trace
from advisor.bench.wire import BodyReader, Framing, WireError, body_reader, parse_head

READ_BYTES = 65_536
CONTROL_BYTES = 64
IDLE_LIMIT_S = 4.0
"""An idle connection older than this is not used again: uvicorn, which most engines run, closes at 5 s."""

_Key = tuple[str, int]


class Clock(StrEnum):
    """Where receive stamps come from, best first."""

    KERNEL = "kernel"
    USER = "user"
    DEGRADED = "degraded"


@contextmanager
def stamping() -> Iterator[None]:
    """Have the kernel stamp packets from now on, before the first connection asks for it.

    Linux switches stamps on for the whole machine with the first socket that wants them, a moment later, and
    off with the last: what arrives in that moment has none.
    """
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asking:
        if kernel_stamps_offered():
            asking.setsockopt(socket.SOL_SOCKET, SO_TIMESTAMPNS, 1)
        yield


class CaptureTransport(httpx.AsyncBaseTransport):
    """Plain HTTP/1.1 over connections of its own. A request may bring its `Trace` as extension `capture`."""

    def __init__(self, clock_map: ClockMap | None = None, *, idle_limit_s: float = IDLE_LIMIT_S) -> None:
        self.clock_map = clock_map or ClockMap()
        self.clock = Clock.KERNEL if kernel_stamps_offered() else Clock.USER
        self.reads = 0
        self.bytes = 0
        self._idle_limit_ns = int(idle_limit_s * 1e9)
        self._idle: dict[_Key, list[_Connection]] = {}
        self._open: set[_Connection] = set()

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send, and return as soon as the head is there. httpx's own exceptions for all that goes wrong."""
        trace: Trace = request.extensions.get("capture") or Trace()
        timeouts = request.extensions.get("timeout", {})
        message = _request_head(request) + await request.aread()
        connection = await self._connection(request, trace, timeouts.get("connect"))
        await self._exchange(connection, message, request, trace)
        if trace.reused and not trace.pieces and trace.end in ("eof", "reset"):
            # The server closed an idle connection while we took it up, which says nothing about this request.
            trace.renew()
            connection = await self._connection(request, trace, timeouts.get("connect"), fresh=True)
            await self._exchange(connection, message, request, trace)
        head = trace.head
        if head is None:
            raise _failure(trace, request)
        return httpx.Response(
            head.status,
            headers=list(head.headers),
            stream=_CaptureStream(trace, connection, request, timeouts.get("read")),
            extensions={"capture": trace, "read_to_end": trace.finished, "http_version": b"HTTP/1.1"},
        )

    async def _exchange(self, connection: "_Connection", message: bytes, request: httpx.Request, trace: Trace) -> None:
        """Send, and wait for the head or the end."""
        try:
            connection.begin(trace)
            await connection.send(message, trace)
            await _within(request.extensions.get("timeout", {}).get("read"), _head_arrives, trace, request)
        except BaseException:  # cancelled or failed: the connection is in an unknown state either way
            connection.abandon(trace)
            raise

    async def aclose(self) -> None:
        """Close every connection, idle or not."""
        for connection in tuple(self._open):
            connection.close()

    async def _connection(
        self, request: httpx.Request, trace: Trace, timeout_s: float | None, *, fresh: bool = False
    ) -> "_Connection":
        key = (request.url.host, request.url.port or 80)
        idle = None if fresh else self._take_idle(key)
        if idle is not None:
            trace.reused = True
            return idle
        trace.connect_start_ns = time.monotonic_ns()
        try:
            async with asyncio.timeout(timeout_s):
                sock = await _connect(*key)
        except TimeoutError:
            raise httpx.ConnectTimeout("no connection within the time limit", request=request) from None
        except OSError as refused:
            raise httpx.ConnectError(str(refused), request=request) from refused
        trace.connect_end_ns = time.monotonic_ns()
        connection = _Connection(self, key, sock)
        self._open.add(connection)
        return connection

    def _take_idle(self, key: _Key) -> "_Connection | None":
        oldest = time.monotonic_ns() - self._idle_limit_ns
        idle = self._idle.get(key, [])
        while idle:
            connection = idle.pop()
            if connection.idle_since_ns >= oldest and connection.is_quiet():
                return connection
            connection.close()
        return None

    def keep(self, connection: "_Connection") -> None:
        """A connection whose answer is complete becomes idle."""
        self._idle.setdefault(connection.key, []).append(connection)

    def forget(self, connection: "_Connection") -> None:
        """A closed connection is no longer ours."""
        self._open.discard(connection)
        with suppress(ValueError):
            self._idle.get(connection.key, []).remove(connection)


class _Connection:
    """One socket with its reader; it carries one trace at a time."""

    __slots__ = (
        "_body",
        "_head_bytes",
        "_is_sending",
        "_loop",
        "_sock",
        "_trace",
        "_transport",
        "idle_since_ns",
        "key",
    )

    def __init__(self, transport: CaptureTransport, key: _Key, sock: socket.socket) -> None:
        self._transport = transport
        self._sock = sock
        self._loop = asyncio.get_running_loop()
        self._trace: Trace | None = None
        self._body: BodyReader | None = None
        self._head_bytes = b""
        self._is_sending = False
        self.key = key
        self.idle_since_ns = 0
        self._loop.add_reader(sock.fileno(), self._readable)

    def is_quiet(self) -> bool:
        """Whether an idle connection is open and silent, so that it can carry a request."""
        try:
            self._sock.recv(1, socket.MSG_PEEK)
        except BlockingIOError:
            return True
        except OSError:
            return False
        return False

    def begin(self, trace: Trace) -> None:
        """Read into `trace` from now on."""
        self._trace = trace
        self._body = None
        self._head_bytes = b""

    async def send(self, data: bytes, trace: Trace) -> None:
        """Hand the whole request to the kernel, in one call where it takes it.

        A connection that breaks here is not an error yet: the server may have answered before it closed.
        """
        trace.sent_ns = time.monotonic_ns()
        try:
            sent = self._sock.send(data)
        except BlockingIOError:
            sent = 0
        except OSError:
            return
        if sent < len(data):
            await self._send_rest(data[sent:], trace)
        trace.sent_end_ns = time.monotonic_ns()

    async def _send_rest(self, data: bytes, trace: Trace) -> None:
        """The rest of a large request, or as much of it as goes before the answer has ended."""
        self._is_sending = True
        sending = asyncio.ensure_future(self._loop.sock_sendall(self._sock, data))
        ended = asyncio.ensure_future(trace.finished())
        try:
            await asyncio.wait({sending, ended}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            sending.cancel()
            ended.cancel()
            await asyncio.gather(sending, ended, return_exceptions=True)
            self._is_sending = False
            if trace.end:
                self.close()

    def abandon(self, trace: Trace) -> None:
        """Give up on an answer that has not ended; the connection cannot be used again."""
        if self._trace is trace:
            self._over("abandoned", time.monotonic_ns())

    def close(self) -> None:
        """Close the socket; harmless when it is closed."""
        if self._sock.fileno() < 0:
            return
        self._loop.remove_reader(self._sock.fileno())
        self._sock.close()
        self._transport.forget(self)

    def _readable(self) -> None:
        try:
            data, control, _, _ = self._sock.recvmsg(READ_BYTES, CONTROL_BYTES)
        except (BlockingIOError, InterruptedError):
            return
        except OSError:
            self._over("reset", time.monotonic_ns())
            return
        user_ns = time.monotonic_ns()
        trace = self._trace
        if trace is None or not data:
            self._over("eof", user_ns)
            return
        transport = self._transport
        kernel_ns = kernel_stamp_ns(control)
        if kernel_ns:
            kernel_ns -= transport.clock_map.offset_ns
        transport.reads += 1
        transport.bytes += len(data)
        trace.stamps.extend((kernel_ns, user_ns, len(data)))
        trace.pieces.append(data)
        try:
            body = self._body
            if body is None:
                body = self._take_head(trace, data, kernel_ns or user_ns)
            else:
                body.feed(data)
        except WireError:
            self._over("broken", user_ns)
            return
        if body is not None and body.done:
            self._over("complete", kernel_ns or user_ns)
        else:
            trace.wake()

    def _take_head(self, trace: Trace, data: bytes, at_ns: int) -> BodyReader | None:
        self._head_bytes += data
        parsed = parse_head(self._head_bytes)
        if parsed is None:
            return None
        head, trace.head_bytes = parsed
        trace.framing, trace.length = head.framing()
        trace.head, trace.head_ns = head, at_ns
        self._body = body_reader(trace.framing, trace.length)
        self._body.feed(self._head_bytes[trace.head_bytes :])
        return self._body

    def _over(self, end: str, at_ns: int) -> None:
        trace, self._trace = self._trace, None
        if trace is None:
            self.close()
            return
        if end == "eof" and trace.head is not None and trace.framing is Framing.CLOSE:
            end = "complete"
        if self._is_sending:
            self._loop.remove_reader(self._sock.fileno())  # closed by the sender, whose descriptor it still is
        elif end == "complete" and self._may_stay(trace):
            self.idle_since_ns = time.monotonic_ns()
            self._transport.keep(self)
        else:
            self.close()
        trace.finish(end, at_ns)

    def _may_stay(self, trace: Trace) -> bool:
        head, body = trace.head, self._body
        return (
            head is not None
            and body is not None
            and head.keeps_alive
            and trace.framing is not Framing.CLOSE
            and not body.surplus
        )


class _CaptureStream(httpx.AsyncByteStream):
    """The body of an answer, unframed from the trace while that fills."""

    def __init__(self, trace: Trace, connection: _Connection, request: httpx.Request, timeout_s: float | None) -> None:
        self._trace = trace
        self._connection = connection
        self._request = request
        self._timeout_s = timeout_s

    async def __aiter__(self) -> AsyncIterator[bytes]:
        trace = self._trace
        reader = body_reader(trace.framing, trace.length)
        taken, head_left = 0, trace.head_bytes
        while True:
            while taken < len(trace.pieces):
                piece = trace.pieces[taken]
                taken += 1
                cut = min(head_left, len(piece))
                head_left -= cut
                try:
                    payloads = reader.feed(piece[cut:])
                except WireError as broken:
                    raise httpx.RemoteProtocolError(str(broken), request=self._request) from broken
                for payload in payloads:
                    yield payload
            if trace.end:
                break
            await _within(self._timeout_s, _change, trace, self._request)
        if trace.end != "complete":
            raise _failure(trace, self._request)

    async def aclose(self) -> None:
        self._connection.abandon(self._trace)


async def _head_arrives(trace: Trace) -> None:
    while trace.head is None and not trace.end:
        await trace.changed()


async def _change(trace: Trace) -> None:
    await trace.changed()


async def _within(
    timeout_s: float | None, wait: Callable[[Trace], Awaitable[None]], trace: Trace, request: httpx.Request
) -> None:
    try:
        async with asyncio.timeout(timeout_s):
            await wait(trace)
    except TimeoutError:
        raise httpx.ReadTimeout("nothing arrived within the time limit", request=request) from None


def _failure(trace: Trace, request: httpx.Request) -> httpx.TransportError:
    if trace.end == "reset":
        return httpx.ReadError("the connection was reset", request=request)
    if trace.end == "broken":
        return httpx.RemoteProtocolError("the answer is no valid HTTP/1.1", request=request)
    where = "in the middle of its answer" if trace.head is not None else "without an answer"
    return httpx.RemoteProtocolError(f"the server closed the connection {where}", request=request)


def _request_head(request: httpx.Request) -> bytes:
    lines = [b"%b %b HTTP/1.1" % (request.method.encode(), request.url.raw_path)]
    lines += [b"%b: %b" % field for field in request.headers.raw]
    return b"\r\n".join(lines) + b"\r\n\r\n"


async def _connect(host: str, port: int) -> socket.socket:
    """A connected socket to the first address of the host that accepts; OSError of the last that does not."""
    loop = asyncio.get_running_loop()
    addresses = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    failure: OSError = OSError("the name has no address")
    for family, kind, protocol, _, address in addresses:
        sock = socket.socket(family, kind, protocol)
        try:
            sock.setblocking(False)
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            if kernel_stamps_offered():
                sock.setsockopt(socket.SOL_SOCKET, SO_TIMESTAMPNS, 1)
            await loop.sock_connect(sock, address)
        except OSError as refused:
            sock.close()
            failure = refused
        except BaseException:  # cancelled while connecting: the socket must not stay open
            sock.close()
            raise
        else:
            return sock
    raise failure
