"""A fit verdict against what a running server, or its start-up log, says of its own memory."""

import asyncio
import json
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from hashlib import sha256
from pathlib import Path
from typing import Any, BinaryIO

import httpx

from advisor.bench.complaints import complain_about_answer, complain_about_transport, is_html
from advisor.bench.fallback import open_transport
from advisor.bench.records import SIMULATED_HEADER
from advisor.bench.target import Secret, Target, redact
from advisor.errors import EndpointError, InputError, printable
from advisor.fit.proof.observed import Observed
from advisor.fit.proof.server_metrics import Sample, model_named_by, read_samples, with_metrics, with_sglang_state
from advisor.fit.proof.startup_log import read_startup_log
from advisor.reasons import Reason, warning

TIMEOUT_S = 10.0
_LONGEST_PAGE_BYTES = 16 * 2**20
"""A page of 64 data-parallel engines of vLLM 0.32 is 4 MB."""

_LONGEST_LINE_BYTES = 65_536
"""A longer line is read in pieces; those that matter are shorter."""

_LONGEST_CONTEXT_TOKENS = 1_000_000_000
"""A hundred times the longest model of the catalogue: what a server states beyond that is no length."""

_SHORTEST_KEY = 16
"""A shorter one is a stand-in, like `EMPTY` or `vllm`, and may be part of what a page says."""

_NO_SUCH_ROUTE = frozenset({404, 405, 501})
_ENGINES = frozenset({"vllm", "sglang"})
_SGLANG_ROUTES = ("server_info", "get_server_info")


def observe(endpoint: str, key: Secret | None, *, model: str | None = None, timeout_s: float = TIMEOUT_S) -> Observed:
    """What the server at `endpoint` says of itself, its KV cache above all. Blocking.

    model is the name that it serves, for a server of several. timeout_s bounds each answer. InputError for
    an endpoint that is no URL, or a model that must be named; EndpointError for a server that does not
    answer, refuses, or speaks another protocol. One without `/metrics` is observed, and says little.
    """
    return asyncio.run(observe_server(endpoint, key, model=model, timeout_s=timeout_s))


async def observe_server(
    endpoint: str, key: Secret | None, *, model: str | None = None, timeout_s: float = TIMEOUT_S
) -> Observed:
    """As `observe`, for a caller that may give up waiting: cancelling it hangs up at once."""
    target = Target.with_key(endpoint, key)
    async with _Visit.begin(target, timeout_s) as visit:
        entries = await visit.models()
        version = await visit.version()
        samples = await visit.samples()
        if entries is None and samples is None:
            raise EndpointError(
                f"there is neither /v1/models nor /metrics at {target.url}", hint="Check the path prefix."
            )
        entry = _choose(entries or [], model, model_named_by(samples or ()), target)
        engine = _engine(version, entry)
        observed = Observed(
            source=target.url,
            engine=engine,
            engine_version=_text(version.get("version")),
            served_model=_text(entry.get("id")) or model_named_by(samples or ()),
            model_root=_text(entry.get("root")),
            max_model_len=_length(entry.get("max_model_len")),
            started=True,
            reasons=() if samples is not None else (warning("no_metrics_route"),),
        )
        if samples is not None:
            observed = with_metrics(observed, samples)
        if observed.engine == "sglang" and (state := await visit.sglang_state()):
            observed = with_sglang_state(observed, state)
        return replace(observed, simulated=visit.simulated, reasons=_settled(observed))


def observe_log(path: Path) -> Observed:
    """What a vLLM start-up log says of its last start. InputError for a file that is none, or cannot be read."""
    try:
        with path.open("rb") as stream:
            return observe_log_stream(stream, str(path))
    except OSError as failure:
        raise InputError(f"the log cannot be read: {failure.strerror or failure}", file=path, key="--log") from failure


def observe_log_stream(stream: BinaryIO, name: str) -> Observed:
    """As `observe_log`, for an open stream: lines come one by one, so that its size does not matter."""
    content = sha256()

    def lines() -> Iterator[str]:
        while piece := stream.readline(_LONGEST_LINE_BYTES):
            content.update(piece)
            yield piece.decode("utf-8", "replace")

    observed = read_startup_log(lines(), name)
    return replace(observed, content_hash=content.hexdigest())


def _settled(observed: Observed) -> tuple[Reason, ...]:
    """Cautions that the rest of the answers made void: SGLang serves no metrics unless it is told to."""
    if observed.engine == "sglang" and observed.kv_cache_tokens is not None:
        return tuple(reason for reason in observed.reasons if reason.code != "no_metrics_route")
    return observed.reasons


def _choose(
    entries: Sequence[Mapping[str, Any]], wanted: str | None, named: str | None, target: Target
) -> Mapping[str, Any]:
    """The entry of the model list that the KV cache belongs to: adapters have a parent, and share it."""
    name = wanted or named
    for entry in entries:
        if entry["id"] == name:
            return entry
    served = ", ".join(printable(entry["id"], 60) for entry in entries[:8])
    if wanted is not None and entries:
        raise EndpointError(
            f"{target.url} serves no model '{printable(wanted)}'", hint=f"It serves {served}.", key="served_model"
        )
    bases = [entry for entry in entries if not entry.get("parent")]
    if len({(entry.get("root"), entry.get("max_model_len")) for entry in bases}) > 1:
        raise InputError(f"{target.url} serves {len(bases)} models", hint=f"Name one of {served}.", key="served_model")
    return bases[0] if bases else {}


