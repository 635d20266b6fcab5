"""What a refresh has read whole and nobody has applied yet: a file for each feed, good for a day."""

import hashlib
import json
from collections import Counter
from collections.abc import Collection
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path
from typing import Any

from advisor.catalog.feeds.reading import Band, FeedPrice, Reading
from advisor.export.files import make_folder, write_atomically
from advisor.quantities.provenance import Level

_SCHEMA = 2


@dataclass(frozen=True, slots=True)
class Staged:
    """A reading with the address it came from."""

    reading: Reading
    url: str


class Staging:
    """A folder of readings. One counts only on its day, from the same address, for the same instances and regions."""

    def __init__(self, root: Path, asked: Collection[str], day: date) -> None:
        """asked: whatever a reading depends on, instances and regions: another question reads anew."""
        self._root = root
        self._stamp = f"{day.isoformat()} {hashlib.sha256(' '.join(sorted(asked)).encode()).hexdigest()}"

    def get(self, name: str, urls: Collection[str]) -> Staged | None:
        """What was read today under this name; None where that is nothing, or cannot be read any more."""
        try:
            stored = json.loads((self._root / f"{name}.json").read_text(encoding="utf-8"))
            if stored["schema"] != _SCHEMA or stored["stamp"] != self._stamp or stored["url"] not in urls:
                return None
            return Staged(_reading(stored), stored["url"])
        except (OSError, ValueError, KeyError, TypeError):
            return None  # it saves a download and is worth nothing else: whatever is wrong with it, it is read anew

    def put(self, name: str, staged: Staged) -> None:
        """Keep a reading. InputError where the folder cannot be written."""
        reading = staged.reading
        make_folder(self._root)
        stored = {
            "schema": _SCHEMA,
            "stamp": self._stamp,
            "url": staged.url,
            "published": reading.published,
            "version": reading.version,
            "prices": [asdict(price) for price in reading.prices],
            "undecided": reading.undecided,
            "bands": [asdict(band) for band in reading.bands],
            "skipped": reading.skipped,
        }
        write_atomically(self._root / f"{name}.json", json.dumps(stored))


def _reading(stored: dict[str, Any]) -> Reading:
    found = Reading(stored["published"], stored["version"], skipped=Counter(stored["skipped"]))
    found.bands = [Band(**band) for band in stored["bands"]]
    for price in stored["prices"]:
        found.take(FeedPrice(**{**price, "level": Level(price["level"])}))
    for key in stored["undecided"]:
        found.leave_open(tuple(key))
    return found
