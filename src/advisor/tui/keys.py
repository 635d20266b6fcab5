"""Every key of the app in one table: one letter, one meaning, everywhere.

Screens take their bindings from here, and the help screen is made of it.
"""

from dataclasses import dataclass

from textual.binding import Binding


@dataclass(frozen=True, slots=True)
class Key:
    """One key. label is for the footer (empty: not shown there), help for the help screen."""

    id: str
    key: str
    action: str
    label: str
    help: str
    shown_as: str | None = None

    def binding(self) -> Binding:
        return Binding(
            self.key, self.action, self.label or self.help, show=bool(self.label), key_display=self.shown_as, id=self.id
        )


ROOMS = (
    Key("room.decide", "D", "room('decide')", "", "Decide: answer ten questions"),
    Key("room.catalog", "C", "room('catalog')", "", "Catalog: instances, figures and prices"),
    Key("room.fit", "F", "room('fit')", "", "Fit: will it run, and why not"),
    Key("room.bench", "B", "room('bench')", "", "Bench: measure a live endpoint"),
    Key("room.evidence", "E", "room('evidence')", "", "Evidence: runs, published figures, audited claims"),
    Key("room.advice", "A", "room('advice')", "", "Advice: the recommendation"),
)

APP = (
    *ROOMS,
    Key("app.mistakes", "exclamation_mark", "mistakes", "", "what could not be read of the catalogue", "!"),
    Key("app.help", "question_mark", "help", "Help", "keys of this screen", "?"),
    Key("app.quit", "q", "quit", "Quit", "quit; asks while a benchmark runs"),
)

DECIDE = (
    Key("decide.next", "enter", "take", "Take", "take the marked answer and go on", "⏎"),
    Key("decide.back", "backspace", "back", "Back", "back to the question before", "⌫"),
    Key("decide.numbers", "equals_sign", "numbers", "Numbers", "type exact numbers", "="),
    Key("decide.unsure", "u", "unsure", "Unsure", "take the default as an assumption"),
    Key("decide.dropped", "d", "dropped", "Dropped", "what was dropped and why"),
    Key("decide.reset", "r", "reset", "Reset", "forget all answers; asks first"),
)

CATALOG = (
    Key(
        "catalog.filter", "slash", "filter", "Filter", "filter rows: 8x, >=80GiB, <40$, fp8, any word; esc clears", "/"
    ),
    Key("catalog.sort", "s", "sort", "Sort", "sort by any column; the same one again turns it round"),
    Key("catalog.reverse", "S", "reverse", "", "turn the order round"),
    Key("catalog.tick", "space", "tick", "Tick", "tick the row; ticks outlast filter and order", "␣"),
    Key("catalog.compare", "c", "compare", "Compare", "compare the ticked rows side by side"),
    Key("catalog.details", "enter", "details", "Details", "every figure with its source", "⏎"),
    Key("catalog.info", "i", "details", "", "every figure with its source"),
    Key("catalog.buying", "p", "buying", "Price", "choose the way of buying that prices are for"),
    Key("catalog.regions", "R", "regions", "", "choose the region that prices are for"),
    Key("catalog.region", "left_square_bracket", "region(-1)", "", "previous region", "["),
    Key("catalog.region_next", "right_square_bracket", "region(1)", "", "next region", "]"),
    Key("catalog.fit", "f", "fit", "", "ask Fit about the instance"),
    Key("catalog.refresh", "r", "refresh_prices", "", "read newer prices from public feeds"),
    Key("catalog.clear", "escape", "clear", "", "clear the filter", "esc"),
)

FIT = (
    Key("fit.instance", "left_square_bracket", "instance(-1)", "", "previous instance", "["),
    Key("fit.instance_next", "right_square_bracket", "instance(1)", "", "next instance", "]"),
    Key("fit.numbers", "equals_sign", "numbers", "Numbers", "type exact numbers, and the rarer settings", "="),
    Key("fit.matrix", "m", "matrix", "Matrix", "all instances × checkpoints at this context and concurrency"),
    Key("fit.verify", "v", "prove('server')", "Verify", "compare with what a live server says of its memory"),
    Key("fit.log", "L", "prove('log')", "", "compare with a server's start-up log"),
    Key("fit.identify", "n", "prove('identify')", "", "name the stacks that an endpoint can be"),
    Key("fit.copy", "y", "copy", "Copy", "copy the serve command"),
    Key("fit.info", "i", "info", "Sources", "where each figure comes from"),
    Key("fit.reset", "r", "reset", "Reset", "the default question again"),
    Key("fit.page_down", "pagedown", "page(1)", "", "read on in what explains the verdict", "pgdn"),
    Key("fit.page_up", "pageup", "page(-1)", "", "and back", "pgup"),
)

