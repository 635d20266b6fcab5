"""Catalog: every instance in one table, with filter, order, ticks, details and comparison."""

from collections.abc import Iterable, Sequence
from typing import ClassVar

from rich.text import Text
from textual import on
from textual.binding import BindingType
from textual.widget import Widget
from textual.widgets import DataTable, Input, Static

from advisor.catalog.ages import Ages
from advisor.errors import InputError
from advisor.tui.keys import CATALOG, bindings
from advisor.tui.messages import CatalogChanged
from advisor.tui.screens.catalog_dialogs import CompareDialog
from advisor.tui.screens.dialogs import PickDialog, TextDialog
from advisor.tui.screens.room import Room
from advisor.tui.session import Session
from advisor.tui.views import catalog as view
from advisor.tui.views.catalog_details import BEST, compared, details
from advisor.tui.widgets.rowtable import RowTable
from advisor.wording.figures import PURCHASES
from advisor.workflows.catalog.columns import COLUMNS
from advisor.workflows.catalog.filters import Condition, Selection, select
from advisor.workflows.catalog.order import ordered
from advisor.workflows.catalog.prices import price_lines
from advisor.workflows.catalog.rows import (
    WAYS,
    Buying,
    InstanceRow,
    catalog_day,
    instance_rows,
    price_ages,
    regions_of,
)
from advisor.workflows.catalog.search import Unfinished, read_search


