"""Dialogs of the Catalog room: instances side by side in a table that scrolls both ways."""

from collections.abc import Sequence
from typing import ClassVar

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Static

from advisor.tui.keys import DIALOG, bindings
from advisor.tui.views.text import muted
from advisor.tui.widgets.rowtable import RowTable

_LONGEST, _LABEL = 22, 24
"""The widest cell and label that stand on one line; a longer text wraps."""


class SideBySide(RowTable):
    """Columns of one width behind a fixed one; arrows to the sides scroll a whole column."""

    step = 1

    def action_cursor_right(self) -> None:
        self.scroll_to(x=self.scroll_x + self.step, animate=False)

    def action_cursor_left(self) -> None:
        self.scroll_to(x=self.scroll_x - self.step, animate=False)


class CompareDialog(ModalScreen[None]):
    """Candidates as columns under their names, figures as rows; names and labels stay when it scrolls."""

    BINDINGS: ClassVar[list[BindingType]] = [*bindings(DIALOG)]

    def __init__(self, title: str, names: Sequence[str], rows: Sequence[Sequence[Text]], note: str) -> None:
        super().__init__()
        self._title = title
        self._names = tuple(names)
        self._rows = rows
        self._note = note

    def compose(self) -> ComposeResult:
        with Vertical(classes="dialog tall") as box:
            box.border_title = Content(self._title)
            box.border_subtitle = "arrows scroll · esc closes"
            yield SideBySide(id="compared", cursor_type="row", fixed_columns=1, zebra_stripes=True, cell_padding=1)
            yield Static(muted(self._note), id="compared-note", markup=False)

    def on_mount(self) -> None:
        table = self.query_one("#compared", SideBySide)
        widest = max(cell.cell_len for row in self._rows for cell in row[1:] if cell.cell_len <= _LONGEST)
        table.step = max(widest, *map(len, self._names)) + 2 * table.cell_padding
        table.add_column(Text("figure"), width=_LABEL)
        for name in self._names:
            table.add_column(Text(name, justify="right", style="bold"), width=table.step - 2 * table.cell_padding)
        for row in self._rows:
            wraps = row[0].cell_len > _LABEL or any(cell.cell_len > widest for cell in row[1:])
            table.add_row(*row, height=None if wraps else 1)
        table.focus()

    def action_close(self) -> None:
        self.dismiss(None)
