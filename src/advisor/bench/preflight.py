"""Before a run: is there an endpoint, does it stream, and what does it understand?

Everything that can be wrong ends in one sentence. Redirects are never followed, so that a key goes to
the host that the user named and to no other.
"""

import asyncio
import secrets
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass

import httpx
import numpy as np

from advisor.bench.complaints import (
    complain_about_answer,
    complain_about_stream,
    complain_about_transport,
    is_html,
    server_words,
)
from advisor.bench.decode import Answer, Decoded, body_of, decode
from advisor.bench.fallback import open_transport
from advisor.bench.plan import Api, Target
from advisor.bench.prompts import OPTIONAL_PARAMETERS, ROUTES, PromptCalibration, prompt_text, request_body
from advisor.bench.records import SIMULATED_HEADER, CellKey, Load, Phase
from advisor.bench.trace import Trace
from advisor.errors import EndpointError, InputError, near, printable

_PROBE_WORDS = (50, 450)
"""Far enough apart that a few tokens more or less in the nonce move the slope by less than 1 %."""

_PROBE_TOKENS = 8
_PROBE_CELL = CellKey(Load("concurrency", 1), 0)
_PARAMETER_REFUSALS = frozenset({400, 422})
_NO_SUCH_ROUTE = frozenset({404, 405, 501})


@dataclass(frozen=True, slots=True)
class Preflight:
    """What an endpoint said about itself and understood.

    engine and engine_version are what it told, None where it did not. accepted and refused are the
    optional request parameters. gives_usage: the stream carries the server's own token counts.
    """

    url: str
    api: Api
    model: str
    served_models: tuple[str, ...]
    engine: str | None
    engine_version: str | None
    simulated: bool
    accepted: tuple[str, ...]
    refused: tuple[str, ...]
    max_model_len: int | None
    gives_usage: bool
    calibration: PromptCalibration


async def preflight(
    target: Target,
    *,
    api: Api = "chat",
    model: str | None = None,
    ignore_eos: bool = True,
    timeout_s: float = 30.0,
) -> Preflight:
    """Try the endpoint as the run will use it.

    timeout_s bounds each answer. Cancelling it hangs up at once; it starts no process and writes no file.
    EndpointError in one sentence for an endpoint that cannot be used; InputError where it serves several
    models and none was named.
    """
    async with _Visit.begin(target, api, timeout_s) as visit:
        entries = await visit.models(required=model is None)
        chosen = _choose_model(model, entries, target)
        engine, version = await visit.engine(entries, chosen)
        wanted = [name for name in OPTIONAL_PARAMETERS if ignore_eos or name == "stream_options"]
        first, accepted = await visit.first_answer(chosen, wanted)
        entry = next((each for each in entries if each.get("id") == chosen), {})
        limit = entry.get("max_model_len")
        return Preflight(
            url=target.url,
            api=api,
            model=chosen,
            served_models=tuple(printable(str(each["id"])) for each in entries),
            engine=engine,
            engine_version=version,
            simulated=visit.simulated,
            accepted=accepted,
            refused=tuple(name for name in wanted if name not in accepted),
            max_model_len=limit if isinstance(limit, int) and not isinstance(limit, bool) and limit > 0 else None,
            gives_usage=first.usage is not None and first.usage.completion_tokens is not None,
            calibration=await visit.calibration(chosen, accepted, first),
        )


def _choose_model(wanted: str | None, entries: Sequence[dict[str, object]], target: Target) -> str:
    served = [str(entry["id"]) for entry in entries]
    if wanted is not None:
        if served and wanted not in served:
            close = near(wanted, served) or tuple(served[:3])
            raise EndpointError(
                f"{target.url} serves no model '{printable(wanted)}'",
                hint=f"It serves {', '.join(printable(name) for name in close)}.",
                key="model",
            )
        return _speakable(wanted, target)
    if len(served) == 1:
        return _speakable(served[0], target)
    if not served:
        raise EndpointError(f"{target.url} lists no model", hint="Name the model.", key="model")
    names = ", ".join(printable(name, 60) for name in served[:8])
    raise InputError(f"{target.url} serves {len(served)} models", hint=f"Name one of {names}.", key="model")


def _speakable(model: str, target: Target) -> str:
    """The id, which goes back to the server as it is, and to screens and files too: so nothing is mended in it."""
    if not model.isprintable():
        raise EndpointError(
            f"{target.url} serves '{printable(model)}' under a name with characters that cannot be printed",
            hint="Serve it under a plain name.",
            key="model",
        )
    return model


