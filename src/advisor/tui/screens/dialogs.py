"""Dialogs: a question with a safe default, a text to read, a form to fill."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

from textual import events, on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Input, OptionList, Static

from advisor.errors import InputError
from advisor.quantities.text import read_big
from advisor.tui.keys import DIALOG, bindings
from advisor.tui.views.text import muted


class ConfirmDialog(ModalScreen[bool]):
    """Yes or no. Enter and escape are the safe answer, no."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("y", "answer(True)", "Yes"),
        Binding("n,enter,escape", "answer(False)", "No", key_display="n"),
    ]

    def __init__(self, question: str) -> None:
        super().__init__()
        self._question = question

    def compose(self) -> ComposeResult:
        with Vertical(classes="dialog"):
            yield Static(self._question, markup=False)
            yield Static(muted("y  yes     n, ⏎, esc  no"), markup=False)

    def action_answer(self, answer: bool) -> None:
        self.dismiss(answer)


class LeaveDialog(ConfirmDialog):
    """Whether to quit though a benchmark is on. Over any other dialog, but never over itself."""


class TextDialog(ModalScreen[None]):
    """A text to read, scrolled with the arrows; escape closes it."""

    BINDINGS: ClassVar[list[BindingType]] = [*bindings(DIALOG)]

    def __init__(self, title: str, content: Content) -> None:
        super().__init__()
        self._title = title
        self._content = content

    @staticmethod
    def text_width(screen_width: int) -> int:
        """Columns of a line of text: 96 % of the screen less border, padding and scrollbar, as app.tcss has it."""
        return screen_width * 96 // 100 - 8

    def compose(self) -> ComposeResult:
        with VerticalScroll(classes="dialog tall") as box:
            box.border_title = Content(self._title)
            box.border_subtitle = "esc closes"
            yield Static(self._content, markup=False)

    def action_close(self) -> None:
        self.dismiss(None)


class PickDialog(ModalScreen[str | None]):
    """One of a list, by arrows and enter; escape leaves it as it was."""

    BINDINGS: ClassVar[list[BindingType]] = [*bindings(DIALOG)]

    def __init__(self, title: str, choices: Sequence[tuple[str, str]], chosen: str) -> None:
        """choices: what each answers, and the words for it."""
        super().__init__()
        self._title = title
        self._choices = tuple(choices)
        self._chosen = chosen

    def compose(self) -> ComposeResult:
        with Vertical(classes="dialog") as box:
            box.border_title = Content(self._title)
            box.border_subtitle = "↑↓ move · ⏎ take · esc leaves it"
            yield OptionList(*(Content(words) for _, words in self._choices), id="choices", markup=False, compact=True)

    def on_mount(self) -> None:
        choices = self.query_one("#choices", OptionList)
        keys = [key for key, _ in self._choices]
        choices.highlighted = keys.index(self._chosen) if self._chosen in keys else 0
        choices.focus()

    @on(OptionList.OptionSelected)
    def _picked(self, event: OptionList.OptionSelected) -> None:
        self.dismiss(self._choices[event.option_index][0])

    def action_close(self) -> None:
        self.dismiss(None)


@dataclass(frozen=True, slots=True)
class FormField:
    """One line of a form. read turns the typed text into a value, or raises InputError.

    A long text, like a path, stands below its label; a number beside it, on a terminal of any width.
    """

    key: str
    label: str
    unit: str
    value: str
    read: Callable[[str], object]
    is_long: bool = False


_LONG_FORM = 8
"""Lines from which nobody fills a whole form, so that enter takes it from any line."""


class FormDialog(ModalScreen[dict[str, object] | None]):
    """A form of typed values. Enter goes on, and on the last line takes them; a long form it takes at once.

    Escape leaves everything as it was.
    """

    BINDINGS: ClassVar[list[BindingType]] = [*bindings(DIALOG)]

    def __init__(
        self, title: str, fields: Sequence[FormField], check: Callable[[Mapping[str, object]], None] | None = None
    ) -> None:
        """check sees all values together, and raises InputError for those that do not go together."""
        super().__init__()
        self._title = title
        self._fields = tuple(fields)
        self._check = check

    def compose(self) -> ComposeResult:
        with VerticalScroll(classes="dialog", can_focus=False) as box:
            box.border_title = Content(self._title)
            box.border_subtitle = f"⏎ {'take' if self._is_long else 'next and take'} · ↑↓ move · esc leaves it"
            for number, field in enumerate(self._fields):
                with Vertical() if field.is_long else Horizontal() as line:
                    line.add_class("line")
                    yield Static(muted(f"{field.label}, {field.unit}"), classes="label", markup=False)
                    yield Input(field.value, id=f"field-{number}", compact=True)
            yield Static("", id="complaint", markup=False)

    @on(Input.Submitted)
    def _submitted(self, event: Input.Submitted) -> None:
        number = int((event.input.id or "field-0").removeprefix("field-"))
        if number + 1 < len(self._fields) and not self._is_long:
            self._box(number + 1).focus()
        else:
            self._take()

    def on_key(self, event: events.Key) -> None:
        """Arrows up and down move between the lines, as tab does."""
        if event.key == "down":
            self.focus_next(Input)
        elif event.key == "up":
            self.focus_previous(Input)

    @property
    def _is_long(self) -> bool:
        return len(self._fields) >= _LONG_FORM

    def _take(self) -> None:
        values: dict[str, object] = {}
        for number, field in enumerate(self._fields):
            try:
                values[field.key] = field.read(self._box(number).value.strip())
            except InputError as error:
                self._complain(number, f"{field.label}: {error.sentence()}")
                return
        try:
            if self._check is not None:
                self._check(values)
        except InputError as error:
            keys = [field.key for field in self._fields]
            self._complain(keys.index(error.key) if error.key in keys else 0, error.sentence())
        else:
            self.dismiss(values)

    def _complain(self, number: int, sentence: str) -> None:
        self.query_one("#complaint", Static).update(sentence)
        self._box(number).focus()

    def _box(self, number: int) -> Input:
        return self.query_one(f"#field-{number}", Input)

    def action_close(self) -> None:
        self.dismiss(None)


def read_count(text: str) -> int:
    """A whole number of at least 1, written as `read_number` takes it. InputError for anything else."""
    number = read_number(text)
    if number < 1 or number != int(number):
        raise InputError(f"'{text}' is not a whole number of at least 1")
    return int(number)


def read_number(text: str) -> float:
    """A number of at least 0, with separators and k, M, B. InputError for anything else."""
    try:
        number = read_big(text)
    except ValueError:
        raise InputError(f"'{text}' is not a number", hint="Write it like 512, 200k or 1.8e9.") from None
    if number < 0:
        raise InputError(f"'{text}' is not a number of at least 0")
    return number
