"""From the raw trace of one request to its record and its events. Pure: what the analyser does per frame."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from advisor.bench.decode import FATAL, Answer, Decoded, Fault, body_of, decode, error_words
from advisor.bench.events import Events, no_events
from advisor.bench.records import SIMULATED_HEADER, Outcome, RequestRecord
from advisor.bench.target import redact
from advisor.bench.trace import STAMPS_PER_READ
from advisor.bench.wire import Framing, Head
from advisor.errors import printable

_COPIED = (
    *("concurrency", "repetition", "attempt", "phase", "index", "slot", "status", "slot_ns"),
    *("connect_start_ns", "connect_end_ns", "sent_ns", "sent_end_ns", "head_ns", "ended_ns", "requested_tokens"),
)
_NOTHING = Decoded(no_events(), None, None, None, (), None)


@dataclass(frozen=True, slots=True)
class Finding:
    """One request as it is written down. is_simulated: the answer came from the built-in endpoint."""

    record: RequestRecord
    events: Events
    is_simulated: bool


def interpret(header: Mapping[str, Any], payload: bytes, first_row: int, secrets: Sequence[str]) -> Finding:
    """Decode one frame. first_row: where its events will stand in the trace file."""
    answer = _answer(header, payload)
    streamed = answer is not None and header["status"] == 200
    decoded = decode(answer) if answer is not None and streamed else _NOTHING
    outcome, words = _judge(header, answer, decoded)
    usage = decoded.usage
    record = RequestRecord(
        **{key: header[key] for key in _COPIED},
        outcome=outcome,
        error=printable(redact(words, secrets)) if words else None,
        faults=tuple(fault.value for fault in decoded.faults),
        completion_tokens=usage.completion_tokens if usage is not None else None,
        prompt_tokens=usage.prompt_tokens if usage is not None else None,
        cached_tokens=usage.cached_tokens if usage is not None else None,
        token_ids=decoded.token_ids,
        finish_reason=decoded.finish_reason,
        first_row=first_row,
        rows=len(decoded.events),
        bytes=len(answer.raw) if answer is not None else 0,
    )
    return Finding(record, decoded.events, SIMULATED_HEADER in header["head"])


def _answer(header: Mapping[str, Any], payload: bytes) -> Answer | None:
    """The answer in a frame; None where not even its head came."""
    if header["status"] is None:
        return None
    stamps_bytes = header["reads"] * STAMPS_PER_READ * 8
    fields = tuple((name.encode(), value.encode("latin-1")) for name, value in header["head"].items())
    return Answer(
        raw=payload[stamps_bytes:],
        reads=np.frombuffer(payload, dtype=np.int64, count=stamps_bytes // 8).reshape(-1, STAMPS_PER_READ),
        head=Head(header["status"], fields),
        head_bytes=header["head_bytes"],
        framing=Framing(header["framing"]),
        length=header["length"],
        ended_whole=header["end"] == "complete",
        sent_ns=header["sent_ns"],
    )


def _judge(header: Mapping[str, Any], answer: Answer | None, decoded: Decoded) -> tuple[Outcome, str]:
    """How the request ended, and in whose words."""
    outcome = Outcome(header["outcome"])
    if outcome is not Outcome.OK:
        return outcome, header["reason"]
    if answer is None:
        return Outcome.CONNECTION, "no answer came"
    if header["status"] != 200:
        return Outcome.HTTP_STATUS, error_words(body_of(answer)) or f"HTTP {header['status']}"
    if decoded.is_whole:
        return Outcome.OK, ""
    if Fault.ERROR_EVENT in decoded.faults:
        return Outcome.SERVER_ERROR, decoded.error or "an error without a message"
    if Fault.TRUNCATED in decoded.faults:
        return Outcome.CONNECTION, "the answer broke off"
    fault = next(fault for fault in decoded.faults if fault in FATAL)
    return Outcome.PROTOCOL, decoded.error or fault.value.replace("_", " ")
