"""One chart of a report: as published, recomputed and by the best evidence, side by side."""

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
from advisor.evidence.charts.answers import Cell, ComputedChart
from advisor.tui.keys import CHART, bindings
from advisor.tui.open_reports import ReportDesk
from advisor.tui.screens.dialogs import TextDialog
from advisor.tui.screens.room import Room
from advisor.tui.session import Session
from advisor.tui.views import chart as view
from advisor.workflows.report_charts import OpenReport


class ChartScreen(Room):
    """Rows of a chart over the details of the marked one. Charts are computed in a worker."""

    room = "evidence"
    topic = "chart"
    BINDINGS: ClassVar[list[BindingType]] = [*bindings(CHART)]
    AUTO_FOCUS = "#chart-rows"

    @dataclass
    class Computed(Message):
        """A chart, or why it cannot be computed."""

        chart_id: str
        chart: ComputedChart | None
        complaint: str = ""

    def __init__(self, session: Session, desk: ReportDesk, opened: OpenReport, chart_id: str) -> None:
        super().__init__(session)
        self._desk = desk
        self._report = opened.report
        self._titles = {chart.id: chart.title for chart in opened.chart_list}
        self._chart_id = chart_id
        self._chart: ComputedChart | None = None
        self._rows: list[view.Row] = []

    def body(self) -> Iterable[Widget]:
        yield Static(id="chart-head", markup=False)
        yield Static(id="chart-columns", markup=False)
        yield OptionList(id="chart-rows", markup=False, compact=True)
        yield Static(id="chart-cell", markup=False)

    def show_session(self) -> None:
        self._compute(self._chart_id)

    def on_resize(self) -> None:
        self.call_after_refresh(self._fill)

    @work(thread=True, exclusive=True, group="chart")
    def _compute(self, chart_id: str) -> None:
        try:
            self.post_message(self.Computed(chart_id, self._desk.chart(chart_id)))
        except AdvisorError as error:
            self.post_message(self.Computed(chart_id, None, error.sentence()))

    @on(Computed)
    def _show(self, message: Computed) -> None:
        if message.chart_id != self._chart_id:
            return
        self._chart = message.chart
        if message.chart is None:
            self.query_one("#chart-head", Static).update(message.complaint)
        self._fill()

    def _fill(self) -> None:
        """The chart for the room that there is now; the mark stays on its row."""
        if self._chart is None:
            return
        number = list(self._titles).index(self._chart_id) + 1
        rows = self.query_one("#chart-rows", OptionList)
        room = rows.size.width - 1
        shown = view.head(self._chart, number, len(self._titles), self._report.title, room)
        self.query_one("#chart-head", Static).update(shown)
        headings, self._rows = view.rows(self._chart, room, bars=self.has_class("-wide"))
        self.query_one("#chart-columns", Static).update(headings)
        marked = rows.highlighted
        rows.clear_options()
        rows.add_options([Option(row.content, disabled=row.cell is None) for row in self._rows])
        first = next((at for at, row in enumerate(self._rows) if row.cell is not None), None)
        rows.highlighted = first if marked is None else marked

    @on(OptionList.OptionHighlighted)
    def _explain(self, event: OptionList.OptionHighlighted) -> None:
        cell = self._rows[event.option_index].cell
        if cell is not None:
            drawer = self.query_one("#chart-cell", Static)
            drawer.update(view.details(cell, drawer.size.width))

    @on(OptionList.OptionSelected)
    def action_info(self) -> None:
        """All that is known of the marked row."""
        cell = self._marked
        if cell is not None:
            self.app.push_screen(TextDialog(cell.label, view.everything(cell)))

    @property
    def _marked(self) -> Cell | None:
        at = self.query_one("#chart-rows", OptionList).highlighted
        return self._rows[at].cell if at is not None and at < len(self._rows) else None

    def action_turn(self, step: int) -> None:
        """To another chart of the report; after the last comes the first."""
        ids = list(self._titles)
        self._chart_id = ids[(ids.index(self._chart_id) + step) % len(ids)]
        self._chart, self._rows = None, []
        rows = self.query_one("#chart-rows", OptionList)
        rows.clear_options()
        rows.highlighted = None
        self.query_one("#chart-head", Static).update(f"Computing {self._titles[self._chart_id]} …")
        self.query_one("#chart-cell", Static).update("")
        self._compute(self._chart_id)

    def action_back(self) -> None:
        self.app.pop_screen()
