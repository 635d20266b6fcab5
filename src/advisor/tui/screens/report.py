"""A published report, opened: its charts, its claims by verdict, and its entries by topic."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import ClassVar

from textual import on, work
from textual.binding import BindingType
from textual.message import Message
from textual.widget import Widget
from textual.widgets import OptionList, Static
from textual.widgets.option_list import Option

from advisor.errors import AdvisorError
from advisor.tui.keys import REPORT, bindings
from advisor.tui.open_reports import ReportDesk
from advisor.tui.screens.chart import ChartScreen
from advisor.tui.screens.dialogs import TextDialog
from advisor.tui.screens.room import Room
from advisor.tui.session import Session
from advisor.tui.views import report as view
from advisor.workflows.report_charts import OpenReport


class ReportScreen(Room):
    """The contents of a report over one drawer."""

    room = "evidence"
    topic = "report"
    BINDINGS: ClassVar[list[BindingType]] = [*bindings(REPORT)]
    AUTO_FOCUS = "#sections"

    @dataclass
    class Opened(Message):
        """The report, read and audited, or why it cannot be."""

        opened: OpenReport | None
        complaint: str = ""

    def __init__(self, session: Session, report_id: str) -> None:
        super().__init__(session)
        self._desk = ReportDesk(session, report_id)
        self._opened: OpenReport | None = None
        self._sections: list[view.Section] = []

    def body(self) -> Iterable[Widget]:
        yield Static(f"Reading {self._desk.report_id} …", id="report-head", markup=False)
        yield OptionList(id="sections", markup=False, compact=True)
        yield Static(id="drawer", markup=False)

    def show_session(self) -> None:
        self._read()

    @work(thread=True, exclusive=True, group="report")
    def _read(self) -> None:
        try:
            self.post_message(self.Opened(self._desk.open()))
        except AdvisorError as error:
            self.post_message(self.Opened(None, error.sentence()))

    @on(Opened)
    def _show(self, message: Opened) -> None:
        if message.opened is None:
            self.query_one("#report-head", Static).update(message.complaint)
            return
        if message.opened is self._opened:
            return
        self._opened, self._sections = message.opened, view.sections(message.opened)
        self.query_one("#report-head", Static).update(view.head(message.opened.report))
        contents = self.query_one("#sections", OptionList)
        marked = contents.highlighted
        contents.clear_options()
        contents.add_options([Option(each.content, disabled=each.kind == "heading") for each in self._sections])
        contents.highlighted = marked if marked is not None else min(1, len(self._sections) - 1)

    @on(OptionList.OptionHighlighted)
    def _summarise(self, event: OptionList.OptionHighlighted) -> None:
        if self._opened is not None:
            shown = view.summary(self._sections[event.option_index], self._opened)
            self.query_one("#drawer", Static).update(shown)

    @on(OptionList.OptionSelected)
    def _selected(self, event: OptionList.OptionSelected) -> None:
        self._open(self._sections[event.option_index])

    def _open(self, section: view.Section) -> None:
        if self._opened is None:
            return
        if section.kind == "chart":
            self.app.push_screen(ChartScreen(self.session, self._desk, self._opened, section.key))
        elif section.kind != "heading":
            title, content = view.contents(section, self._opened)
            self.app.push_screen(TextDialog(title, content))

    def action_open(self) -> None:
        at = self.query_one("#sections", OptionList).highlighted
        if at is not None:
            self._open(self._sections[at])

    def action_back(self) -> None:
        self.app.pop_screen()
