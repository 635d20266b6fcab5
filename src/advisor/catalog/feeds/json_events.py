"""A document of JSON as a stream of events, for files that are too large to be held."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from advisor.catalog.feeds.reading import FeedError


@dataclass(slots=True)
class JsonEvents:
    """A JSON document as a stream of (path, event, value), fed in pieces of any size."""

    feed_name: str
    _events: Any = None
    _parser: Any = None

    def __post_init__(self) -> None:
        import ijson  # type: ignore[import-untyped]  # nobody who reads no feed waits for it

        self._events = ijson.sendable_list()
        self._parser = ijson.parse_coro(self._events, use_float=True)

    def feed(self, piece: bytes) -> Iterator[tuple[str, str, Any]]:
        """The events of a piece. FeedError for what is no JSON."""
        self._send(lambda: self._parser.send(piece))
        yield from self._taken()

    def close(self) -> Iterator[tuple[str, str, Any]]:
        """The last events. FeedError for a document that ends early."""
        self._send(self._parser.close)
        yield from self._taken()

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
