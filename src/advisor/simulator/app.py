"""The simulated endpoint as a plain ASGI application: an OpenAI-compatible API over the engine.

Every response, refusals included, carries `x-advisor-simulated: 1`; a measurement that has seen it
is simulated for good.
"""

import asyncio
import itertools
import logging
import secrets
import time
from collections.abc import Awaitable, Callable, Iterator, MutableMapping
from http import HTTPStatus
from typing import Any

from advisor.simulator import replies
from advisor.simulator.core import Emission, EngineRequest, FinishReason
from advisor.simulator.metrics import CONTENT_TYPE as METRICS_TYPE
from advisor.simulator.profile import Profile
from advisor.simulator.protocol import Generation, Refusal, read_chat, read_completion, read_tokenize
from advisor.simulator.realtime import Mailbox, RealTimeEngine
from advisor.simulator.tokens import generated_words

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]

SIMULATED = (b"x-advisor-simulated", b"1")
_JSON = "application/json"
_PUBLIC = frozenset({"/health", "/version", "/metrics"})
"""Paths that need no API key, as in vLLM."""

_log = logging.getLogger(__name__)


class Simulator:
    """The application. api_key, if given, is asked for as a bearer token; wall_clock stamps `created`."""

    def __init__(
        self, profile: Profile, *, api_key: str | None = None, wall_clock: Callable[[], float] = time.time
    ) -> None:
        self.profile = profile
        self.realtime = RealTimeEngine(profile)
        self._api_key = api_key
        self._wall_clock = wall_clock
        self._started = int(wall_clock())
        self._numbers = itertools.count(1)
        self._routes: dict[str, dict[str, Callable[[Scope, Receive, Send], Awaitable[None]]]] = {
            "/v1/chat/completions": {"POST": self._chat},
            "/v1/completions": {"POST": self._complete},
            "/v1/models": {"GET": self._models},
            "/tokenize": {"POST": self._tokenize},
            "/version": {"GET": self._version},
            "/health": {"GET": self._health},
            "/metrics": {"GET": self._metrics},
        }

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            raise ValueError(f"the simulated endpoint speaks HTTP, not {scope['type']}")
        try:
            await self._answer(scope, receive, send)
        except Refusal as refusal:
            await _send_json(send, refusal.status, refusal.body)
        # A defect of ours must be answered as simulated too. Where the head is already out this raises again,
        # and the server cuts the connection.
        except Exception:  # the reason stands above: the client is told, and the connection ends
            _log.exception("the simulated endpoint failed")
            error = {"message": "Internal Server Error", "type": "InternalServerError", "param": None, "code": 500}
            await _send_json(send, HTTPStatus.INTERNAL_SERVER_ERROR, {"error": error})

    def stop(self) -> None:
        """End every stream, so that a server can shut down at once."""
        self.realtime.abort_all()

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        path = scope["path"]
        if path not in _PUBLIC and not self._is_authorised(scope):
            await _send_json(send, HTTPStatus.UNAUTHORIZED, {"error": "Unauthorized"})
            return
        methods = self._routes.get(path)
        if methods is None:
            await _send_json(send, HTTPStatus.NOT_FOUND, {"detail": "Not Found"})
        elif scope["method"] not in methods:
            allow = (b"allow", ", ".join(methods).encode())
            await _send_json(send, HTTPStatus.METHOD_NOT_ALLOWED, {"detail": "Method Not Allowed"}, allow)
        else:
            await methods[scope["method"]](scope, receive, send)

    def _is_authorised(self, scope: Scope) -> bool:
        if self._api_key is None:
            return True
        given = next((value for name, value in scope["headers"] if name == b"authorization"), b"")
        scheme, _, token = given.partition(b" ")
        return scheme.lower() == b"bearer" and secrets.compare_digest(token, self._api_key.encode())

    async def _chat(self, _: Scope, receive: Receive, send: Send) -> None:
        generation = read_chat(await _read_body(receive), self.profile)
        await self._generate("chatcmpl", generation, receive, send)

    async def _complete(self, _: Scope, receive: Receive, send: Send) -> None:
        generation = read_completion(await _read_body(receive), self.profile)
        await self._generate("cmpl", generation, receive, send)

    async def _generate(self, prefix: str, generation: Generation, receive: Receive, send: Send) -> None:
        """Run one request to its end, or to the moment its client goes."""
        request_id = f"{prefix}-{next(self._numbers):016x}"
        request = EngineRequest(
            id=request_id,
            prompt_tokens=generation.prompt_tokens,
            max_tokens=generation.max_tokens,
            min_tokens=generation.min_tokens,
            ignore_eos=generation.ignore_eos,
            text_seed=generation.text_seed,
        )
        identity = replies.Identity(request_id, self.profile.model, int(self._wall_clock()))
        words = generated_words(self.profile.seed, generation.text_seed)
        mailbox = self.realtime.submit(request)
        watcher = asyncio.create_task(self._abort_on_disconnect(request_id, receive))
        try:
            if generation.streams:
                await _send_stream(send, mailbox, words, replies.EventStream(identity, generation))
            else:
                await _send_document(send, mailbox, words, identity, generation)
        finally:
            self.realtime.abort(request_id)
            watcher.cancel()

    async def _abort_on_disconnect(self, request_id: str, receive: Receive) -> None:
        while (await receive())["type"] != "http.disconnect":
            pass
        self.realtime.abort(request_id)

    async def _models(self, _: Scope, __: Receive, send: Send) -> None:
        profile = self.profile
        await _send_json(send, HTTPStatus.OK, replies.models(profile.model, self._started, profile.max_model_len))

    async def _tokenize(self, _: Scope, receive: Receive, send: Send) -> None:
        tokens = read_tokenize(await _read_body(receive), self.profile)
        counted = {"count": len(tokens), "max_model_len": self.profile.max_model_len}
        await _send_json(send, HTTPStatus.OK, {**counted, "tokens": tokens, "token_strs": None})

    async def _version(self, _: Scope, __: Receive, send: Send) -> None:
        version = {"version": replies.VERSION, "simulated": True, "profile": self.profile.name}
        await _send_json(send, HTTPStatus.OK, version)

    async def _health(self, _: Scope, __: Receive, send: Send) -> None:
        await _send_bytes(send, HTTPStatus.OK, b"", _JSON)

    async def _metrics(self, _: Scope, __: Receive, send: Send) -> None:
        await _send_bytes(send, HTTPStatus.OK, self.realtime.metrics.render().encode(), METRICS_TYPE)


