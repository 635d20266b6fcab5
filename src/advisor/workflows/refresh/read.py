"""`catalog refresh`: reads public price feeds and says what they change. `apply_refresh` writes it.

Nothing is written into the catalogue before somebody has seen the difference and agreed. What was read whole
is kept in a staging folder for the day, so that a refresh that was cancelled or failed goes on where it
stopped, and one that was only looked at is applied without a second download.
"""

import asyncio
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import partial
from typing import Literal

from advisor.catalog.feeds.diff import Difference, StatedPrice, difference
from advisor.catalog.feeds.locations import location_names
from advisor.catalog.feeds.reading import Band, FeedError, Reading
from advisor.catalog.feeds.spot import estimates
from advisor.catalog.load import Catalog
from advisor.errors import EndpointError, UnknownIdError, printable
from advisor.export.price_files import read_sources
from advisor.paths import UserPaths
from advisor.quantities.provenance import AsOf, Level
from advisor.workflows.refresh.downloads import TIMEOUT_S, Downloads, Pause
from advisor.workflows.refresh.staging import Staged, Staging
from advisor.workflows.refresh.steps import (
    Covered,
    Step,
    bulk_steps,
    capacity_block_steps,
    page_steps,
    savings_steps,
    spot_steps,
)

FeedState = Literal["read", "kept", "unchanged", "not_listed"]
FeedSource = Literal["page", "bulk"]


@dataclass(frozen=True, slots=True)
class RefreshQuestion:
    """What to read. No regions: those that the catalogue prices. base_url: a mirror in which every host is a folder.

    again: read also what has not changed since the last refresh, and what was read today.
    """

    regions: tuple[str, ...] = ()
    source: FeedSource = "page"
    with_spot: bool = False
    with_savings: bool = False
    with_capacity_blocks: bool = False
    base_url: str | None = None
    again: bool = False


@dataclass(frozen=True, slots=True)
class FeedReport:
    """What became of one file: read now, kept from an earlier try today, unchanged since, or not offered by AWS."""

    name: str
    what: str
    state: FeedState
    url: str = ""
    published: str = ""
    version: str = ""
    prices: int = 0
    skipped: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class StatedBand:
    """An interruption band with its day and the id of its source."""

    band: Band
    as_of: AsOf
    source: str


