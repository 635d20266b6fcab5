"""The discrete-event core: a continuous-batching engine without a clock, a loop or a socket.

The engine works in steps, as vLLM's scheduler does. A step first gives each running stream one token,
then prefills prompts in chunks with what is left of `max_num_batched_tokens`, admitting waiting
requests in order of arrival while slots (`max_num_seqs`) and KV blocks last. It takes

    T(streams that get a token) + prompt tokens prefilled / prefill rate

and its tokens appear together at its end. The step that completes a prompt yields its first token, so
an idle engine answers after prompt / rate + T(1). A prompt's blocks are taken whole at admission; each decoded
token may need one more, and when none is free the youngest running stream is preempted: it loses its
blocks, goes back to the head of the queue, and is prefilled again with what it had written.
Prompts are never shared between requests, as with an always-cold prefix cache.
"""

import math
import random
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from advisor.simulator.profile import BLOCK_TOKENS, Profile

NATURAL_LENGTH_MEDIAN_TOKENS = 250
NATURAL_LENGTH_SIGMA = 0.6
"""Log-normal length of an answer that may end by itself; invented, like every figure of a profile."""


class FinishReason(StrEnum):
    """Why a stream ended, in the words of the API."""

    STOP = "stop"
    LENGTH = "length"
    ABORT = "abort"


@dataclass(frozen=True, slots=True)
class EngineRequest:
    """What the engine needs to know of a request. text_seed decides its natural length."""

    id: str
    prompt_tokens: int
    max_tokens: int
    min_tokens: int = 0
    ignore_eos: bool = False
    text_seed: int = 0


@dataclass(slots=True, eq=False)
class Stream:
    """One request inside the engine; read by everybody, changed by the engine only. Times in seconds."""

    request: EngineRequest
    arrival_s: float
    target_tokens: int
    """Tokens after which the stream ends, for the reason `end`."""
    end: FinishReason
    admitted_s: float | None = None
    """Its first admission; a preemption does not change it."""
    first_token_s: float | None = None
    last_token_s: float | None = None
    generated: int = 0
    preemptions: int = 0
    to_prefill: int = 0
    """Prompt tokens still to be prefilled before it decodes."""
    blocks: int = 0
    """KV blocks it holds: none while it waits, some while it runs."""
    finish_reason: FinishReason | None = None


@dataclass(frozen=True, slots=True)
class Emission:
    """One token of one stream, at the end of a step.

    gap_s is the time since the stream's previous token, or since its arrival for the first.
    index counts from 0; finish_reason is set on the last token.
    """

    stream: Stream
    at_s: float
    gap_s: float
    index: int
    finish_reason: FinishReason | None


@dataclass(frozen=True, slots=True)
class _Step:
    """A step under way: the streams that decode, and the prompt tokens of those that prefill."""

    ends_s: float
    decoding: tuple[Stream, ...]
    prefilling: tuple[tuple[Stream, int], ...]


