"""What repetitions of one load say about its true figure."""

from collections.abc import Sequence
from math import sqrt
from statistics import mean, stdev

_STUDENT_T_95 = {2: 12.71, 3: 4.303, 4: 3.182, 5: 2.776, 6: 2.571, 7: 2.447, 8: 2.365, 9: 2.306, 10: 2.262}
"""Two-sided, by the number of repetitions; more than ten count as ten, which is the wider interval."""

UNREPEATED_SIGMA = 0.07
"""Doubt of a figure taken once, whose spread nobody saw: the upper end of how far audited runs of the same
system scatter, 0.7 to 7 % (facts: sizing, section 3.7)."""

STANDARD_NORMAL_95 = 1.96


def relative_interval(values: Sequence[float]) -> float | None:
    """Relative half-width of the 95 % interval of the mean over repetitions; None for fewer than two."""
    if len(values) < 2:
        return None
    factor = _STUDENT_T_95[min(len(values), max(_STUDENT_T_95))]
    return factor * stdev(values) / sqrt(len(values)) / mean(values)
