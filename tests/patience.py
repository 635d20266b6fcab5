"""For tests that need a measurement in which this machine did not stand in the way.

A busy machine makes a run `client_limited`, or leaves a rate between its repetitions, which is right, and
no failure of what the test is about. Such an attempt is made again, a few times.
"""

from collections.abc import Callable
from typing import TypeVar

Found = TypeVar("Found")

_MOST = 4


def unhindered(attempt: Callable[[], Found], is_hindered: Callable[[Found], bool]) -> Found:
    """The first attempt that the machine did not spoil, or the last one."""
    for _ in range(_MOST - 1):
        found = attempt()
        if not is_hindered(found):
            return found
    return attempt()
