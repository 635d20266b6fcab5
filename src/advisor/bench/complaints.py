"""What is wrong with an endpoint, each in one sentence: what was seen, and what would be right.

Words of the server go through the target's redaction, since servers echo keys, and lose their control
characters.
"""

import errno
import socket
import ssl
from collections.abc import Iterator
from urllib.parse import urlsplit

import httpx

from advisor.bench.decode import Decoded, Fault, error_words
from advisor.bench.target import Target
from advisor.errors import EndpointError, printable

_STREAM_FAULTS = {
    Fault.BAD_FRAMING: "the chunked framing of the answer is broken",
    Fault.TRUNCATED: "the answer breaks off before its end",
    Fault.ENCODED: "the answer is compressed, although that was not asked for",
    Fault.INVALID_EVENT: "an event of the stream is no JSON object",
    Fault.UNFINISHED: "the stream ends without a finish reason and without [DONE]",
    Fault.NO_CONTENT: "the stream is empty: it ends without any text",
}


def complain_about_transport(failure: Exception, url: str, timeout_s: float) -> EndpointError:
    """An error for a request that got no HTTP answer."""
    causes = tuple(_causes(failure))
    if isinstance(failure, httpx.ConnectTimeout):
        return EndpointError(f"{url} did not accept a connection within {timeout_s:g} s")
    if isinstance(failure, (TimeoutError, httpx.TimeoutException)):
        return EndpointError(f"{url} accepted the connection, but no complete answer came within {timeout_s:g} s")
    if any(isinstance(cause, socket.gaierror) for cause in causes):
        return EndpointError(f"the host name of {url} cannot be resolved")
    if any(isinstance(cause, ssl.SSLError) for cause in causes):
        return EndpointError(f"{url} and this machine cannot agree on TLS: {_words(failure)}")
    if any(isinstance(cause, OSError) and cause.errno == errno.ECONNREFUSED for cause in causes):
        return EndpointError(f"nothing listens at {url}: the connection was refused", hint="Is the server up?")
    return EndpointError(f"{url} cannot be used: {_words(failure)}")


def complain_about_answer(
    answer: httpx.Response, body: bytes, url: str, target: Target, model: str | None = None
) -> EndpointError:
    """An error for an HTTP answer that is not what was asked for."""
    status = answer.status_code
    words = "" if is_html(answer) else server_words(body, target)
    said = f": {words}" if words else ""
    if answer.is_redirect:
        return EndpointError(
            f"{url} redirects to {_place(answer.headers.get('location', ''))}, and redirects are not followed",
            hint="Give the final address as the endpoint.",
        )
    if status in (401, 403):
        has_key = bool(target.headers)
        return EndpointError(
            f"{url} {'refuses the key' if has_key else 'wants a key'} (HTTP {status}){said}",
            hint=None if has_key else "Name the environment variable that holds it.",
        )
    if is_html(answer):
        return EndpointError(
            f"{url} answers with an HTML page (HTTP {status})", hint="Is there a proxy or a login page in front of it?"
        )
    if status == 404 and model is not None and "model" in words.lower():
        return EndpointError(f"{url} does not know the model '{printable(model)}'{said}", key="model")
    if status == 404:
        return EndpointError(f"there is no {urlsplit(url).path} at {target.url} (HTTP 404)", hint=_ROUTE_HINT)
    return EndpointError(f"{url} answers with HTTP {status}{said}")


_ROUTE_HINT = "Check the path prefix, or try the other API (chat or completions)."


def complain_about_stream(decoded: Decoded, body: bytes, url: str, target: Target) -> EndpointError:
    """An error for an answer with status 200 that is no sound stream."""
    faults = decoded.faults
    words = printable(target.redact(decoded.error or ""))
    if Fault.NOT_A_STREAM in faults:
        if body.lstrip().startswith(b"{") and b'"choices"' in body:
            return EndpointError(f"{url} answers with one JSON document instead of a stream of events")
        return EndpointError(f"{url} answers, but not with a stream of events{': ' + words if words else ''}")
    if Fault.ERROR_EVENT in faults:
        return EndpointError(f"{url} sends an error within its stream: {words or 'without a message'}")
    fault = next(fault for fault in _STREAM_FAULTS if fault in faults)
    return EndpointError(f"{url} does not stream as it should: {_STREAM_FAULTS[fault]}")


def is_html(answer: httpx.Response) -> bool:
    """Whether the answer is a page for people."""
    kind: str = answer.headers.get("content-type", "")
    return kind.lower().startswith("text/html")


def server_words(body: bytes, target: Target) -> str:
    """What the body of a failed answer says, without secrets and control characters; empty for pages and nothing."""
    return printable(target.redact(error_words(body) or ""))


def _place(location: str) -> str:
    """Where a redirect leads, without anything that could be a credential."""
    parts = urlsplit(location)
    return printable(f"{parts.scheme}://{parts.hostname}{parts.path}" if parts.hostname else parts.path) or "nowhere"


def _words(failure: Exception) -> str:
    """What a library says, as a part of our sentence."""
    return printable(str(failure)).rstrip(".") or type(failure).__name__


def _causes(failure: BaseException | None) -> Iterator[BaseException]:
    while failure is not None:
        yield failure
        failure = failure.__cause__ or failure.__context__
