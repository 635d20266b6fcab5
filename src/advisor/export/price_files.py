"""Price files of a layer: read as cells, changed row by row, written whole or not at all."""

import csv
import io
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from advisor.catalog.layers import read_csv, read_toml
from advisor.catalog.prices import COLUMNS
from advisor.errors import InputError
from advisor.export.files import make_folder, write_atomically

Cells = tuple[str, ...]
RowKey = tuple[str, str, str, str, str]


def price_path(root: Path, region: str) -> Path:
    """The price file of a region in a layer."""
    return root / "prices" / f"{region}.csv"


def read_price_rows(path: Path) -> list[Cells]:
    """The rows of a price file as they stand; none where there is no file. InputError for a file of another shape."""
    return [tuple(cells) for _, cells in read_csv(path, COLUMNS)] if path.exists() else []


def row_key(cells: Cells) -> RowKey:
    """Instance, option, term, payment and statistic: what a row is the price of."""
    return (cells[0], cells[1], cells[2], cells[3], cells[4])


def amount(usd_per_hour: float) -> str:
    """A price as it stands in a file: all digits that feeds give, no more."""
    return f"{usd_per_hour:.10g}"


def write_rows(path: Path, columns: Iterable[str], rows: Iterable[Cells]) -> None:
    """Write a CSV file of the catalogue. InputError where it cannot be written; the old file is then as it was."""
    make_folder(path.parent)
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows(rows)
    write_atomically(path, text.getvalue())


def read_sources(root: Path) -> dict[str, dict[str, str]]:
    """The sources that a layer lists; none where it lists none."""
    path = root / "sources.toml"
    return read_toml(path) if path.exists() else {}


def write_sources(root: Path, sources: Mapping[str, Mapping[str, str]]) -> None:
    """Write the list of sources of a layer."""
    import tomli_w

    make_folder(root)
    write_atomically(root / "sources.toml", tomli_w.dumps(dict(sorted(sources.items()))))


@contextmanager
def only_one(lock: Path) -> Iterator[None]:
    """Keep other processes from changing the same files meanwhile. InputError while one of them does."""
    import fcntl

    make_folder(lock.parent)
    try:
        file = lock.open("w", encoding="utf-8")
    except OSError as error:
        raise InputError(f"it cannot be written: {error.strerror}", file=lock) from error
    with file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            hint = "Wait for it to end, and try again."
            raise InputError("another advisor is changing these prices", file=lock.parent, hint=hint) from error
        yield
