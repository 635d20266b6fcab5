"""Fit: change a field, see the verdict, the memory of one device, the reasons, and what would change them."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import ClassVar

from textual import events, on
from textual.binding import BindingType
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.widget import Widget
from textual.widgets import OptionList, Static

from advisor.errors import AdvisorError
from advisor.fit.result import FitResult
from advisor.tui.keys import FIT, bindings
from advisor.tui.screens.dialogs import TextDialog
from advisor.tui.screens.fit.fields import BY_KEY, FIELDS, FOLLOWERS, Setting
from advisor.tui.screens.fit.numbers import numbers_dialog
from advisor.tui.screens.room import Room
from advisor.tui.session import FIRST_QUESTION, Session
from advisor.tui.views.fit import bar, cache, ledger, remedies, serve, verdict
from advisor.tui.views.text import muted
from advisor.tui.widgets.choice import Choice
from advisor.tui.widgets.edgelist import EdgeList
from advisor.tui.widgets.membar import MemoryBar
from advisor.workflows.fit import fit, judged
from advisor.workflows.fit_question import FitQuestion

_DEFAULTS = FitQuestion("", "")


class FitScreen(Room):
    """The fit checker, one question at a time."""

    room = "fit"
    BINDINGS: ClassVar[list[BindingType]] = [*bindings(FIT)]
    AUTO_FOCUS = "#context_tokens"

    def __init__(self, session: Session) -> None:
        super().__init__(session)
        self._result: FitResult | None = None

    def body(self) -> Iterable[Widget]:
        setting = Setting(self.session.catalog, self.session.fit_question, None)
        yield Static(id="verdict", markup=False)
        yield Static(id="deciding", markup=False)
        yield MemoryBar(id="bar")
        with Horizontal(id="columns"):
            with Vertical(id="fields"):
                for field in FIELDS:
                    value = field.value(setting.question)
                    yield Choice(field.label, field.words(setting), value, id=field.key)
                yield Static(id="capacity", markup=False)
            with VerticalScroll(id="explained", can_focus=False):
                with Vertical(id="change"):
                    yield Static(remedies.head(), id="change-head", markup=False)
                    yield EdgeList(id="remedies", markup=False, compact=True)
                    yield Static(id="reasons", markup=False)
                    yield Static(id="serve", markup=False)
                yield Static(id="ledger", markup=False)

    def show_session(self) -> None:
        """Judge the question and paint the answer."""
        try:
            result = fit(self.session.catalog, self.session.fit_question, self.session.measured())
        except AdvisorError as error:
            self._show_complaint(error.sentence())
        else:
            self._show(result)

    def on_resize(self) -> None:
        self.call_after_refresh(self.show_session)

    def _show_complaint(self, words: str) -> None:
        """A question that nobody can judge: what is wrong with it, and nothing that belongs to another one."""
        self._result = None
        self._offer()
        self.query_one("#verdict", Static).update(muted("No verdict"))
        self.query_one("#deciding", Static).update(words)
        self._show_bar(None)
        for name in ("capacity", "reasons", "serve", "ledger"):
            self.query_one(f"#{name}", Static).update("")
        self._show_remedies(None)

    def _show(self, result: FitResult) -> None:
        self._result = result
        self._offer()
        headline = self.query_one("#verdict", Static)
        headline.update(verdict.headline(result, headline.size.width))
        self.query_one("#deciding", Static).update(verdict.deciding(result))
        self._show_bar(result)
        self.query_one("#capacity", Static).update(cache.capacity(result))
        self.query_one("#reasons", Static).update(verdict.reasons(result))
        command = self.query_one("#serve", Static)
        command.display = result.serve is not None
        command.update(serve.explained(result))
        self.query_one("#ledger", Static).update(ledger.ledger(result, wide=self.has_class("-wide")))
        self._show_remedies(result)

    def _show_bar(self, result: FitResult | None) -> None:
        """The memory; nothing where none was computed."""
        shown = self.query_one("#bar", MemoryBar)
        shown.display = result is not None and result.per_device is not None
        self.query_one("#deciding").set_class(not shown.display, "alone")
        if result is not None:
            shown.show(bar.parts(result), bar.limit(result), bar.over(result), bar.caption(result))

    def _show_remedies(self, result: FitResult | None) -> None:
        found = result.remedies if result is not None else ()
        listed = self.query_one("#remedies", EdgeList)
        for name in ("#change-head", "#remedies"):
            self.query_one(name).display = bool(found)
        if listed.has_focus and not found:
            self.query_one("#context_tokens").focus()
        listed.clear_options()
        listed.add_options([remedies.remedy(change, wide=self.has_class("-wide")) for change in found])
        listed.highlighted = 0 if found else None

    def _offer(self) -> None:
        """What each field offers depends on the others."""
        setting = Setting(self.session.catalog, self.session.fit_question, self._result)
        for field in FIELDS:
            choice = self.query_one(f"#{field.key}", Choice)
            choice.offer(field.words(setting), field.value(setting.question), field.remark(setting))

    @on(Choice.Changed)
    def _changed(self, message: Choice.Changed) -> None:
        key = str(message.choice.id)
        defaults = {name: getattr(_DEFAULTS, name) for name in FOLLOWERS.get(key, ())}
        self._ask(defaults | {key: BY_KEY[key].read(message.value)})

    def _ask(self, changes: Mapping[str, object]) -> None:
        """Another question. A checkpoint that the model lacks gives way to the first one that it has."""
        session = self.session
        session.ask_fit(**changes)
        checkpoints = session.catalog.model(session.fit_question.model).checkpoints
        if session.fit_question.checkpoint not in checkpoints:
            session.ask_fit(checkpoint=next(iter(checkpoints)))
        self.show_session()

    @on(OptionList.OptionSelected, "#remedies")
    def _apply(self, event: OptionList.OptionSelected) -> None:
        """The question as a remedy changes it."""
        if self._result is not None:
            self._ask(dict(self._result.remedies[event.option_index].changes))

    def on_key(self, event: events.Key) -> None:
        """Arrows up and down move between fields, as tab does; what comes to have the focus does not get the key."""
        if isinstance(self.focused, Choice) and event.key in ("down", "j", "up", "k"):
            (self.focus_next if event.key in ("down", "j") else self.focus_previous)()
            event.stop()

    def action_instance(self, step: int) -> None:
        self.query_one("#instance", Choice).action_step(step)

    def action_page(self, step: int) -> None:
        """Read on in what explains the verdict."""
        explained = self.query_one("#explained", VerticalScroll)
        (explained.scroll_page_down if step > 0 else explained.scroll_page_up)(animate=False)

    def action_numbers(self) -> None:
        """Exact numbers instead of the steps of the fields, and the settings that have no field."""

        def check(values: Mapping[str, object]) -> None:
            judged(self.session.catalog, replace(self.session.fit_question, **values), self.session.measured())  # type: ignore[arg-type]

        def take(values: dict[str, object] | None) -> None:
            if values is not None:
                self._ask(values)

        self.app.push_screen(numbers_dialog(self.session.fit_question, check), take)

    def action_matrix(self) -> None:
        """All instances × checkpoints at the asked context and concurrency."""
        from advisor.tui.screens.fit.matrix import MatrixScreen  # a second screen need not load with the first

        self.app.push_screen(MatrixScreen(self.session))

    def action_prove(self, how: str) -> None:
        """The prediction beside a live server or its log, or the stacks that a server can be."""
        from advisor.tui.screens.fit.prove import Prover  # first needed when somebody asks

        prover = Prover(self.app, self.session, self.show_session)
        {"server": prover.ask_server, "log": prover.ask_log, "identify": prover.ask_who}[how]()

    def action_copy(self) -> None:
        command = serve.plain(self._result) if self._result is not None else ""
        if command:
            self.app.copy_to_clipboard(command)
            self.say("The serve command was sent to the clipboard; it also stands on this screen.")
        else:
            self.say("There is no serve command: this combination does not run.")

    def action_info(self) -> None:
        if self._result is not None:
            self.app.push_screen(TextDialog("Where each figure comes from", ledger.sources(self._result)))

    def action_reset(self) -> None:
        self.session.fit_question = FIRST_QUESTION
        self.show_session()
