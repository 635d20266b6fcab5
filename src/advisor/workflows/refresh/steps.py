"""Which files a refresh reads: one step each, with the places where it may lie and the reader that understands it."""

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from advisor.catalog.feeds import bulk, bulk_json, capacity_blocks, page, savings, spot
from advisor.catalog.feeds.reading import Reading, parsed
from advisor.catalog.records.hardware import PurchaseOption
from advisor.errors import EndpointError
from advisor.workflows.refresh.downloads import Downloads, Place, Reader, Whole

_BULK_KINDS = (".csv", ".json")
"""The CSV first: nearly all of its lines are passed over without being parsed."""

Covered = tuple[str, PurchaseOption]


@dataclass(frozen=True, slots=True)
class Step:
    """One file. The first place that has it is read; start gives a fresh reader for a place.

    name identifies it, for staging and as the stem of a source id. covers: (region, purchase option) pairs of
    which it states every price. version: by the publisher's index, where there is one.
    """

    name: str
    what: str
    places: tuple[Place, ...]
    start: Callable[[Place], Reader[Reading]]
    covers: tuple[Covered, ...] = ()
    version: str = ""


@dataclass(slots=True)
class _Document:
    """A reader of a small file of JSON."""

    what: str
    read: Callable[[Any], Reading]
    unwrap: Callable[[bytes], bytes] = bytes
    _whole: Whole = field(init=False)

    def __post_init__(self) -> None:
        self._whole = Whole(self.what)

    def feed(self, piece: bytes) -> None:
        self._whole.feed(piece)

    def close(self) -> Reading:
        return self.read(parsed(self.unwrap(self._whole.close()), self.what))


@dataclass(slots=True)
class _Page(_Document):
    """A reader of a page of HTML, which is read as bytes."""

    def close(self) -> Reading:
        return self.read(self._whole.close())


def page_steps(regions: Collection[str], wanted: Collection[str]) -> Iterator[Step]:
    """On-demand prices from the feed behind the pricing page, a file for each region."""
    for region in regions:
        what = f"on-demand page feed of {region}"
        places = tuple(Place(what, page.HOST, path) for path in page.paths(region))

        def start(_place: Place, region: str = region, what: str = what) -> Reader[Reading]:
            return _Document(what, lambda document: page.read_page(document, region, wanted))

        yield Step(f"page-{region}", what, places, start, ((region, "on_demand"),))


async def bulk_steps(regions: Collection[str], wanted: Collection[str], downloads: Downloads) -> list[Step]:
    """On-demand and reserved prices from the official price list; its index says where and which version."""
    index = await _index(Place("region index of the bulk price list", bulk.HOST, bulk.INDEX), downloads)
    found = []
    for region in regions:
        what = f"bulk price list of {region}"
        stem, version = bulk.file_stem(index, region) or ("", "")
        places = tuple(Place(what, bulk.HOST, f"{stem}{kind}") for kind in _BULK_KINDS) if stem else ()

        def start(place: Place, region: str = region) -> Reader[Reading]:
            is_csv = place.path.endswith(_BULK_KINDS[0])
            return bulk.BulkReader(region, wanted) if is_csv else bulk_json.BulkJsonReader(region, wanted)

        covers: tuple[Covered, ...] = ((region, "on_demand"), (region, "reserved"))
        found.append(Step(f"bulk-{region}", what, places, start, covers, version))
    return found


async def savings_steps(regions: Collection[str], wanted: Collection[str], downloads: Downloads) -> list[Step]:
    """Savings Plan rates from the official list."""
    index = await _index(Place("region index of the savings plans", bulk.HOST, savings.INDEX), downloads)
    found = []
    for region in regions:
        what = f"savings plans of {region}"
        path, version = savings.plan_path(index, region) or ("", "")
        places = (Place(what, bulk.HOST, path),) if path else ()

        def start(_place: Place, region: str = region) -> Reader[Reading]:
            return savings.SavingsReader(region, wanted)

        found.append(Step(f"savings-{region}", what, places, start, ((region, "savings_plan"),), version))
    return found


def spot_steps(regions: Collection[str], wanted: Collection[str]) -> Iterator[Step]:
    """Spot prices as AWS shows them, and the advisor's savings and interruption bands."""
    prices = Place("spot prices", spot.PRICES_HOST, spot.PRICES_PATH)
    yield Step(
        "spot-prices",
        prices.what,
        (prices,),
        lambda _place: _Document(
            prices.what, lambda document: spot.read_spot_prices(document, regions, wanted), spot.unwrapped
        ),
    )
    advisor = Place("spot advisor", spot.ADVISOR_HOST, spot.ADVISOR_PATH)
    yield Step(
        "spot-advisor",
        advisor.what,
        (advisor,),
        lambda _place: _Document(advisor.what, lambda document: spot.read_advisor(document, regions, wanted)),
    )


def capacity_block_steps(regions: Collection[str], wanted: Mapping[str, int]) -> Iterator[Step]:
    """Capacity Block rates from AWS's page. wanted: accelerators by instance."""
    place = Place("Capacity Block page", capacity_blocks.HOST, capacity_blocks.PATH)
    yield Step(
        "capacity-blocks",
        place.what,
        (place,),
        lambda _place: _Page(place.what, lambda body: capacity_blocks.read_capacity_blocks(body, regions, wanted)),
        tuple((region, "capacity_block") for region in regions),
    )


async def _index(place: Place, downloads: Downloads) -> Any:
    found = await downloads.read(place, lambda: Whole(place.what))
    if found is None:
        raise EndpointError(f"{place.what}: there is nothing at {downloads.url(place)}")
    return parsed(found.content, place.what)
