"""Advice: the recommendation for the answers so far, computed beside the screen, and its export."""

import shlex
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

from textual import on, work
from textual.binding import BindingType
from textual.containers import Horizontal, VerticalScroll
from textual.content import Content
from textual.message import Message
from textual.widget import Widget
from textual.widgets import Static

from advisor.errors import AdvisorError, InputError
from advisor.export.document import Document
from advisor.export.recommendation_document import recommendation_document
from advisor.export.recommendation_file import write_recommendation
from advisor.tui.bench_question import form_for
from advisor.tui.keys import ADVICE, bindings
from advisor.tui.screens.dialogs import ConfirmDialog, FormDialog, FormField, TextDialog
from advisor.tui.screens.room import Room
from advisor.tui.session import Session
from advisor.tui.views import advice as view
from advisor.tui.views.decide import dropped
from advisor.tui.views.text import muted
from advisor.wording.reasons import sentence
from advisor.workflows.narrow import narrow
from advisor.workflows.recommend import recommend

_DEFAULT_FILE = "recommendation.toml"


class AdviceScreen(Room):
    """The answer card."""

    room = "advice"
    BINDINGS: ClassVar[list[BindingType]] = [*bindings(ADVICE)]
    AUTO_FOCUS = "#card"

    @dataclass
    class Answered(Message):
        """A finished answer for one version of the answers, or why there is none."""

        version: int
        document: Document | None
        complaint: str = ""

    def __init__(self, session: Session) -> None:
        super().__init__(session)
        self._shown_version = -1
        self._document: Document | None = None

    def body(self) -> Iterable[Widget]:
        yield Static(id="headline", markup=False)
        yield Static(id="note", markup=False)
        with VerticalScroll(id="card"), Horizontal(id="columns"):
            yield Static(id="rests-on", markup=False)
            yield Static(id="around", markup=False)

    def show_session(self) -> None:
        if self._shown_version != self.session.version:
            self._document = None
            self._note("")
            self.query_one("#headline", Static).update(muted("Working out the answer …"))
            self._answer(self.session.version, dict(self.session.settings), self.session.assumed)

    @work(thread=True, exclusive=True, group="advice")
    def _answer(self, version: int, settings: Mapping[str, Any], assumed: Collection[str]) -> None:
        try:
            answer = recommend(settings, self.session.knowledge(), assumed)
            self.post_message(self.Answered(version, recommendation_document(answer, sentence)))
        except AdvisorError as error:
            self.post_message(self.Answered(version, None, error.sentence()))

    @on(Answered)
    def _show(self, message: Answered) -> None:
        if message.version != self.session.version:
            return
        self._shown_version, self._document = message.version, message.document
        left, right = self.query_one("#rests-on", Static), self.query_one("#around", Static)
        if message.document is None:
            self.query_one("#headline", Static).update(message.complaint)
            left.update("")
            right.update("")
            return
        self.query_one("#headline", Static).update(view.headline(message.document, self.session.today))
        shown = view.columns(message.document, self.session.today)
        left.update(shown[0])
        right.update(shown[1])

    def action_export(self) -> None:
        if self._document is None:
            computing = self._shown_version != self.session.version
            self.say("The answer is being worked out." if computing else "There is no answer to export.")
            return
        path = FormField(
            "path", "write the recommendation to", "a path", str(Path.cwd() / _DEFAULT_FILE), _read_path, True
        )
        self.app.push_screen(FormDialog("Export as TOML", [path]), self._export)

    def _export(self, values: dict[str, object] | None) -> None:
        path = values.get("path") if values is not None else None
        if not isinstance(path, Path):
            return
        if path.exists():
            self.app.push_screen(
                ConfirmDialog(f"{path} exists. Write over it?"), lambda yes: self._write(path) if yes else None
            )
        else:
            self._write(path)

    def _write(self, path: Path) -> None:
        if self._document is None:  # a benchmark ended while the path was typed
            self.say("The answer is being worked out again, since a benchmark has ended. Nothing is written yet.")
            return
        try:
            write_recommendation(self._document, path)
        except InputError as error:
            self._note(error.sentence(), style="bold $error")
        else:
            file = shlex.quote(str(path))
            self._note(f"Written to {path}. Check it any time with: advisor recheck {file}", style="$success")

    def _note(self, words: str, *, style: str = "") -> None:
        """What became of an export; it stands until the answer changes or the next one."""
        note = self.query_one("#note", Static)
        note.display = bool(words)
        note.update(Content.styled(words, style))

    def action_copy(self) -> None:
        pools = self._document.get("pool", []) if self._document is not None else []
        commands = [shlex.join(pool["serve_argv"]) for pool in pools if pool.get("serve_argv")]
        if commands:
            self.app.copy_to_clipboard("\n".join(commands))
            self.say("The serve command was sent to the clipboard; the export holds it too.")
        else:
            self.say("There is no serve command to copy.")

    def action_dropped(self) -> None:
        try:
            funnels = narrow(self.session.settings, self.session.catalog, self.session.measured())
        except AdvisorError as error:
            self.app.push_screen(TextDialog("What was dropped, and why", Content(error.sentence())))
        else:
            self.app.push_screen(TextDialog("What was dropped, and why", dropped(funnels)))

    def action_bench(self) -> None:
        if self._document is None and self._shown_version != self.session.version:
            self.say("The answer is being worked out.")
            return
        form = form_for(self._document, self.session.bench_form) if self._document is not None else None
        if form is not None:
            self.session.bench_form = form
        else:
            self.say("This answer plans no live check: only an online pick is checked at a rate.")
        self.app.switch_mode("bench")


def _read_path(text: str) -> Path:
    """The file that is meant, in full. InputError for one that cannot be written."""
    path = Path.cwd() / Path(text).expanduser()
    try:
        is_directory, has_place = path.is_dir(), path.parent.is_dir()
        path.exists()
    except OSError as error:
        raise InputError(f"this path cannot be used: {error.strerror}") from error
    if not text or is_directory:
        raise InputError("a file name is needed", hint=f"Like {_DEFAULT_FILE}.")
    if not has_place:
        raise InputError(f"the directory {path.parent} does not exist")
    return path
