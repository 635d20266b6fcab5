"""The bytes of an answer, in the shapes of vLLM 0.32: chunks of a stream, and one JSON document.

Each token is an event on the wire, thousands a second, so everything around its text is serialised
once per request. A made-up word needs no escaping in JSON.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from advisor import __version__
from advisor.simulator.core import Emission, FinishReason
from advisor.simulator.protocol import Generation

VERSION = f"{__version__}+simulated"
"""Never the bare number: nobody must take it for the version of an engine."""
FINGERPRINT = f"advisor-simulator-{__version__}"


@dataclass(frozen=True, slots=True)
class Identity:
    """What names an answer in every chunk of it. created is in seconds since the epoch."""

    id: str
    model: str
    created: int


def dumps(document: object) -> bytes:
    """JSON as compact as vLLM writes it."""
    return json.dumps(document, separators=(",", ":"), ensure_ascii=False).encode("utf-8", "replace")


class EventStream:
    """The events of one streamed answer, as bytes ready to send."""

    def __init__(self, identity: Identity, generation: Generation) -> None:
        self._generation = generation
        self._head = _head(identity, "chat.completion.chunk" if generation.is_chat else "text_completion")
        self._before = self._head + (
            b'[{"index":0,"delta":{"content":"' if generation.is_chat else b'[{"index":0,"text":"'
        )
        self._after = {reason: _after(reason, is_chat=generation.is_chat) for reason in (None, *FinishReason)}
        self._next = self._after[None] + _END

    def opening(self) -> bytes:
        """The role of a chat's author, an event without text; nothing for a completion."""
        if not self._generation.is_chat:
            return b""
        choices = [{"index": 0, "delta": {"role": "assistant", "content": ""}, "logprobs": None, "finish_reason": None}]
        rest = b',"prompt_token_ids":null,"prompt_text":null'
        return self._head + dumps(choices) + rest + self._usage_so_far(0) + _END

    def token(self, word: str, emission: Emission) -> bytes:
        """One event: the word of one token. A natural end is a token without text, as in vLLM."""
        reason = emission.finish_reason
        if reason is None and not self._generation.continuous_usage:
            return self._before + word.encode("ascii") + self._next
        usage = self._usage_so_far(emission.index + 1)
        return self._before + word.encode("ascii") + self._after[reason] + usage + _END

    def aborted(self) -> bytes:
        """The last event of a stream that the server ends."""
        return self._before + self._after[FinishReason.ABORT] + _END

    def closing(self, completion_tokens: int) -> bytes:
        """The usage, if it was asked for, and the end mark."""
        if not self._generation.include_usage:
            return _DONE
        counts = dumps(usage(self._generation.prompt_tokens, completion_tokens))
        fingerprint = dumps(FINGERPRINT)
        return self._head + b'[],"usage":' + counts + b',"system_fingerprint":' + fingerprint + _END + _DONE

    def _usage_so_far(self, completion_tokens: int) -> bytes:
        if not self._generation.continuous_usage:
            return b""
        return b',"usage":' + dumps(usage(self._generation.prompt_tokens, completion_tokens))


def document(
    identity: Identity, generation: Generation, words: Sequence[str], finish_reason: FinishReason
) -> dict[str, Any]:
    """The whole answer as one JSON document."""
    text = "".join(words)
    choice: dict[str, Any] = {"index": 0}
    if generation.is_chat:
        absent = ("refusal", "annotations", "audio", "function_call", "reasoning")
        choice["message"] = {"role": "assistant", "content": text, **dict.fromkeys(absent)}
    else:
        choice["text"] = text
    choice |= {"logprobs": None, "finish_reason": str(finish_reason), "stop_reason": None, "token_ids": None}
    return {
        "id": identity.id,
        "object": "chat.completion" if generation.is_chat else "text_completion",
        "created": identity.created,
        "model": identity.model,
        "choices": [choice],
        "service_tier": None,
        "system_fingerprint": FINGERPRINT,
        "usage": usage(generation.prompt_tokens, len(words))
        | {"prompt_tokens_details": None, "completion_tokens_details": None},
    }


def usage(prompt_tokens: int, completion_tokens: int) -> dict[str, int]:
    return {
        "prompt_tokens": prompt_tokens,
        "total_tokens": prompt_tokens + completion_tokens,
        "completion_tokens": completion_tokens,
    }


def models(model: str, created: int, max_model_len: int) -> dict[str, Any]:
    """GET /v1/models."""
    entry = {
        "id": model,
        "object": "model",
        "created": created,
        "owned_by": "advisor-simulator",
        "root": model,
        "parent": None,
        "max_model_len": max_model_len,
        "permission": [],
    }
    return {"object": "list", "data": [entry]}


_END = b"}\n\n"
_DONE = b"data: [DONE]\n\n"


def _head(identity: Identity, kind: str) -> bytes:
    """Everything of an event before its list of choices."""
    fields = {"id": identity.id, "object": kind, "created": identity.created, "model": identity.model}
    return b"data: " + dumps(fields)[:-1] + b',"choices":'


def _after(reason: FinishReason | None, *, is_chat: bool) -> bytes:
    """Everything of an event after its text, up to the end of its choices."""
    finish = dumps(reason)
    if not is_chat:
        rest = b',"stop_reason":null,"prompt_token_ids":null,"token_ids":null}]'
        return b'","logprobs":null,"finish_reason":' + finish + rest
    stop = b"" if reason is None else b',"stop_reason":null'
    return b'"},"logprobs":null,"finish_reason":' + finish + stop + b',"token_ids":null}]'
