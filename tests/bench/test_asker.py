"""One request on the wire, and the frame that tells of it."""

import asyncio
import io
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from typing import Any

import httpx
import pytest

from advisor.bench.asker import Asker, Conversation
from advisor.bench.closedloop import Ticket
from advisor.bench.frames import read_frames
from advisor.bench.interpret import Finding, interpret
from advisor.bench.plan import Plan, Secret, Target
from advisor.bench.prompts import PromptCalibration
from advisor.bench.records import CellKey, Load, Outcome, Phase
from advisor.bench.transport import CaptureTransport
from patience import reached
from servers.engine import Engine
from servers.raw import Connection, RawServer, Request, chunk, json_answer, stream_head, text_event

KEY = "sk-very-secret-0123456789"
PLAN = Plan(model="tiny", requests_per_cell=4, concurrencies=(2,), input_tokens=60, output_tokens=3)
CELL = CellKey(Load("concurrency", 2), 0)
FIRST = Ticket(Phase.MEASURE, 0, 0, 5)


@dataclass
class Wire:
    """An asker that talks to a server, and what it wrote."""

    client: httpx.AsyncClient
    transport: CaptureTransport
    written: list[bytes]

    def asker(self, url: str, plan: Plan = PLAN) -> Asker:
        accepted = frozenset({"stream_options", "ignore_eos", "min_tokens"})
        calibration = PromptCalibration(17.25, 1.25, "usage")
        talk = Conversation(plan, Target.with_key(url, Secret(KEY)), "nonce", accepted, calibration, 0)
        return Asker(self.client, talk, CELL, self.written.append)

    async def findings(self) -> list[Finding]:
        await asyncio.sleep(0)  # frames are written behind the request, in the next turn of the loop
        read = [next(read_frames(io.BytesIO(frame))) for frame in self.written]
        return [interpret(header, payload, 0, [KEY]) for header, payload in read]


@pytest.fixture
async def wire() -> AsyncIterator[Wire]:
    transport = CaptureTransport()
    async with httpx.AsyncClient(transport=transport, timeout=httpx.Timeout(None)) as client:
        yield Wire(client, transport, [])


def cancelled() -> Outcome:
    return Outcome.CANCELLED


async def test_an_answer_comes_through_whole(wire: Wire) -> None:
    with RawServer(Engine(key=KEY)) as server:
        assert await wire.asker(server.url).ask(FIRST, cancelled)
        (request,) = server.requests
    (found,) = await wire.findings()
    assert (found.record.outcome, found.record.completion_tokens, found.record.slot_ns) == (Outcome.OK, 3, 5)
    assert found.record.prompt_tokens == pytest.approx(60, abs=1)
    asked = request.json()
    assert (asked["model"], asked["max_tokens"], asked["ignore_eos"]) == ("tiny", 3, True)


async def test_requests_prepared_ahead_are_the_ones_that_would_have_been_made(wire: Wire) -> None:
    with RawServer(Engine()) as server:
        asker = wire.asker(server.url)
        for index in range(4):
            await asker.ask(replace(FIRST, index=index), cancelled)
        fresh = wire.asker(server.url)
        await fresh.ask(replace(FIRST, index=3), cancelled)
        bodies = [request.body for request in server.requests]
    assert bodies[4] == bodies[3]
    assert len(set(bodies)) == 4


@pytest.mark.parametrize(
    ("fault", "outcome", "words"),
    [
        (lambda c, _: c.send(json_answer({"error": "busy"}, 503)), Outcome.HTTP_STATUS, "busy"),
        (lambda c, _: c.reset(), Outcome.CONNECTION, "reset"),
        (lambda c, _: c.send(b"HTTP/9 nonsense\r\n\r\n"), Outcome.PROTOCOL, "no valid HTTP"),
        (lambda c, _: c.send(stream_head(), b"zz\r\n"), Outcome.PROTOCOL, "bad framing"),
        (lambda c, _: c.send(json_answer({"error": f"wrong key {KEY}"}, 401)), Outcome.HTTP_STATUS, "wrong key ***"),
    ],
)
async def test_a_failure_is_told_with_its_words(wire: Wire, fault: Any, outcome: Outcome, words: str) -> None:
    with RawServer(Engine(faulty=lambda _: fault)) as server:
        assert not await wire.asker(server.url).ask(FIRST, cancelled)
    (found,) = await wire.findings()
    assert found.record.outcome is outcome
    assert found.record.error is not None
    assert words in found.record.error


async def test_a_stall_is_a_timeout_that_keeps_what_came(wire: Wire, monkeypatch: pytest.MonkeyPatch) -> None:
    """The time limit is over when the test says so: once everything that will come has come."""
    limits: list[asyncio.Timeout] = []

    def endless(_: float) -> asyncio.Timeout:
        limits.append(asyncio.Timeout(None))
        return limits[-1]

    monkeypatch.setattr("advisor.bench.asker.asyncio.timeout", endless)
    sent = (stream_head(), chunk(text_event("a")))

    def stall(connection: Connection, _: Request) -> None:
        connection.send(*sent)
        connection.stall()

    with RawServer(Engine(faulty=lambda _: stall)) as server:
        asking = asyncio.create_task(wire.asker(server.url, replace(PLAN, timeout_s=0.1)).ask(FIRST, cancelled))
        await reached(lambda: wire.transport.bytes == sum(map(len, sent)))
        limits[0].reschedule(0)
        assert not await asking
    (found,) = await wire.findings()
    assert (found.record.outcome, found.record.rows) == (Outcome.TIMEOUT, 1)
    assert found.record.error == "no complete answer within 0.1 s"


async def test_a_refused_connection_is_told_and_never_in_flight(wire: Wire, unused_port: int) -> None:
    assert not await wire.asker(f"http://127.0.0.1:{unused_port}").ask(FIRST, cancelled)
    (found,) = await wire.findings()
    assert (found.record.outcome, found.record.sent_ns) == (Outcome.CONNECTION, 0)
    assert found.record.ended_ns > 0
    assert KEY.encode() not in wire.written[0]


async def test_words_of_a_library_that_hold_the_key_are_masked(wire: Wire, monkeypatch: pytest.MonkeyPatch) -> None:
    async def send(*_: object, **__: object) -> httpx.Response:
        raise httpx.LocalProtocolError(f"illegal header value 'Bearer {KEY}'")

    monkeypatch.setattr(wire.client, "send", send)
    assert not await wire.asker("http://127.0.0.1:1").ask(FIRST, cancelled)
    (found,) = await wire.findings()
    assert found.record.error == "illegal header value '***'"
    assert KEY.encode() not in wire.written[0]


@pytest.mark.parametrize("cut", [Outcome.CANCELLED, Outcome.CENSORED])
async def test_a_cut_request_is_called_what_it_was_cut_for(wire: Wire, cut: Outcome) -> None:
    reached = asyncio.Event()
    loop = asyncio.get_running_loop()

    def stall(connection: Connection, _: Request) -> None:
        loop.call_soon_threadsafe(reached.set)
        connection.stall()

    with RawServer(Engine(faulty=lambda _: stall)) as server:
        asker = wire.asker(server.url)
        asking = asyncio.create_task(asker.ask(FIRST, lambda: cut))
        await reached.wait()
        assert asker.in_flight == 1
        asking.cancel()
        with pytest.raises(asyncio.CancelledError):
            await asking
        assert asker.in_flight == 0
    (found,) = await wire.findings()
    assert found.record.outcome is cut
