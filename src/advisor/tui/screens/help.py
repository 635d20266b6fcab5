"""The help dialog: the keys of the room one is in, then those that work everywhere."""

from textual.content import Content

from advisor.quantities.provenance import Level
from advisor.tui import keys
from advisor.tui.screens.dialogs import TextDialog
from advisor.tui.views.text import badge, heading, lines

_ROOM_KEYS = {
    "decide": keys.DECIDE,
    "catalog": keys.CATALOG,
    "fit": keys.FIT,
    "matrix": keys.MATRIX,
    "bench": keys.BENCH,
    "evidence": keys.EVIDENCE,
    "report": keys.REPORT,
    "chart": keys.CHART,
    "advice": keys.ADVICE,
}

_ABOUT = {
    "decide": "Ten questions; digits answer. Every question may be left to its default, which is then an assumption.",
    "catalog": "Every instance with the figures that matter here. No list price means that nobody lists one.",
    "fit": "Arrows move between fields and change them; the verdict follows at once.",
    "matrix": "The best parallelism of every instance and checkpoint: where it runs, the one with most replicas.",
    "bench": "Measures an OpenAI-compatible endpoint in a process of its own. Nothing is sent anywhere else.",
    "evidence": "What was measured here, what others published, and what became of published claims.",
    "report": "A published report: its charts recomputed, its claims audited, and what else it says, by topic.",
    "chart": "As published, recomputed from the report's own numbers or looked up, and by the best evidence here.",
    "advice": "The recommendation for the answers so far. Everything unanswered is an assumption and listed.",
}


class HelpDialog(TextDialog):
    """Keys and glyphs for one room, or for a screen within it."""

    def __init__(self, room: str) -> None:
        super().__init__(f"Help: {room.capitalize()}", help_content(room))


def help_content(room: str) -> Content:
    """The text of the help dialog."""
    levels = [badge(level) for level in Level]
    pairs = [
        Content.assemble(left, " " * max(2, 22 - left.cell_length), right)
        for left, right in zip(levels[::2], [*levels[1::2], Content("")], strict=False)
    ]
    return lines(
        _ABOUT[room],
        "",
        heading("This room"),
        *(_key(key) for key in _ROOM_KEYS[room]),
        "",
        heading("Everywhere"),
        *(_key(key) for key in keys.APP),
        Content.assemble(("ctrl+p  ", "bold"), "commands, themes"),
        "",
        heading("Where a number comes from"),
        *pairs,
    )


def _key(key: keys.Key) -> Content:
    return Content.assemble(((key.shown_as or key.key).ljust(8), "bold"), key.help)
