"""Evidence: what was measured here, what others published, and what became of published claims."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import ClassVar

from textual import on, work
from textual.binding import BindingType
from textual.message import Message
from textual.widget import Widget
from textual.widgets import DataTable, Static

from advisor.errors import AdvisorError
from advisor.evidence.audit.engine import audit
from advisor.evidence.ledger import Ledger
from advisor.evidence.published import published_points
from advisor.evidence.reports import load_reports
from advisor.tui.keys import EVIDENCE, bindings
from advisor.tui.screens.room import Room
from advisor.tui.session import Session
from advisor.tui.views import evidence as view

_PANELS = ("runs", "published", "audit")


class EvidenceScreen(Room):
    """Three tables over one drawer."""

    room = "evidence"
    BINDINGS: ClassVar[list[BindingType]] = [*bindings(EVIDENCE)]
    AUTO_FOCUS = "#evidence-table"

    @dataclass
    class Read(Message):
        """All three tables as of one version of the session, or why they cannot be read."""

        version: int
        tables: dict[str, view.Table]
        complaint: str = ""

    def __init__(self, session: Session) -> None:
        super().__init__(session)
        self._tables: dict[str, view.Table] = {}
        self._panel = _PANELS[0]

    def body(self) -> Iterable[Widget]:
        yield Static(id="panels", markup=False)
        yield DataTable(id="evidence-table", cursor_type="row", zebra_stripes=True)
        yield Static(id="drawer", markup=False)

    def show_session(self) -> None:
        self._read(self.session.version)

    def on_resize(self) -> None:
        self.call_after_refresh(lambda: self._fill() if self._tables else None)

    @work(thread=True, exclusive=True, group="evidence")
    def _read(self, version: int) -> None:
        from advisor.workflows.runs import list_runs  # loads NumPy, which opening the app must not wait for

        try:
            catalog, paths = self.session.catalog, self.session.paths
            claims = [claim for report in load_reports(catalog).values() for claim in audit(report, catalog)]
            tables = {
                "runs": view.runs(list_runs(paths), Ledger(paths.ledger).points()),
                "published": view.published(published_points(catalog)),
                "audit": view.audited(claims),
            }
            self.post_message(self.Read(version, tables))
        except AdvisorError as error:
            self.post_message(self.Read(version, {}, error.sentence()))

    @on(Read)
    def _show(self, message: Read) -> None:
        if message.version != self.session.version:
            return
        self._tables = message.tables
        if message.complaint:
            self.query_one("#drawer", Static).update(message.complaint)
        else:
            self._fill()

    def _fill(self) -> None:
        shown = self._tables[self._panel]
        counts = {name.capitalize(): len(self._tables[name].rows) for name in _PANELS}
        self.query_one("#panels", Static).update(view.tabs(self._panel, counts))
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
        self._panel = _PANELS[(_PANELS.index(self._panel) + 1) % len(_PANELS)]
        if self._tables:
            self._fill()

    def action_refresh_points(self) -> None:
        self.session.forget_evidence()
        self.show_session()
