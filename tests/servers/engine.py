"""An engine that speaks just enough of the OpenAI API to be benchmarked, with faults where a test wants them."""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from .raw import (
    DONE,
    LAST_CHUNK,
    Connection,
    Request,
    chunk,
    event,
    json_answer,
    role_event,
    stream_head,
    text_event,
    usage_event,
    whole,
)

Fault = Callable[[Connection, Request], object]

OVERHEAD_TOKENS = 11
TOKENS_PER_WORD = 1.25


@dataclass(frozen=True, slots=True)
class Answered:
    """One streamed answer as the engine saw it: when the request was there, and its first and last text were due.

    Monotonic nanoseconds, on the clock of everything else on this machine. No client can have sent the
    request later, or read the text earlier.
    """

    received_ns: int
    first_ns: int
    last_ns: int


@dataclass(slots=True)
class Engine:
    """A script for `RawServer`. Answers have exactly max_tokens tokens, first_s and then gap_s apart.

    refuses: parameters answered with 400. faulty: what to do instead for a request whose prompt number
    (0, 1, ...; only streamed ones count) it returns a fault for.
    """

    models: tuple[str, ...] = ("tiny",)
    first_s: float = 0.0
    gap_s: float = 0.0
    refuses: frozenset[str] = frozenset()
    gives_usage: bool = True
    key: str | None = None
    simulated: bool = False
    version: dict[str, Any] | None = None
    metrics: str | None = None
    """The page of /metrics, where it has one."""
    faulty: Callable[[int], Fault | None] = lambda _: None
    reached: threading.Event = field(default_factory=threading.Event)
    """Set when as many streamed requests have come as `reach` says."""
    reach: int = 0
    served: int = 0
    answers: list[Answered] = field(default_factory=list)
    """The sound ones, in the order of their ends."""
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def __call__(self, connection: Connection, request: Request) -> object:
        extra = {"x-advisor-simulated": "1"} if self.simulated else {}
        if request.path.endswith("completions") and self._admits(request):
            return self._complete(connection, request, extra)
        connection.send(self._page(request, extra))
        return True

    def _admits(self, request: Request) -> bool:
        return self.key is None or request.headers.get("authorization") == f"Bearer {self.key}"

    def _page(self, request: Request, extra: dict[str, str]) -> bytes:
        if not self._admits(request):
            return json_answer({"error": {"message": f"Wrong: {request.headers.get('authorization')}"}}, 401)
        if request.path.endswith("/v1/models"):
            owned = {"object": "model", "owned_by": "vllm", "max_model_len": 4096}
            return json_answer(
                {"object": "list", "data": [{"id": name, **owned} for name in self.models]}, fields=extra
            )
        if request.path.endswith("/version") and self.version is not None:
            return json_answer(self.version, fields=extra)
        if request.path.endswith("/metrics") and self.metrics is not None:
            return whole(self.metrics.encode(), kind="text/plain; version=1.0.0", fields=extra)
        return json_answer({"detail": "Not Found"}, 404)

    def _complete(self, connection: Connection, request: Request, extra: dict[str, str]) -> object:
        asked = request.json()
        refused = sorted(self.refuses.intersection(asked))
        if refused:
            connection.send(json_answer({"error": {"message": f"Extra inputs: {refused[0]}"}}, 400))
            return True
        with self._lock:
            number = self.served
            self.served += 1
            if self.served == self.reach:
                self.reached.set()
        fault = self.faulty(number)
        if fault is not None:
            return fault(connection, request)
        self._stream(connection, request, asked, extra)
        return True

    def _stream(self, connection: Connection, request: Request, asked: dict[str, Any], extra: dict[str, str]) -> None:
        received_ns = first_ns = last_ns = time.monotonic_ns()
        is_chat = request.path.endswith("chat/completions")
        prompt = asked["messages"][0]["content"] if is_chat else asked["prompt"]
        tokens = int(asked["max_tokens"])
        connection.send(stream_head(extra))
        connection.pause(self.first_s)
        if is_chat:
            connection.send(chunk(role_event()))
        for number in range(tokens):
            if number:
                connection.pause(self.gap_s)
            last_ns = time.monotonic_ns()
            first_ns = first_ns if number else last_ns
            finish = "length" if number == tokens - 1 else None
            connection.send(chunk(text_event(" tok", finish) if is_chat else _text(" tok", finish)))
        if self.gives_usage and "stream_options" in asked:
            connection.send(chunk(usage_event(count_prompt(prompt), tokens)))
        with self._lock:
            self.answers.append(Answered(received_ns, first_ns, last_ns))
        connection.send(chunk(DONE), LAST_CHUNK)


def count_prompt(prompt: str) -> int:
    """The tokens of a prompt, as this engine counts them."""
    return round(OVERHEAD_TOKENS + TOKENS_PER_WORD * len(prompt.split()))


def _text(text: str, finish: str | None) -> bytes:
    return event({"choices": [{"index": 0, "text": text, "finish_reason": finish}]})
