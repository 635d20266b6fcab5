"""What may lie in an overlay directory: a file that nothing would read is a mistake, and it is named."""

from collections.abc import Iterator
from pathlib import Path

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


def check_names(root: Path) -> None:
    """InputError naming the first file or folder of an overlay that the catalogue would never read."""
    for path in _visible(root):
        if path.is_dir():
            _check_folder(path)
        elif path.name not in FILES and not _is_note(path):
            raise _unknown("file", path, FILES)


def _check_folder(folder: Path) -> None:
    if folder.name not in FOLDERS:
        raise _unknown("folder", folder, [f"{name}/" for name in FOLDERS])
    for path in _visible(folder):
        if path.is_dir() and folder.name == _NESTED:
            for inner in _visible(path):
                _check_file(inner, folder)
        else:
            _check_file(path, folder)


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
