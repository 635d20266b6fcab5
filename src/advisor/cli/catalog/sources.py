"""Where sources stand in a table."""

from advisor.cli.output import Output
from advisor.cli.prose import write_text
from advisor.cli.table import Column

_SOURCES_BESIDE = 150
"""Columns from which a source stands in its row; below, rows carry its number and a list follows."""


class Sources:
    """The sources of a table: in their rows where there is room, numbered and listed below where there is not."""

    def __init__(self, output: Output) -> None:
        self._output = output
        self._numbers: dict[str, int] = {}
        self._beside = output.console.width >= _SOURCES_BESIDE
        self.column = Column("source", flows=self._beside)

    def cell(self, source: str) -> str:
        if self._beside:
            return source
        return f"[{self._numbers.setdefault(source, len(self._numbers) + 1)}]"

    def write(self) -> None:
        """The list, where rows carry numbers."""
        if self._numbers:
            self._output.line()
        for source, number in self._numbers.items():
            write_text(f"[{number}] {source}", self._output)
