"""The feed behind AWS's on-demand pricing page: one small JSON file per region (facts: catalog, section 3.2)."""

from collections.abc import Collection
from typing import Any
from urllib.parse import quote

from advisor.catalog.feeds.locations import location_names
from advisor.catalog.feeds.reading import FeedPrice, Node, Reading
from advisor.quantities.provenance import Level

HOST = "b0.p.awsstatic.com"
_ROOT = "/pricing/2.0/meteredUnitMaps/ec2/USD/current/ec2-ondemand-without-sec-sel"


def paths(region: str) -> list[str]:
    """Where the file of a region may lie: one path for each spelling of its name."""
    return [f"{_ROOT}/{quote(name)}/Linux/index.json" for name in location_names(region)]


def read_page(document: Any, region: str, wanted: Collection[str]) -> Reading:
    """On-demand prices of the wanted instances. FeedError for a file that is not shaped as it was."""
    found = Reading()
    top = Node(f"on-demand page feed of {region}", document)
    found.published = _published(top)
    for offer in _offers(top, region).values():
        name = offer.at("Instance Type").text()
        if name not in wanted:
            found.skipped["other_instance"] += 1
            continue
        usd = offer.maybe("price").usd()
        if usd is None:
            found.skipped["no_price"] += 1
        else:
            found.take(FeedPrice(name, region, "on_demand", usd, Level.SPECIFIED))
    return found


def _offers(top: Node, region: str) -> Node:
    regions = top.at("regions")
    for name in location_names(region):
        if name in regions.table():
            return regions.at(name)
    return regions.at(location_names(region)[0])


def _published(top: Node) -> str:
    """The stamp of publication: any text of the manifest whose name speaks of it; its exact name is not documented."""
    manifest = top.maybe("manifest")
    if not isinstance(manifest.value, dict):
        return ""
    stamps = [value for key, value in manifest.value.items() if "publi" in key.lower() and isinstance(value, str)]
    return stamps[0] if stamps else ""
