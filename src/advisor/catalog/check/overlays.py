"""What an overlay may say, and yet its author may not mean: regions that nobody knows, discounts that have ended."""

from collections.abc import Iterator
from datetime import date

from advisor.catalog.check.findings import Finding, doubtful
from advisor.catalog.check.subject import Subject
from advisor.catalog.layers import SHIPPED
from advisor.errors import near

_REGIONS = ("regions", "capacity_block_regions")


def unheard_regions(subject: Subject) -> Iterator[Finding]:
    """A region of an own record in which what ships sells nothing: a place of one's own, or a slip of the pen."""
    known = {row.price.region for row in subject.rows if row.is_shipped}
    known |= {region for _, _, regions in _stated(subject, is_shipped=True) for region in regions}
    for instance, key, regions in _stated(subject, is_shipped=False):
        unheard = [region for region in regions if region not in known]
        if unheard:
            close = near(unheard[0], known)
            hint = f"Did you mean {' or '.join(close)}?" if close else "Is it a place of your own?"
            message = f"nothing else is sold in {', '.join(unheard)}"
            yield doubtful("unheard_region", subject.tables[instance].error(message, key, hint))


def _stated(subject: Subject, *, is_shipped: bool) -> list[tuple[str, str, tuple[str, ...]]]:
    """Instance, key and regions, as what ships states them, or as overlays do."""
    return [
        (instance.id, key, getattr(instance, key))
        for instance in subject.instances.values()
        for key in _REGIONS
        if (instance.origin.of(key).layer == SHIPPED) is is_shipped
    ]


def ended_discounts(subject: Subject) -> Iterator[Finding]:
    """A discount past its last day: prices are the listed ones again, without a word elsewhere."""
    for table in subject.discounts.values():
        end = table.values.get("valid_until")
        if isinstance(end, date) and end < subject.today:
            hint = "Renew it, or take it out."
            error = table.error(f"this discount ended on {end}: list prices hold again", "valid_until", hint)
            yield doubtful("ended_discount", error)