class Engine:
    """The state machine. `submit` requests, then alternate `plan` and `step` while `plan` has an end time."""

    def __init__(self, profile: Profile) -> None:
        self.profile = profile
        self.preemptions = 0
        self._step_s = [0.0]  # by streams that get a token; a step without any only prefills
        self._step_s += [profile.step_curve.step_ms(n) / 1e3 for n in range(1, profile.max_num_seqs + 1)]
        self._free_blocks = profile.num_blocks
        self._waiting: deque[Stream] = deque()
        self._running: list[Stream] = []
        self._streams: dict[str, Stream] = {}
        self._planned: _Step | None = None

    @property
    def running(self) -> tuple[Stream, ...]:
        """Streams that hold a slot, oldest admission first."""
        return tuple(self._running)

    @property
    def waiting(self) -> tuple[Stream, ...]:
        """Streams without a slot, next to be admitted first."""
        return tuple(self._waiting)

    @property
    def used_blocks(self) -> int:
        return self.profile.num_blocks - self._free_blocks

    def submit(self, request: EngineRequest, now_s: float) -> Stream:
        """Queue a request. It is admitted by a step that starts at or after `now_s`.

        ValueError for one that the engine could never finish, or an id that is in use.
        """
        if request.prompt_tokens < 1 or request.max_tokens < 1:
            raise ValueError("a request needs at least one prompt token and one output token")
        if request.prompt_tokens + request.max_tokens > self.profile.max_model_len:
            raise ValueError("the prompt and the output do not fit max_model_len")
        if request.id in self._streams:
            raise ValueError(f"request {request.id} is already in the engine")
        stream = Stream(request, now_s, *_natural_end(request, self.profile.seed))
        self._streams[request.id] = stream
        self._waiting.append(stream)
        return stream

    def abort(self, request_id: str) -> Stream | None:
        """End a request at once and free what it holds; None if it has already ended.

        A step under way keeps its length: the work was begun.
        """
        stream = self._streams.get(request_id)
        if stream is None:
            return None
        (self._running if stream in self._running else self._waiting).remove(stream)
        self._release(stream, FinishReason.ABORT)
        return stream

    def plan(self, now_s: float) -> float | None:
        """When the step under way ends, starting one at `now_s` if there is none; None with nothing to do."""
        if self._planned is None and (self._running or self._waiting):
            self._planned = self._plan(now_s if self._running else max(now_s, self._waiting[0].arrival_s))
        return self._planned.ends_s if self._planned else None

    def step(self) -> tuple[Emission, ...]:
        """End the step under way: its tokens, in the order of admission. ValueError if none was planned."""
        planned = self._planned
        if planned is None:
            raise ValueError("no step is under way")
        self._planned = None
        ready = [stream for stream in planned.decoding if stream.finish_reason is None]
        for stream, tokens in planned.prefilling:
            stream.to_prefill -= tokens
            if stream.to_prefill == 0 and stream.finish_reason is None:
                ready.append(stream)
        emissions = tuple(self._emit(stream, planned.ends_s) for stream in ready)
        if any(emission.finish_reason for emission in emissions):
            self._running = [stream for stream in self._running if stream.finish_reason is None]
        return emissions

    def _emit(self, stream: Stream, at_s: float) -> Emission:
        previous_s = stream.arrival_s if stream.last_token_s is None else stream.last_token_s
        if stream.first_token_s is None:
            stream.first_token_s = at_s
        stream.last_token_s = at_s
        stream.generated += 1
        finish_reason = stream.end if stream.generated == stream.target_tokens else None
        if finish_reason is not None:
            self._release(stream, finish_reason)
        return Emission(stream, at_s, at_s - previous_s, stream.generated - 1, finish_reason)

    def _plan(self, start_s: float) -> _Step:
        decoding = self._claim_decode_blocks()
        budget = self.profile.max_num_batched_tokens - len(decoding)
        prefilling: list[tuple[Stream, int]] = []
        for stream in self._running:
            if stream.to_prefill and budget:
                prefilling.append((stream, min(stream.to_prefill, budget)))
                budget -= prefilling[-1][1]
        self._admit(start_s, budget, prefilling)
        assert decoding or prefilling, "an engine with work makes progress"
        yielding = len(decoding) + sum(count == stream.to_prefill for stream, count in prefilling)
        prompt_tokens = sum(count for _, count in prefilling)
        duration_s = self._step_s[yielding] + prompt_tokens / self.profile.prefill_tokens_per_s
        return _Step(start_s + duration_s, decoding, tuple(prefilling))

    def _claim_decode_blocks(self) -> tuple[Stream, ...]:
        """The streams that decode next, each with a block for its token; younger ones give way to older."""
        claimed: list[Stream] = []
        for stream in tuple(self._running):
            if stream.to_prefill or not stream.blocks:
                continue
            lacking = _blocks(stream.request.prompt_tokens + stream.generated) - stream.blocks
            while lacking > self._free_blocks and stream.blocks:
                self._preempt(self._running[-1])
            if stream.blocks:
                self._free_blocks -= lacking
                stream.blocks += lacking
                claimed.append(stream)
        return tuple(claimed)

    def _preempt(self, stream: Stream) -> None:
        self.preemptions += 1
        self._running.remove(stream)
        self._free_blocks += stream.blocks
        stream.blocks = 0
        stream.to_prefill = 0
        stream.preemptions += 1
        self._waiting.appendleft(stream)

    def _admit(self, start_s: float, budget: int, prefilling: list[tuple[Stream, int]]) -> None:
        """Take waiting streams in order; the first that finds no slot, block or budget stops the rest."""
        while self._waiting and budget and len(self._running) < self.profile.max_num_seqs:
            stream = self._waiting[0]
            tokens = stream.request.prompt_tokens + stream.generated
            if stream.arrival_s > start_s or _blocks(tokens) > self._free_blocks:
                return
            self._waiting.popleft()
            self._running.append(stream)
            stream.admitted_s = start_s if stream.admitted_s is None else stream.admitted_s
            stream.blocks = _blocks(tokens)
            self._free_blocks -= stream.blocks
            stream.to_prefill = tokens
            prefilling.append((stream, min(tokens, budget)))
            budget -= prefilling[-1][1]

    def _release(self, stream: Stream, reason: FinishReason) -> None:
        stream.finish_reason = reason
        self._free_blocks += stream.blocks
        stream.blocks = 0
        del self._streams[stream.request.id]


