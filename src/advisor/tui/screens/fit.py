"""Fit: change a field, see the verdict, the memory of one device, and the reasons."""

from collections.abc import Iterable
from typing import ClassVar

from textual import on
from textual.binding import BindingType
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.widget import Widget
from textual.widgets import Static

from advisor.errors import AdvisorError
from advisor.fit.result import FitResult
from advisor.tui.keys import FIT, bindings
from advisor.tui.screens.dialogs import FormDialog, FormField, TextDialog, read_count
from advisor.tui.screens.room import Room
from advisor.tui.session import FIRST_QUESTION, Session
from advisor.tui.views import fit as view
from advisor.tui.views.text import muted
from advisor.tui.widgets.choice import Choice
from advisor.tui.widgets.membar import MemoryBar
from advisor.workflows.fit import fit

_CONTEXTS = (*(str(2**power) for power in range(10, 24)), "10485760")
_CONCURRENCIES = tuple(str(2**power) for power in range(11))
_AUTO = "auto"


class FitScreen(Room):
    """The fit checker, one question at a time."""

    room = "fit"
    BINDINGS: ClassVar[list[BindingType]] = [*bindings(FIT)]
    AUTO_FOCUS = "#context"

    def __init__(self, session: Session) -> None:
        super().__init__(session)
        self._result: FitResult | None = None

    def body(self) -> Iterable[Widget]:
        question = self.session.fit_question
        models = tuple(self.session.catalog.models)
        yield Static(id="verdict", markup=False)
        yield MemoryBar(id="bar")
        with Horizontal(id="columns"):
            with Vertical(id="fields"):
                yield Choice("model", models, question.model, id="model")
                yield Choice("checkpoint", self._checkpoints(), question.checkpoint, id="checkpoint")
                yield Choice("instance", tuple(self.session.catalog.instances), question.instance, id="instance")
                yield Choice("context", _CONTEXTS, str(question.context_tokens), id="context")
                yield Choice("concurrency", _CONCURRENCIES, str(question.concurrency), id="concurrency")
                yield Choice("TP", (_AUTO,), _AUTO, id="tp")
                yield Choice("KV cache", ("auto", "fp8"), question.kv_dtype, id="kv")
                yield Choice("engine", (_AUTO,), _AUTO, id="engine")
                yield Static(id="capacity", markup=False)
            with VerticalScroll(id="explained", can_focus=False):
                yield Static(id="reasons", markup=False)
                yield Static(id="serve", markup=False)
                yield Static(id="ledger", markup=False)

    def show_session(self) -> None:
        question = self.session.fit_question
        self.query_one("#model", Choice).offer(tuple(self.session.catalog.models), question.model)
        self.query_one("#checkpoint", Choice).offer(self._checkpoints(), question.checkpoint)
        self.query_one("#instance", Choice).offer(tuple(self.session.catalog.instances), question.instance)
        self.query_one("#context", Choice).offer(
            _with(_CONTEXTS, question.context_tokens), str(question.context_tokens)
        )
        self.query_one("#concurrency", Choice).offer(
            _with(_CONCURRENCIES, question.concurrency), str(question.concurrency)
        )
        self.query_one("#kv", Choice).offer(("auto", "fp8"), question.kv_dtype)
        self._judge()

    def _judge(self) -> None:
        try:
            result = fit(self.session.catalog, self.session.fit_question)
        except AdvisorError as error:
            self.query_one("#verdict", Static).update(muted(error.sentence()))
            return
        self._result = result
        self._offer_followers(result)
        self.query_one("#verdict", Static).update(view.headline(result))
        self.query_one(MemoryBar).show(view.parts(result), view.limit(result), view.over(result))
        self.query_one("#capacity", Static).update(view.capacity(result))
        self.query_one("#reasons", Static).update(view.reasons(result))
        command = view.serve(result)
        self.query_one("#serve", Static).update(command)
        self.query_one("#serve").display = bool(command)
        self.query_one("#ledger", Static).update(view.ledger(result))

    def _offer_followers(self, result: FitResult) -> None:
        """The degrees and engines that go with the instance."""
        question = self.session.fit_question
        sizes = tuple(str(size) for size in result.parallelism.valid_tensor_parallel_sizes)
        stated = str(question.tensor_parallel_size) if question.tensor_parallel_size else _AUTO
        self.query_one("#tp", Choice).offer(
            (_AUTO, *sizes, *([stated] if stated not in (_AUTO, *sizes) else [])), stated
        )
        kind = result.request.accelerator.kind if result.request.accelerator is not None else "gpu"
        engines = [
            engine.id
            for engine in self.session.catalog.engines.values()
            if engine.accelerators == kind and engine.advised
        ]
        self.query_one("#engine", Choice).offer((_AUTO, *engines), question.engine or _AUTO)

    @on(Choice.Changed)
    def _changed(self, message: Choice.Changed) -> None:
        value = message.value
        match message.choice.id:
            case "model":
                self.session.ask_fit(model=value)
                self.query_one("#checkpoint", Choice).offer(self._checkpoints(), self.session.fit_question.checkpoint)
            case "checkpoint":
                self.session.ask_fit(checkpoint=value)
            case "instance":
                self.session.ask_fit(instance=value, tensor_parallel_size=None, engine=None)
            case "context":
                self.session.ask_fit(context_tokens=int(value))
            case "concurrency":
                self.session.ask_fit(concurrency=int(value))
            case "tp":
                self.session.ask_fit(tensor_parallel_size=None if value == _AUTO else int(value))
            case "kv":
                self.session.ask_fit(kv_dtype=value)
            case _:
                self.session.ask_fit(engine=None if value == _AUTO else value)
        self._judge()

    def _checkpoints(self) -> tuple[str, ...]:
        return tuple(self.session.catalog.model(self.session.fit_question.model).checkpoints)

    def on_key(self, event: object) -> None:
        """Arrows up and down move between fields, as tab does."""
        key = getattr(event, "key", "")
        if key in ("down", "j"):
            self.focus_next(Choice)
        elif key in ("up", "k"):
            self.focus_previous(Choice)

    def action_instance(self, step: int) -> None:
        choice = self.query_one("#instance", Choice)
        choice.action_step(step)

    def action_numbers(self) -> None:
        """Exact numbers instead of the steps of the fields."""
        question = self.session.fit_question
        lines = [
            FormField("context_tokens", "context", "tokens", f"{question.context_tokens:,}", read_count),
            FormField("concurrency", "concurrency", "requests at once", f"{question.concurrency:,}", read_count),
        ]
        self.app.push_screen(FormDialog("Exact numbers", lines), self._take_numbers)

    def _take_numbers(self, values: dict[str, object] | None) -> None:
        if values is not None:
            self.session.ask_fit(**values)
            self.show_session()

    def action_copy(self) -> None:
        command = view.serve(self._result) if self._result is not None else ""
        if command:
            self.app.copy_to_clipboard(command)
            self.say("The serve command was sent to the clipboard; it also stands on this screen.")
        else:
            self.say("There is no serve command: this combination does not run.")

    def action_info(self) -> None:
        if self._result is not None:
            self.app.push_screen(TextDialog("Where each figure comes from", view.sources(self._result)))

    def action_reset(self) -> None:
        self.session.fit_question = FIRST_QUESTION
        self.show_session()


def _with(values: tuple[str, ...], number: int) -> tuple[str, ...]:
    """The list with a number of the user's own in its place."""
    return tuple(sorted({*values, str(number)}, key=int))
