"""From the raw bytes of an answer to its events: deferred, strict, pure.

Everything the capture loop skipped is checked here: framing, encoding, JSON, the order of the stream.
What counts as content is settled in facts: benchmark-runner, section 1.5.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from advisor.bench.events import EVENT, LAST_CONTENT_KIND, NO_LAG, EventKind, Events, no_events
from advisor.bench.sse import Block, blocks, is_cut_short
from advisor.bench.wire import Framing, Head, WireError, body_reader
from advisor.errors import printable

_WORDS_LIMIT_BYTES = 65_536
_COUNT_LIMIT = 1 << 40
"""No answer has so many tokens: a larger count is nonsense, and would not fit where counts are kept."""

Reads = NDArray[np.int64]
"""One row per read: kernel stamp (0 where there is none), user stamp, bytes."""


class Fault(StrEnum):
    """What was wrong with an answer. `FATAL` names the ones that make its request a failure."""

    MISSING_DONE = "missing_done"
    DATA_AFTER_DONE = "data_after_done"
    SURPLUS_BYTES = "surplus_bytes"
    UNTERMINATED_EVENT = "unterminated_event"
    UNFINISHED = "unfinished_stream"
    TRUNCATED = "truncated_body"
    BAD_FRAMING = "bad_framing"
    ENCODED = "encoded_body"
    NOT_A_STREAM = "not_an_event_stream"
    INVALID_EVENT = "invalid_json"
    ERROR_EVENT = "error_event"
    NO_CONTENT = "no_content"


FATAL = frozenset(Fault) - {Fault.MISSING_DONE, Fault.DATA_AFTER_DONE, Fault.SURPLUS_BYTES, Fault.UNTERMINATED_EVENT}


@dataclass(frozen=True, slots=True)
class Usage:
    """The server's own counts; None where it did not give one."""

    prompt_tokens: int | None
    completion_tokens: int | None
    cached_tokens: int | None


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer as captured: all bytes read (the head first), the reads, and how it ended.

    sent_ns: when the request went out, the earliest that anything can have come back.
    """

    raw: bytes
    reads: Reads
    head: Head
    head_bytes: int
    framing: Framing
    length: int | None
    ended_whole: bool
    sent_ns: int


@dataclass(frozen=True, slots=True)
class Decoded:
    """What an answer said. error holds the server's own words without control characters, not shortened."""

    events: Events
    usage: Usage | None
    finish_reason: str | None
    token_ids: int | None
    faults: tuple[Fault, ...]
    error: str | None

    @property
    def is_whole(self) -> bool:
        """Whether the stream was sound from its first byte to its end."""
        return not FATAL.intersection(self.faults)


def decode(answer: Answer) -> Decoded:
    """Decode one answer with status 200."""
    body, body_ends, faults = _unframe(answer)
    encoding = answer.head.get(b"content-encoding")
    if encoding is not None and encoding.lower() != b"identity":
        return Decoded(no_events(), None, None, None, (*faults, Fault.ENCODED), None)
    kind = (answer.head.get(b"content-type") or b"").lower()
    if not kind.startswith(b"text/event-stream"):
        return Decoded(no_events(), None, None, None, (*faults, Fault.NOT_A_STREAM), error_words(body))
    return _decode_stream(answer, body, body_ends, faults)


def body_of(answer: Answer) -> bytes:
    """The payload of an answer as far as its framing is sound."""
    return _unframe(answer)[0]


def error_words(body: bytes) -> str | None:
    """What a server's error body says: the message of its JSON, else its text; None for an empty or HTML body.

    It is not shortened yet, so that a secret in it can be found whole.
    """
    text = body[:_WORDS_LIMIT_BYTES].decode("utf-8", "replace").strip()
    try:
        value = json.loads(body)
    except (ValueError, RecursionError):
        return None if not text or text.startswith("<") else _clean(text)
    return _error_text(value) or _clean(text)


