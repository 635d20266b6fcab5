"""What screens ask of the app, and what its workers tell it."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from textual.message import Message

if TYPE_CHECKING:
    from advisor.bench.target import Secret
    from advisor.workflows.benchmark_question import BenchmarkQuestion


@dataclass
class RunAsked(Message):
    """A benchmark is asked for. key is the endpoint's API key, which only the runner reveals."""

    question: "BenchmarkQuestion"
    key: "Secret | None"


class BuiltInAsked(Message):
    """The built-in endpoint is wanted."""


@dataclass
class BuiltInReady(Message):
    """The built-in endpoint listens at url, or complaint says why it does not."""

    url: str
    complaint: str = ""


class StopAsked(Message):
    """The run shall stop, and keep what it measured."""


class KillAsked(Message):
    """The run shall end at once."""


class CatalogChanged(Message):
    """Files of the catalogue were written: it is to be read again."""
