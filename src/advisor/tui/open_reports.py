"""A report as it stands open in the app: read and computed beside the screen, and again after new evidence."""

from typing import TYPE_CHECKING

from advisor.tui.session import Session

if TYPE_CHECKING:
    from advisor.evidence.charts.answers import ComputedChart
    from advisor.workflows.report_charts import OpenReport


class ReportDesk:
    """One report that is shown. Its methods block: call them in a worker."""

    def __init__(self, session: Session, report_id: str) -> None:
        self.report_id = report_id
        self._session = session
        self._opened: OpenReport | None = None
        self._charts: dict[str, ComputedChart] = {}

    def open(self) -> "OpenReport":
        """The report with its audit, on all evidence that there is. AdvisorError for one that cannot be read."""
        from advisor.workflows.report_charts import open_report, report_named

        knowledge = self._session.knowledge()
        if self._opened is None or self._opened.knowledge is not knowledge:
            self._opened, self._charts = open_report(knowledge, report_named(knowledge, self.report_id)), {}
        return self._opened

    def chart(self, chart_id: str) -> "ComputedChart":
        """A chart, computed once for the evidence that there is."""
        opened = self.open()
        if chart_id not in self._charts:
            self._charts[chart_id] = opened.chart(chart_id)
        return self._charts[chart_id]
