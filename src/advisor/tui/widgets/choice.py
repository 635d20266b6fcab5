"""A field whose value is one of a list: arrows left and right change it, typing jumps to a value."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from textual import events
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.message import Message
from textual.reactive import reactive
from textual.widgets import Static


class Choice(Static, can_focus=True):
    """One labelled value out of several."""

    DEFAULT_CSS = """
    Choice { height: 1; width: 1fr; text-wrap: nowrap; text-overflow: ellipsis; }
    Choice:focus { background: $panel; text-style: bold; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("left,h", "step(-1)", "Less", show=False),
        Binding("right,l", "step(1)", "More", show=False),
    ]

    index = reactive(0)

    @dataclass
    class Changed(Message):
        """The value changed by hand."""

        choice: "Choice"
        value: str

    def __init__(self, label: str, values: Sequence[str], value: str, *, id: str) -> None:  # noqa: A002
        super().__init__(id=id, markup=False)
        self._label = label
        self._remark = ""
        self._values = tuple(values)
        self.set_reactive(Choice.index, self._values.index(value) if value in self._values else 0)

    @property
    def value(self) -> str:
        return self._values[self.index]

    def offer(self, values: Sequence[str], value: str, remark: str = "") -> None:
        """Replace the list without a message. remark stands beside the value, for what it leads to."""
        before = self._values, self.index, self._remark
        self._values, self._remark = tuple(values), remark
        self.set_reactive(Choice.index, self._values.index(value) if value in self._values else 0)
        if before != (self._values, self.index, remark):
            self.refresh()

    def show(self, value: str) -> None:
        """Show a value; one that the list lacks is put at its end."""
        if value != self.value:
            self.offer(self._values if value in self._values else (*self._values, value), value)

    def render(self) -> Content:
        left = "‹ " if self.index > 0 else "  "
        right = " ›" if self.index + 1 < len(self._values) else "  "
        remark = (f" {self._remark}", "$secondary") if self._remark else ""
        return Content.assemble((f"{self._label:<14}", "$secondary"), left, (self.value, "bold"), right, remark)

    def action_step(self, step: int) -> None:
        chosen = min(max(0, self.index + step), len(self._values) - 1)
        if chosen != self.index:
            self.index = chosen
            self.post_message(self.Changed(self, self.value))

    def on_click(self, event: events.Click) -> None:
        """A click on the left half steps back, on the right half forward."""
        self.focus()
        self.action_step(1 if event.x > self.size.width // 2 else -1)
