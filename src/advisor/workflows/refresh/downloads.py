"""Public files over HTTP: streamed, unpacked, tried again, and resumed where the connection broke.

A reader gets the file in pieces. When a connection breaks, the rest is asked for by range, if the server
gave the file an ETag and still has the same file; otherwise a fresh reader begins again. A body that ends
early is never taken for a whole one.
"""

import asyncio
import zlib
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime
from types import TracebackType
from typing import TYPE_CHECKING, Generic, Protocol, Self, TypeVar

from advisor.errors import EndpointError, printable

if TYPE_CHECKING:
    import httpx

T = TypeVar("T")
Read = TypeVar("Read", covariant=True)
Pause = Callable[[float], Awaitable[object]]
OnBytes = Callable[[int, int | None], None]

BACKOFF_S = (0.5, 2.0, 6.0)
TIMEOUT_S = 30.0
_CONNECT_S = 10.0
_LONGEST_WAIT_S = 60.0
"""A server that wants to be left alone for longer is not waited for."""
_MOST_REDIRECTS = 3
_PIECE = 1 << 20
"""Most bytes that are unpacked at once: a small body may hold gigabytes of zeros."""
_MISSING = (403, 404)
"""What storage behind a CDN answers for a file that is not there."""
_PASSING = (408, 425, 429)
"""Refusals that may pass, as every 5xx may."""


class Reader(Protocol[Read]):
    """Takes a body in pieces."""

    def feed(self, piece: bytes, /) -> None: ...

    def close(self) -> Read: ...


@dataclass(slots=True)
class Whole:
    """Keeps a small body. limit: the most bytes it may have."""

    what: str
    limit: int = 64 << 20
    _pieces: bytearray = field(default_factory=bytearray)

    def feed(self, piece: bytes) -> None:
        self._pieces += piece
        if len(self._pieces) > self.limit:
            raise EndpointError(f"{self.what}: the file is larger than {self.limit:,} bytes")

    def close(self) -> bytes:
        return bytes(self._pieces)


@dataclass(frozen=True, slots=True)
class Place:
    """Where a file lies, and what people call it."""

    what: str
    host: str
    path: str


@dataclass(frozen=True, slots=True)
class Downloaded(Generic[T]):
    """What a reader made of a file. modified: the day the server says it changed, as an ISO date; empty if unsaid."""

    content: T
    url: str
    modified: str


class _BusyError(Exception):
    """The server refused for a reason that may pass. wait_s: what it asks for, 0 where it does not say."""

    def __init__(self, complaint: str, wait_s: float) -> None:
        super().__init__(complaint)
        self.wait_s = wait_s


class _ElsewhereError(Exception):
    """The server sent us where we do not go."""


class _SpoiltError(Exception):
    """What was read so far is of no use; another beginning may be."""


@dataclass(slots=True)
class _Attempt(Generic[T]):
    """How far one reader has come with a file."""

    reader: Reader[T]
    unpacker: "_Unpacker | None" = None
    position: int = 0
    etag: str = ""

    @property
    def can_go_on(self) -> bool:
        return bool(self.position and self.etag and not self.etag.startswith("W/"))


