"""One request on the wire, and its raw trace handed on: the part of the capture loop that runs per request."""

import asyncio
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import httpx

from advisor.bench.closedloop import Ticket
from advisor.bench.frames import pack_frame
from advisor.bench.plan import Plan
from advisor.bench.prompts import ROUTES, PromptCalibration, prompt_text, request_body
from advisor.bench.records import SIMULATED_HEADER, CellKey, Outcome, Phase
from advisor.bench.target import Target
from advisor.bench.trace import Trace
from advisor.errors import printable

HEADS_KEPT = (b"content-type", b"content-encoding", SIMULATED_HEADER.encode())
"""The header fields of an answer that the analyser looks at; others may hold what is not ours to keep."""


@dataclass(frozen=True, slots=True)
class Conversation:
    """What every request of a run has in common."""

    plan: Plan
    target: Target
    nonce: str
    accepted: frozenset[str]
    calibration: PromptCalibration
    attempt: int


class Asker:
    """Makes the requests of one cell and writes a frame for each, however it ended."""

    def __init__(
        self, client: httpx.AsyncClient, talk: Conversation, cell: CellKey, hand_over: Callable[[bytes], None]
    ) -> None:
        plan = talk.plan
        self._client = client
        self._talk = talk
        self._cell = cell
        self._hand_over = hand_over
        self._url = talk.target.api(ROUTES[plan.api])
        self._words = talk.calibration.words_for(plan.input_tokens)
        self._headers = {
            **talk.target.wire_headers(),
            "accept": "text/event-stream",
            "accept-encoding": "identity",
            "content-type": "application/json",
            "user-agent": "advisor",
        }
        self._ready: dict[tuple[Phase, int], httpx.Request] = {}
        self.in_flight = 0

    async def ask(self, ticket: Ticket, cut: Callable[[], Outcome]) -> bool:
        """One request to its end. Whether an answer with status 200 came whole, as far as the framing tells."""
        trace = Trace()
        outcome, reason = Outcome.OK, ""
        self.in_flight += 1
        try:
            async with asyncio.timeout(self._talk.plan.timeout_s):
                response = await self._client.send(self._request(ticket, trace), stream=True)
                try:
                    self._prepare(ticket.phase, ticket.index + self._cell.load.value)
                    await response.extensions["read_to_end"]()
                finally:
                    await response.aclose()
        except TimeoutError:
            outcome, reason = Outcome.TIMEOUT, f"no complete answer within {self._talk.plan.timeout_s:g} s"
        except httpx.TransportError as failure:
            protocol = isinstance(failure, httpx.RemoteProtocolError) and trace.end == "broken"
            outcome = Outcome.PROTOCOL if protocol else Outcome.CONNECTION
            reason = str(failure)
        except asyncio.CancelledError:
            outcome = cut()
            raise
        finally:
            self.in_flight -= 1
            trace.finish("failed", time.monotonic_ns())
            # Soon, not now: the slot's next request goes out first.
            asyncio.get_running_loop().call_soon(self._write_frame, ticket, trace, outcome, reason)
        return outcome is Outcome.OK and trace.end == "complete" and trace.head is not None and trace.head.status == 200

    def _request(self, ticket: Ticket, trace: Trace) -> httpx.Request:
        request = self._ready.pop((ticket.phase, ticket.index), None) or self._build(ticket.phase, ticket.index)
        request.extensions["capture"] = trace
        return request

    def _prepare(self, phase: Phase, index: int) -> None:
        """Build a request ahead, while its slot waits: the one that is its turn if all slots go round once."""
        planned = self._talk.plan.requests_per_cell if phase is Phase.MEASURE else self._talk.plan.warmup_requests
        if planned is None or index < planned:
            self._ready[phase, index] = self._build(phase, index)

    def _build(self, phase: Phase, index: int) -> httpx.Request:
        talk, plan = self._talk, self._talk.plan
        prompt = prompt_text(plan.seed, talk.nonce, self._cell, phase, index, self._words)
        body = request_body(plan.api, plan.model, prompt, plan.output_tokens, talk.accepted)
        return httpx.Request("POST", self._url, headers=self._headers, content=body)

    def _write_frame(self, ticket: Ticket, trace: Trace, outcome: Outcome, reason: str) -> None:
        self._hand_over(self._frame(ticket, trace, outcome, reason))

    def _frame(self, ticket: Ticket, trace: Trace, outcome: Outcome, reason: str) -> bytes:
        head = trace.head
        header = {
            "kind": "request",
            "concurrency": self._cell.load.value,
            "repetition": self._cell.repetition,
            "attempt": self._talk.attempt,
            "phase": ticket.phase,
            "index": ticket.index,
            "slot": ticket.slot,
            "slot_ns": ticket.slot_ns,
            "connect_start_ns": trace.connect_start_ns,
            "connect_end_ns": trace.connect_end_ns,
            "sent_ns": trace.sent_ns,
            "sent_end_ns": trace.sent_end_ns,
            "head_ns": trace.head_ns,
            "ended_ns": trace.ended_ns,
            "requested_tokens": self._talk.plan.output_tokens,
            "end": trace.end,
            "outcome": outcome,
            "reason": printable(self._talk.target.redact(reason)),
            "status": head.status if head is not None else None,
            "head": _kept(head.headers) if head is not None else {},
            "head_bytes": trace.head_bytes,
            "framing": trace.framing,
            "length": trace.length,
            "reads": len(trace.pieces),
        }
        return pack_frame(header, (trace.stamps.tobytes(), *trace.pieces))


def _kept(headers: tuple[tuple[bytes, bytes], ...]) -> Mapping[str, str]:
    return {name.decode(): value.decode("latin-1") for name, value in headers if name in HEADS_KEPT}
