"""What stands where a list price would, the same in the command line and the app."""

from advisor.catalog.records import Instance
from advisor.wording.figures import PURCHASES

NO_LIST_PRICE = "no list price"
NOT_OFFERED = "not offered here"


def is_offered(instance: Instance, region: str) -> bool:
    """Whether it is sold in the region in any way."""
    return region in (*instance.regions, *instance.capacity_block_regions)


def sold_as(instance: Instance, region: str) -> str:
    """For an instance without an on-demand list price in a region: not offered there, or how it is sold."""
    if not is_offered(instance, region):
        return NOT_OFFERED
    ways = [way for way in instance.purchase_options if instance.offered_in(region, way)]
    return f"{NO_LIST_PRICE}; sold as {', '.join(PURCHASES[way] for way in ways) or 'nothing known'}"
