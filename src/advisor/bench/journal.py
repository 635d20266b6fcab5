"""The journal of a run: append-only, one JSON line per record, written as it happens.

Each line goes to the kernel in one write, so that killing the process loses nothing that was appended.
"""

import json
import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Protocol

_MODE = 0o600
"""Runs name endpoints: they are the user's own."""


class Journal(Protocol):
    """Where the records of a run go. The file is one; a caller may have its own."""

    def append(self, record: Mapping[str, object]) -> None: ...


class JournalFile:
    """A journal on disk. It may be appended to by one process at a time."""

    def __init__(self, path: Path) -> None:
        self._descriptor = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, _MODE)
        self._mend(path)

    def append(self, record: Mapping[str, object]) -> None:
        line = json.dumps(record, separators=(",", ":")) + "\n"
        os.write(self._descriptor, line.encode())

    def close(self) -> None:
        os.close(self._descriptor)

    def _mend(self, path: Path) -> None:
        """End a line that a crash cut short, so that the next record begins its own."""
        with path.open("rb") as written:
            size = written.seek(0, os.SEEK_END)
            if size:
                written.seek(size - 1)
                if written.read(1) != b"\n":
                    os.write(self._descriptor, b"\n")


class JournalTail:
    """The records that came since the last look. A line that is still being written is left for later."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._position = 0

    def read_new(self) -> tuple[dict[str, Any], ...]:
        try:
            with self._path.open("rb") as journal:
                journal.seek(self._position)
                data = journal.read()
        except FileNotFoundError:
            return ()
        whole = data[: data.rfind(b"\n") + 1]
        self._position += len(whole)
        return tuple(_records(whole))


def read_journal(path: Path) -> tuple[dict[str, Any], ...]:
    """Every whole record of a journal; none where there is no file."""
    return JournalTail(path).read_new()


def _records(data: bytes) -> Iterator[dict[str, Any]]:
    """The lines that are JSON objects; a line cut short by a crash is none."""
    for line in data.splitlines():
        try:
            record = json.loads(line)
        except ValueError:
            continue
        if isinstance(record, dict):
            yield record
