"""Trace files: .npy arrays of events that grow by appending.

A file can be read by `numpy.load` once it is closed. Should the writer die first, its header still says
fewer rows than there are; `read_trace` goes by the size of the file instead.
"""

import io
from pathlib import Path

import numpy as np

from advisor.bench.events import EVENT, Events, no_events
from advisor.errors import InputError


class TraceFile:
    """The events of one attempt at one cell, appended request by request. Made new; one writer."""

    def __init__(self, path: Path) -> None:
        self._file = path.open("xb", buffering=0)
        self._header_bytes = self._file.write(_header(0))
        self.rows = 0

    def append(self, events: Events) -> int:
        """Add rows and return the number of the first."""
        first = self.rows
        self._file.write(events.tobytes())
        self.rows += len(events)
        return first

    def close(self) -> None:
        """Bring the header up to date and close."""
        header = _header(self.rows)
        assert len(header) == self._header_bytes, "numpy pads its headers for growth"
        self._file.seek(0)
        self._file.write(header)
        self._file.close()


def read_trace(path: Path) -> Events:
    """All whole rows of a trace file; none where there is no file. InputError where it is no trace."""
    try:
        with path.open("rb") as file:
            np.lib.format.read_magic(file)
            _, _, dtype = np.lib.format.read_array_header_1_0(file)
            start = file.tell()
    except FileNotFoundError:
        return no_events()
    except ValueError:
        raise InputError("this is no trace file", file=path) from None
    if dtype != EVENT:
        raise InputError("the trace was written by another version of this program", file=path)
    rows = (path.stat().st_size - start) // EVENT.itemsize
    return np.fromfile(path, dtype=EVENT, count=rows, offset=start)


def _header(rows: int) -> bytes:
    written = io.BytesIO()
    layout = {"descr": np.lib.format.dtype_to_descr(EVENT), "fortran_order": False, "shape": (rows,)}
    np.lib.format.write_array_header_1_0(written, layout)
    return written.getvalue()
