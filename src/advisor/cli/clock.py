"""The one place where commands learn the date."""

from datetime import date


def today() -> date:
    """The local calendar day, by which review dates and the ages of prices are told."""
    return date.today()  # noqa: DTZ011 — people mean their own calendar
