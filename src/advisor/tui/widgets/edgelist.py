"""A list to pick from that lets go of the focus at its ends, so that arrows walk through a whole form."""

from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.widgets import OptionList


class EdgeList(OptionList):
    """An `OptionList` whose arrows leave it at its first and last line instead of going round."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("j", "cursor_down", "Down", show=False),
        Binding("k", "cursor_up", "Up", show=False),
    ]

    def action_cursor_up(self) -> None:
        if self.highlighted in (None, 0):
            self.screen.focus_previous()
        else:
            super().action_cursor_up()

    def action_cursor_down(self) -> None:
        if self.highlighted == self.option_count - 1:
            self.screen.focus_next()
        else:
            super().action_cursor_down()
