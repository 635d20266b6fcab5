"""Decide: one question at a time, and the candidates shrinking beside it."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from textual import events, on, work
from textual.binding import BindingType
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.message import Message
from textual.widget import Widget
from textual.widgets import OptionList, Static

from advisor.advice.tree import Answer, Field, Node
from advisor.errors import AdvisorError
from advisor.tui.keys import DECIDE, bindings
from advisor.tui.screens.dialogs import FormDialog, FormField, TextDialog, read_number
from advisor.tui.screens.room import Room
from advisor.tui.session import Session
from advisor.tui.views import decide as view
from advisor.tui.views.text import muted

if TYPE_CHECKING:
    from advisor.advice.candidates import Funnel


class DecideScreen(Room):
    """The decision tree."""

    room = "decide"
    BINDINGS: ClassVar[list[BindingType]] = [*bindings(DECIDE)]
    AUTO_FOCUS = "#options"

    @dataclass
    class Narrowed(Message):
        """What is left under one version of the answers, or why that cannot be said."""

        version: int
        funnels: "Mapping[str, Funnel]"
        complaint: str = ""

    def __init__(self, session: Session) -> None:
        super().__init__(session)
        self._chosen: tuple[str, ...] = ()
        self._funnels: Mapping[str, Funnel] = {}

    def body(self) -> Iterable[Widget]:
        yield Static(id="trail")
        with Horizontal(id="columns"):
            with Vertical(id="ask"):
                yield Static(id="question")
                yield OptionList(id="options", markup=False, compact=True)
                yield Static(id="why")
            with VerticalScroll(id="left", can_focus=False):
                yield Static(id="candidates")

    def show_session(self) -> None:
        walk = self.session.walk
        nodes = list(self.session.tree.nodes.values())
        self.query_one("#trail", Static).update(view.trail(walk, self.session.answers, nodes))
        options = self.query_one("#options", OptionList)
        options.clear_options()
        options.display = walk.open is not None
        if walk.open is None:
            self.query_one("#question", Static).update(view.finished(bool(walk.settings.get("out_of_scope"))))
            self.query_one("#why", Static).update("")
        else:
            self._show_question(walk.open, nodes, options)
        # The question is painted first: the candidates take a moment, and a thread would share it.
        self.call_after_refresh(lambda: self._narrow(self.session.version, dict(self.session.settings)))

    def _show_question(self, node: Node, nodes: Sequence[Node], options: OptionList) -> None:
        default = node.default_for(self.session.answers)
        number = [each.id for each in nodes].index(node.id) + 1
        self.query_one("#question", Static).update(view.question(node, number, len(nodes)))
        self.query_one("#why", Static).update(muted(node.why))
        self._chosen = (default,) if node.multiple else ()
        options.add_options(
            [view.option_label(node, index, default, self._chosen) for index in range(len(node.options))]
        )
        options.highlighted = [option.key for option in node.options].index(default)
        if self.focused is None:
            options.focus()

    @work(thread=True, exclusive=True, group="narrow")
    def _narrow(self, version: int, settings: dict[str, Any]) -> None:
        from advisor.workflows.narrow import narrow  # with the fit checker, after the first paint

        try:
            self.post_message(self.Narrowed(version, narrow(settings, self.session.catalog)))
        except AdvisorError as error:
            self.post_message(self.Narrowed(version, {}, error.sentence()))

    @on(Narrowed)
    def _show_candidates(self, message: Narrowed) -> None:
        if message.version != self.session.version:
            return
        self._funnels = message.funnels
        shown = self.query_one("#candidates", Static)
        if message.complaint:
            shown.update(muted(message.complaint))
        else:
            shown.update(
                view.candidates(message.funnels, len(self.session.catalog.instances), wide=self.has_class("-wide"))
            )

    def on_resize(self) -> None:
        self.call_after_refresh(lambda: self.post_message(self.Narrowed(self.session.version, self._funnels)))

    def on_key(self, event: events.Key) -> None:
        """Digits answer."""
        node = self.session.walk.open
        if node is not None and event.character is not None and event.character in [each.key for each in node.options]:
            event.stop()
            self._press(node, event.character)

    @on(OptionList.OptionSelected, "#options")
    def _selected(self, event: OptionList.OptionSelected) -> None:
        node = self.session.walk.open
        if node is None:
            return
        if node.multiple:
            self._give(node, Answer(self._chosen or (node.options[event.option_index].key,)))
        else:
            self._press(node, node.options[event.option_index].key)

    def _press(self, node: Node, key: str) -> None:
        option = node.option(key)
        if node.multiple:
            self._toggle(node, key)
        if option.fields and (not node.multiple or key in self._chosen):
            self._ask_numbers(node, option.fields, (key,) if not node.multiple else self._chosen)
        elif not node.multiple:
            self._give(node, Answer((key,)))

    def _toggle(self, node: Node, key: str) -> None:
        kept = tuple(each for each in self._chosen if each != key)
        self._chosen = kept if key in self._chosen else tuple(sorted((*self._chosen, key)))
        options = self.query_one("#options", OptionList)
        default = node.default_for(self.session.answers)
        for index in range(len(node.options)):
            options.replace_option_prompt_at_index(index, view.option_label(node, index, default, self._chosen))

    def _ask_numbers(self, node: Node, fields: Sequence[Field], chosen: tuple[str, ...]) -> None:
        def take(values: dict[str, object] | None) -> None:
            if values is not None:
                typed = {key: value for key, value in values.items() if isinstance(value, int | float | str)}
                self._give(node, Answer(chosen, typed))

        before = self.session.answers.get(node.id)
        self.app.push_screen(FormDialog(node.text, [_form_field(field, before) for field in fields]), take)

    def _give(self, node: Node, answer: Answer) -> None:
        self.session.answer(node, answer)
        self.on_screen_resume()

    def action_take(self) -> None:
        """Everything is answered: on to the advice."""
        if self.session.walk.open is None and not self.session.settings.get("out_of_scope"):
            self.app.switch_mode("advice")

    def action_unsure(self) -> None:
        node = self.session.walk.open
        if node is not None:
            self._give(node, self.session.tree.default_answer(node, self.session.answers))

    def action_back(self) -> None:
        self.session.back()
        self.on_screen_resume()

    def action_reset(self) -> None:
        self.session.reset()
        self.on_screen_resume()

    def action_numbers(self) -> None:
        """Exact numbers: those of the question, and of the marked option."""
        node = self.session.walk.open
        highlighted = self.query_one("#options", OptionList).highlighted
        if node is None or highlighted is None:
            return
        option = node.options[highlighted]
        fields = (*option.fields, *node.fields)
        if fields:
            self._ask_numbers(node, fields, (option.key,))
        else:
            self.notify("This question has no exact numbers: its options say them all.")

    def action_dropped(self) -> None:
        from advisor.workflows.narrow import narrow

        try:
            funnels = narrow(self.session.settings, self.session.catalog)
        except AdvisorError as error:
            self.notify(error.sentence(), severity="error", markup=False)
        else:
            self.app.push_screen(TextDialog("What was dropped, and why", view.dropped(funnels)))


def _form_field(field: Field, before: Answer | None) -> FormField:
    """A form line for a field of the tree, with what was typed before."""
    value = before.typed.get(field.setting, field.default) if before is not None else field.default
    shown = f"{value:,.10g}" if not isinstance(value, str) else value
    return FormField(
        field.setting, field.label, field.unit, shown, read_number if field.is_number else _read_text(field)
    )


def _read_text(field: Field) -> Any:
    def read(text: str) -> str:
        if text:
            field.read(text)
        return text

    return read
