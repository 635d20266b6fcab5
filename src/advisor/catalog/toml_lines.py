"""Which line of a TOML file a table or key stands on, so that an error can say it.

tomli gives positions for syntax errors only. This finds headers and keys by reading the lines again,
which is enough to point a reader at the place; a key it cannot find has no line.
"""

from collections import Counter
from collections.abc import Mapping, Sequence

import tomli

Part = str | int
"""A key, or which table of an array of tables, counted from 0."""


def line_of(text: str, path: Sequence[Part]) -> int | None:
    """The 1-based line of the key at `path`, or of the deepest table of the path that is written out.

    A path without a number where an array of tables stands finds the first of them.
    """
    current: tuple[Part, ...] = ()
    best: tuple[int, int] | None = None
    seen: Counter[tuple[str, ...]] = Counter()
    for number, line in enumerate(text.splitlines(), start=1):
        stripped = line.strip()
        if stripped.startswith("["):
            names = _key_path(stripped.rpartition("]")[0].strip("[] \t"))
            if stripped.startswith("[["):
                seen[names] += 1
            current = _numbered(names, seen) or current
            depth = _matching(current, path)
        elif "=" in stripped and not stripped.startswith("#"):
            depth = _matching(current + _key_path(stripped.split("=", 1)[0].strip()), path)
        else:
            continue
        if depth and (best is None or depth > best[0]):
            best = (depth, number)
    return best[1] if best else None


def written(path: Sequence[Part]) -> str:
    """A path as people write it: `pool[0].instances`."""
    shown = ""
    for part in path:
        shown += f"[{part}]" if isinstance(part, int) else f".{part}" if shown else part
    return shown


def place_in(document: object, path: Sequence[Part]) -> tuple[Part, ...]:
    """As much of a path as leads through a document: a validator's own path goes on into the kinds it tried."""
    found: list[Part] = []
    for part in path:
        if isinstance(document, Mapping):
            document = document.get(part)
        elif isinstance(document, list) and isinstance(part, int) and part < len(document):
            document = document[part]
        else:
            break
        found.append(part)
    return tuple(found)


def _key_path(written_key: str) -> tuple[str, ...]:
    """`a."b.c".d` as its parts; empty for what is no key."""
    try:
        table = tomli.loads(f"{written_key} = 0")
    except tomli.TOMLDecodeError:
        return ()
    parts: list[str] = []
    value: object = table
    while isinstance(value, dict):
        (part, value), *_ = value.items()
        parts.append(part)
    return tuple(parts)


def _numbered(names: tuple[str, ...], seen: Counter[tuple[str, ...]]) -> tuple[Part, ...]:
    """The names of a header, each array of tables followed by which of its tables this is."""
    found: list[Part] = []
    for depth, name in enumerate(names, start=1):
        found.append(name)
        if names[:depth] in seen:
            found.append(seen[names[:depth]] - 1)
    return tuple(found)


def _matching(place: Sequence[Part], path: Sequence[Part]) -> int:
    """How deep `place` leads into `path`; 0 where it leads elsewhere."""
    depth = 0
    for part in place:
        wanted = path[depth] if depth < len(path) else None
        if isinstance(part, int) and not isinstance(wanted, int):
            continue
        if part != wanted:
            return 0
        depth += 1
    return depth