MATRIX = (
    Key("matrix.open", "enter", "open", "Open", "the combination under the cursor, in Fit", "⏎"),
    Key("matrix.context", "plus", "step('context_tokens', 1)", "Context", "the next larger context", "+"),
    Key("matrix.context_less", "minus", "step('context_tokens', -1)", "", "the next smaller context", "-"),
    Key("matrix.concurrency", "greater_than_sign", "step('concurrency', 1)", "Requests", "more requests at once", ">"),
    Key("matrix.concurrency_less", "less_than_sign", "step('concurrency', -1)", "", "fewer requests at once", "<"),
    Key("matrix.model", "t", "step('model', 1)", "Model", "the other model"),
    Key("matrix.filter", "slash", "filter", "Filter", "filter rows by words of a name, or fits; esc clears", "/"),
    Key("matrix.back", "escape", "back", "Back", "back to Fit", "esc"),
)

BENCH = (
    Key("bench.start", "b", "start", "Start", "benchmark this endpoint"),
    Key("bench.builtin", "o", "builtin", "Built-in", "start the built-in endpoint and use it"),
    Key("bench.stop", "x", "stop", "Stop", "stop and keep what was measured"),
    Key("bench.kill", "X", "kill", "", "stop at once"),
    Key("bench.reset", "r", "reset", "Reset", "the form as it was first, for the same endpoint"),
    Key("bench.leave", "escape", "leave_field", "", "leave the field", "esc"),
)

EVIDENCE = (
    Key("evidence.filter", "slash", "filter", "Filter", "filter published figures, of all models; esc clears", "/"),
    Key("evidence.info", "i", "info", "Sources", "all that is known of a published figure"),
    Key("evidence.next", "t", "next_panel", "Panel", "runs, published figures, audit, reports, memory"),
    Key("evidence.open", "enter", "open", "Open", "open the report of the marked row", "⏎"),
    Key("evidence.refresh", "r", "refresh_points", "Refresh", "read the ledger again"),
    Key("evidence.clear", "escape", "clear", "", "clear the filter", "esc"),
)

REPORT = (
    Key("report.open", "enter", "open", "Open", "open the marked chart, claims or entries", "⏎"),
    Key("report.back", "escape", "back", "Back", "back to Evidence", "esc"),
)

CHART = (
    Key("chart.next", "n", "turn(1)", "Next", "next chart; so does the right arrow"),
    Key("chart.previous", "p", "turn(-1)", "Previous", "previous chart; so does the left arrow"),
    Key("chart.right", "right", "turn(1)", "", "next chart", "→"),
    Key("chart.left", "left", "turn(-1)", "", "previous chart", "←"),
    Key("chart.info", "i", "info", "Sources", "all that is known of the marked row"),
    Key("chart.back", "escape", "back", "Back", "back to the report's contents", "esc"),
)

ADVICE = (
    Key("advice.export", "e", "export", "Export", "write the recommendation as TOML"),
    Key("advice.copy", "y", "copy", "Copy", "copy the serve command"),
    Key("advice.dropped", "d", "dropped", "Dropped", "what was dropped and why"),
    Key("advice.bench", "b", "bench", "Bench", "measure what would confirm it"),
)

REFRESH = (
    Key("refresh.go_on", "enter", "go_on", "", "read the feeds; then, apply what they change", "⏎"),
    Key("refresh.close", "escape", "close", "", "cancel; leave the catalogue as it is", "esc"),
)
REFRESH_LIST = (
    Key("refresh.list_go_on", "enter", "screen.go_on", "", "read the feeds", "⏎"),
    Key("refresh.tick", "space", "tick", "", "tick what is to be read", "␣"),
)

DIALOG = (Key("dialog.close", "escape", "close", "Close", "close", "esc"),)


def bindings(keys: tuple[Key, ...]) -> list[Binding]:
    return [key.binding() for key in keys]
