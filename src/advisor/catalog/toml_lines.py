"""Which line of a TOML file a table or key stands on, so that an error can say it.

tomllib gives positions for syntax errors only. This finds headers and keys by reading the lines again,
which is enough to point a reader at the place; a key it cannot find has no line.
"""

import tomllib
from collections.abc import Sequence


def line_of(text: str, path: Sequence[str]) -> int | None:
    """The 1-based line of the key at `path`, or of the deepest table of the path that is written out."""
    current: tuple[str, ...] = ()
    best: tuple[int, int] | None = None
    for number, line in enumerate(text.splitlines(), start=1):
        stripped = line.strip()
        if stripped.startswith("["):
            current = _key_path(stripped.rpartition("]")[0].strip("[] \t")) or current
            depth = _matching(current, path)
        elif "=" in stripped and not stripped.startswith("#"):
            depth = _matching(current + _key_path(stripped.split("=", 1)[0].strip()), path)
        else:
            continue
        if depth and (best is None or depth > best[0]):
            best = (depth, number)
    return best[1] if best else None


def _key_path(written: str) -> tuple[str, ...]:
    """`a."b.c".d` as its parts; empty for what is no key."""
    try:
        table = tomllib.loads(f"{written} = 0")
    except tomllib.TOMLDecodeError:
        return ()
    parts: list[str] = []
    value: object = table
    while isinstance(value, dict):
        (part, value), *_ = value.items()
        parts.append(part)
    return tuple(parts)


def _matching(place: Sequence[str], path: Sequence[str]) -> int:
    """How deep `place` leads into `path`; 0 where it leads elsewhere."""
    return len(place) if tuple(path[: len(place)]) == tuple(place) else 0
