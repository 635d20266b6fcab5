"""Writing files so that a crash leaves the old one or the new one, never half of either."""

import os
import stat
import tempfile
from pathlib import Path

from advisor.errors import InputError

_MODE = 0o644
"""Of a new file; one that exists keeps its own."""


def write_atomically(path: Path, text: str) -> None:
    """Write text beside the target, flush it to disk, then rename over it.

    A symbolic link stays one: what it points to is replaced. InputError where the place cannot be written;
    whatever happens, nothing half written stays behind.
    """
    try:
        target = path.resolve() if path.is_symlink() else path
        descriptor, name = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.")
        draft = Path(name)
        try:
            with os.fdopen(descriptor, "w", encoding="utf-8", newline="\n") as file:
                file.write(text)
                file.flush()
                os.fsync(file.fileno())
            draft.chmod(_mode_of(target))
            draft.replace(target)
            _sync_directory(target.parent)
        except BaseException:  # a cancelled write leaves nothing either
            draft.unlink(missing_ok=True)
            raise
    except OSError as error:
        raise InputError(f"it cannot be written: {error.strerror}", file=path) from error


def make_folder(folder: Path) -> None:
    """Make a folder and those above it. InputError where that cannot be."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(f"it cannot be made: {error.strerror}", file=folder) from error


def _sync_directory(directory: Path) -> None:
    """Until the new name is on disk too, a power cut could bring the old file back."""
    descriptor = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _mode_of(target: Path) -> int:
    try:
        return stat.S_IMODE(target.stat().st_mode)
    except FileNotFoundError:
        return _MODE
