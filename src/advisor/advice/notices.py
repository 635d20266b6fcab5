"""What a reader must see beside the answer: licence, residency, stale or derived prices, terms of purchase."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta

from advisor.advice.assessment import Assessment
from advisor.advice.offers import Offer, option_of
from advisor.advice.workload import Workload
from advisor.catalog.ages import is_past
from advisor.catalog.records.models import Model
from advisor.quantities.provenance import Level
from advisor.reasons import Reason, info, warning

_REVIEW_DAYS = 182


@dataclass(frozen=True, slots=True)
class LicenceNotice:
    """A notice in the model's own words, with its source."""

    code: str
    model: str
    text: str
    source: str
    prominent: bool


def licence_notices(model: Model, workload: Workload) -> list[LicenceNotice]:
    """The model's notices that apply; one about the European Union only where the workload touches it."""
    return [
        LicenceNotice(notice.code, model.id, notice.text, notice.source, notice.applies_to == "eu")
        for notice in model.notices
        if notice.applies_to == "always" or workload.wants_eu
    ]


def purchase_notices(assessment: Assessment, workload: Workload, catalog_date: date | None) -> list[Reason]:
    """Cautions about the price that the answer rests on. Ages are measured against the catalogue's own date."""
    offer = assessment.offer
    price = offer.price
    found: list[Reason] = []
    if price is None:
        return found
    found += _made_of_others(offer)
    read = price.as_of
    if read is not None and catalog_date is not None and is_past(option_of(offer.purchase), read.end, catalog_date):
        found.append(warning("price_stale", price.source, instance=offer.instance_type, as_of=str(read)))
    if offer.purchase == "spot":
        found.append(warning("spot_interrupts", price.source, instance=offer.instance_type))
        if (taken_back := offer.interruption) is not None:
            origin = taken_back.provenance
            where = {"instance": offer.instance_type, "region": offer.region}
            found.append(info("spot_band", origin.source, **where, band=taken_back.band, as_of=str(origin.as_of)))
    if offer.purchase == "capacity_block":
        found.append(warning("capacity_block_term", price.source, instance=offer.instance_type))
    if dict(workload.owned).get(offer.instance_type):
        found.append(
            info("owned_instances", instance=offer.instance_type, instances=dict(workload.owned)[offer.instance_type])
        )
    return found


def _made_of_others(offer: Offer) -> Iterable[Reason]:
    """Where the price is nobody's statement: a private discount on a list price, or a regional multiplier."""
    for row in offer.rows[:1]:
        listed = row.beneath[0] if row.discount else row
        where = {"instance": offer.instance_type, "region": offer.region}
        if row.discount:
            list_usd = {"list_usd_per_hour": listed.usd_per_hour}
            yield info("price_discounted", row.provenance.source, **where, **list_usd, discount=row.discount)
        if listed.option == "on_demand" and listed.provenance.level is Level.DERIVED:
            yield warning("price_derived", listed.provenance.source, **where)


def review_by(catalog_date: date | None) -> date | None:
    """When to ask again: half a year after the newest price in the catalogue, so that the file needs no clock."""
    return None if catalog_date is None else catalog_date + timedelta(days=_REVIEW_DAYS)


def serving_notices(assessment: Assessment, workload: Workload) -> Iterable[Reason]:
    """Cautions of the fit checker about the chosen combination, and what the estimate leaves out."""
    yield from (reason for reason in assessment.candidate.fit.reasons if reason.severity == "warning")
    if workload.images:
        yield warning("images_not_timed")
