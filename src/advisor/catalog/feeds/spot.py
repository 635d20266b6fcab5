"""Two public files about spot: what the market costs now, and how often it interrupts (facts: catalog, 3.5).

The advisor states a saving against the on-demand price, averaged over a month, and one of five bands of
interruption. A price made from the saving is an estimate, and is marked as derived; the saving may be
negative, since spot can cost more than the list.
"""

from collections.abc import Collection, Iterator, Mapping
from typing import Any

from advisor.catalog.feeds.locations import LEGACY_CODES
from advisor.catalog.feeds.reading import Band, FeedPrice, Node, Reading
from advisor.catalog.interruptions import INTERRUPTION_BANDS
from advisor.errors import printable
from advisor.quantities.provenance import Level

ADVISOR_HOST, ADVISOR_PATH = "spot-bid-advisor.s3.amazonaws.com", "/spot-advisor-data.json"
PRICES_HOST, PRICES_PATH = "website.spot.ec2.aws.a2z.com", "/spot.json"
"""The file behind AWS's page of spot prices. The one it replaced, spot-price.s3.amazonaws.com/spot.js, has said the
same since 2024-05-13, as the maintainers of spotinfo found."""

_OPENING, _CLOSING = b"callback(", b");"
_SAVINGS_PERCENT = (-1_000.0, 100.0)
"""What a saving can be: spot costs something, and nobody has paid eleven times the list for it."""
_LOWEST_SHARE = 0.1
"""Spot never falls below a tenth of on demand (facts: catalog, section 5): an estimate does not either."""


def read_advisor(document: Any, regions: Collection[str], wanted: Collection[str]) -> Reading:
    """Interruption bands and savings of the wanted instances in these regions."""
    top, found = Node("spot advisor", document), Reading()
    labels = {int(row.at("index").number()): _label(row.at("label")) for row in top.at("ranges").rows()}
    for region, systems in top.at("spot_advisor").items():
        linux = systems.maybe("Linux")
        if region not in regions or linux.value is None:
            continue
        for name, said in linux.items():
            if name not in wanted:
                found.skipped["other_instance"] += 1
                continue
            band = said.at("r")
            if band.number() not in labels:
                raise band.error(f"is {band.number():g}, none of the ranges {', '.join(map(str, labels))}")
            found.bands.append(Band(name, region, labels[int(band.number())], _savings_percent(said.at("s"))))
    return found


def _savings_percent(stated: Node) -> float:
    least, most = _SAVINGS_PERCENT
    if not least <= stated.number() <= most:
        raise stated.error(f"is {stated.number():g}, no saving in percent")
    return stated.number()


def _label(stated: Node) -> str:
    if stated.text() not in INTERRUPTION_BANDS:
        raise stated.error(f"is '{printable(stated.text(), 20)}', none of {', '.join(INTERRUPTION_BANDS)}")
    return stated.text()


def estimates(bands: Collection[Band], on_demand: Mapping[tuple[str, str], float]) -> Iterator[FeedPrice]:
    """What spot costs on average where an on-demand price of (instance, region) is known."""
    for band in bands:
        listed = on_demand.get((band.instance_type, band.region))
        if listed is not None:
            usd = listed * max(_LOWEST_SHARE, 1 - band.savings_percent / 100)
            yield FeedPrice(band.instance_type, band.region, "spot", usd, Level.DERIVED, statistic="mean")


def unwrapped(body: bytes) -> bytes:
    """The JSON in a script that calls `callback` with it; JSON alone stays as it is."""
    stripped = body.strip()
    if stripped.startswith(_OPENING):
        return stripped.removeprefix(_OPENING).removesuffix(b";").removesuffix(b")")
    return stripped


def read_spot_prices(document: Any, regions: Collection[str], wanted: Collection[str]) -> Reading:
    """The spot price of each wanted instance as AWS shows it for a region, without saying of which zone."""
    top, found = Node("spot prices", document), Reading()
    for row in top.at("config").at("regions").rows():
        stated = row.at("region").text()
        region = LEGACY_CODES.get(stated, stated)
        if region in regions:
            for group in row.at("instanceTypes").rows():
                for size in group.at("sizes").rows():
                    _take_size(size, region, wanted, found)
    return found


def _take_size(size: Node, region: str, wanted: Collection[str], found: Reading) -> None:
    name = size.at("size").text()
    if name not in wanted:
        found.skipped["other_instance"] += 1
        return
    for column in size.at("valueColumns").rows():
        if column.at("name").text() == "linux":
            usd = column.at("prices").maybe("USD").usd()
            if usd is None:
                found.skipped["no_price"] += 1
            else:
                found.take(FeedPrice(name, region, "spot", usd, Level.PUBLISHED))
