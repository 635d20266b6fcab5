"""Watching a run from a terminal: a live table on stderr, a line for each finished cell elsewhere."""

import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from advisor.bench.records import RunState
from advisor.cli.output import Output
from advisor.wording.benchmark import PROGRESS_HEADINGS, progress_line, progress_row

if TYPE_CHECKING:
    from rich.console import Group

    from advisor.bench.progress import Progress  # loads NumPy, and --help does not need it
    from advisor.bench.runner import RunHandle

Show = Callable[["Progress"], None]

_EVERY_S = 0.5
_KILL_AFTER_S = 10.0
_ENDING = (signal.SIGINT, signal.SIGTERM)


def watch(run: "RunHandle", output: Output) -> RunState:
    """Show the run until it has ended. Ctrl+C stops it and keeps what is measured; again, ends it at once."""
    live = output.error_console.is_terminal and not output.json_mode
    with _presses() as presses, _table(output) if live else _lines(output) as show:
        stopped_at = float("inf")
        while True:
            try:
                state = run.wait(_EVERY_S)
            except TimeoutError:
                show(run.poll())
            else:
                show(run.poll())
                # A run that had to be killed calls itself crashed, but it ended because somebody asked for it.
                return RunState.CANCELLED if presses and state is not RunState.FINISHED else state
            if presses and stopped_at == float("inf"):
                stopped_at = time.monotonic()
                run.cancel()
                output.note("advisor: stopping; what is measured is kept (Ctrl+C again ends it at once)")
            if len(presses) > 1 or time.monotonic() - stopped_at > _KILL_AFTER_S:
                run.kill()


@contextmanager
def _presses() -> Iterator[list[int]]:
    """Signals that ask to stop, as they arrive, instead of an exception at any line of ours."""
    seen: list[int] = []
    before = {number: signal.signal(number, lambda number, _frame: seen.append(number)) for number in _ENDING}
    try:
        yield seen
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


@contextmanager
def _lines(output: Output) -> Iterator[Show]:
    """Each cell once, when it is over."""
    written: set[int] = set()

    def show(progress: "Progress") -> None:
        for index, cell in enumerate(progress.cells):
            if cell.state == "over" and index not in written:
                written.add(index)
                concurrent, repetition, *_, ttft, _, _, rate = progress_row(cell)
                output.note(
                    f"{concurrent} concurrent, repetition {repetition}: {cell.completed} whole, {cell.failed} failed, "
                    f"TTFT p50 {ttft or 'no data'}, {rate or 'no data'} tokens/s"
                )

    yield show


@contextmanager
def _table(output: Output) -> Iterator[Show]:
    """All cells in a table that is painted twice a second, and goes away at the end."""
    from rich.live import Live

    with Live(console=output.error_console, auto_refresh=False, transient=True) as live:
        yield lambda progress: live.update(_painted(progress), refresh=True)


def _painted(progress: "Progress") -> "Group":
    from rich.console import Group
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, pad_edge=False)
    for heading in PROGRESS_HEADINGS:
        table.add_column(heading, justify="right")
    for cell in progress.cells:
        style = "bold" if cell.state == "running" else "dim" if cell.state == "waiting" else ""
        table.add_row(*progress_row(cell), style=style)
    return Group(table, Text(progress_line(progress), style="bold"))
