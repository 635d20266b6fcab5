"""What may lie in an overlay directory: a file that nothing would read is a mistake, and it is named."""

from collections.abc import Iterator
from pathlib import Path

from advisor.catalog.complaints import STRICT, Complaints
from advisor.errors import InputError, near

FILES = (
    "accelerators.toml",
    "instances.toml",
    "ultraservers.toml",
    "engines.toml",
    "managed.toml",
    "sources.toml",
    "discounts.toml",
    "commands.toml",
    "facts.toml",
    "cross-checks.toml",
    "decision-tree.toml",
    "interruptions.csv",
)
FOLDERS = {
    "instances": ".toml",
    "models": ".toml",
    "prices": ".csv",
    "reports": ".toml",
    "charts": ".toml",
    "published": ".csv",
}
_NESTED = "published"
"""The folder that may hold folders of the same files, one a model."""
_BESIDE = (".md", ".txt")
"""Suffixes of notes that people keep beside their data; so are NOTICE and LICENSE, and all that is hidden."""


def check_names(root: Path, complaints: Complaints = STRICT) -> None:
    """InputError naming a file or folder of an overlay that the catalogue would never read."""
    for path in _visible(root):
        with complaints.skipping():
            if path.is_dir():
                _check_folder(path, complaints)
            elif path.name not in FILES and not _is_note(path):
                raise _unknown("file", path, FILES)


def _check_folder(folder: Path, complaints: Complaints) -> None:
    if folder.name not in FOLDERS:
        raise _unknown("folder", folder, [f"{name}/" for name in FOLDERS])
    for path in _visible(folder):
        nested = path.is_dir() and folder.name == _NESTED
        for file in _visible(path) if nested else (path,):
            with complaints.skipping():
                _check_file(file, folder)


def _check_file(path: Path, folder: Path) -> None:
    suffix = FOLDERS[folder.name]
    if path.is_dir() or (path.suffix != suffix and not _is_note(path)):
        hint = f"{folder.name}/ holds files named *{suffix}."
        raise InputError("the catalogue reads no such file", file=path, hint=hint)


def _unknown(kind: str, path: Path, known: tuple[str, ...] | list[str]) -> InputError:
    close = near(path.name, known)
    meant = f"Did you mean {' or '.join(close)}? " if close else ""
    folders = [f"{name}/*{suffix}" for name, suffix in FOLDERS.items()]
    return InputError(
        f"the catalogue reads no such {kind}", file=path, hint=f"{meant}It reads {', '.join([*FILES, *folders])}."
    )


def _visible(folder: Path) -> Iterator[Path]:
    return (path for path in sorted(folder.iterdir()) if not path.name.startswith("."))


def _is_note(path: Path) -> bool:
    return path.suffix.lower() in _BESIDE or path.stem in ("NOTICE", "LICENSE", "README")
