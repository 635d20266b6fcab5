"""The app class: rooms, keys, palette, the one benchmark, and leaving without losing it."""

from collections.abc import Iterable
from functools import partial
from importlib import import_module
from typing import TYPE_CHECKING, ClassVar

from textual import on, work
from textual.app import App, SystemCommand
from textual.binding import BindingType
from textual.message import Message
from textual.screen import Screen
from textual.timer import Timer

from advisor.catalog.load import load_catalog, overlay_directories
from advisor.errors import AdvisorError
from advisor.paths import UserPaths, user_paths
from advisor.tui.keys import APP, bindings
from advisor.tui.messages import BuiltInAsked, KillAsked, RunAsked, StopAsked
from advisor.tui.screens.dialogs import ConfirmDialog
from advisor.tui.screens.room import Room
from advisor.tui.session import Session
from advisor.tui.theme import DARK
from advisor.tui.widgets.tabbar import ROOMS

if TYPE_CHECKING:
    from advisor.workflows.benchmark_question import BenchmarkQuestion

_SCREENS = {
    "decide": "DecideScreen",
    "catalog": "CatalogScreen",
    "fit": "FitScreen",
    "bench": "BenchScreen",
    "evidence": "EvidenceScreen",
    "advice": "AdviceScreen",
}
"""Class by room; the module has the room's name, and loads when somebody first goes there."""

_PAINT_S = 0.5


class AdvisorApp(App[None]):
    """Six rooms over one session, and the benchmark that outlives them."""

    TITLE = "advisor"
    CSS_PATH = "app.tcss"
    DEFAULT_MODE = "decide"
    BINDINGS: ClassVar[list[BindingType]] = [*bindings(APP)]

    class RunMoved(Message):
        """The benchmark has begun, was refused, or is over."""

    def __init__(self, session: Session) -> None:
        super().__init__()
        self.session = session
        self._ticks: Timer | None = None
        self._is_leaving = False
        for room in _SCREENS:
            self.add_mode(room, partial(_screen, room, session))
        self.register_theme(DARK)
        self.theme = DARK.name

    def on_mount(self) -> None:
        self._ticks = self.set_interval(_PAINT_S, self._tick, pause=True)

    def on_unmount(self) -> None:
        self.session.live.close()

    def action_room(self, room: str) -> None:
        """Go to a room."""
        if self.current_mode != room:
            self.switch_mode(room)

    def action_help(self) -> None:
        from advisor.tui.screens.help import HelpDialog

        self.push_screen(HelpDialog(self.current_mode))

    def action_leave(self) -> None:
        """Quit; asks first only while a benchmark runs."""
        if self.session.live.is_on:
            question = "A benchmark is running. Stop it, keep what was measured, and quit?"
            self.push_screen(ConfirmDialog(question), self._quit_if)
        else:
            self.exit()

    def _quit_if(self, confirmed: bool | None) -> None:
        if not confirmed:
            return
        self._is_leaving = True
        self.session.live.stop()
        if not self.session.live.is_on:
            self.exit()

    @on(RunAsked)
    def _start_run(self, message: RunAsked) -> None:
        self.session.live.check()
        self._show_run()
        self._begin(message.question, message.key)

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
            self.session.use_endpoint(self.session.live.builtin_url())
        except AdvisorError as error:
            self.session.live.complaint = error.sentence()
        self.post_message(self.RunMoved())

    @work(thread=True, exclusive=True, group="run")
    def _begin(self, question: "BenchmarkQuestion", key: str | None) -> None:
        self.session.live.begin(question, self.session.catalog, self.session.paths, key)
        self.post_message(self.RunMoved())

    @work(thread=True, exclusive=True, group="run")
    def _finish(self) -> None:
        self.session.live.finish(self.session.paths)
        self.session.forget_evidence()
        self.post_message(self.RunMoved())

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
    screen: type[Room] = getattr(import_module(f"advisor.tui.screens.{room}"), _SCREENS[room])
    return screen(session)


def make_app(paths: UserPaths | None = None) -> AdvisorApp:
    """The app over the user's own files, or over others for a test."""
    own = paths or user_paths()
    return AdvisorApp(Session(load_catalog(overlay_directories(None, own.config)), own))


def run() -> int:
    """Open the app on the terminal."""
    make_app().run()
    return 0
