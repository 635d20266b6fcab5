"""Writes what a refresh found into the refreshed layer: each file whole or not at all, what others wrote kept."""

import shutil
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path

from advisor.catalog import interruptions
from advisor.catalog.feeds.diff import PriceChange
from advisor.catalog.layers import REFRESHED, read_csv
from advisor.catalog.prices import COLUMNS
from advisor.export.document import Document
from advisor.export.price_files import (
    Cells,
    amount,
    only_one,
    price_path,
    read_price_rows,
    read_sources,
    row_key,
    write_rows,
    write_sources,
)
from advisor.export.refresh_document import BandRow, refresh_document
from advisor.paths import UserPaths
from advisor.quantities.provenance import Level, Provenance
from advisor.workflows.refresh.read import Refresh, StatedBand

_SOURCE = -1
"""The last column of every file of the layer."""


def apply_refresh(refresh: Refresh, paths: UserPaths) -> list[Path]:
    """Write the difference; returns the files that were written. InputError where one cannot be.

    Sources come first, and those that nothing cites any more go last, so that whatever interrupts this, every row
    of every file has its source. Versions are written with the last step only: a file counts as applied when all is.
    """
    root = paths.refreshed
    with only_one(paths.data / "refresh.lock"):
        by_region: dict[str, list[PriceChange]] = defaultdict(list)
        for change in refresh.difference.rows:
            by_region[change.stated.price.region].append(change)
        sources = {**read_sources(root), **refresh.sources}
        write_sources(root, sources | {key: _unversioned(source) for key, source in refresh.sources.items()})
        written = [_write_region(root, region, changes) for region, changes in sorted(by_region.items())]
        if refresh.bands:
            written.append(_write_bands(root, refresh.bands))
        write_sources(root, _cited(root, sources))
        shutil.rmtree(paths.staging, ignore_errors=True)  # a leftover costs nothing: it counts for a day only
    return [*written, root / "sources.toml"]


def _unversioned(source: Mapping[str, str]) -> dict[str, str]:
    return {key: value for key, value in source.items() if key != "version"}


def _write_region(root: Path, region: str, changes: Collection[PriceChange]) -> Path:
    path = price_path(root, region)
    rows = {row_key(cells): cells for cells in read_price_rows(path)}
    rows |= {change.stated.price.key: _cells(change) for change in changes}
    write_rows(path, COLUMNS, (rows[key] for key in sorted(rows)))
    return path


def _cells(change: PriceChange) -> Cells:
    stated = change.stated
    return (*stated.price.key, amount(change.usd_per_hour), str(stated.as_of), stated.price.level.value, stated.source)


def _write_bands(root: Path, bands: Collection[StatedBand]) -> Path:
    path = root / interruptions.INTERRUPTIONS
    held = {(cells[0], cells[1]): cells for cells in _band_rows(path)}
    for each in bands:
        band = each.band
        cells = (band.instance_type, band.region, band.label, str(each.as_of), Level.PUBLISHED.value, each.source)
        held[band.instance_type, band.region] = cells
    write_rows(path, interruptions.COLUMNS, (held[key] for key in sorted(held)))
    return path


def _band_rows(path: Path) -> list[Cells]:
    return [tuple(cells) for _, cells in read_csv(path, interruptions.COLUMNS)] if path.exists() else []


def _cited(root: Path, sources: Mapping[str, Mapping[str, str]]) -> dict[str, Mapping[str, str]]:
    """The sources that some row still cites."""
    cited = {cells[_SOURCE] for path in root.glob("prices/*.csv") for cells in read_price_rows(path)}
    cited |= {cells[_SOURCE] for cells in _band_rows(root / interruptions.INTERRUPTIONS)}
    return {key: source for key, source in sources.items() if key in cited}


def document_of(refresh: Refresh, written: Sequence[Path] = ()) -> Document:
    """The refresh as a JSON document."""
    titles = {key: source["title"] for key, source in refresh.sources.items()}
    feeds = [
        {
            "name": report.name,
            "what": report.what,
            "state": report.state,
            "url": report.url or None,
            "published": report.published or None,
            "version": report.version or None,
            "prices": report.prices,
            "skipped": dict(report.skipped),
        }
        for report in refresh.feeds
    ]
    bands = [
        BandRow(
            each.band.instance_type,
            each.band.region,
            each.band.label,
            each.band.savings_percent,
            Provenance(Level.PUBLISHED, titles[each.source], each.as_of, REFRESHED),
        )
        for each in refresh.bands
    ]
    return refresh_document(refresh.difference, feeds, bands, titles, written)