def _blocks(tokens: int) -> int:
    return -(-tokens // BLOCK_TOKENS)


def _natural_end(request: EngineRequest, seed: int) -> tuple[int, FinishReason]:
    """How many tokens the stream will have, and why it ends there."""
    if request.ignore_eos:
        return request.max_tokens, FinishReason.LENGTH
    draw = random.Random(f"{seed}:{request.text_seed}:length")  # noqa: S311 # reproducible, not secret
    natural = math.ceil(draw.lognormvariate(math.log(NATURAL_LENGTH_MEDIAN_TOKENS), NATURAL_LENGTH_SIGMA))
    natural = max(natural, request.min_tokens + 1)  # min_tokens forbids the end-of-text token before it
    if natural <= request.max_tokens:
        return natural, FinishReason.STOP
    return request.max_tokens, FinishReason.LENGTH


@dataclass(frozen=True, slots=True)
class Arrival:
    """A request and when it arrives, in seconds of virtual time."""

    at_s: float
    request: EngineRequest


@dataclass(frozen=True, slots=True)
class RequestTrace:
    """What happened to one request. Times in seconds of virtual time; the last token is the finish."""

    request: EngineRequest
    arrival_s: float
    token_times_s: tuple[float, ...]
    finish_reason: FinishReason
    preemptions: int

    @property
    def first_token_s(self) -> float:
        return self.token_times_s[0]

    @property
    def finish_s(self) -> float:
        return self.token_times_s[-1]


def simulate(arrivals: Iterable[Arrival], profile: Profile) -> tuple[RequestTrace, ...]:
    """Run an open loop in virtual time: every arrival to its end, in order of arrival."""
    engine = Engine(profile)
    ordered = sorted(arrivals, key=lambda arrival: arrival.at_s)
    for arrival in ordered:
        engine.submit(arrival.request, arrival.at_s)
    traces: dict[str, RequestTrace] = {}
    _run(engine, traces, deque())
    return tuple(traces[arrival.request.id] for arrival in ordered)


def simulate_concurrency(
    requests: Iterable[EngineRequest], concurrency: int, profile: Profile
) -> tuple[RequestTrace, ...]:
    """Run a closed loop in virtual time: each request that ends is followed by the next at once."""
    engine = Engine(profile)
    queue = deque(requests)
    order = [request.id for request in queue]
    for _ in range(min(concurrency, len(queue))):
        engine.submit(queue.popleft(), 0.0)
    traces: dict[str, RequestTrace] = {}
    _run(engine, traces, queue)
    return tuple(traces[request_id] for request_id in order)


def _run(engine: Engine, traces: dict[str, RequestTrace], followers: deque[EngineRequest]) -> None:
    """Step until nothing is left; each end lets one follower in."""
    times: dict[str, list[float]] = {}
    now_s = 0.0
    while (ends_s := engine.plan(now_s)) is not None:
        now_s = ends_s
        for emission in engine.step():
            request = emission.stream.request
            times.setdefault(request.id, []).append(emission.at_s)
            if emission.finish_reason is None:
                continue
            stream = emission.stream
            traces[request.id] = RequestTrace(
                request, stream.arrival_s, tuple(times.pop(request.id)), emission.finish_reason, stream.preemptions
            )
            if followers:
                engine.submit(followers.popleft(), emission.at_s)