@dataclass(frozen=True, slots=True)
class Refresh:
    """What feeds say, beside what the catalogue holds. sources: by id, as a layer lists them."""

    feeds: tuple[FeedReport, ...]
    difference: Difference
    bands: tuple[StatedBand, ...]
    sources: Mapping[str, Mapping[str, str]]

    @property
    def has_news(self) -> bool:
        """Whether applying changes a price."""
        return bool(self.difference.added or self.difference.changed)

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to write at all, not even newer dates."""
        return not (self.difference.rows or self.bands)


@dataclass(frozen=True, slots=True)
class Progress:
    """Where a refresh stands: file number `at` of `files`, and its bytes; total is None where the server is silent."""

    what: str
    at: int
    files: int
    bytes_read: int = 0
    bytes_total: int | None = None

    @property
    def share(self) -> float | None:
        """Of all files, the one at hand in part; None before an index has told how many there are."""
        if not self.files:
            return None
        of_this = min(1.0, self.bytes_read / self.bytes_total) if self.bytes_total else 0.0
        return (self.at - 1 + of_this) / self.files


Watch = Callable[[Progress], None]


async def read_feeds(
    question: RefreshQuestion,
    catalog: Catalog,
    paths: UserPaths,
    today: date,
    *,
    watch: Watch = lambda _progress: None,
    pause: Pause = asyncio.sleep,
    timeout_s: float = TIMEOUT_S,
) -> Refresh:
    """Read every feed that was asked for, and compare. Writes to the staging folder only.

    UnknownIdError for a region that is none; EndpointError where a feed cannot be had whole, or is not shaped
    as it was.
    """
    regions = _regions(question, catalog)
    collected = _Collected(catalog, Staging(paths.staging, (*catalog.instances, *regions), today), today)
    known = {} if question.again else _versions(paths, catalog)
    meter = _Meter(watch)
    async with Downloads(question.base_url, on_bytes=meter.bytes, pause=pause, timeout_s=timeout_s) as downloads:
        steps = await _steps(question, regions, catalog, downloads)
        for number, step in enumerate(steps, start=1):
            meter.begin(step.what, number, len(steps))
            if step.version and known.get(step.name) == step.version:
                collected.reports.append(FeedReport(step.name, step.what, "unchanged", version=step.version))
            else:
                await collected.read(step, downloads, again=question.again)
    return collected.compared(question.source)


class _Meter:
    """Tells whoever watches how far the file at hand has come."""

    def __init__(self, watch: Watch) -> None:
        self._watch = watch
        self._at = Progress("the index", 0, 0)

    def begin(self, what: str, at: int, files: int) -> None:
        self._at = Progress(what, at, files)
        self._watch(self._at)

    def bytes(self, so_far: int, total: int | None) -> None:
        self._watch(Progress(self._at.what, self._at.at, self._at.files, so_far, total))


@dataclass(slots=True)
class _Collected:
    """What the files have said so far."""

    catalog: Catalog
    staging: Staging
    today: date
    reports: list[FeedReport] = field(default_factory=list)
    _stated: list[StatedPrice] = field(default_factory=list)
    _bands: list[StatedBand] = field(default_factory=list)
    _undecided: set[tuple[str, ...]] = field(default_factory=set)
    _covered: set[Covered] = field(default_factory=set)
    _sources: dict[str, dict[str, str]] = field(default_factory=dict)

    async def read(self, step: Step, downloads: Downloads, *, again: bool) -> None:
        """Read one file, or take what was read of it today."""
        urls = [downloads.url(place) for place in step.places]
        kept = None if again else self.staging.get(step.name, urls)
        staged = kept or await _first(step, downloads)
        if staged is None:
            self.reports.append(FeedReport(step.name, step.what, "not_listed"))
            return
        self._check(step, staged.reading)
        if kept is None:
            self.staging.put(step.name, staged)
        self._take(step, staged, "read" if kept is None else "kept")

    def compared(self, source: FeedSource) -> Refresh:
        """Everything that was said, beside what is listed. EndpointError where no region is."""
        main = [report for report in self.reports if report.name.startswith(source)]
        if main and all(report.state == "not_listed" for report in main):
            names = ", ".join(report.what for report in main)
            raise EndpointError(f"none of these is there: {names}", hint="--source bulk reads the official list.")
        on_demand = self._on_demand()
        for each in self._bands:
            for price in estimates([each.band], on_demand):
                self._stated.append(StatedPrice(price, each.as_of, each.source))
        prices = self.catalog.prices
        found = difference(
            self._stated, prices.listed, prices.by_hand, self._covered, self.catalog.instances, self._undecided
        )
        return Refresh(tuple(self.reports), found, tuple(self._bands), self._sources)

    def _check(self, step: Step, reading: Reading) -> None:
        """A file that says nothing of what AWS is known to list has another shape than the one we know."""
        if reading.prices or not step.covers:
            return
        listed = [
            price.instance_type
            for region, option in step.covers
            for price in self.catalog.prices.listed(region).values()
            if price.option == option and price.provenance.level is Level.SPECIFIED
        ]
        if listed:
            complaint = f"states no price of an instance that the catalogue prices, like {listed[0]}"
            raise FeedError(step.what, "", complaint)

    def _take(self, step: Step, staged: Staged, state: FeedState) -> None:
        reading = staged.reading
        as_of, published = _day(reading.published, self.today), printable(reading.published, 40)
        source = f"aws-{step.name}-{as_of}"
        when = f"published {published}, " if published else ""
        self._sources[source] = {
            "title": f"AWS {step.what}, {when}read {self.today}",
            "location": staged.url,
            "note": _asked(self.catalog),
            **({"version": version} if (version := step.version or printable(reading.version, 40)) else {}),
        }
        self._stated += [StatedPrice(price, as_of, source) for price in reading.prices]
        self._bands += [StatedBand(band, as_of, source) for band in reading.bands]
        self._undecided |= set(reading.undecided)
        self._covered |= set(step.covers)
        count, skipped = len(reading.prices), dict(reading.skipped)
        self.reports.append(FeedReport(step.name, step.what, state, staged.url, published, version, count, skipped))

    def _on_demand(self) -> dict[tuple[str, str], float]:
        """On-demand prices by instance and region: what was read now over what is listed."""
        found = {
            (key[0], region): price.usd_per_hour
            for region in {each.band.region for each in self._bands}
            for key, price in self.catalog.prices.listed(region).items()
            if price.option == "on_demand"
        }
        fresh = (row.price for row in self._stated if row.price.option == "on_demand")
        return found | {(price.instance_type, price.region): price.usd_per_hour for price in fresh}


async def _first(step: Step, downloads: Downloads) -> Staged | None:
    """What the first place that has the file says; None where no place has it."""
    for place in step.places:
        found = await downloads.read(place, partial(step.start, place))
        if found is not None:
            reading = found.content
            reading.published = reading.published or found.modified
            return Staged(reading, found.url)
    return None


async def _steps(
    question: RefreshQuestion, regions: Collection[str], catalog: Catalog, downloads: Downloads
) -> list[Step]:
    wanted = tuple(catalog.instances)
    if question.source == "page":
        found = list(page_steps(regions, wanted))
    else:
        found = await bulk_steps(regions, wanted, downloads)
    if question.with_savings:
        found += await savings_steps(regions, wanted, downloads)
    if question.with_spot:
        found += spot_steps(regions, wanted)
    if question.with_capacity_blocks:
        counts = {name: instance.accelerator_count for name, instance in catalog.instances.items()}
        found += capacity_block_steps(regions, counts)
    return found


def _regions(question: RefreshQuestion, catalog: Catalog) -> tuple[str, ...]:
    known = {*catalog.regions, *catalog.prices.regions()}
    for region in question.regions:
        if region not in known:
            raise UnknownIdError("region", region, known)
    return question.regions or tuple(region for region in catalog.prices.regions() if location_names(region))


def _versions(paths: UserPaths, catalog: Catalog) -> dict[str, str]:
    """The version of each file that has been applied, where the same instances were looked for."""
    found = {}
    for key, source in read_sources(paths.refreshed).items():
        if source.get("note") == _asked(catalog) and "version" in source:
            name = key.removeprefix("aws-").rsplit("-", 3)[0]  # the id ends with a date
            found[name] = source["version"]
    return found


def _asked(catalog: Catalog) -> str:
    return f"read for {len(catalog.instances)} instance types"


def _day(published: str, today: date) -> AsOf:
    """The day of publication, or today where a feed states none: then the price is of the day it was read."""
    try:
        return AsOf.on(min(date.fromisoformat(published[:10]), today))
    except ValueError:
        return AsOf.on(today)
