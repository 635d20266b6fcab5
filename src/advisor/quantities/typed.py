"""What is wrong with a value of the right kind that somebody typed into a file; None where nothing is."""

from math import isfinite

from advisor.errors import CONTROLS


def text_complaint(value: str, *, one_line: bool = False) -> str | None:
    """Text that would steer a terminal, or where one_line is asked for, break out of its line."""
    steers = CONTROLS.search(value) is not None or (one_line and "\n" in value)
    return "the text holds control characters" if steers else None


def finite_complaint(value: float) -> str | None:
    """Infinity, or no number at all."""
    return None if isfinite(value) else f"{value} is not a finite number"


def figure_complaint(value: float, *, may_be_zero: bool) -> str | None:
    """A figure that is negative, or zero where that means nothing."""
    if not isfinite(value):
        return finite_complaint(value)
    if value < 0 or (value == 0 and not may_be_zero):
        return f"it must be {'at least' if may_be_zero else 'above'} 0, got {value:g}"
    return None
