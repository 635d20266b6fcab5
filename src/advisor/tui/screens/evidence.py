"""Evidence: what was measured here, what others published, and what became of published claims."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import ClassVar

from textual import on, work
from textual.binding import BindingType
from textual.message import Message
from textual.widget import Widget
from textual.widgets import DataTable, Input, Static

from advisor.errors import AdvisorError
from advisor.evidence.audit.engine import audit
from advisor.evidence.charts.records import charted_reports
from advisor.evidence.ledger import Ledger
from advisor.evidence.names import Names
from advisor.evidence.points import EvidencePoint
from advisor.evidence.published import all_published_points
from advisor.evidence.reports import load_reports
from advisor.tui.keys import EVIDENCE, bindings
from advisor.tui.screens.dialogs import TextDialog
from advisor.tui.screens.room import Room
from advisor.tui.session import Session
from advisor.tui.views import evidence as view
from advisor.tui.views.published import Published

_PANELS = ("runs", "published", "audit", "reports", "memory")
_NONE_READ = Published(())


class EvidenceScreen(Room):
    """Five tables over one drawer."""

    room = "evidence"
    BINDINGS: ClassVar[list[BindingType]] = [*bindings(EVIDENCE)]
    AUTO_FOCUS = "#evidence-table"

    @dataclass
    class Read(Message):
        """All tables as of one version of the session, or why they cannot be read."""

        version: int
        tables: dict[str, view.Table]
        published: Published
        complaint: str = ""

    def __init__(self, session: Session) -> None:
        super().__init__(session)
        self._tables: dict[str, view.Table] = {}
        self._published = _NONE_READ
        self._matching: Sequence[EvidencePoint] = ()
        self._filter = ""
        self._panel = _PANELS[0]

    def body(self) -> Iterable[Widget]:
        yield Static(id="panels", markup=False)
        yield Input(placeholder="filter: words like mixtral h100 ttft", id="filter", compact=True)
        yield Static(id="status", markup=False)
        yield DataTable(id="evidence-table", cursor_type="row", zebra_stripes=True)
        yield Static(id="drawer", markup=False)

    def on_mount(self) -> None:
        self.query_one("#filter", Input).display = False

    def show_session(self) -> None:
        self._read(self.session.version)

    def on_resize(self) -> None:
        self.call_after_refresh(lambda: self._fill() if self._tables else None)

    @work(thread=True, exclusive=True, group="evidence")
    def _read(self, version: int) -> None:
        from advisor.workflows.measured_memory import every_memory
        from advisor.workflows.runs import list_runs  # loads NumPy, which opening the app must not wait for

        try:
            catalog, paths = self.session.catalog, self.session.paths
            reports = load_reports(catalog)
            audits = {report.id: audit(report, catalog) for report in reports.values()}
            tables = {
                "runs": view.runs(list_runs(paths), Ledger(paths.ledger).points()),
                "audit": view.audited([claim for claims in audits.values() for claim in claims]),
                "memory": view.memory(every_memory(paths)),
                "reports": view.reports(reports.values(), audits, charted_reports(catalog)),
            }
            elsewhere = Names(catalog).neighbours["accelerator"]
            figures = Published(all_published_points(catalog), catalog.models, catalog.layers.sources, elsewhere)
            self.post_message(self.Read(version, tables, figures))
        except AdvisorError as error:
            self.post_message(self.Read(version, {}, _NONE_READ, error.sentence()))

    @on(Read)
    def _show(self, message: Read) -> None:
        if message.version != self.session.version:
            return
        self._tables, self._published = message.tables, message.published
        if message.complaint:
            self.query_one("#drawer", Static).update(message.complaint)
        else:
            self._search()

    def _search(self) -> None:
        """Show the published figures that match the filter."""
        self._matching = self._published.matching(self._filter)
        self._tables["published"] = self._published.table(self._matching)
        self._fill()

    def _fill(self) -> None:
        shown = self._tables[self._panel]
        counts = {name.capitalize(): len(self._tables[name].rows) for name in _PANELS}
        counts["Published"] = len(self._matching)
        self.query_one("#panels", Static).update(view.tabs(self._panel, counts))
        status = self.query_one("#status", Static)
        status.display = self._panel == "published"
        status.update(self._published.status(self._matching, self._filter))
        table = self.query_one("#evidence-table", DataTable)
        table.clear(columns=True)
        wide = self.has_class("-wide")
        widths = [heading.wide if wide else heading.narrow for heading in shown.headings]
        for heading, width in zip(shown.headings, widths, strict=True):
            if width:
                table.add_column(heading.label, width=width)
        for row in shown.rows:
            table.add_row(*(cell for cell, width in zip(row, widths, strict=True) if width))
        self._show_details()

    @on(DataTable.RowHighlighted)
    def _show_details(self) -> None:
        if self._panel not in self._tables:
            return
        shown = self._tables[self._panel]
        at = self.query_one("#evidence-table", DataTable).cursor_row
        known = 0 <= at < len(shown.details)
        self.query_one("#drawer", Static).update(shown.details[at] if known else shown.empty)

    def action_next_panel(self) -> None:
        self._turn_to(_PANELS[(_PANELS.index(self._panel) + 1) % len(_PANELS)])

    def _turn_to(self, panel: str) -> None:
        self._panel = panel
        self.query_one("#filter", Input).display = panel == "published" and bool(self._filter)
        if self._tables:
            self._fill()

    def action_filter(self) -> None:
        """The filter of the published figures, whichever panel is shown."""
        if self._panel != "published":
            self._turn_to("published")
        box = self.query_one("#filter", Input)
        box.display = True
        box.focus()

    @on(Input.Changed, "#filter")
    def _filtered(self, event: Input.Changed) -> None:
        self._filter = event.value
        if self._tables:
            self._search()

    @on(Input.Submitted, "#filter")
    def _filter_done(self) -> None:
        self.query_one("#evidence-table").focus()

    def action_clear(self) -> None:
        box = self.query_one("#filter", Input)
        box.value = ""
        box.display = False
        self.query_one("#evidence-table").focus()

    def action_info(self) -> None:
        at = self.query_one("#evidence-table", DataTable).cursor_row
        if self._panel == "published" and 0 <= at < len(self._matching):
            point = self._matching[at]
            self.app.push_screen(TextDialog("Published figure", self._published.everything(point)))

    @on(DataTable.RowSelected)
    def action_open(self) -> None:
        """The report that the marked row is about."""
        shown = self._tables.get(self._panel)
        at = self.query_one("#evidence-table", DataTable).cursor_row
        if shown is not None and 0 <= at < len(shown.opens):
            from advisor.tui.screens.report import ReportScreen

            self.app.push_screen(ReportScreen(self.session, shown.opens[at]))

    def action_refresh_points(self) -> None:
        self.session.forget_evidence()
        self.show_session()