def _unframe(answer: Answer) -> tuple[bytes, NDArray[np.int64], list[Fault]]:
    """The payload, how far it reaches after each read, and what was wrong with the framing."""
    reader = body_reader(answer.framing, answer.length)
    pieces: list[bytes] = []
    reached = 0
    ends = np.zeros(len(answer.reads), dtype=np.int64)
    faults: list[Fault] = []
    position = 0
    for index, size in enumerate(answer.reads[:, 2].tolist()):
        data = answer.raw[max(position, answer.head_bytes) : position + size]
        position += size
        try:
            found = reader.feed(data) if data else []
        except WireError:
            faults.append(Fault.BAD_FRAMING)
            ends[index:] = reached
            break
        pieces += found
        reached += sum(map(len, found))
        ends[index] = reached
    if reader.surplus:
        faults.append(Fault.SURPLUS_BYTES)
    by_framing = answer.framing in (Framing.CHUNKED, Framing.LENGTH)
    whole = reader.done if by_framing else answer.ended_whole
    if not whole and Fault.BAD_FRAMING not in faults:
        faults.append(Fault.TRUNCATED)
    return b"".join(pieces), ends, faults


@dataclass(slots=True)
class _Story:
    """What a stream has told so far."""

    kinds: list[int] = field(default_factory=list)
    ends: list[int] = field(default_factory=list)
    chars: list[int] = field(default_factory=list)
    tokens: list[int] = field(default_factory=list)
    choices: list[int] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)
    usage: Usage | None = None
    finish_reason: str | None = None
    token_ids: int | None = None
    error: str | None = None
    is_done: bool = False
    has_content: bool = False

    def add(self, end: int, kind: EventKind, chars: int = 0, tokens: int = 0, choices: int = 0) -> None:
        self.has_content = self.has_content or kind <= LAST_CONTENT_KIND
        self.is_done = self.is_done or kind is EventKind.DONE
        self.ends.append(end)
        self.kinds.append(kind)
        self.chars.append(chars)
        self.tokens.append(min(tokens, 0xFFFF))
        self.choices.append(min(choices, 0xFF))

    def fault(self, fault: Fault) -> None:
        if fault not in self.faults:
            self.faults.append(fault)


def _decode_stream(answer: Answer, body: bytes, body_ends: NDArray[np.int64], faults: list[Fault]) -> Decoded:
    story = _Story(faults=faults)
    for block in blocks(body):
        _read_block(story, block)
    if is_cut_short(body):
        story.fault(Fault.UNTERMINATED_EVENT)
    if not story.is_done:
        story.fault(Fault.UNFINISHED if story.finish_reason is None else Fault.MISSING_DONE)
    if not story.has_content:
        story.fault(Fault.NO_CONTENT)
    return Decoded(
        events=_stamped(story, answer, body_ends),
        usage=story.usage,
        finish_reason=story.finish_reason,
        token_ids=story.token_ids,
        faults=tuple(story.faults),
        error=story.error,
    )


def _read_block(story: _Story, block: Block) -> None:
    if block.data is None:
        story.add(block.end, EventKind.COMMENT)
        return
    if story.is_done:
        story.fault(Fault.DATA_AFTER_DONE)
    data = block.data.strip()
    if data == b"[DONE]":
        story.add(block.end, EventKind.DONE)
        return
    try:
        value = json.loads(data)
    except (ValueError, RecursionError):
        value = None
    if not isinstance(value, dict):
        story.fault(Fault.INVALID_EVENT)
        story.add(block.end, EventKind.INVALID)
    elif block.name == b"error" or value.get("error") or value.get("object") == "error":
        story.fault(Fault.ERROR_EVENT)
        story.error = story.error or _error_text(value)
        story.add(block.end, EventKind.ERROR)
    else:
        _read_chunk(story, block.end, value)


def _read_chunk(story: _Story, end: int, chunk: Mapping[str, object]) -> None:
    before = story.usage
    _read_usage(story, chunk.get("usage"))
    found = chunk.get("choices")
    choices = [choice for choice in found if isinstance(choice, dict)] if isinstance(found, list) else []
    if not choices:
        story.add(end, EventKind.USAGE if chunk.get("usage") else EventKind.EMPTY)
        return
    kind, chars = EventKind.EMPTY, 0
    for choice in choices:
        its_kind, its_chars = _classify(choice)
        kind, chars = min(kind, its_kind), chars + its_chars
        reason = choice.get("finish_reason")
        if isinstance(reason, str):
            story.finish_reason = printable(reason, 40)
            kind = EventKind.FINISH if kind is EventKind.EMPTY else kind
    tokens = _tokens_told(story, choices, before) if kind <= LAST_CONTENT_KIND else 0
    story.add(end, EventKind(kind), chars, tokens, len(choices))


