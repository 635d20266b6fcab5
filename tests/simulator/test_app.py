"""The application without a server: what no client can provoke."""

import asyncio
import json
from typing import Any

import httpx
import pytest

from advisor.simulator.app import Simulator
from advisor.simulator.profile import parse_profile


class BrokenClock:
    """A wall clock that answers once."""

    def __init__(self) -> None:
        self.answers = [1_000.0]

    def __call__(self) -> float:
        return self.answers.pop()


async def test_a_defect_of_ours_is_a_500_that_says_it_is_simulated(caplog: pytest.LogCaptureFixture) -> None:
    application: Any = Simulator(parse_profile("fast"), wall_clock=BrokenClock())
    async with httpx.AsyncClient(transport=httpx.ASGITransport(application), base_url="http://test") as client:
        response = await client.post("/v1/completions", json={"prompt": "hello"})
    assert response.status_code == response.json()["error"]["code"] == 500
    assert response.headers["x-advisor-simulated"] == "1"
    assert "pop from empty list" in caplog.text
    assert application.realtime.engine.running == application.realtime.engine.waiting == ()


async def test_a_connection_that_breaks_under_a_write_frees_its_slot() -> None:
    body = json.dumps({"prompt": "hello", "max_tokens": 1_000, "stream": True}).encode()
    messages = iter([{"type": "http.request", "body": body, "more_body": False}])

    async def receive() -> dict[str, Any]:
        message = next(messages, None)
        return await asyncio.Future() if message is None else message

    async def send(message: Any) -> None:
        if message["type"] == "http.response.body":
            raise BrokenPipeError

    application: Any = Simulator(parse_profile("fast"))
    scope = {"type": "http", "method": "POST", "path": "/v1/completions", "headers": []}
    with pytest.raises(BrokenPipeError):
        await application(scope, receive, send)
    assert application.realtime.engine.running == ()


async def test_what_is_not_http_is_refused() -> None:
    async def nothing(*_: Any) -> dict[str, Any]:
        return {}

    application: Any = Simulator(parse_profile("fast"))
    with pytest.raises(ValueError, match="speaks HTTP, not websocket"):
        await application({"type": "websocket"}, nothing, nothing)


def test_the_api_key_is_in_no_representation() -> None:
    application = Simulator(parse_profile("fast"), api_key="s3cret")
    assert "s3cret" not in repr(application)
