"""One labelled line to type into; it looks like a `Choice` beside it."""

from textual.app import ComposeResult
from textual.containers import Horizontal
from textual.widgets import Input, Label


class TextField(Horizontal):
    """A label and an input. The input carries the id, and posts its own messages."""

    DEFAULT_CSS = """
    TextField { height: 1; width: 1fr; }
    TextField Label { width: 14; color: $secondary; }
    TextField Input { width: 1fr; height: 1; border: none; padding: 0; background: $surface; }
    TextField Input:focus { background: $panel; text-style: bold; }
    """

    def __init__(self, label: str, *, id: str, placeholder: str = "") -> None:  # noqa: A002
        super().__init__()
        self._label = label
        self._input_id = id
        self._placeholder = placeholder

    def compose(self) -> ComposeResult:
        yield Label(self._label, markup=False)
        yield Input(placeholder=self._placeholder, id=self._input_id, compact=True, select_on_focus=False)