def _classify(choice: Mapping[str, object]) -> tuple[EventKind, int]:
    """The kind of one choice and the characters it shows."""
    text = choice.get("text")
    if isinstance(text, str) and text:
        return EventKind.CONTENT, len(text)
    delta = choice.get("delta")
    if not isinstance(delta, dict):
        return EventKind.EMPTY, 0
    content = _length(delta, "content") + _length(delta, "refusal")
    reasoning = _length(delta, "reasoning_content") or _length(delta, "reasoning")
    if content:
        return EventKind.CONTENT, content + reasoning
    if reasoning:
        return EventKind.REASONING, reasoning
    if delta.get("tool_calls") or delta.get("function_call"):
        return EventKind.TOOL, 0
    return (EventKind.ROLE if delta.get("role") else EventKind.EMPTY), 0


def _length(delta: Mapping[str, object], key: str) -> int:
    value = delta.get(key)
    return len(value) if isinstance(value, str) else 0


def _tokens_told(story: _Story, choices: Sequence[Mapping[str, object]], before: Usage | None) -> int:
    """Tokens of one content event, where the server lists their ids or counts usage as it goes; else 0."""
    listed = [choice.get("token_ids") for choice in choices]
    ids = sum(len(each) for each in listed if isinstance(each, list))
    if ids:
        story.token_ids = (story.token_ids or 0) + ids
        return ids
    now = story.usage.completion_tokens if story.usage is not None else None
    earlier = before.completion_tokens if before is not None else None
    counts_as_it_goes = story.usage is not before and (before is not None or not story.has_content)
    if now is None or not counts_as_it_goes:
        return 0
    return max(0, now - (earlier or 0))


def _read_usage(story: _Story, usage: object) -> None:
    """Keep the latest counts: some servers send them once, some with every chunk, some twice."""
    if not isinstance(usage, dict):
        return
    details = usage.get("prompt_tokens_details")
    cached = details.get("cached_tokens") if isinstance(details, dict) else None
    story.usage = Usage(_count(usage.get("prompt_tokens")), _count(usage.get("completion_tokens")), _count(cached))


def _count(value: object) -> int | None:
    if not isinstance(value, int) or isinstance(value, bool):
        return None
    return value if 0 <= value <= _COUNT_LIMIT else None


def _error_text(value: object) -> str | None:
    """The message of an error in the shapes that engines use."""
    while isinstance(value, dict | list) and value:
        if isinstance(value, list):
            value = value[0]
        else:
            value = next((value[key] for key in ("error", "message", "detail", "msg") if value.get(key)), None)
    return _clean(value) if isinstance(value, str) and value.strip() else None


def _clean(words: str) -> str:
    return printable(words, _WORDS_LIMIT_BYTES)


def _stamped(story: _Story, answer: Answer, body_ends: NDArray[np.int64]) -> Events:
    """Each event with the stamps of the read that completed it."""
    events = np.zeros(len(story.ends), dtype=EVENT)
    if not len(events):
        return events
    ends = np.asarray(story.ends, dtype=np.int64)
    read = np.searchsorted(body_ends, ends - 1, side="right")
    kernel, user = answer.reads[read, 0], answer.reads[read, 1]
    events["hi_ns"] = np.where(kernel > 0, kernel, user)
    shares_its_read = np.bincount(read, minlength=len(answer.reads))[read] > 1
    read_before = np.concatenate(([answer.sent_ns], answer.reads[:-1, 1]))[read]
    events["lo_ns"] = np.where(shares_its_read, np.minimum(read_before, events["hi_ns"]), events["hi_ns"])
    events["lag_ns"] = np.where(kernel > 0, np.clip(user - kernel, 0, NO_LAG - 1), NO_LAG)
    events["bytes"] = [end - start for start, end in pairwise([0, *story.ends])]
    events["text_chars"] = story.chars
    events["tokens"] = story.tokens
    events["kind"] = story.kinds
    events["choices"] = story.choices
    return events
