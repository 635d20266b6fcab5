"""HTTP/1.1 answers as bytes: the head, and where a body begins and ends.

The capture side uses this to find the end of an answer, the analyser to verify every byte of it: one
reading of the framing rules (RFC 9112, sections 6 and 7) for both. Pure: no sockets.
"""

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

HEAD_LIMIT_BYTES = 65_536
"""A head longer than this is no answer that we can use; common servers stop at 8 to 64 KiB."""

_LINE_LIMIT_BYTES = 8_192
_STATUS = re.compile(rb"HTTP/(1\.[01]) ([1-5]\d\d)(?: [^\r\n]*)?")
_CHUNK_SIZE = re.compile(rb"[ \t]*([0-9A-Fa-f]{1,15})[ \t]*(?:;[^\r\n]*)?")
_LENGTH = re.compile(rb"\d{1,18}")
_CRLF = b"\r\n"


class WireError(Exception):
    """Bytes that are no HTTP/1.1 answer. The message says what was found, without repeating it."""


class Framing(StrEnum):
    """How the end of a body is told."""

    CHUNKED = "chunked"
    LENGTH = "length"
    CLOSE = "close"
    DECODED = "decoded"
    """The framing was removed below us: the body is as it is."""


@dataclass(frozen=True, slots=True)
class Head:
    """Status line and header fields; names are lower case."""

    status: int
    headers: tuple[tuple[bytes, bytes], ...]
    version: str = "1.1"

    def get(self, name: bytes) -> bytes | None:
        """The last value under a lower-case name, or None."""
        return next((value for key, value in reversed(self.headers) if key == name), None)

    def framing(self) -> tuple[Framing, int | None]:
        """How the body of an answer to GET or POST ends, and its length where that is told."""
        if self.status in (204, 304):
            return Framing.LENGTH, 0
        coding = self.get(b"transfer-encoding")
        if coding is not None:
            if coding.strip().lower() != b"chunked":
                raise WireError("the answer has a transfer encoding other than chunked")
            return Framing.CHUNKED, None
        length = self.get(b"content-length")
        if length is None:
            return Framing.CLOSE, None
        if not _LENGTH.fullmatch(length):
            raise WireError("the answer has a content length that is no number")
        return Framing.LENGTH, int(length)

    @property
    def keeps_alive(self) -> bool:
        """Whether the connection may carry another request after this answer."""
        options = (self.get(b"connection") or b"").lower()
        return b"close" not in options and (self.version == "1.1" or b"keep-alive" in options)


def parse_head(raw: bytes) -> tuple[Head, int] | None:
    """The final head at the start of `raw` and the bytes it took, interim (1xx) answers skipped; None if incomplete."""
    start = 0
    while True:
        end = raw.find(b"\r\n\r\n", start)
        if end < 0:
            if len(raw) - start > HEAD_LIMIT_BYTES:
                raise WireError("the head of the answer does not end")
            if raw[start : start + 5] != b"HTTP/"[: len(raw) - start]:
                raise WireError("the answer does not begin like HTTP")
            return None
        head = _read_head(raw[start:end])
        start = end + 4
        if head.status >= 200:
            return head, start


def _read_head(block: bytes) -> Head:
    first, *rest = block.split(_CRLF)
    status = _STATUS.fullmatch(first)
    if status is None:
        raise WireError("the answer does not begin with an HTTP/1.1 status line")
    fields = []
    for line in rest:
        name, colon, value = line.partition(b":")
        if not colon or not name or name != name.strip():
            raise WireError("the answer has a malformed header field")
        fields.append((name.lower(), value.strip()))
    return Head(int(status[2]), tuple(fields), status[1].decode())


class BodyReader(Protocol):
    """Follows one body over successive reads."""

    done: bool
    surplus: int
    """Bytes that came after the end of the body."""

    def feed(self, data: bytes) -> list[bytes]:
        """The payload in `data`. WireError where the framing is broken."""


class ChunkReader:
    """The chunked coding, checked strictly: sizes, the line end after each chunk, extensions, trailers."""

    __slots__ = ("_at_line", "_left", "_pending", "_read_line", "done", "surplus")

    def __init__(self) -> None:
        self._left = 0
        self._at_line = True
        self._pending = b""
        self._read_line = self._size_line
        self.done = False
        self.surplus = 0

    def feed(self, data: bytes) -> list[bytes]:
        if self._pending:
            data = self._pending + data
            self._pending = b""
        pieces: list[bytes] = []
        position, length = 0, len(data)
        while position < length:
            if self.done:
                self.surplus += length - position
                break
            if self._at_line:
                end = data.find(_CRLF, position)
                if end < 0:
                    self._keep(data[position:])
                    break
                self._read_line(data[position:end])
                position = end + 2
            else:
                piece = data[position : position + self._left]
                pieces.append(piece)
                position += len(piece)
                self._left -= len(piece)
                self._at_line = not self._left
        return pieces

    def _keep(self, rest: bytes) -> None:
        if len(rest) > _LINE_LIMIT_BYTES:
            raise WireError("a chunk header does not end")
        if self._read_line == self._chunk_end and rest != b"\r":
            raise WireError("a chunk is longer than its header says")
        self._pending = rest

    def _size_line(self, line: bytes) -> None:
        match = _CHUNK_SIZE.fullmatch(line)
        if match is None:
            raise WireError("a chunk header is no number")
        self._left = int(match[1], 16)
        if self._left:
            self._at_line = False
            self._read_line = self._chunk_end
        else:
            self._read_line = self._trailer

    def _chunk_end(self, line: bytes) -> None:
        if line:
            raise WireError("a chunk is longer than its header says")
        self._read_line = self._size_line

    def _trailer(self, line: bytes) -> None:
        self.done = not line


class LengthReader:
    """A body of a told length."""

    __slots__ = ("_left", "done", "surplus")

    def __init__(self, length: int) -> None:
        self._left = length
        self.done = length == 0
        self.surplus = 0

    def feed(self, data: bytes) -> list[bytes]:
        piece = data[: self._left]
        self._left -= len(piece)
        self.surplus += len(data) - len(piece)
        self.done = self._left == 0
        return [piece] if piece else []


class OpenReader:
    """A body that ends with the connection, or one whose framing was removed below us."""

    __slots__ = ("done", "surplus")

    def __init__(self) -> None:
        self.done = False
        self.surplus = 0

    def feed(self, data: bytes) -> list[bytes]:
        return [data] if data else []


def body_reader(framing: Framing, length: int | None) -> BodyReader:
    """A reader for one body."""
    if framing is Framing.CHUNKED:
        return ChunkReader()
    return LengthReader(length or 0) if framing is Framing.LENGTH else OpenReader()
