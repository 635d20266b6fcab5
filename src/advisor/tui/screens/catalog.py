"""Catalog: every instance in one table, with filter, sort, marks and comparison."""

from collections.abc import Iterable
from typing import ClassVar

from textual import on
from textual.binding import BindingType
from textual.widget import Widget
from textual.widgets import DataTable, Input, Static

from advisor.catalog.ages import Ages
from advisor.tui.keys import CATALOG, bindings
from advisor.tui.messages import CatalogChanged
from advisor.tui.screens.dialogs import TextDialog
from advisor.tui.screens.room import Room
from advisor.tui.session import Session
from advisor.tui.views import catalog as view
from advisor.wording.catalog import priced_to
from advisor.workflows.catalog.figures import figures_of
from advisor.workflows.catalog.rows import InstanceRow, catalog_day, instance_offers, instance_rows, price_ages


class CatalogScreen(Room):
    """Instances of the catalogue."""

    room = "catalog"
    BINDINGS: ClassVar[list[BindingType]] = [*bindings(CATALOG)]
    AUTO_FOCUS = "#instances"

    def __init__(self, session: Session) -> None:
        super().__init__(session)
        self._filter = ""
        self._order = view.COLUMNS[0]
        self._descending = False
        self._marked: set[str] = set()
        self._rows: list[InstanceRow] = []

    def body(self) -> Iterable[Widget]:
        yield Input(placeholder="filter: words, or 8x for eight accelerators", id="filter", compact=True)
        yield Static(id="status", markup=False)
        yield DataTable(id="instances", cursor_type="row", zebra_stripes=True, cell_padding=1)
        yield Static(id="drawer", markup=False)

    def on_mount(self) -> None:
        self.query_one("#filter", Input).display = False

    def on_resize(self) -> None:
        self.call_after_refresh(self.show_session)

    def show_session(self) -> None:
        rows = [
            row for row in instance_rows(self.session.catalog, self.session.region) if view.matches(row, self._filter)
        ]
        rows.sort(key=lambda row: (self._order.order(row), row.instance.id), reverse=self._descending)
        at = self._under_cursor()
        self._rows = rows
        self._fill(at.instance.id if at is not None else None)
        total = len(self.session.catalog.instances)
        today = self.session.today
        age = priced_to(catalog_day(self.session.catalog, today), today)
        if self.has_class("-wide"):
            age = f"{age}; r refreshes"
        line = view.status(len(rows), total, self.session.region, self._order, self._descending, age)
        self.query_one("#status", Static).update(line)

    def _fill(self, keep: str | None) -> None:
        table = self.query_one("#instances", DataTable)
        table.clear(columns=True)
        columns = view.columns(wide=self.has_class("-wide"))
        for column in columns:
            extra = 2 if column.title == "instance" else 0
            table.add_column(view.column_label(column), key=column.title, width=column.width + extra)
        ages = self._ages
        for row in self._rows:
            marked = row.instance.id in self._marked
            cells = [view.cell(column, row, ages, marked=marked) for column in columns]
            table.add_row(*cells, key=row.instance.id)
        names = [row.instance.id for row in self._rows]
        if keep in names:
            table.move_cursor(row=names.index(keep))
        self._show_drawer()

    @property
    def _ages(self) -> Ages:
        return price_ages(self.session.catalog, self.session.region, self.session.today)

    def _under_cursor(self) -> InstanceRow | None:
        at = self.query_one("#instances", DataTable).cursor_row
        return self._rows[at] if 0 <= at < len(self._rows) else None

    @on(DataTable.RowHighlighted)
    def _show_drawer(self) -> None:
        row = self._under_cursor()
        drawer = self.query_one("#drawer", Static)
        if row is None:
            drawer.update("No instance matches. esc clears the filter.")
        else:
            sold = instance_offers(self.session.catalog, row.instance, self.session.region)
            drawer.update(view.drawer(row, self.session.region, sold, self._ages))

    @on(DataTable.RowSelected)
    def _open_in_fit(self) -> None:
        row = self._under_cursor()
        if row is not None:
            self.session.ask_fit(instance=row.instance.id, tensor_parallel_size=None, engine=None)
            self.app.switch_mode("fit")

    def action_filter(self) -> None:
        box = self.query_one("#filter", Input)
        box.display = True
        box.focus()

    @on(Input.Changed, "#filter")
    def _filtered(self, event: Input.Changed) -> None:
        self._filter = event.value
        self.show_session()

    @on(Input.Submitted, "#filter")
    def _filter_done(self) -> None:
        self.query_one("#instances").focus()

    def action_refresh_prices(self) -> None:
        """Newer prices from public feeds; the room shows them once they are applied."""
        from advisor.tui.screens.refresh import RefreshDialog  # loads httpx
        from advisor.workflows.refresh_catalog import RefreshQuestion
        from advisor.workflows.refresh_run import RefreshRun

        session = self.session

        def start(question: RefreshQuestion) -> RefreshRun:
            return RefreshRun(question, session.catalog, session.paths, session.today)

        dialog = RefreshDialog(session.region, start, session.feeds_url)
        self.app.push_screen(dialog, self._refreshed)

    def _refreshed(self, applied: bool | None) -> None:
        if applied:
            self.post_message(CatalogChanged())
            self.say("The prices are applied.")

    def action_clear(self) -> None:
        box = self.query_one("#filter", Input)
        box.value = ""
        box.display = False
        self.query_one("#instances").focus()

    def action_sort(self) -> None:
        """The next column, ascending; the same one again, descending."""
        shown = view.columns(wide=self.has_class("-wide"))
        if not self._descending and self._order in shown:
            self._descending = True
        else:
            at = shown.index(self._order) if self._order in shown else -1
            self._order, self._descending = shown[(at + 1) % len(shown)], False
        self.show_session()

    def action_region(self, step: int) -> None:
        regions = self.session.catalog.regions
        at = regions.index(self.session.region)
        self.session.region = regions[(at + step) % len(regions)]
        self.on_screen_resume()

    def action_mark(self) -> None:
        row = self._under_cursor()
        if row is not None:
            self._marked ^= {row.instance.id}
            self.show_session()

    def action_compare(self) -> None:
        rows = [
            row for row in instance_rows(self.session.catalog, self.session.region) if row.instance.id in self._marked
        ]
        if len(rows) < 2:
            self.say("Mark at least two instances with space, then c compares them.")
            return
        content = view.comparison(rows, [figures_of(row) for row in rows], self.session.region, self._ages)
        self.app.push_screen(TextDialog(f"{len(rows)} instances", content))

    def action_info(self) -> None:
        row = self._under_cursor()
        if row is not None:
            sold = instance_offers(self.session.catalog, row.instance, self.session.region)
            self.app.push_screen(TextDialog(row.instance.id, view.details(row, figures_of(row), sold, self._ages)))
