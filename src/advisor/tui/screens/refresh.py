"""The refresh dialog: which feeds, how far they are, what they change; and then to apply it or not."""

import asyncio
from collections.abc import Callable, Collection, Mapping
from typing import ClassVar, Literal

from textual import work
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Vertical, VerticalScroll
from textual.content import Content
from textual.screen import ModalScreen
from textual.timer import Timer
from textual.widgets import OptionList, ProgressBar, Static

from advisor.errors import AdvisorError, CancelledError
from advisor.tui.keys import REFRESH, REFRESH_LIST, bindings
from advisor.tui.views import refresh as view
from advisor.tui.views.text import muted
from advisor.wording.refresh import progress_line
from advisor.workflows.refresh.read import Refresh, RefreshQuestion
from advisor.workflows.refresh.run import RefreshRun

Feed = Literal["all_regions", "spot", "savings", "capacity_blocks", "bulk"]
_FEEDS: Mapping[Feed, str] = {
    "spot": "spot prices and interruption bands",
    "savings": "savings plans",
    "capacity_blocks": "Capacity Blocks",
    "bulk": "the official price list, with reserved prices: 450 MB a region",
}
_PAINT_S = 0.5
_WIDE = 120
"""Columns from which a price fits on one line."""
_CHOOSING = "space ticks · ⏎ reads · esc leaves it"
_READING = "esc cancels"
_FOUND = "⏎ applies it · esc leaves the catalogue as it is"
_NOTHING = "esc closes"


class _Feeds(OptionList):
    """What to read, ticked with space. A tick is a character, so that it is seen without colours too."""

    BINDINGS: ClassVar[list[BindingType]] = [*bindings(REFRESH_LIST)]

    def __init__(self, choices: Mapping[Feed, str], ticked: Collection[Feed]) -> None:
        self._choices = choices
        self.ticked: set[Feed] = set(ticked)
        super().__init__(*map(self._words, choices), id="feeds", compact=True)

    def action_tick(self) -> None:
        """Tick what is marked, or take its tick away."""
        if self.highlighted is not None:
            feed = list(self._choices)[self.highlighted]
            self.ticked ^= {feed}
            self.replace_option_prompt_at_index(self.highlighted, self._words(feed))

    def _words(self, feed: Feed) -> Content:
        return Content(f"{'[x]' if feed in self.ticked else '[ ]'} {self._choices[feed]}")


class RefreshDialog(ModalScreen[bool]):
    """Answers whether prices were applied. Nothing is written before the difference was shown and enter pressed."""

    BINDINGS: ClassVar[list[BindingType]] = [*bindings(REFRESH)]

    def __init__(
        self, region: str, start: Callable[[RefreshQuestion], RefreshRun], base_url: str | None = None
    ) -> None:
        """start makes a run for a question; region is the one that the room shows."""
        super().__init__()
        self._region = region
        self._start = start
        self._base_url = base_url
        self._run: RefreshRun | None = None
        self._found: Refresh | None = None
        self._is_busy = False
        self._ticks: Timer | None = None

    def compose(self) -> ComposeResult:
        with Vertical(classes="dialog", id="refresh") as box:
            box.border_title = Content("Refresh prices from public feeds")
            yield _Feeds(
                {"all_regions": f"all regions that are priced, not only {self._region}", **_FEEDS}, ["all_regions"]
            )
            yield Static(
                muted("On-demand prices are always read. What you wrote by hand stays."), id="stand", markup=False
            )
            yield ProgressBar(show_eta=False, id="read")
            with VerticalScroll(id="found"):
                yield Static(id="difference", markup=False)

    def on_mount(self) -> None:
        self._ticks = self.set_interval(_PAINT_S, self._paint, pause=True)
        self._show(_CHOOSING)

    def on_unmount(self) -> None:
        if self._run is not None:
            self._run.cancel()

    def on_resize(self) -> None:
        """What was found has one line a price where there is room."""
        if self._found is not None:
            self.query_one("#difference", Static).update(view.found(self._found, wide=self.size.width >= _WIDE))

    def action_go_on(self) -> None:
        """Read, or apply what was read."""
        if self._is_busy:
            return
        if self._found is None:
            self._read()
        elif not self._found.is_empty:
            self._apply(self._found)

    def action_close(self) -> None:
        """Cancel what runs; else leave."""
        if self._is_busy and self._run is not None and self._found is None:
            self._run.cancel()
        elif not self._is_busy:
            self.dismiss(False)

    @work(exclusive=True, group="refresh")
    async def _read(self) -> None:
        self._run = self._start(self._question())
        self._say("Reading…")
        self._show(_READING, busy=True)
        try:
            self._found = await asyncio.to_thread(self._run.read)
        except CancelledError:
            self._say("Cancelled. Nothing was changed; what was read whole is kept for today.")
            self._show(_CHOOSING)
        except AdvisorError as error:
            self._say(error.sentence(), style="$error")
            self._show(_CHOOSING)
        else:
            self._say("")
            self.on_resize()
            self._show(_NOTHING if self._found.is_empty else _FOUND)
            self.query_one("#found").focus()

    @work(exclusive=True, group="refresh")
    async def _apply(self, found: Refresh) -> None:
        assert self._run is not None, "there is a run when something was found"
        self._show("", busy=True)
        try:
            await asyncio.to_thread(self._run.apply, found)
        except AdvisorError as error:
            self._say(error.sentence(), style="$error")
            self._show(_FOUND)
        else:
            self.dismiss(True)

    def _question(self) -> RefreshQuestion:
        ticked = self.query_one(_Feeds).ticked
        return RefreshQuestion(
            regions=() if "all_regions" in ticked else (self._region,),
            source="bulk" if "bulk" in ticked else "page",
            with_spot="spot" in ticked,
            with_savings="savings" in ticked,
            with_capacity_blocks="capacity_blocks" in ticked,
            base_url=self._base_url,
        )

    def _show(self, hint: str, *, busy: bool = False) -> None:
        """The parts that belong to this moment, and what the keys do now."""
        self._is_busy = busy
        reading, found = busy and self._found is None, self._found is not None
        self.query_one("#refresh").border_subtitle = hint
        self.query_one("#refresh").set_class(found, "tall")
        self.query_one(_Feeds).display = not (reading or found)
        self.query_one("#read").display = reading
        self.query_one("#found").display = found
        if not (reading or found):
            self.query_one(_Feeds).focus()
        if self._ticks is not None:
            (self._ticks.resume if reading else self._ticks.pause)()

    def _say(self, words: str, style: str = "") -> None:
        stand = self.query_one("#stand", Static)
        stand.update(Content.styled(words, style) if style else words)
        stand.display = bool(words)

    def _paint(self) -> None:
        """Where the reading stands, twice a second."""
        progress = self._run.progress if self._run is not None else None
        if progress is not None and self._is_busy and self._found is None:
            self._say(progress_line(progress))
            share = progress.share
            self.query_one("#read", ProgressBar).update(total=None if share is None else 1, progress=share or 0)
