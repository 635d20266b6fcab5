"""The pipe from the capture process to the analyser: frames of a JSON header and raw bytes.

A frame is complete or it is not there: whoever reads a pipe that breaks in a frame gets what came before.
"""

import json
import struct
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, BinaryIO

_SIZES = struct.Struct("<II")


def pack_frame(header: Mapping[str, object], payload: Sequence[bytes] = ()) -> bytes:
    """One frame, ready to be written."""
    encoded = json.dumps(header, separators=(",", ":")).encode()
    body = b"".join(payload)
    return b"".join((_SIZES.pack(len(encoded), len(body)), encoded, body))


def pack_line(values: Mapping[str, object]) -> bytes:
    """A line for the standard input of a process of a run."""
    return json.dumps(values, separators=(",", ":")).encode() + b"\n"


def read_frames(pipe: BinaryIO) -> Iterator[tuple[dict[str, Any], bytes]]:
    """Every whole frame until the pipe ends."""
    while True:
        sizes = _exactly(pipe, _SIZES.size)
        if sizes is None:
            return
        header_size, payload_size = _SIZES.unpack(sizes)
        header = _exactly(pipe, header_size)
        payload = _exactly(pipe, payload_size)
        if header is None or payload is None:
            return
        yield json.loads(header), payload


def _exactly(pipe: BinaryIO, size: int) -> bytes | None:
    data = pipe.read(size)
    return data if len(data) == size else None
