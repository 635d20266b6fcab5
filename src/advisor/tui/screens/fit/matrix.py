"""The matrix: all instances × checkpoints of a model at the asked context and concurrency."""

from collections.abc import Iterable, Mapping, Sequence
from typing import ClassVar

from rich.text import Text
from textual import on
from textual.binding import BindingType
from textual.widget import Widget
from textual.widgets import DataTable, Input, Static

from advisor.errors import AdvisorError
from advisor.tui.keys import MATRIX, bindings
from advisor.tui.screens.fit.fields import BY_KEY, Setting
from advisor.tui.screens.room import Room
from advisor.tui.session import Session
from advisor.tui.views.fit import matrix as view
from advisor.tui.widgets.rowtable import RowTable
from advisor.workflows.fit import judged
from advisor.workflows.fit_matrix import MatrixCell, MatrixRow, fit_matrix

_FIRST = 2
"""Columns before the checkpoints: the instance, and what is in it."""


class MatrixScreen(Room):
    """Verdicts of a whole model over what stands behind the one under the cursor."""

    room = "fit"
    topic = "matrix"
    BINDINGS: ClassVar[list[BindingType]] = [*bindings(MATRIX)]
    AUTO_FOCUS = "#matrix-cells"

    def __init__(self, session: Session) -> None:
        super().__init__(session)
        self._all: tuple[MatrixRow, ...] = ()
        self._rows: list[MatrixRow] = []
        self._words: tuple[str, ...] = ()
        self._frame: tuple[object, ...] = ()
        self._drawn: Mapping[tuple[str, str], Text] = {}

    def body(self) -> Iterable[Widget]:
        yield Input(placeholder="filter: h100, p5, fits", id="filter", compact=True)
        yield Static(id="matrix-head", markup=False)
        yield Static(view.legend(), id="legend", markup=False)
        yield RowTable(id="matrix-cells", cursor_type="cell", zebra_stripes=True, cell_padding=1, fixed_columns=1)
        yield Static(id="drawer", markup=False)

    def on_mount(self) -> None:
        self.query_one("#filter").display = False

    def show_session(self) -> None:
        """Judge everything anew; the cursor stays where it was, or begins at the combination that Fit shows."""
        question = self.session.fit_question
        try:
            self._all = fit_matrix(self.session.catalog, question, self.session.measured())
        except AdvisorError as error:
            self.query_one("#matrix-head", Static).update(error.sentence())
            return
        self._fill(self._under_cursor() or (question.instance, question.checkpoint))

    def on_resize(self) -> None:
        """Other widths of columns; and a cursor that may have been left outside."""
        self.call_after_refresh(self._fit_in)

    def _fit_in(self) -> None:
        if self._frame:
            self._fill(self._under_cursor() or ("", ""))

    @property
    def _table(self) -> RowTable:
        return self.query_one("#matrix-cells", RowTable)

    def _fill(self, at: tuple[str, str]) -> None:
        """Draw the rows that the filter leaves, with the cursor at an instance and a checkpoint."""
        model = self.session.catalog.model(self.session.fit_question.model)
        self._rows = [row for row in self._all if view.matches(row, self._words)]
        head = view.status(model, self.session.fit_question, self._all, len(self._rows))
        self.query_one("#matrix-head", Static).update(head)
        checkpoints = list(model.checkpoints)
        self._draw(checkpoints)
        instances = [row.instance.id for row in self._rows]
        line = instances.index(at[0]) if at[0] in instances else 0
        column = checkpoints.index(at[1]) if at[1] in checkpoints else 0
        self._table.move_cursor(row=line, column=_FIRST + column)
        self._explain()

    def _draw(self, checkpoints: Sequence[str]) -> None:
        """Only what has changed, as long as rows and columns are the same: a table takes long to fill."""
        wide = self.has_class("-wide")
        frame = (tuple(checkpoints), wide, tuple(row.instance.id for row in self._rows))
        cells = {
            (row.instance.id, checkpoint): view.cell(cell, wide=wide)
            for row in self._rows
            for checkpoint, cell in zip(checkpoints, row.cells, strict=True)
        }
        if frame != self._frame:
            self._fill_table(checkpoints, cells, wide=wide)
        else:
            for (instance, checkpoint), told in cells.items():
                if told != self._drawn[instance, checkpoint]:
                    self._table.update_cell(instance, checkpoint, told)
        self._frame, self._drawn = frame, cells

    def _fill_table(self, checkpoints: Sequence[str], cells: Mapping[tuple[str, str], Text], *, wide: bool) -> None:
        table = self._table
        beside = view.WIDE_HARDWARE_WIDTH if wide else view.HARDWARE_WIDTH
        table.clear(columns=True)
        table.add_column("instance", width=view.INSTANCE_WIDTH)
        table.add_column("", width=beside)
        for checkpoint in checkpoints:
            table.add_column(checkpoint, key=checkpoint, width=view.WIDE_CELL_WIDTH if wide else view.CELL_WIDTH)
        for row in self._rows:
            told = (cells[row.instance.id, checkpoint] for checkpoint in checkpoints)
            table.add_row(view.instance(row), view.hardware(row, beside), *told, key=row.instance.id)

    def _cell(self) -> MatrixCell | None:
        """The cell under the cursor, or the row's first one where that stands on a name."""
        place = self._table.cursor_coordinate
        if place.row >= len(self._rows):
            return None
        return self._rows[place.row].cells[max(0, place.column - _FIRST)]

    def _under_cursor(self) -> tuple[str, str] | None:
        cell = self._cell()
        return (cell.question.instance, cell.question.checkpoint) if cell is not None else None

    @on(DataTable.CellHighlighted)
    def _explain(self) -> None:
        cell, drawer = self._cell(), self.query_one("#drawer", Static)
        if cell is None:
            drawer.update("No instance matches; esc clears the filter.")
        else:
            result = judged(self.session.catalog, cell.question, self.session.measured())
            drawer.update(view.behind(result, drawer.size.width or self.size.width))

    @on(DataTable.CellSelected)
    def action_open(self) -> None:
        """The combination under the cursor, in Fit."""
        cell = self._cell()
        if cell is not None:
            self.session.fit_question = cell.question
            self.app.pop_screen()

    def action_step(self, key: str, step: int) -> None:
        """The next larger or smaller context or concurrency, or the next model."""
        field = BY_KEY[key]
        setting = Setting(self.session.catalog, self.session.fit_question, None)
        words = field.words(setting)
        at = words.index(field.value(setting.question)) + step
        at = at % len(words) if key == "model" else min(max(0, at), len(words) - 1)
        self.session.ask_fit(**{key: field.read(words[at])})
        self.show_session()

    def action_filter(self) -> None:
        box = self.query_one("#filter", Input)
        box.display = True
        box.focus()

    @on(Input.Changed, "#filter")
    def _filtered(self, event: Input.Changed) -> None:
        self._words = tuple(event.value.lower().split())
        self._fill(self._under_cursor() or ("", ""))

    @on(Input.Submitted, "#filter")
    def _filter_done(self) -> None:
        self.query_one("#filter").display = bool(self._words)
        self._table.focus()

    def action_back(self) -> None:
        """Clear the filter; where there is none, back to Fit."""
        box = self.query_one("#filter", Input)
        if box.display:
            box.value = ""
            box.display = False
            self._table.focus()
        else:
            self.app.pop_screen()
