"""What the six rooms have in common: the tab bar, a body, the footer, and the classes for width and height."""

from collections.abc import Iterable
from typing import ClassVar

from textual.app import ComposeResult
from textual.containers import Container
from textual.lazy import Lazy
from textual.screen import Screen
from textual.widget import Widget
from textual.widgets import Footer, Static

from advisor.tui.session import Session
from advisor.tui.widgets.tabbar import TabBar

_TOO_SMALL = "advisor needs 60 × 16 characters; this window is smaller."


class Room(Screen[None]):
    """A screen of the app. Subclasses say which room they are and compose its body."""

    # Declared by Textual as instance attributes, and read from the class.
    HORIZONTAL_BREAKPOINTS = [(0, "-tiny"), (60, "-narrow"), (110, "-wide")]  # noqa: RUF012
    VERTICAL_BREAKPOINTS = [(0, "-flat"), (16, "-short"), (32, "-tall")]  # noqa: RUF012
    room: ClassVar[str]
    topic: ClassVar[str] = ""
    """What help is about on a screen that lies over its room."""

    def __init__(self, session: Session) -> None:
        super().__init__(id=self.topic or self.room)
        self.session = session

    def compose(self) -> ComposeResult:
        yield TabBar(self.room, self.session.region)
        yield Static(_TOO_SMALL, id="too-small", markup=False)
        with Container(id="body"):
            yield from self.body()
        # A widget for each key takes as long as the rest of the screen, so the keys come one frame later.
        yield Lazy(Footer(compact=True, show_command_palette=False))

    def body(self) -> Iterable[Widget]:
        """The widgets between tab bar and footer."""
        return ()

    def on_screen_resume(self) -> None:
        """Another room may have changed what this one shows."""
        self.query_one(TabBar).note = self.session.region
        self.mark_mistakes()
        self.mark_running(self.session.live.is_on)
        self.show_session()

    def show_run(self) -> None:
        """Paint where the benchmark stands, on a room that shows it."""

    def mark_running(self, is_on: bool) -> None:
        """Show in the tab bar whether a benchmark is on."""
        self.query_one(TabBar).running = is_on

    def mark_mistakes(self) -> None:
        """Show in the tab bar how much of the catalogue could not be read."""
        self.query_one(TabBar).mistakes = len(self.session.catalog.complaints.found)

    def say(self, words: str) -> None:
        """A note that goes by itself; never an error, which stays on the screen until something is done about it."""
        self.notify(words, markup=False)

    def show_session(self) -> None:
        """Bring the screen up to date with the session."""
