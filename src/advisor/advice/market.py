"""The gates of region and purchase: where the workload may run, and how it may be bought."""

from collections.abc import Mapping
from dataclasses import dataclass

from advisor.advice.candidates import Candidate, Funnel, Removal
from advisor.advice.offers import Offer, cheapest, offers
from advisor.advice.workload import Purchase, Workload, expand_regions
from advisor.catalog.load import Catalog
from advisor.catalog.records.hardware import Instance
from advisor.reasons import Reason, error


@dataclass(frozen=True, slots=True)
class Market:
    """The cheapest offer by instance type, and the offers that are made but whose price nobody knows."""

    best: Mapping[str, Offer]
    unpriced: tuple[Offer, ...]


def apply_market(catalog: Catalog, funnel: Funnel, workload: Workload) -> Market:
    """Narrow the funnel to what is offered where and how the workload allows.

    An instance without a known price is set aside, not removed: it would win below some price.
    """
    regions = expand_regions(workload, catalog.regions)
    here = [candidate for candidate in funnel.candidates if _present(candidate.instance, regions)]
    absent = [candidate for candidate in funnel.candidates if not _present(candidate.instance, regions)]
    funnel.narrow("region", here, [_removal(candidate, "region", _absent(workload)) for candidate in absent])
    ways = suitable_purchases(workload)
    instances = {candidate.instance.id: candidate.instance for candidate in funnel.candidates}
    found = {name: offers(catalog, instance, regions, ways) for name, instance in instances.items()}
    best = {name: offer for name, group in found.items() if (offer := cheapest(group)) is not None}
    unpriced = tuple(offer for name, group in found.items() if name not in best for offer in group)
    kept = [candidate for candidate in funnel.candidates if candidate.instance.id in best]
    gone = [candidate for candidate in funnel.candidates if candidate.instance.id not in best]
    funnel.narrow(
        "purchase", kept, [_removal(candidate, "purchase", _unbought(candidate, found, ways)) for candidate in gone]
    )
    return Market(best, unpriced)


def suitable_purchases(workload: Workload) -> tuple[Purchase, ...]:
    """The ways to buy that suit the workload: spot serves batches only, since it can end within two minutes."""
    return tuple(way for way in workload.purchase_allowed if workload.mode == "batch" or way != "spot")


def _present(instance: Instance, regions: tuple[str, ...]) -> bool:
    return any(region in (*instance.regions, *instance.capacity_block_regions) for region in regions)


def _removal(candidate: Candidate, gate: str, reason: Reason) -> Removal:
    return Removal(candidate.instance.id, gate, reason)


def _absent(workload: Workload) -> Reason:
    return error("not_offered_in_region", regions=workload.regions_allowed)


def _unbought(candidate: Candidate, found: Mapping[str, list[Offer]], ways: tuple[Purchase, ...]) -> Reason:
    if not ways:
        return error("spot_cannot_serve_online")
    code = "price_unknown" if found[candidate.instance.id] else "not_sold_that_way"
    return error(code, purchases=ways, sold_as=candidate.instance.purchase_options)
