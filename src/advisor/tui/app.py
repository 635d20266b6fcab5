"""The app class: rooms, keys, palette, the one benchmark, and leaving without losing it."""

import os
import sys
from collections.abc import Iterable, Sequence
from datetime import date
from functools import partial
from importlib import import_module
from typing import TYPE_CHECKING, ClassVar

from textual import on, work
from textual.app import App, SystemCommand
from textual.binding import BindingType
from textual.filter import LineFilter
from textual.message import Message
from textual.screen import Screen
from textual.timer import Timer

from advisor.errors import AdvisorError
from advisor.paths import UserPaths, user_paths
from advisor.quantities.text import counted
from advisor.tui.keys import APP, bindings
from advisor.tui.live_run import Phase
from advisor.tui.messages import BuiltInAsked, BuiltInReady, CatalogChanged, KillAsked, RunAsked, StopAsked
from advisor.tui.plain import PlainSigns
from advisor.tui.screens.dialogs import LeaveDialog, TextDialog
from advisor.tui.screens.room import Room
from advisor.tui.session import Session, open_catalog
from advisor.tui.theme import DARK
from advisor.tui.views.text import mistakes
from advisor.tui.widgets.tabbar import ROOMS
from advisor.wording.glyphs import shows_unicode

if TYPE_CHECKING:
    from advisor.bench.target import Secret
    from advisor.tui.endpoint_check import EndpointCheck
    from advisor.workflows.benchmark_question import BenchmarkQuestion

_SCREENS = {
    "decide": "decide.DecideScreen",
    "catalog": "catalog.CatalogScreen",
    "fit": "fit.screen.FitScreen",
    "bench": "bench.BenchScreen",
    "evidence": "evidence.EvidenceScreen",
    "advice": "advice.AdviceScreen",
}
"""Module and class by room; the module loads when somebody first goes there."""

_PAINT_S = 0.5
_LONG_S = 10.0
_BAD_INPUT = 2

_LEAVING = {
    Phase.CHECKING: "The endpoint is being tried for a benchmark. Give that up and quit?",
    Phase.RUNNING: "A benchmark is running. Stop it, keep what was measured, and quit?",
    Phase.STOPPING: "The benchmark is stopping. End it at once, and quit?",
}


