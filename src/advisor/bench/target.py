"""Where a benchmark goes, and the secrets it carries there.

A `Secret` lives in memory only: printing, pickling, copying or encoding it by accident gives nothing
away. The one way out is `reveal`, which is called where bytes are put on a wire.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import NoReturn
from urllib.parse import SplitResult, urlsplit

from advisor.errors import InputError, printable

_MASK = "***"
_HEADER_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")  # RFC 9110, section 5.6.2: token
_API_TAIL = re.compile(r"/v1(/(chat/completions|completions|models)?)?$")
_OUR_OWN = frozenset({"host", "content-length", "content-type", "transfer-encoding", "connection", "accept-encoding"})


class Secret:
    """A value that prints as `***` and refuses to be pickled, copied or encoded.

    InputError when it cannot be sent as an HTTP header value; the message never holds the value.
    """

    __slots__ = ("_value",)

    def __init__(self, value: str) -> None:
        if not value or not value.isascii() or not value.isprintable():
            raise InputError(
                "a secret header value is empty or holds characters that a header cannot carry",
                hint="Check the environment variable for a stray newline.",
                key="headers",
            )
        self._value = value

    def reveal(self) -> str:
        """The value itself, for the wire."""
        return self._value

    def __repr__(self) -> str:
        return _MASK

    def __format__(self, specification: str) -> str:
        return format(_MASK, specification)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and other._value == self._value

    def __hash__(self) -> int:
        return hash((Secret, self._value))

    def __reduce_ex__(self, protocol: object) -> NoReturn:
        raise TypeError("a secret is not serialised")


@dataclass(frozen=True, slots=True)
class Target:
    """An endpoint: its root URL as `normalise_url` gives it, and headers that must not leave memory."""

    url: str
    headers: tuple[tuple[str, Secret], ...] = ()

    def __post_init__(self) -> None:
        object.__setattr__(self, "url", normalise_url(self.url))
        for name, _ in self.headers:
            if not _HEADER_NAME.fullmatch(name):
                raise InputError("a header name holds characters that HTTP does not allow", key="headers")
            if name.lower() in _OUR_OWN:
                raise InputError(f"the header '{name}' is set by the runner itself", key="headers")

    @classmethod
    def with_key(cls, url: str, key: Secret | None) -> "Target":
        """An endpoint that takes `key` as a bearer token, or none. InputError for a URL that is none."""
        return cls(url, (("Authorization", Secret(f"Bearer {key.reveal()}")),) if key is not None else ())

    def api(self, path: str) -> str:
        """The URL of an OpenAI route, such as `models`."""
        return f"{self.url}/v1/{path}"

    def wire_headers(self) -> dict[str, str]:
        """The headers as they are sent."""
        return {name: secret.reveal() for name, secret in self.headers}

    def redact(self, text: str) -> str:
        """`text` with every secret of this target masked, for words that a server may have echoed."""
        return redact(text, (secret.reveal() for _, secret in self.headers))


def redact(text: str, secrets: Iterable[str]) -> str:
    """`text` without any of the secrets, nor the part behind a scheme such as `Bearer`; longest first."""
    parts = {part for secret in secrets for part in (secret, secret.rpartition(" ")[2]) if part}
    for part in sorted(parts, key=len, reverse=True):
        text = text.replace(part, _MASK)
    return text


def normalise_url(text: str) -> str:
    """The root of an endpoint from what a user types: `host:8000`, the root, its `/v1` base, or a route of it.

    Path prefixes stay. InputError for anything else; credentials in the URL are refused, and no message
    repeats a URL that may hold them.
    """
    written = text.strip()
    if "://" not in written:
        written = f"http://{written}"
    parts = _split(written)
    if "@" in parts.netloc:
        raise InputError(
            "the endpoint URL holds a user name or password",
            hint="Leave it out and pass the key as a header from an environment variable.",
            key="endpoint",
        )
    if parts.query or parts.fragment:
        raise InputError("the endpoint URL holds a query or fragment", hint="Give the root only.", key="endpoint")
    if parts.scheme not in {"http", "https"} or not _is_host(parts.hostname):
        raise InputError(
            f"'{printable(written, 80)}' is no endpoint", hint="Write http://host:port or https://host.", key="endpoint"
        )
    return f"{parts.scheme}://{parts.netloc.lower()}{_API_TAIL.sub('', parts.path.rstrip('/'))}"


def _is_host(name: str | None) -> bool:
    """Whether a name can be looked up at all: labels of 1 to 63 characters, as DNS has them."""
    try:
        return bool(name) and bool((name or "").rstrip(".").encode("idna"))
    except UnicodeError:
        return False


def _split(written: str) -> SplitResult:
    try:
        parts = urlsplit(written)
        parts.port  # noqa: B018  a port that is no number is found only by asking for it
    except ValueError:
        raise InputError(
            "the endpoint is no URL with a valid host and port", hint="Write http://host:port.", key="endpoint"
        ) from None
    if any(character.isspace() or not character.isprintable() for character in written):
        raise InputError("the endpoint URL holds spaces or control characters", key="endpoint")
    return parts