def _engine(version: Mapping[str, Any], entry: Mapping[str, Any]) -> str | None:
    told, owner = version.get("engine"), entry.get("owned_by")
    return _text(told) or (owner if isinstance(owner, str) and owner in _ENGINES else None)


def _text(value: object) -> str | None:
    return printable(value, 120) or None if isinstance(value, str) else None


def _length(value: object) -> int | None:
    if not isinstance(value, int) or isinstance(value, bool):
        return None
    return value if 0 < value <= _LONGEST_CONTEXT_TOKENS else None


@dataclass(slots=True)
class _Answer:
    response: httpx.Response
    body: bytes

    @property
    def json(self) -> Any:
        """The document; None where the body is none."""
        try:
            return json.loads(self.body)
        except (ValueError, RecursionError):
            return None


class _Visit:
    """One conversation with a server. Its key goes to this server only: redirects are not followed."""

    def __init__(self, client: httpx.AsyncClient, target: Target, timeout_s: float) -> None:
        self._client = client
        self._target = target
        self._timeout_s = timeout_s
        self.simulated = False

    @classmethod
    @asynccontextmanager
    async def begin(cls, target: Target, timeout_s: float) -> AsyncIterator["_Visit"]:
        async with httpx.AsyncClient(
            transport=open_transport(target.url),
            headers={**target.wire_headers(), "accept-encoding": "identity", "user-agent": "advisor"},
            follow_redirects=False,
            timeout=httpx.Timeout(timeout_s),
        ) as client:
            yield cls(client, target, timeout_s)

    async def models(self) -> list[Mapping[str, Any]] | None:
        """The entries of /v1/models; None where there is no such route."""
        url = self._target.api("models")
        answer = await self._get(url)
        if answer.response.status_code in _NO_SUCH_ROUTE and not is_html(answer.response):
            return None
        self._expect_ok(answer, url)
        entries = answer.json.get("data") if isinstance(answer.json, dict) else None
        if not isinstance(entries, list):
            raise EndpointError(
                f"{url} answers, but not with an OpenAI model list", hint="Is this the root of the API?"
            )
        return [entry for entry in entries if isinstance(entry, dict) and isinstance(entry.get("id"), str)]

    async def version(self) -> Mapping[str, Any]:
        """The document of /version; empty where the server has none, which many gateways do not."""
        answer = await self._get(f"{self._target.url}/version")
        told = answer.json if answer.response.status_code == 200 else None
        if not isinstance(told, dict):
            return {}
        if told.get("simulated") is True:
            self.simulated = True
        return told

    async def samples(self) -> tuple[Sample, ...] | None:
        """What /metrics says of the KV cache; None where there is no such route."""
        url = f"{self._target.url}/metrics"
        answer = await self._get(url)
        if answer.response.status_code in _NO_SUCH_ROUTE:
            return None
        self._expect_ok(answer, url)
        try:
            return read_samples(answer.body.decode())
        except ValueError as failure:  # not UTF-8, or not Prometheus's text
            raise EndpointError(
                f"{url} answers, but not with Prometheus metrics", hint="Is this the root of the engine?"
            ) from failure

    async def sglang_state(self) -> Mapping[str, Any]:
        """SGLang's own state; empty where it is not given."""
        for route in _SGLANG_ROUTES:
            answer = await self._get(f"{self._target.url}/{route}")
            if answer.response.status_code == 200 and isinstance(answer.json, dict):
                return answer.json
        return {}

    def _expect_ok(self, answer: _Answer, url: str) -> None:
        if answer.response.status_code != 200 or is_html(answer.response):
            raise complain_about_answer(answer.response, answer.body, url, self._target)

    async def _get(self, url: str) -> _Answer:
        try:
            async with asyncio.timeout(self._timeout_s), self._client.stream("GET", url) as response:
                body = await self._read(response, url)
        except (httpx.HTTPError, TimeoutError) as failure:
            raise complain_about_transport(failure, self._target.url, self._timeout_s) from failure
        if SIMULATED_HEADER in response.headers:
            self.simulated = True
        return _Answer(response, self._without_key(body))

    def _without_key(self, body: bytes) -> bytes:
        """A body without the key: a server that echoes it would have it shown as its model's name, or kept."""
        sent = (secret.reveal() for _, secret in self._target.headers)
        keys = [header for header in sent if len(header.rpartition(" ")[2]) >= _SHORTEST_KEY]
        as_text = body.decode("utf-8", "surrogateescape")  # whatever is no UTF-8 stays as it is
        return redact(as_text, keys).encode("utf-8", "surrogateescape")

    async def _read(self, response: httpx.Response, url: str) -> bytes:
        pieces: list[bytes] = []
        size = 0
        async for piece in response.aiter_raw():
            size += len(piece)
            if size > _LONGEST_PAGE_BYTES:
                raise EndpointError(f"{url} answers with more than {_LONGEST_PAGE_BYTES // 2**20} MiB")
            pieces.append(piece)
        return b"".join(pieces)
