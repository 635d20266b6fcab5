"""Decide: one question at a time, and the candidates shrinking beside it."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from textual import events, on, work
from textual.binding import BindingType
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.content import Content
from textual.message import Message
from textual.widget import Widget
from textual.widgets import OptionList, Static

from advisor.advice.tree import Answer, Field, Node, Option, Value
from advisor.errors import AdvisorError, InputError
from advisor.tui.keys import DECIDE, bindings
from advisor.tui.screens.dialogs import ConfirmDialog, FormDialog, FormField, TextDialog, read_number
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
        yield Static(id="trail", markup=False)
        with Horizontal(id="columns"):
            with Vertical(id="ask"):
                yield Static(id="question", markup=False)
                yield OptionList(id="options", markup=False, compact=True)
                yield Static(id="why", markup=False)
            with VerticalScroll(id="left", can_focus=False):
                yield Static(id="candidates", markup=False)

    def show_session(self) -> None:
        walk, shown = self.session.walk, self.session.open_node
        nodes = list(self.session.tree.nodes.values())
        self.query_one("#trail", Static).update(view.trail(walk, shown, self.session.answers, nodes))
        options = self.query_one("#options", OptionList)
        options.clear_options()
        options.display = shown is not None
        options.disabled = shown is None  # one that is not shown must take no key
        if shown is None:
            self.query_one("#question", Static).update(view.finished(bool(walk.settings.get("out_of_scope"))))
            self.query_one("#why", Static).update("")
        else:
            self._show_question(shown, nodes, options)
        # The question is painted first: the candidates take a moment, and a thread would share it.
        self.call_after_refresh(lambda: self._narrow(self.session.version, dict(self.session.settings)))

    def _show_question(self, node: Node, nodes: Sequence[Node], options: OptionList) -> None:
        before = self.session.answers.get(node.id)
        marked = before.options if before is not None else (node.default_for(self.session.answers),)
        number = [each.id for each in nodes].index(node.id) + 1
        self.query_one("#question", Static).update(view.question(node, number, len(nodes)))
        self.query_one("#why", Static).update(view.why(node, before))
        self._chosen = marked if node.multiple else ()
        options.add_options(self._labels(node))
        options.highlighted = [option.key for option in node.options].index(marked[0])
        if self.focused is None:
            options.focus()

    def _labels(self, node: Node) -> list[Content]:
        answers = self.session.answers
        default, before = node.default_for(answers), answers.get(node.id)
        return [view.option_label(node, option, default, self._chosen, before) for option in node.options]

    @work(thread=True, exclusive=True, group="narrow")
    def _narrow(self, version: int, settings: dict[str, Any]) -> None:
        from advisor.workflows.narrow import narrow  # with the fit checker, after the first paint

        try:
            self.post_message(self.Narrowed(version, narrow(settings, self.session.catalog, self.session.measured())))
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
        if self._funnels:  # before that nothing is shown, and the worker, not the screen, reads the catalogue
            self.call_after_refresh(lambda: self.post_message(self.Narrowed(self.session.version, self._funnels)))

    def on_key(self, event: events.Key) -> None:
        """Digits answer."""
        node = self.session.open_node
        if node is not None and event.character is not None and event.character in [each.key for each in node.options]:
            event.stop()
            self._press(node, event.character)

    @on(OptionList.OptionSelected, "#options")
    def _selected(self, event: OptionList.OptionSelected) -> None:
        node = self.session.open_node
        if node is None:
            return
        if node.multiple:
            self._give(node, self._chosen or (node.options[event.option_index].key,), {})
        else:
            self._press(node, node.options[event.option_index].key)

    def _press(self, node: Node, key: str) -> None:
        option = node.option(key)
        if node.multiple:
            self._toggle(node, key)
        if option.fields and (not node.multiple or key in self._chosen):
            self._ask_numbers(node, option, option.fields, (key,) if not node.multiple else self._chosen)
        elif not node.multiple:
            self._give(node, (key,), {})

    def _toggle(self, node: Node, key: str) -> None:
        kept = tuple(each for each in self._chosen if each != key)
        self._chosen = kept if key in self._chosen else tuple(sorted((*self._chosen, key)))
        options = self.query_one("#options", OptionList)
        for index, label in enumerate(self._labels(node)):
            options.replace_option_prompt_at_index(index, label)

    def _ask_numbers(self, node: Node, option: Option, fields: Sequence[Field], chosen: tuple[str, ...]) -> None:
        before = self.session.answers.get(node.id)

        def check(values: Mapping[str, object]) -> None:
            self._check(node, _with_numbers(node, before, chosen, _typed(values)))

        def take(values: dict[str, object] | None) -> None:
            if values is not None:
                self._give(node, chosen, _typed(values))

        lines = [_form_field(field, option, before) for field in fields]
        self.app.push_screen(FormDialog(node.text, lines, check), take)

    def _check(self, node: Node, answer: Answer) -> None:
        """InputError for an answer that makes no workload. What was wrong before it is not its fault."""
        from advisor.workflows.narrow import check_settings

        catalog = self.session.catalog
        others = {key: value for key, value in self.session.answers.items() if key != node.id}
        try:
            check_settings(self.session.tree.walk(others).settings, catalog)
        except InputError:
            return
        check_settings(self.session.tree.walk({**others, node.id: answer}).settings, catalog)

    def _give(self, node: Node, chosen: tuple[str, ...], typed: Mapping[str, Value]) -> None:
        self.session.answer(node, _with_numbers(node, self.session.answers.get(node.id), chosen, typed))
        self.on_screen_resume()

    def action_take(self) -> None:
        """Everything is answered: on to the advice."""
        if self.session.open_node is None and not self.session.settings.get("out_of_scope"):
            self.app.switch_mode("advice")

    def action_unsure(self) -> None:
        node = self.session.open_node
        if node is not None:
            self.session.answer(node, self.session.tree.default_answer(node, self.session.answers))
            self.on_screen_resume()

    def action_back(self) -> None:
        self.session.back()
        self.on_screen_resume()

    def action_reset(self) -> None:
        """Forget all answers; asks first where there are any."""
        count = len(self.session.answers)
        if count:
            question = f"Forget {'the answer' if count == 1 else f'all {count} answers'} and begin again?"
            self.app.push_screen(ConfirmDialog(question), self._reset_if)

    def _reset_if(self, confirmed: bool | None) -> None:
        if confirmed:
            self.session.reset()
            self.on_screen_resume()

    def action_numbers(self) -> None:
        """Exact numbers: those of the question and of the marked option, or of the first option that has any."""
        node = self.session.open_node
        highlighted = self.query_one("#options", OptionList).highlighted
        if node is None or highlighted is None:
            return
        option = node.options[highlighted]
        if not option.fields and not node.fields:
            option = next((each for each in node.options if each.fields), option)
        fields = (*option.fields, *node.fields)
        chosen = tuple(sorted({*self._chosen, option.key})) if node.multiple else (option.key,)
        if fields:
            self._ask_numbers(node, option, fields, chosen)
        else:
            self.say("This question has no exact numbers: its options say them all.")

    def action_dropped(self) -> None:
        from advisor.workflows.narrow import narrow

        try:
            funnels = narrow(self.session.settings, self.session.catalog, self.session.measured())
        except AdvisorError as error:
            self.app.push_screen(TextDialog("What was dropped, and why", Content(error.sentence())))
        else:
            self.app.push_screen(TextDialog("What was dropped, and why", view.dropped(funnels)))


def _with_numbers(node: Node, before: Answer | None, chosen: tuple[str, ...], typed: Mapping[str, Value]) -> Answer:
    """An answer with what was typed beside the question before, except what the chosen options say themselves."""
    said = {setting for key in chosen for setting in node.option(key).settings}
    beside = {field.setting for field in node.fields} - said
    kept = before.typed if before is not None and not before.is_assumed else {}
    return Answer(chosen, {**{setting: kept[setting] for setting in beside & set(kept)}, **typed})


def _typed(values: Mapping[str, object]) -> dict[str, Value]:
    return {key: value for key, value in values.items() if isinstance(value, int | float | str)}


def _form_field(field: Field, option: Option, before: Answer | None) -> FormField:
    """A form line for a field of the tree, with what was typed before, or what the option says."""
    value = option.settings.get(field.setting, field.default)
    if before is not None and option.key in before.options:
        value = before.typed.get(field.setting, value)
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
