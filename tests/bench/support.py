"""Answers built by hand, for tests of what is decoded from them."""

from itertools import pairwise
from pathlib import Path

import numpy as np

from advisor.bench.decode import Answer, Decoded
from advisor.bench.events import EventKind
from advisor.bench.wire import parse_head
from servers.raw import chunk

CAPTURES = Path(__file__).parent / "captures"

MS = 1_000_000
SENT_NS = 1_000 * MS


def capture(name: str) -> tuple[bytes, bytes]:
    """Head and unframed body of a captured answer."""
    head, _, body = (CAPTURES / f"{name}.txt").read_bytes().partition(b"\r\n\r\n")
    return head + b"\r\n\r\n", body


def answer(raw: bytes, cuts: list[int] | None = None, *, ended_whole: bool = True, kernel: bool = True) -> Answer:
    """An answer whose bytes came in reads cut at the given places, 10 ms apart.

    The user stamp is 0.5 ms behind the kernel's.
    """
    parsed = parse_head(raw)
    assert parsed is not None
    head, head_bytes = parsed
    framing, length = head.framing()
    bounds = [0, *sorted({cut for cut in cuts or [] if 0 < cut < len(raw)}), len(raw)]
    reads = [
        [SENT_NS + 10 * MS * number if kernel else 0, SENT_NS + 10 * MS * number + MS // 2, end - start]
        for number, (start, end) in enumerate(pairwise(bounds), start=1)
    ]
    return Answer(
        raw=raw,
        reads=np.asarray(reads, dtype=np.int64).reshape(-1, 3),
        head=head,
        head_bytes=head_bytes,
        framing=framing,
        length=length,
        ended_whole=ended_whole,
        sent_ns=SENT_NS,
    )


def open_answer(body: bytes) -> Answer:
    """A stream that ends with its connection."""
    return answer(b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n" + body)


def framed(head: bytes, body: bytes, sizes: list[int]) -> bytes:
    """A captured answer in the chunked framing that its head speaks of, in chunks of the given sizes."""
    pieces = []
    start = 0
    for size in [*sizes, len(body)]:
        if body[start : start + size]:
            pieces.append(chunk(body[start : start + size]))
        start += size
    return head + b"".join(pieces) + b"0\r\n\r\n"


def kinds(decoded: Decoded) -> list[EventKind]:
    return [EventKind(kind) for kind in decoded.events["kind"].tolist()]


def story(decoded: Decoded) -> tuple[object, ...]:
    """Everything that an answer said, without when."""
    names = ("kind", "bytes", "text_chars", "tokens", "choices")
    events = [tuple(row) for row in decoded.events[list(names)].tolist()]
    return events, decoded.usage, decoded.finish_reason, decoded.token_ids, decoded.faults, decoded.error
