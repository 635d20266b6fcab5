"""A document of JSON as a stream of events, for files that are too large to be held."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from advisor.catalog.feeds.reading import FeedError

_SLICE = 1 << 10
_DEEPEST = 64
_LONGEST_VALUE = 1 << 20
"""Every event carries its whole path, and a value is held until it ends: what nests or goes on for ever is refused
while it is small, slice by slice."""


@dataclass(slots=True)
class JsonEvents:
    """A JSON document as a stream of (path, event, value), fed in pieces of any size."""

    feed_name: str
    _events: Any = None
    _parser: Any = None
    _silent_bytes: int = 0
    """Since the last event."""

    def __post_init__(self) -> None:
        import ijson  # type: ignore[import-untyped]  # nobody who reads no feed waits for it

        self._events = ijson.sendable_list()
        self._parser = ijson.parse_coro(self._events, use_float=True)

    def feed(self, piece: bytes) -> Iterator[tuple[str, str, Any]]:
        """The events of a piece. FeedError for what is no JSON."""
        for at in range(0, len(piece), _SLICE):
            part = piece[at : at + _SLICE]
            self._send(lambda part=part: self._parser.send(part))
            taken = self._taken()
            self._check(taken, len(part))
            yield from taken

    def close(self) -> Iterator[tuple[str, str, Any]]:
        """The last events. FeedError for a document that ends early."""
        self._send(self._parser.close)
        yield from self._taken()

    def _check(self, taken: list[tuple[str, str, Any]], size: int) -> None:
        self._silent_bytes = 0 if taken else self._silent_bytes + size
        if self._silent_bytes > _LONGEST_VALUE:
            raise FeedError(self.feed_name, "", f"has a value longer than {_LONGEST_VALUE:,} bytes")
        if taken and taken[-1][0].count(".") > _DEEPEST:
            raise FeedError(self.feed_name, "", f"is nested deeper than {_DEEPEST} levels")

    def _send(self, send: Any) -> None:
        import ijson

        try:
            send()
        except ijson.IncompleteJSONError as error:
            raise FeedError(self.feed_name, "", f"ends early, or is not JSON: {error}") from None
        except (ijson.JSONError, StopIteration, UnicodeDecodeError) as error:
            raise FeedError(self.feed_name, "", f"is not JSON: {error}") from None

    def _taken(self) -> list[tuple[str, str, Any]]:
        taken = list(self._events)
        del self._events[:]
        return taken
