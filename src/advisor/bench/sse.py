"""Server-sent events from a whole body, as the HTML standard dispatches them.

Comments are events here, since servers send them as keep-alives and they cost the client as much.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

_LINE_END = re.compile(rb"\r\n|\n|\r")
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"


@dataclass(frozen=True, slots=True)
class Block:
    """One event: the offset just behind it, its data lines joined, its name; data is None for a comment."""

    end: int
    data: bytes | None
    name: bytes = b""


def blocks(body: bytes) -> Iterator[Block]:
    """Every event and comment of a body in order. A last event without its blank line is not dispatched."""
    lines: list[bytes] = []
    name = b""
    start = len(_BYTE_ORDER_MARK) if body.startswith(_BYTE_ORDER_MARK) else 0
    for match in _LINE_END.finditer(body, start):
        line = body[start : match.start()]
        start = match.end()
        if not line:
            if lines:
                yield Block(start, b"\n".join(lines), name)
            lines, name = [], b""
        elif line.startswith(b":"):
            yield Block(start, None)
        else:
            key, _, value = line.partition(b":")
            value = value.removeprefix(b" ")
            if key == b"data":
                lines.append(value)
            elif key == b"event":
                name = value


def is_cut_short(body: bytes) -> bool:
    """Whether the body ends inside an event: bytes after the last blank line that are no comment."""
    tail = body
    for end in (b"\r\n\r\n", b"\n\n", b"\r\r"):
        tail = tail.rpartition(end)[2]
    lines = [line for line in _LINE_END.split(tail) if line and not line.startswith(b":")]
    return bool(lines)