async def _send_stream(send: Send, mailbox: Mailbox, words: Iterator[str], events: replies.EventStream) -> None:
    """Send each token as it comes. The head goes out at once, as vLLM's does."""
    await send(_head(HTTPStatus.OK, "text/event-stream; charset=utf-8"))
    opening = events.opening()
    sent_tokens = 0
    while emissions := await mailbox.take():
        if opening:
            await send(_body(opening, more=True))
            opening = b""
        chunk = b"".join([events.token(_word(words, emission), emission) for emission in emissions])
        sent_tokens += len(emissions)
        if emissions[-1].finish_reason is not None:
            await send(_body(chunk + events.closing(sent_tokens), more=False))
            return
        await send(_body(chunk, more=True))
    await send(_body(opening + events.aborted() + events.closing(sent_tokens), more=False))


async def _send_document(
    send: Send, mailbox: Mailbox, words: Iterator[str], identity: replies.Identity, generation: Generation
) -> None:
    """Send the whole answer when it is complete."""
    said: list[str] = []
    finish_reason = None
    while finish_reason is None and (emissions := await mailbox.take()):
        said += [_word(words, emission) for emission in emissions]
        finish_reason = emissions[-1].finish_reason
    reason = finish_reason or FinishReason.ABORT
    await _send_json(send, HTTPStatus.OK, replies.document(identity, generation, said, reason))


def _word(words: Iterator[str], emission: Emission) -> str:
    """The text of a token: none for the end-of-turn token that a natural end is."""
    return "" if emission.finish_reason is FinishReason.STOP else next(words)


async def _read_body(receive: Receive) -> bytes:
    parts: list[bytes] = []
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise Refusal(HTTPStatus.BAD_REQUEST, "BadRequestError", "the client left before its request ended", None)
        parts.append(message.get("body", b""))
        if not message.get("more_body", False):
            return b"".join(parts)


async def _send_json(send: Send, status: HTTPStatus, content: object, *headers: tuple[bytes, bytes]) -> None:
    await _send_bytes(send, status, replies.dumps(content), _JSON, *headers)


async def _send_bytes(
    send: Send, status: HTTPStatus, content: bytes, content_type: str, *headers: tuple[bytes, bytes]
) -> None:
    length = (b"content-length", str(len(content)).encode())
    await send(_head(status, content_type, length, *headers))
    await send(_body(content, more=False))


def _head(status: HTTPStatus, content_type: str, *headers: tuple[bytes, bytes]) -> dict[str, Any]:
    named = [(b"content-type", content_type.encode()), SIMULATED, *headers]
    return {"type": "http.response.start", "status": int(status), "headers": named}


def _body(content: bytes, *, more: bool) -> dict[str, Any]:
    return {"type": "http.response.body", "body": content, "more_body": more}
