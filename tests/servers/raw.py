"""A TCP server on loopback that runs a script on each connection, in threads of its own."""

import json
import socket
import struct
import threading
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from types import MappingProxyType, TracebackType
from typing import Any, Self

_NONE: Mapping[str, str] = MappingProxyType({})

LAST_CHUNK = b"0\r\n\r\n"


@dataclass(frozen=True, slots=True)
class Request:
    """One request as it came in."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes

    def json(self) -> dict[str, Any]:
        value = json.loads(self.body)
        assert isinstance(value, dict)
        return value


class Connection:
    """The server's end of one connection."""

    def __init__(self, sock: socket.socket, closing: threading.Event) -> None:
        self._sock = sock
        self._buffer = b""
        self.closing = closing

    def read_request(self) -> Request | None:
        """The next request; None when the client has closed."""
        while b"\r\n\r\n" not in self._buffer:
            if not self._more():
                return None
        head, _, self._buffer = self._buffer.partition(b"\r\n\r\n")
        first, *lines = head.decode("latin-1").split("\r\n")
        method, path, _ = first.split(" ", 2)
        headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
        length = int(headers.get("content-length", "0"))
        while len(self._buffer) < length:
            if not self._more():
                return None
        body, self._buffer = self._buffer[:length], self._buffer[length:]
        return Request(method, path, headers, body)

    def send(self, *pieces: bytes) -> None:
        """Each piece in a segment of its own, as far as the kernel allows."""
        for piece in pieces:
            self._sock.sendall(piece)

    def pause(self, seconds: float) -> None:
        """Let time pass; ends early when the server shuts down."""
        self.closing.wait(seconds)

    def stall(self) -> None:
        """Say nothing more, until the server shuts down."""
        self.closing.wait()

    def wait_for_close(self) -> None:
        """Until the client has closed its end."""
        while self._more():
            pass

    def reset(self) -> None:
        """Break the connection with an RST."""
        self._sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self._sock.close()

    def close(self) -> None:
        self._sock.close()

    def _more(self) -> bool:
        try:
            data = self._sock.recv(65_536)
        except OSError:
            return False
        self._buffer += data
        return bool(data)


Script = Callable[[Connection, Request], object]
"""Answers one request. Returns False to have the connection closed behind it."""


class RawServer:
    """Listens for as long as a `with` block runs. connections and requests count what came."""

    def __init__(self, script: Script) -> None:
        self._script = script
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._closing = threading.Event()
        self._sockets: list[socket.socket] = []
        self._threads: list[threading.Thread] = []
        self._lock = threading.Lock()
        self.connections = 0
        self.requests: list[Request] = []

    @property
    def port(self) -> int:
        port: int = self._listener.getsockname()[1]
        return port

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def __enter__(self) -> Self:
        self._spawn(self._accept)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._closing.set()
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        with self._lock:
            for sock in self._sockets:
                with suppress(OSError):
                    sock.shutdown(socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join(10)
            assert not thread.is_alive(), "a script does not end"

    def _spawn(self, work: Callable[[], None]) -> None:
        thread = threading.Thread(target=work, daemon=True)
        self._threads.append(thread)
        thread.start()

    def _accept(self) -> None:
        while True:
            try:
                sock, _ = self._listener.accept()
            except OSError:
                return
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            with self._lock:
                self.connections += 1
                self._sockets.append(sock)
            self._spawn(lambda sock=sock: self._serve(sock))  # type: ignore[misc]

    def _serve(self, sock: socket.socket) -> None:
        connection = Connection(sock, self._closing)
        with sock:
            while (request := connection.read_request()) is not None:
                with self._lock:
                    self.requests.append(request)
                try:
                    if self._script(connection, request) is False:
                        return
                except OSError:
                    return  # the client went away in the middle, which some tests want


def head(status: int = 200, fields: Mapping[str, str] = _NONE) -> bytes:
    """A response head."""
    lines = [f"HTTP/1.1 {status} Said", *(f"{name}: {value}" for name, value in fields.items())]
    return ("\r\n".join(lines) + "\r\n\r\n").encode()


def stream_head(fields: Mapping[str, str] = _NONE) -> bytes:
    """The head of a chunked event stream."""
    return head(200, {"content-type": "text/event-stream; charset=utf-8", "transfer-encoding": "chunked", **fields})


def chunk(data: bytes) -> bytes:
    return b"%x\r\n%b\r\n" % (len(data), data)


def event(value: object) -> bytes:
    """One server-sent event with a JSON value."""
    return b"data: " + json.dumps(value).encode() + b"\n\n"


def whole(body: bytes, status: int = 200, kind: str = "application/json", fields: Mapping[str, str] = _NONE) -> bytes:
    """A complete answer with a content length."""
    return head(status, {"content-type": kind, "content-length": str(len(body)), **fields}) + body


def json_answer(value: object, status: int = 200, fields: Mapping[str, str] = _NONE) -> bytes:
    return whole(json.dumps(value).encode(), status, fields=fields)


def text_event(text: str, finish: str | None = None) -> bytes:
    """A chat event with some text."""
    return event({"choices": [{"index": 0, "delta": {"content": text}, "finish_reason": finish}]})


def role_event() -> bytes:
    """The event that a chat stream begins with."""
    return event({"choices": [{"index": 0, "delta": {"role": "assistant", "content": ""}, "finish_reason": None}]})


def usage_event(prompt: int, completion: int) -> bytes:
    """The event that carries the server's counts."""
    counts = {"prompt_tokens": prompt, "completion_tokens": completion, "total_tokens": prompt + completion}
    return event({"choices": [], "usage": counts})


DONE = b"data: [DONE]\n\n"


def chunks(events: Iterable[bytes]) -> bytes:
    """A whole chunked body, one event to a chunk."""
    return b"".join(map(chunk, events)) + LAST_CHUNK
