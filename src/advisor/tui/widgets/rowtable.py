"""A table to browse: one row at a time, by arrows or hjkl, where enter belongs to the screen."""

from typing import ClassVar

from rich.text import Text
from textual.binding import Binding, BindingType
from textual.widgets import DataTable


class RowTable(DataTable[Text], inherit_bindings=False):
    """A `DataTable` of rows whose cells come ready, with explicit widths, so that nothing is measured."""

    BINDINGS: ClassVar[list[BindingType]] = [
        *(binding for binding in DataTable.BINDINGS if isinstance(binding, Binding) and binding.key != "enter"),
        Binding("j", "cursor_down", "Down", show=False),
        Binding("k", "cursor_up", "Up", show=False),
        Binding("h", "cursor_left", "Left", show=False),
        Binding("l", "cursor_right", "Right", show=False),
        Binding("g", "scroll_top", "Top", show=False),
        Binding("G", "scroll_bottom", "Bottom", show=False),
    ]

    def on_resize(self) -> None:
        """The cursor stays in sight when something else takes room, as the footer does one frame after the rest."""
        if self.row_count:
            self.move_cursor(row=self.cursor_row, column=self.cursor_column)
