"""Live counters of a run: small mmapped files, one writer each, read by whoever shows the run.

Every counter is one aligned 64-bit integer, so a reader sees either the old value or the new one. Two
counters read together may be one update apart.
"""

import mmap
import struct
from collections.abc import Collection
from enum import IntEnum, auto
from pathlib import Path
from typing import Self

_WIDTH = 8
_VALUE = struct.Struct("=q")


class CaptureCounter(IntEnum):
    """What the capture process counts. Times are monotonic nanoseconds; planned is -1 where time bounds a cell."""

    STARTED_NS = 0
    UPDATED_NS = auto()
    STAGE = auto()
    CELL = auto()
    CELL_STARTED_NS = auto()
    IN_FLIGHT = auto()
    ISSUED = auto()
    READS = auto()
    BYTES = auto()
    LOOP_LAG_US = auto()


class Stage(IntEnum):
    """Where the capture process is; the value is what the counter holds."""

    STARTING = 0
    WARMUP = 1
    MEASURE = 2
    DRAIN = 3
    ENDED = 4


class AnalysisCounter(IntEnum):
    """What the analyser counts over the whole run, warm-up included."""

    READS = 0
    TOKENS = auto()


class CellStage(IntEnum):
    """Where the analyser is with a cell; the value is what the counter holds."""

    WAITING = 0
    RUNNING = 1
    OVER = 2


class CellCounter(IntEnum):
    """What the analyser counts for each cell: measured requests only. Latencies are microseconds, 0 unknown."""

    COMPLETED = 0
    FAILED = auto()
    TOKENS = auto()
    STAGE = auto()
    OUTPUT_MILLITOKENS_PER_S = auto()
    TTFT_P50_US = auto()
    TTFT_P95_US = auto()
    TPOT_P50_US = auto()


def cell_slot(cell: int, counter: CellCounter) -> int:
    """The place of a cell's counter in the analyser's file."""
    return len(AnalysisCounter) + cell * len(CellCounter) + counter


class Counters:
    """A mapped file of counters."""

    def __init__(self, path: Path, *, writable: bool) -> None:
        with path.open("r+b" if writable else "rb") as file:
            access = mmap.ACCESS_WRITE if writable else mmap.ACCESS_READ
            self._map = mmap.mmap(file.fileno(), 0, access=access)

    @classmethod
    def create_for(cls, capture: Path, analysis: Path, cells: int, kept: Collection[int] = ()) -> None:
        """Make the two files of a run with so many cells, all from zero but for the cells whose numbers are kept."""
        _make(capture, len(CaptureCounter))
        slots = cell_slot(cells, CellCounter.COMPLETED)
        if not analysis.exists() or analysis.stat().st_size != slots * _WIDTH:
            _make(analysis, slots)
            return
        with cls(analysis, writable=True) as counters:
            for cell in set(range(cells)).difference(kept):
                for counter in CellCounter:
                    counters[cell_slot(cell, counter)] = 0

    def __getitem__(self, slot: int) -> int:
        value: int = _VALUE.unpack_from(self._map, slot * _WIDTH)[0]
        return value

    def __setitem__(self, slot: int, value: int) -> None:
        _VALUE.pack_into(self._map, slot * _WIDTH, value)

    def close(self) -> None:
        self._map.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def _make(path: Path, slots: int) -> None:
    """A file of zeros, put in place whole: a reader of the old one keeps that."""
    written = path.with_suffix(".new")
    written.write_bytes(bytes(slots * _WIDTH))
    written.replace(path)