class Downloads:
    """One client for all files of a refresh. on_bytes gets bytes so far and, where the server says it, in all."""

    def __init__(
        self,
        base_url: str | None = None,
        *,
        on_bytes: OnBytes = lambda _so_far, _total: None,
        pause: Pause = asyncio.sleep,
        timeout_s: float = TIMEOUT_S,
        backoff_s: Sequence[float] = BACKOFF_S,
    ) -> None:
        """base_url: a mirror in which every host is a folder, instead of the hosts themselves.

        EndpointError where the environment's proxy or certificates cannot be used.
        """
        self._base_url = base_url
        self._on_bytes = on_bytes
        self._pause = pause
        self._backoff_s = tuple(backoff_s)
        self._client = self._connecting(timeout_s)

    def _connecting(self, timeout_s: float) -> "httpx.AsyncClient":
        import httpx

        try:
            return httpx.AsyncClient(
                timeout=httpx.Timeout(timeout_s, connect=min(timeout_s, _CONNECT_S)),
                follow_redirects=True,
                max_redirects=_MOST_REDIRECTS,
                headers={"Accept-Encoding": "gzip", "User-Agent": "advisor"},
                event_hooks={"request": [self._check_address]},
            )
        except (ValueError, ImportError, OSError, httpx.InvalidURL) as error:
            complaint = f"the proxy or the certificates that the environment names cannot be used: {error}"
            hint = "See HTTPS_PROXY, ALL_PROXY, NO_PROXY, SSL_CERT_FILE and SSL_CERT_DIR."
            raise EndpointError(complaint, hint=hint) from error

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._client.aclose()

    def url(self, place: Place) -> str:
        """The address of a file, in the mirror if there is one."""
        if self._base_url is None:
            return f"https://{place.host}{place.path}"
        return f"{self._base_url.rstrip('/')}/{place.host}{place.path}"

    async def read(self, place: Place, start: Callable[[], Reader[T]]) -> Downloaded[T] | None:
        """What a reader makes of the file; None where the server has no such file.

        start gives a fresh reader for each beginning. EndpointError where the file cannot be had whole.
        """
        import httpx

        attempt = _Attempt(start())
        for wait_s in (*self._backoff_s, None):
            try:
                return await self._try(place, attempt)
            except (httpx.TransportError, _BusyError, _SpoiltError) as error:
                asked_s = error.wait_s if isinstance(error, _BusyError) else 0.0
                if wait_s is None or asked_s > _LONGEST_WAIT_S:
                    raise self._gave_up(place, error) from error
                if isinstance(error, _SpoiltError) or not attempt.can_go_on:
                    attempt = _Attempt(start())
                await self._pause(max(wait_s, asked_s))
            except (httpx.InvalidURL, httpx.TooManyRedirects, _ElsewhereError) as error:
                raise self._gave_up(place, error) from error
        raise AssertionError("the last attempt returns or raises")

    async def _check_address(self, request: "httpx.Request") -> None:
        """Before every request, those that a redirect makes among them: what began encrypted stays so."""
        allowed = ("https",) if self._base_url is None or self._base_url.startswith("https:") else ("http", "https")
        if request.url.scheme not in allowed:
            raise _ElsewhereError(f"it redirects to {request.url}, which is not {' or '.join(allowed)}")

    async def _try(self, place: Place, attempt: _Attempt[T]) -> Downloaded[T] | None:
        url = self.url(place)
        headers = {"Range": f"bytes={attempt.position}-", "If-Range": attempt.etag} if attempt.can_go_on else {}
        async with self._client.stream("GET", url, headers=headers) as response:
            if response.status_code in _MISSING:
                return None
            self._check(place, response, attempt)
            total = _total(response, attempt.position)
            assert attempt.unpacker is not None, "it is made when the answer begins"
            async for piece in response.aiter_raw():
                attempt.position += len(piece)
                self._on_bytes(attempt.position, total)
                attempt.unpacker.feed(piece)
            attempt.unpacker.close()
            return Downloaded(attempt.reader.close(), url, _day(response.headers.get("last-modified", "")))

    def _check(self, place: Place, response: "httpx.Response", attempt: _Attempt[T]) -> None:
        """Whether the answer is the file from the beginning, or the rest of it."""
        status = response.status_code
        if status >= 500 or status in _PASSING:
            wait_s = _retry_after_s(response)
            asked = f" and asks to be left alone for {wait_s:,.0f} s" if wait_s > _LONGEST_WAIT_S else ""
            raise _BusyError(f"the server answered {status}{asked}", wait_s)
        if status == 206 and attempt.can_go_on:
            if not response.headers.get("content-range", "").startswith(f"bytes {attempt.position}-"):
                raise _SpoiltError("the server sent another part than was asked for")
            return
        if attempt.position:  # the file has changed, or the server gives no parts: this reader cannot go on
            raise _SpoiltError("the file changed while it was read")
        if status != 200:
            raise EndpointError(f"{place.what}: {self.url(place)} answered {status}")
        encoding = response.headers.get("content-encoding", "identity").lower()
        if encoding not in ("identity", "gzip"):
            raise EndpointError(f"{place.what}: the body is packed as '{printable(encoding)}', which was not asked for")
        if not (encoding == "gzip" or {"content-length", "transfer-encoding"} & set(response.headers)):
            raise EndpointError(f"{place.what}: the server states no length, so that a cut body would look whole")
        attempt.unpacker = _Gzip(attempt.reader) if encoding == "gzip" else _Plain(attempt.reader)
        attempt.etag = response.headers.get("etag", "")

    def _gave_up(self, place: Place, error: Exception) -> EndpointError:
        return EndpointError(
            f"{place.what}: {self.url(place)}: {_said(error)}",
            hint="Nothing was changed. What was read whole is kept for today: trying again goes on from there.",
        )


class _Unpacker(Protocol):
    def feed(self, piece: bytes, /) -> None: ...

    def close(self) -> None: ...


@dataclass(slots=True)
class _Plain:
    reader: Reader[object]

    def feed(self, piece: bytes) -> None:
        self.reader.feed(piece)

    def close(self) -> None:
        """The protocol knows where a plain body ends: one of no stated length is refused."""


@dataclass(slots=True)
class _Gzip:
    """Unpacks in bounded pieces, and knows whether the end has come: HTTP libraries take a cut stream for a whole."""

    reader: Reader[object]
    _stream: "zlib._Decompress" = field(default_factory=lambda: zlib.decompressobj(16 + zlib.MAX_WBITS))

    def feed(self, piece: bytes) -> None:
        while piece:
            try:
                self.reader.feed(self._stream.decompress(piece, _PIECE))
            except zlib.error as error:
                raise _SpoiltError(f"the body is no gzip: {error}") from error
            piece = self._stream.unconsumed_tail

    def close(self) -> None:
        if not self._stream.eof:
            raise _SpoiltError("the body ends in the middle")


def _said(error: Exception) -> str:
    """What went wrong, where the library does not say it in words."""
    import httpx

    if isinstance(error, httpx.ConnectTimeout):
        return "no connection in time"
    if isinstance(error, httpx.TimeoutException):
        return "the server fell silent"
    return printable(str(error)).rstrip(".") or "the connection broke"


def _retry_after_s(response: "httpx.Response") -> float:
    """Seconds that the server asks to be left alone; 0 for none, and for the form that is a date."""
    stated = response.headers.get("retry-after", "")
    return float(stated) if stated.isascii() and stated.isdigit() else 0.0


def _total(response: "httpx.Response", position: int) -> int | None:
    stated = response.headers.get("content-length", "")
    return position + int(stated) if stated.isdigit() else None


def _day(stamp: str) -> str:
    """An HTTP date as an ISO day; empty for what is none."""
    try:
        return parsedate_to_datetime(stamp).date().isoformat()
    except ValueError:
        return ""
