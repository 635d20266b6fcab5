"""Bench: a form, and the one benchmark of the app as it runs or as it ended."""

from collections.abc import Iterable
from dataclasses import fields, replace
from typing import ClassVar

from textual import events, on
from textual.binding import BindingType
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.widget import Widget
from textual.widgets import Input, Static

from advisor.bench.plan import PRESETS
from advisor.errors import InputError
from advisor.tui.bench_form import BY_NAME, NOT_STATED, BenchForm
from advisor.tui.bench_question import question_of
from advisor.tui.keys import BENCH, bindings
from advisor.tui.messages import BuiltInAsked, KillAsked, RunAsked, StopAsked
from advisor.tui.screens.room import Room
from advisor.tui.views import bench as view
from advisor.tui.widgets.choice import Choice
from advisor.tui.widgets.textfield import TextField
from advisor.workflows.credentials import key_from

_SIZES = tuple(str(2**power) for power in range(7))


class BenchScreen(Room):
    """The benchmark runner's form and face."""

    room = "bench"
    BINDINGS: ClassVar[list[BindingType]] = [*bindings(BENCH)]
    AUTO_FOCUS = "#preset"

    def body(self) -> Iterable[Widget]:
        catalog = self.session.catalog
        yield TextField("endpoint", id="endpoint", placeholder="http://host:8000, or o for the built-in one")
        with Horizontal(id="form"):
            with Vertical():
                yield TextField("model", id="model", placeholder="the only one served")
                yield TextField("concurrency", id="concurrency", placeholder="the preset's")
                yield TextField("requests", id="requests", placeholder="the preset's")
                yield TextField("tokens in/out", id="tokens", placeholder="the preset's")
                yield TextField("targets", id="targets", placeholder="ttft_p95_ms=500,…")
                yield TextField("key variable", id="key_variable", placeholder="none")
            with Vertical():
                yield Choice("preset", tuple(PRESETS), BenchForm().preset, id="preset")
                yield Choice("instance", (NOT_STATED, *catalog.instances), NOT_STATED, id="instance")
                yield Choice("serves", (BY_NAME, *catalog.models), BY_NAME, id="serves")
                yield Choice("checkpoint", (BY_NAME, "bf16", "fp8", "w4a16", "nvfp4"), BY_NAME, id="checkpoint")
                yield Choice("TP", (NOT_STATED, *_SIZES), NOT_STATED, id="tp")
                yield TextField("engine", id="engine", placeholder="as the server says")
        yield Static(id="status", markup=False)
        with VerticalScroll(id="outcome"):
            yield Static(id="loads", markup=False)
            yield Static(id="remarks", markup=False)

    def show_session(self) -> None:
        for field in fields(BenchForm):
            value = getattr(self.session.bench_form, field.name)
            widget = self.query_one(f"#{field.name}")
            if isinstance(widget, Choice):
                widget.show(value)
            elif isinstance(widget, Input) and widget.value != value:
                widget.value = value
        self.show_run()

    def show_run(self) -> None:
        """Paint where the run stands. Called twice a second while one is on."""
        live = self.session.live
        self.query_one("#status", Static).update(view.status(live))
        self.query_one("#loads", Static).update(view.table(live, wide=self.has_class("-wide")))
        self.query_one("#remarks", Static).update(view.remarks(live))

    def on_resize(self) -> None:
        self.call_after_refresh(self.show_run)

    @on(Input.Changed)
    def _typed(self, event: Input.Changed) -> None:
        self._keep(str(event.input.id), event.value)

    @on(Choice.Changed)
    def _chosen(self, message: Choice.Changed) -> None:
        self._keep(str(message.choice.id), message.value)

    def _keep(self, name: str, value: str) -> None:
        """Take what was typed. A complaint about the form as it was goes with it."""
        if getattr(self.session.bench_form, name) != value:
            self.session.bench_form = replace(self.session.bench_form, **{name: value})
            self.session.live.complaint = ""
            self.show_run()

    @on(Input.Submitted)
    def _submitted(self) -> None:
        self.focus_next()

    def on_key(self, event: events.Key) -> None:
        """Arrows up and down move between fields, as tab does; in the result they scroll, and leave it at its ends."""
        outcome = self.query_one("#outcome", VerticalScroll)
        end = 0 if event.key == "up" else outcome.max_scroll_y
        if self.focused is outcome and outcome.scroll_offset.y != end:
            return
        if event.key == "down":
            self.focus_next()
        elif event.key == "up":
            self.focus_previous()

    def action_leave_field(self) -> None:
        """Out of a text field, so that letters are keys again."""
        self.query_one("#preset").focus()

    def action_start(self) -> None:
        if self.session.live.is_on:
            self.say("A benchmark is on already: x stops it and keeps what is measured.")
            return
        try:
            form = self.session.bench_form
            self.post_message(RunAsked(question_of(form), key_from(form.key_variable.strip() or None)))
        except InputError as error:
            self.session.live.refuse(error)
            self.show_run()

    def action_reset(self) -> None:
        self.session.reset_bench()
        self.session.live.complaint = ""
        self.show_session()

    def action_builtin(self) -> None:
        self.post_message(BuiltInAsked())

    def action_stop(self) -> None:
        self.post_message(StopAsked())

    def action_kill(self) -> None:
        self.post_message(KillAsked())