class _Visit:
    """One conversation with an endpoint."""

    def __init__(self, client: httpx.AsyncClient, target: Target, api: Api, timeout_s: float) -> None:
        self._client = client
        self._target = target
        self._api: Api = api
        self._timeout_s = timeout_s
        self._route = target.api(ROUTES[api])
        self._nonce = secrets.token_hex(8)
        self.simulated = False

    @classmethod
    @asynccontextmanager
    async def begin(cls, target: Target, api: Api, timeout_s: float) -> AsyncIterator["_Visit"]:
        async with httpx.AsyncClient(
            transport=open_transport(target.url),
            headers={**target.wire_headers(), "accept-encoding": "identity", "user-agent": "advisor"},
            follow_redirects=False,
            timeout=httpx.Timeout(timeout_s),
        ) as client:
            yield cls(client, target, api, timeout_s)

    async def models(self, *, required: bool) -> list[dict[str, object]]:
        """The entries of /v1/models; empty where the server has no such route and a model was named."""
        url = self._target.api("models")
        answer = await self._get(url)
        if answer.status_code in _NO_SUCH_ROUTE and not is_html(answer) and not required:
            return []
        if answer.status_code != 200 or is_html(answer):
            raise complain_about_answer(answer, answer.content, url, self._target)
        value = _json(answer)
        entries = value.get("data") if isinstance(value, dict) else None
        if not isinstance(entries, list):
            raise EndpointError(
                f"{url} answers, but not with an OpenAI model list", hint="Is this the root of the API?"
            )
        return [entry for entry in entries if isinstance(entry, dict) and isinstance(entry.get("id"), str)]

    async def engine(self, entries: Sequence[dict[str, object]], model: str) -> tuple[str | None, str | None]:
        """The engine and its version, as far as /version and the model's owner tell them."""
        answer = await self._get(f"{self._target.url}/version")
        value = _json(answer) if answer.status_code == 200 else None
        told = value if isinstance(value, dict) else {}
        if told.get("simulated") is True:
            self.simulated = True
        owner = next((entry.get("owned_by") for entry in entries if entry.get("id") == model), None)
        engine = told.get("engine") or (owner if owner in {"vllm", "sglang"} else None)
        version = told.get("version")
        return (
            printable(engine, 60) if isinstance(engine, str) else None,
            printable(version, 60) if isinstance(version, str) else None,
        )

    async def first_answer(self, model: str, wanted: Sequence[str]) -> tuple[Decoded, tuple[str, ...]]:
        """A short streamed answer and the optional parameters it was given with."""
        optional = frozenset(wanted)
        while True:
            reply, answer = await self._ask(model, _PROBE_WORDS[0], _PROBE_TOKENS, optional)
            if reply.status_code not in _PARAMETER_REFUSALS or not optional:
                break
            words = server_words(body_of(answer), self._target).lower()
            optional -= frozenset(name for name in optional if name in words) or optional
        url = self._route
        if reply.status_code != 200 or is_html(reply):
            raise complain_about_answer(reply, body_of(answer), url, self._target, model)
        decoded = decode(answer)
        if not decoded.is_whole:
            raise complain_about_stream(decoded, body_of(answer), url, self._target)
        return decoded, tuple(name for name in wanted if name in optional)

    async def calibration(self, model: str, accepted: Sequence[str], first: Decoded) -> PromptCalibration:
        """Tokens by words from the first answer and a longer one; assumed where the server does not count."""
        short = first.usage.prompt_tokens if first.usage is not None else None
        if short is None:
            return PromptCalibration.assumed()
        reply, answer = await self._ask(model, _PROBE_WORDS[1], 1, frozenset(accepted))
        usage = decode(answer).usage if reply.status_code == 200 else None
        if usage is None or usage.prompt_tokens is None:
            return PromptCalibration.assumed()
        return PromptCalibration.from_probes((_PROBE_WORDS[0], short), (_PROBE_WORDS[1], usage.prompt_tokens))

    async def _get(self, url: str) -> httpx.Response:
        try:
            async with asyncio.timeout(self._timeout_s):
                answer = await self._client.get(url)
        except (httpx.HTTPError, TimeoutError) as failure:
            raise complain_about_transport(failure, self._target.url, self._timeout_s) from failure
        self._note(answer)
        return answer

    async def _ask(
        self, model: str, words: int, tokens: int, optional: frozenset[str]
    ) -> tuple[httpx.Response, Answer]:
        prompt = prompt_text(0, self._nonce, _PROBE_CELL, Phase.WARMUP, words, words)
        trace = Trace()
        request = httpx.Request(
            "POST",
            self._route,
            headers={**self._client.headers, "content-type": "application/json"},
            content=request_body(self._api, model, prompt, tokens, optional),
            extensions={"capture": trace},
        )
        try:
            async with asyncio.timeout(self._timeout_s):
                reply = await self._client.send(request, stream=True)
                try:
                    await reply.extensions["read_to_end"]()
                finally:
                    await reply.aclose()
        except (httpx.HTTPError, TimeoutError) as failure:
            raise complain_about_transport(failure, self._target.url, self._timeout_s) from failure
        self._note(reply)
        return reply, answer_of(trace)

    def _note(self, answer: httpx.Response) -> None:
        if SIMULATED_HEADER in answer.headers:
            self.simulated = True


def answer_of(trace: Trace) -> Answer:
    """A trace whose head has arrived, in the form that `decode` takes."""
    assert trace.head is not None
    return Answer(
        raw=trace.raw,
        reads=np.frombuffer(trace.stamps, dtype=np.int64).reshape(-1, 3),
        head=trace.head,
        head_bytes=trace.head_bytes,
        framing=trace.framing,
        length=trace.length,
        ended_whole=trace.end == "complete",
        sent_ns=trace.sent_ns,
    )


def _json(answer: httpx.Response) -> object:
    try:
        return answer.json()
    except ValueError:
        return None
