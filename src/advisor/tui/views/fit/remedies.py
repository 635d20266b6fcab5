"""What would make a combination fit: one change a line."""

from textual.content import Content

from advisor.fit.result import Remedy
from advisor.quantities import text
from advisor.tui.views.text import VERDICT_STYLES
from advisor.wording.reasons import sentence


def remedy(change: Remedy) -> Content:
    """The change, the verdict it leads to, and what is left per device."""
    verdict = change.verdict.value.replace("_", " ")
    return Content.assemble(
        f"{sentence(change.reason)} ",
        (f"{verdict}, {text.gib(change.margin_bytes)} spare", VERDICT_STYLES[change.verdict.value]),
    )
