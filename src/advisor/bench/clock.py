"""One time axis: CLOCK_MONOTONIC in nanoseconds. Kernel receive stamps are brought onto it.

The kernel stamps packets on CLOCK_REALTIME, which may be stepped or slewed while a run goes on. The
offset between the two clocks is therefore sampled again and again, and a jump is counted
(facts: benchmark-runner, section 8.2).
"""

import struct
import sys
import time
from collections.abc import Sequence

SO_TIMESTAMPNS = 35
"""Linux's option and control message for receive stamps; Python 3.11 has no name for it."""

SAMPLES_PER_S = 10
STEP_NS = 50_000
"""A change of the offset between two samples beyond this is a step of the wall clock, not its drift:
at 10 samples a second it would be 500 parts per million, the most that NTP slews."""

_BRACKETS = 5
_TIMESPEC = struct.Struct("qq")


class ClockMap:
    """The offset from the monotonic clock to the wall clock, and how often it jumped."""

    __slots__ = ("_sampled_ns", "offset_ns", "steps")

    def __init__(self) -> None:
        self._sampled_ns, self.offset_ns, _ = _offset()
        self.steps = 0

    def sample(self) -> None:
        """Measure the offset again. A measurement that was interrupted for longer than a step says nothing."""
        now, offset, uncertainty = _offset()
        if uncertainty > STEP_NS:
            return
        periods = max(1.0, (now - self._sampled_ns) * SAMPLES_PER_S / 1e9)
        if abs(offset - self.offset_ns) > STEP_NS * periods:
            self.steps += 1
        self._sampled_ns, self.offset_ns = now, offset


def _offset() -> tuple[int, int, int]:
    """(when, wall clock minus monotonic clock, how uncertain) from the tightest of a few bracketed reads."""
    readings = []
    for _ in range(_BRACKETS):
        before = time.monotonic_ns()
        wall = time.time_ns()
        after = time.monotonic_ns()
        readings.append((after - before, before, wall))
    width, before, wall = min(readings)
    return before, wall - before - width // 2, width


def kernel_stamp_ns(control: Sequence[tuple[int, int, bytes]]) -> int:
    """The wall-clock receive stamp among the control messages of a read; 0 where there is none."""
    for _, kind, value in control:
        if kind == SO_TIMESTAMPNS and len(value) == _TIMESPEC.size:
            seconds, nanoseconds = _TIMESPEC.unpack(value)
            return int(seconds) * 1_000_000_000 + int(nanoseconds)
    return 0


def kernel_stamps_offered() -> bool:
    """Whether this platform stamps received packets for us."""
    return sys.platform == "linux"
