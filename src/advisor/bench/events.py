"""The events of decoded streams, as rows of an array: what a trace file holds.

One row is one server-sent event. Stamps are nanoseconds on the monotonic clock.
"""

from enum import IntEnum

import numpy as np
from numpy.typing import NDArray

EVENT = np.dtype(
    [
        ("hi_ns", "<i8"),  # when the event was there for certain: the kernel's stamp of its read, else the user's
        ("lo_ns", "<i8"),  # the earliest it can have come; equal to hi where its read held one event
        ("lag_ns", "<u4"),  # user stamp minus kernel stamp of the read, at most 4.29 s; NO_LAG without a kernel stamp
        ("bytes", "<u4"),
        ("text_chars", "<u4"),
        ("tokens", "<u2"),  # 0: the server did not say
        ("kind", "u1"),
        ("choices", "u1"),
    ]
)

NO_LAG = 0xFFFF_FFFF
"""The lag of a read that had no kernel stamp."""

Events = NDArray[np.void]


class EventKind(IntEnum):
    """What an event carries. The first three are content: they alone start TTFT, end E2E and make gaps."""

    CONTENT = 1
    REASONING = 2
    TOOL = 3
    ROLE = 4
    EMPTY = 5
    FINISH = 6
    USAGE = 7
    DONE = 8
    ERROR = 9
    COMMENT = 10
    INVALID = 11


LAST_CONTENT_KIND = EventKind.TOOL


def is_content(events: Events) -> NDArray[np.bool_]:
    """Which rows are content events."""
    mask: NDArray[np.bool_] = events["kind"] <= LAST_CONTENT_KIND
    return mask


def no_events() -> Events:
    """An empty trace."""
    return np.zeros(0, dtype=EVENT)
