"""Fit against a live server or its log: what to ask, the wait that can be given up, and what came of it."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from textual import work
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import VerticalScroll
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Static

from advisor.bench.target import normalise_url
from advisor.errors import AdvisorError, InputError
from advisor.tui.endpoint_check import EndpointCheck
from advisor.tui.keys import DIALOG, bindings
from advisor.tui.screens.dialogs import FormDialog, FormField
from advisor.workflows.credentials import key_from


def endpoint_dialog(title: str, endpoint: str, key_variable: str) -> FormDialog:
    """Which endpoint, and the name of the variable that holds its key: the key itself is never typed."""
    return FormDialog(
        title,
        [
            FormField("endpoint", "endpoint", "its URL", endpoint, normalise_url, is_long=True),
            FormField(
                "key_variable", "API key", "the variable that holds it; empty for none", key_variable, _variable, True
            ),
        ],
    )


def log_dialog() -> FormDialog:
    """Which start-up log, and whether it is the user's own: what somebody else published is not measured here."""
    return FormDialog(
        "Compare with a start-up log",
        [
            FormField("log", "log", "a file", "", _file, is_long=True),
            FormField("keep", "keep as your measurement", "yes or no", "yes", _yes_or_no),
        ],
    )


def _yes_or_no(typed: str) -> bool:
    said = {"yes": True, "y": True, "no": False, "n": False}.get(typed.casefold())
    if said is None:
        raise InputError(f"'{typed}' is neither yes nor no", hint="Say no for a log of somebody else's server.")
    return said


def _variable(typed: str) -> str:
    """The variable's name, once it is known to hold something that can be sent."""
    key_from(typed)
    return typed


def _file(typed: str) -> Path:
    path = Path(typed).expanduser()
    if not typed or not path.is_file():
        raise InputError("no such file", file=path if typed else None, hint="Give the path of a server's output.")
    return path


@dataclass(frozen=True, slots=True)
class Answer:
    """What to show of it, and whether it was entered as evidence."""

    shown: Content
    is_evidence: bool = False


class ProofDialog(ModalScreen[bool]):
    """Asks in a worker thread and shows the answer; escape gives it up, and then closes.

    Dismissed with whether there is new evidence.
    """

    BINDINGS: ClassVar[list[BindingType]] = [*bindings(DIALOG)]

    def __init__(self, title: str, waiting: str, ask: Callable[[EndpointCheck], Answer]) -> None:
        """ask blocks; it may run one coroutine in the check, which is how it is given up."""
        super().__init__()
        self._title = title
        self._waiting = waiting
        self._ask = ask
        self._check = EndpointCheck()
        self._is_waiting = True
        self._is_evidence = False

    def compose(self) -> ComposeResult:
        with VerticalScroll(classes="dialog tall") as box:
            box.border_title = Content(self._title)
            box.border_subtitle = "esc gives it up"
            yield Static(self._waiting, id="proof", markup=False)

    def on_mount(self) -> None:
        self._find_out()

    def on_unmount(self) -> None:
        self._check.abandon()

    @work(exclusive=True, group="proof")
    async def _find_out(self) -> None:
        try:
            answer = await asyncio.to_thread(self._ask, self._check)
        except AdvisorError as error:
            self._say(Content.styled(error.sentence(), "$error"))
        except asyncio.CancelledError:
            self._say(Content("Given up. Nothing was compared."))
        else:
            self._is_evidence = answer.is_evidence
            self._say(answer.shown)

    def _say(self, words: Content) -> None:
        self._is_waiting = False
        self.query_one("#proof", Static).update(words)
        self.query_one(VerticalScroll).border_subtitle = "↑↓ scroll · esc closes"

    def action_close(self) -> None:
        """Give up what is waited for; else close."""
        if self._is_waiting:
            self._check.abandon()
        else:
            self.dismiss(self._is_evidence)
