"""The app's own theme: Textual's dark one with blue for better and orange for worse.

Shape carries every meaning that a colour repeats, so no colour at all works too.
"""

from textual.theme import Theme

DARK = Theme(
    name="advisor",
    primary="#4f9cf5",
    secondary="#7f8ea3",
    accent="#e0a458",
    success="#5ab0f7",
    warning="#e0a458",
    error="#e06c5f",
    foreground="#d7dee8",
    background="#12161c",
    surface="#171c24",
    panel="#1f2630",
    dark=True,
)
