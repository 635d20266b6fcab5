"""The first line of every screen: the rooms, the region, whether a benchmark runs, and what could not be read."""

from textual.content import Content
from textual.reactive import reactive
from textual.widgets import Static

from advisor.quantities.text import counted

ROOMS = (
    ("decide", "Decide"),
    ("catalog", "Catalog"),
    ("fit", "Fit"),
    ("bench", "Bench"),
    ("evidence", "Evidence"),
    ("advice", "Advice"),
)


class TabBar(Static):
    """Rooms by their capitals. current is the room shown; note stands at the right edge.

    mistakes counts what was left out of the catalogue since it cannot be read: that is never off the screen.
    """

    DEFAULT_CSS = """
    TabBar {
        dock: top; height: 1; width: 1fr; background: $panel; color: $text;
    }
    """

    note = reactive("")
    running = reactive(False)
    mistakes = reactive(0)

    def __init__(self, current: str, note: str) -> None:
        super().__init__(markup=False)
        self._current = current
        self.set_reactive(TabBar.note, note)

    def watch_note(self) -> None:
        self.refresh()

    def watch_running(self) -> None:
        self.refresh()

    def watch_mistakes(self) -> None:
        self.refresh()

    def render(self) -> Content:
        parts: list[Content] = [Content.styled(" advisor ", "bold $primary")]
        for room, title in ROOMS:
            mark = " ●" if room == "bench" and self.running else ""
            if room == self._current:
                parts.append(Content.styled(f" {title}{mark} ", "bold reverse"))
            else:
                parts.append(Content.assemble(" ", (title[0], "bold underline"), f"{title[1:]}{mark} "))
        if self.mistakes:
            parts.append(Content.styled(f" ! {counted(self.mistakes, 'mistake')}", "bold $warning"))
        bar = Content("").join(parts)
        space = self.size.width - bar.cell_length - len(self.note) - 1
        if space < 1:
            return bar
        return Content.assemble(bar, " " * space, (self.note, "$secondary"))