class CatalogScreen(Room):
    """Instances of the catalogue, as one region and way of buying prices them."""

    room = "catalog"
    BINDINGS: ClassVar[list[BindingType]] = [*bindings(CATALOG)]
    AUTO_FOCUS = "#instances"

    def __init__(self, session: Session) -> None:
        super().__init__(session)
        self._buying: Buying = "on_demand"
        self._conditions: list[Condition] = []
        self._order = view.Order.by(COLUMNS["instance_type"])
        self._ticked: set[str] = set()
        self._priced_for: tuple[object, ...] = ()
        self._all: list[InstanceRow] = []
        self._ages: Ages | None = None
        self._cells: dict[tuple[str, str], Text] = {}
        self._rows: list[InstanceRow] = []
        self._drawn: tuple[object, ...] = ()

    def body(self) -> Iterable[Widget]:
        yield Input(placeholder="filter", id="filter", compact=True)
        yield Static(id="filter-hint", markup=False)
        yield Static(id="status", markup=False)
        yield RowTable(id="instances", cursor_type="row", zebra_stripes=True, cell_padding=1)
        yield Static(id="drawer", markup=False)

    def on_mount(self) -> None:
        self._show_filter(False)
        self._show_hint()

    def on_resize(self) -> None:
        self.call_after_refresh(self.show_session)

    @property
    def _table(self) -> RowTable:
        return self.query_one("#instances", RowTable)

    def show_session(self) -> None:
        """Price the rows if something they rest on has changed, and bring table, line and drawer up to date."""
        self._price()
        selection = select(self._all, self._conditions)
        at = self._under_cursor()
        self._rows = ordered(selection.rows, self._order.column, descending=self._order.descending)
        self._fill(at.instance.id if at is not None else None)
        self._show_status()
        self._show_drawer(selection)

    def _price(self) -> None:
        session = self.session
        rests_on = (session.catalog, session.region, self._buying)
        if rests_on != self._priced_for:
            self._priced_for = rests_on
            self._all = instance_rows(session.catalog, session.region, self._buying)
            self._ages = price_ages(session.catalog, session.region, session.today)
            self._cells.clear()
            self._drawn = ()

    def _fill(self, keep: str | None) -> None:
        """Draw the table anew, but only if other rows or columns are to be shown than are."""
        columns = view.columns(self.size.width, self._order, self._all)
        names = [row.instance.id for row in self._rows]
        drawn = (columns, self._order, names)
        if drawn == self._drawn:
            return
        table = self._table
        table.clear(columns=(columns, self._order) != self._drawn[:2])
        if not table.columns:
            for column in columns:
                table.add_column(column.label(self._order), key=column.key, width=column.width)
        for row in self._rows:
            table.add_row(*(self._cell(column.key, row) for column in columns), key=row.instance.id, height=1)
        if keep in names:
            table.move_cursor(row=names.index(keep))
        self._drawn = drawn

    def _cell(self, key: str, row: InstanceRow) -> Text:
        """A cell, written once for as long as prices stay as they are."""
        place = (row.instance.id, key)
        if place not in self._cells:
            assert self._ages is not None, "rows are priced before they are drawn"
            self._cells[place] = view.cell(key, row, self._ages, ticked=row.instance.id in self._ticked)
        return self._cells[place]

    def _show_status(self) -> None:
        session = self.session
        assert self._ages is not None, "rows are priced before they are counted"
        age = view.age(self._buying, self._ages, catalog_day(session.catalog, session.today))
        counts = len(self._rows), len(self._all), len(self._ticked)
        plain, whole = (
            view.status(*counts, session.region, self._buying, self._order, words)
            for words in (age, f"{age}; r refreshes")
        )
        status = self.query_one("#status", Static)
        status.update(whole if whole.cell_length <= status.size.width else plain)

    def _under_cursor(self) -> InstanceRow | None:
        at = self._table.cursor_row
        return self._rows[at] if 0 <= at < len(self._rows) else None

    def _show_drawer(self, selection: Selection | None = None) -> None:
        row, drawer = self._under_cursor(), self.query_one("#drawer", Static)
        if row is not None and self._ages is not None:
            prices = price_lines(self.session.catalog, row.instance, row.region)
            drawer.update(view.drawer(row, prices, self._ages))
        elif selection is not None:
            drawer.update(view.nothing(selection.removals, len(self._all)))

    @on(DataTable.RowHighlighted)
    def _moved(self) -> None:
        self._show_drawer()

    @on(DataTable.RowSelected)
    def _clicked(self) -> None:
        self.action_details()

    def action_filter(self) -> None:
        self._show_filter(True)
        self.query_one("#filter", Input).focus()

    def _show_filter(self, shown: bool) -> None:
        self.query_one("#filter").display = shown
        self.query_one("#filter-hint").display = shown

    @on(Input.Changed, "#filter")
    def _filtered(self, event: Input.Changed) -> None:
        self._conditions, unfinished = read_search(event.value)
        self._show_hint(unfinished)
        self.show_session()

    def _show_hint(self, unfinished: Sequence[Unfinished] = ()) -> None:
        self.query_one("#filter-hint", Static).update(view.filter_hint(self._conditions, unfinished))

    @on(Input.Submitted, "#filter")
    def _filter_done(self) -> None:
        self._show_filter(bool(self._conditions))
        self._table.focus()

    def action_clear(self) -> None:
        self.query_one("#filter", Input).value = ""
        self._show_filter(False)
        self._table.focus()

    def action_sort(self) -> None:
        """Choose the column; the one in force turns its direction round."""
        choices = view.orders(self._order)
        self.app.push_screen(PickDialog("Sort by", choices, self._order.column.key), self._sort_by)

    def _sort_by(self, key: str | None) -> None:
        if key is not None:
            column = COLUMNS[key]
            self._stand(self._order.turned() if column == self._order.column else view.Order.by(column))

    def action_reverse(self) -> None:
        self._stand(self._order.turned())

    def _stand(self, order: view.Order) -> None:
        """Another order, seen from its first row."""
        self._order = order
        self._table.move_cursor(row=0)
        self._rows = []
        self.show_session()

    def action_buying(self) -> None:
        choices = [(way, PURCHASES[way]) for way in WAYS]
        self.app.push_screen(PickDialog("Prices of which way of buying", choices, self._buying), self._buy)

    def _buy(self, way: str | None) -> None:
        self._buying = next((known for known in WAYS if known == way), self._buying)
        self.show_session()

    def action_region(self, step: int) -> None:
        regions = regions_of(self.session.catalog)
        self._go_to(regions[(regions.index(self.session.region) + step) % len(regions)])

    def action_regions(self) -> None:
        choices = [(region, region) for region in regions_of(self.session.catalog)]
        self.app.push_screen(PickDialog("Prices of which region", choices, self.session.region), self._go_to)

    def _go_to(self, region: str | None) -> None:
        if region is not None:
            self.session.region = region
            self.on_screen_resume()

    def action_tick(self) -> None:
        row = self._under_cursor()
        if row is not None:
            name = row.instance.id
            self._ticked ^= {name}
            self._cells.pop((name, "instance_type"), None)
            self._table.update_cell(name, "instance_type", self._cell("instance_type", row))
            self._show_status()

    def action_compare(self) -> None:
        """The ticked rows, filtered out or not, in the order of the table."""
        ticked = [row for row in self._all if row.instance.id in self._ticked]
        if len(ticked) < 2 or self._ages is None:
            self.say("Tick at least two instances with space, then c compares them.")
            return
        rows = ordered(ticked, self._order.column, descending=self._order.descending)
        region, way = self.session.region, PURCHASES[self._buying]
        self.app.push_screen(
            CompareDialog(
                f"{len(rows)} instances, {region}",
                [row.instance.id for row in rows],
                compared(self.session.catalog, rows, self._ages),
                f"{BEST} best of its row · costs of a unit are {way}",
            )
        )

    def action_details(self) -> None:
        row = self._under_cursor()
        if row is not None and self._ages is not None:
            prices = price_lines(self.session.catalog, row.instance, row.region)
            text = details(row, prices, self._ages, TextDialog.text_width(self.size.width))
            self.app.push_screen(TextDialog(row.instance.id, text))

    def action_refresh_prices(self) -> None:
        """Newer prices from public feeds; the room shows them once they are applied."""
        from advisor.tui.screens.refresh import RefreshDialog  # loads httpx
        from advisor.workflows.refresh.mirror import feeds_mirror
        from advisor.workflows.refresh.read import RefreshQuestion
        from advisor.workflows.refresh.run import RefreshRun

        session = self.session
        try:
            mirror = feeds_mirror(session.feeds_url)
        except InputError as error:
            self.say(error.sentence())
            return

        def start(question: RefreshQuestion) -> RefreshRun:
            return RefreshRun(question, session.catalog, session.paths, session.today)

        dialog = RefreshDialog(session.region, start, mirror)
        self.app.push_screen(dialog, self._refreshed)

    def _refreshed(self, applied: bool | None) -> None:
        if applied:
            self.post_message(CatalogChanged())
            self.say("The prices are applied.")

    def action_fit(self) -> None:
        row = self._under_cursor()
        if row is not None:
            self.session.ask_fit(instance=row.instance.id, tensor_parallel_size=None, engine=None)
            self.app.switch_mode("fit")