class AdvisorApp(App[None]):
    """Six rooms over one session, and the benchmark that outlives them."""

    TITLE = "advisor"
    CSS_PATH = "app.tcss"
    DEFAULT_MODE = "decide"
    BINDINGS: ClassVar[list[BindingType]] = [*bindings(APP)]

    class RunMoved(Message):
        """The benchmark has begun, was refused, or was given up."""

    class RunOver(Message):
        """The benchmark has ended and is entered: there may be new evidence."""

    class CatalogRead(Message):
        """Every file of the catalogue has been read, as far as it can be."""

    def __init__(self, session: Session, *, ascii_only: bool = False) -> None:
        """ascii_only: for a terminal that shows nothing else."""
        super().__init__()
        self.session = session
        self._plain_signs = PlainSigns(enabled=ascii_only)
        self._ticks: Timer | None = None
        self._is_leaving = False
        for room in _SCREENS:
            self.add_mode(room, partial(_screen, room, session))
        self.register_theme(DARK)
        # Set before the first style sheet is read: `self.theme = …` would have every sheet read twice more.
        self.set_reactive(App.theme, DARK.name)
        self.stylesheet.set_variables(self.get_css_variables())

    def get_line_filters(self) -> Sequence[LineFilter]:
        """Those of Textual, and the one for terminals that show ASCII only."""
        own = [self._plain_signs] if self._plain_signs.enabled else []
        return [*super().get_line_filters(), *own]

    def on_mount(self) -> None:
        self._ticks = self.set_interval(_PAINT_S, self._tick, pause=True)
        if self.session.catalog.layers.has_overlay:
            self._read_catalog()

    def on_unmount(self) -> None:
        self.session.live.close()
        self.session.builtin.close()

    def action_room(self, room: str) -> None:
        """Go to a room."""
        if self.current_mode != room:
            self.switch_mode(room)

    @on(CatalogChanged)
    def _read_catalog_again(self) -> None:
        self.session.use_catalog(open_catalog(self.session.paths, self.session.today))
        if isinstance(self.screen, Room):
            self.screen.show_session()
        self._read_catalog()

    def action_help(self) -> None:
        from advisor.tui.screens.help import HelpDialog

        topic = self.screen.topic if isinstance(self.screen, Room) else ""
        self.push_screen(HelpDialog(topic or self.current_mode))

    async def action_quit(self) -> None:
        """Quit, by whatever key or command: asks first while a benchmark is on, and ends it before it goes."""
        if not self.session.live.is_on:
            self.exit()
        elif not isinstance(self.screen, LeaveDialog):
            self.push_screen(LeaveDialog(_LEAVING[self.session.live.phase]), self._quit_if)

    def action_help_quit(self) -> None:
        """What ctrl+c does: people who try it to leave are told how to."""
        self.notify("ctrl+q quits, and so does q outside a text field.")

    def _quit_if(self, confirmed: bool | None) -> None:
        if not confirmed:
            return
        live = self.session.live
        if live.phase is Phase.STOPPING:
            live.kill()
        else:
            live.stop()
        self._is_leaving = True
        if not live.is_on:
            self.exit()

    @on(RunAsked)
    def _start_run(self, message: RunAsked) -> None:
        check = self.session.live.check()
        self._show_run()
        self._begin(check, message.question, message.key)

    @on(StopAsked)
    def _stop_run(self) -> None:
        self.session.live.stop()
        self._show_run()

    @on(KillAsked)
    def _kill_run(self) -> None:
        self.session.live.kill()
        self._show_run()

    @on(BuiltInAsked)
    @work(thread=True, exclusive=True, group="built-in")
    def _start_builtin(self) -> None:
        try:
            self.post_message(BuiltInReady(self.session.builtin.url()))
        except AdvisorError as error:
            self.post_message(BuiltInReady("", error.sentence()))

    @on(BuiltInReady)
    def _use_builtin(self, message: BuiltInReady) -> None:
        if message.url:
            self.session.use_endpoint(message.url)
        self.session.live.complaint = message.complaint
        self._moved()

    @work(thread=True, group="catalog")
    def _read_catalog(self) -> None:
        """What ships is tested; what a user laid over it is read at once, so that a mistake is told at once."""
        from advisor.workflows.read_catalog import read_all

        read_all(self.session.catalog)
        self.post_message(self.CatalogRead())

    @on(CatalogRead)
    def _tell_mistakes(self) -> None:
        if isinstance(self.screen, Room):
            self.screen.mark_mistakes()
        found = self.session.catalog.complaints.found
        if found:
            left_out = f"{counted(len(found), 'mistake')} in the catalogue, left out of it"
            self.notify(f"{left_out}. ! lists what and why.", severity="warning", markup=False, timeout=_LONG_S)

    def action_mistakes(self) -> None:
        """What of the catalogue could not be read, and is left out."""
        found = self.session.catalog.complaints.found
        self.push_screen(TextDialog("Left out of the catalogue", mistakes([error.sentence() for error in found])))

    @work(thread=True, group="run")
    def _begin(self, check: "EndpointCheck", question: "BenchmarkQuestion", key: "Secret | None") -> None:
        self.session.live.begin(check, question, self.session.catalog, self.session.paths, key)
        self.post_message(self.RunMoved())

    @work(thread=True, group="run")
    def _finish(self) -> None:
        self.session.live.finish(self.session.paths)
        self.post_message(self.RunOver())

    @on(RunOver)
    def _run_over(self) -> None:
        self.session.forget_evidence()
        self._moved()

    @on(RunMoved)
    def _moved(self) -> None:
        live = self.session.live
        if self._ticks is not None and live.is_on:
            self._ticks.resume()
        elif self._is_leaving:
            self.exit()
        if isinstance(self.screen, Room):
            self.screen.show_session()
        self._show_run()
        if not live.is_on and live.kept is not None and self.current_mode != "bench":
            self.notify("The benchmark is over: B shows its result, E its evidence.")

    def _tick(self) -> None:
        if self.session.live.look():
            if self._ticks is not None:
                self._ticks.pause()
            self._finish()
        self._show_run()

    def _show_run(self) -> None:
        if isinstance(self.screen, Room):
            self.screen.mark_running(self.session.live.is_on)
            self.screen.show_run()

    def get_system_commands(self, screen: Screen[object]) -> Iterable[SystemCommand]:
        yield from super().get_system_commands(screen)
        for room, title in ROOMS:
            yield SystemCommand(
                f"Go to {title}", f"Switch to the room {title}", lambda room=room: self.action_room(room)
            )


def _screen(room: str, session: Session) -> Room:
    module, _, name = _SCREENS[room].rpartition(".")
    screen: type[Room] = getattr(import_module(f"advisor.tui.screens.{module}"), name)
    return screen(session)


def make_app(paths: UserPaths | None = None, today: date | None = None) -> AdvisorApp:
    """The app over the user's own files and day, or over others for a test.

    What cannot be read of an overlay is left out, and the app says so as long as it is open. InputError where
    that leaves no question to ask.
    """
    own = paths or user_paths()
    day = today or date.today()  # noqa: DTZ011 — the age of a price is told by the user's own calendar
    session = Session(open_catalog(own, day), own, day)
    session.tree  # noqa: B018 — read here, so that an app without questions is told before anything is drawn
    # Textual draws on the standard error of the process.
    encoding = sys.__stderr__.encoding if sys.__stderr__ is not None else None
    return AdvisorApp(session, ascii_only=not shows_unicode(encoding, os.environ.get("TERM")))


def run() -> int:
    """Open the app on the terminal. Returns the exit code: 2 for a catalogue that cannot be read."""
    try:
        app = make_app()
    except AdvisorError as error:
        sys.stderr.write(f"advisor: {error.sentence()}\n")
        return _BAD_INPUT
    app.run()
    return app.return_code or 0
