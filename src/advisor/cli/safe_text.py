"""Text as a terminal may have it: without control characters."""

from advisor.errors import CONTROLS


def without_controls(text: str) -> str:
    """The text without what would steer the terminal; lines and tabs stay."""
    return CONTROLS.sub("", text)
