"""What screens ask of the app."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from textual.message import Message

if TYPE_CHECKING:
    from advisor.workflows.benchmark_question import BenchmarkQuestion


@dataclass
class RunAsked(Message):
    """A benchmark is asked for. key is the endpoint's API key, which only the runner may see."""

    question: "BenchmarkQuestion"
    key: str | None

    def __repr__(self) -> str:
        return f"RunAsked({self.question.endpoint})"


class BuiltInAsked(Message):
    """The built-in endpoint is wanted."""


class StopAsked(Message):
    """The run shall stop, and keep what it measured."""


class KillAsked(Message):
    """The run shall end at once."""
