"""What a price row may say: of an instance that is sold so and there, once, within what a market can do."""

from collections.abc import Iterator

from advisor.catalog.check.findings import Finding, doubtful, judged, wrong
from advisor.catalog.check.subject import Place, PricedRow, Subject
from advisor.catalog.layers import SHIPPED
from advisor.catalog.prices import UNPLACED
from advisor.catalog.records.hardware import Instance
from advisor.catalog.records.prices import Price
from advisor.errors import InputError, near

SPOT_FLOOR = 0.1
"""AWS sells spot capacity for no less than a tenth of the list price (facts: catalog, section 5)."""
_ROUNDING = 1e-3


def duplicates(subject: Subject) -> Iterator[Finding]:
    """Two rows of one layer for the same thing on the same day: nobody can say which holds."""
    seen: dict[Place, PricedRow] = {}
    for row in subject.rows:
        first = seen.setdefault(row.place, row)
        if first is not row:
            where = f"line {first.line}" if first.file == row.file else f"{first.file}:{first.line}"
            message = f"{where} has the same key and day, at {first.price.usd_per_hour:g}"
            yield wrong("duplicate_price", row.error(message, "as_of", "Keep the one that was read."))


def offered(subject: Subject) -> Iterator[Finding]:
    """Prices in regions where the type is not offered, and in ways in which it is not sold."""
    recorded = {region for instance in subject.instances.values() for region in instance.regions}
    apart: dict[str, list[PricedRow]] = {}
    for row in subject.rows:
        instance = subject.instances.get(row.price.instance_type)
        if instance is None or row.price.region == UNPLACED:  # what loading has said, or knows to have no region
            continue
        if row.is_shipped and _is_restated(instance, row):
            continue
        if row.price.option not in instance.purchase_options:
            hint = f"It is sold as {', '.join(instance.purchase_options)}."
            error = row.error(f"{instance.id} is not sold as {row.price.option}", "option", hint)
            yield judged("not_sold_so", error, is_shipped=row.is_shipped)
        elif not instance.offered_in(row.price.region, row.price.option):
            if row.price.region in recorded or row.price.option == "capacity_block":
                yield judged("not_offered", _not_offered(row, instance), is_shipped=row.is_shipped)
            else:
                apart.setdefault(row.price.region, []).append(row)
    for region, rows in apart.items():
        message = f"nothing is recorded as offered in {region}, so no question finds its prices"
        yield doubtful("region_apart", rows[0].error(message, "instance_type"))


def _is_restated(instance: Instance, row: PricedRow) -> bool:
    """Whether a user's own record says where and how the instance is to be had: other prices are no mistake then."""
    return any(instance.origin.of(key).layer != SHIPPED for key in ("purchase_options", _regions_of(row)))


def _regions_of(row: PricedRow) -> str:
    return "capacity_block_regions" if row.price.option == "capacity_block" else "regions"


def _not_offered(row: PricedRow, instance: Instance) -> InputError:
    message = f"{instance.id} is not offered in {row.price.region}"
    return row.error(message, "instance_type", _elsewhere(row, instance))


def _elsewhere(row: PricedRow, instance: Instance) -> str:
    key = _regions_of(row)
    known = getattr(instance, key)
    close = near(row.price.region, known)
    return f"Its {key} are {', '.join(close or known[:3]) or 'none'}{' …' if len(known) > 3 else ''}."


def spot_market(subject: Subject) -> Iterator[Finding]:
    """Spot prices that no deep market shows: below the floor, above the list price, or a lowest above a highest."""
    held = {(row.price.region, *row.key): row for row in subject.current()}
    for (region, instance_type, option, term, payment, statistic), row in held.items():
        if option != "spot":
            continue
        listed = held.get((region, instance_type, "on_demand", "", "", "list"))
        if listed is not None:
            yield from _against_list(row, listed.price.usd_per_hour)
        highest = held.get((region, instance_type, option, term, payment, "max"))
        if statistic == "min" and highest is not None and _is_above(row.price, highest.price):
            message = f"the lowest zone costs more than the highest, {highest.price.usd_per_hour:g}"
            yield wrong("spot_order", row.error(message, "usd_per_hour", "Exchange the two."))


_PLANS = ("capacity_block", "savings_plan", "reserved")


def commitments(subject: Subject) -> Iterator[Finding]:
    """What is bought ahead costs less than on demand: a price above it is of another type, unit or day."""
    held = {(row.price.region, *row.key): row for row in subject.current()}
    for (region, instance_type, option, *_), row in held.items():
        listed = held.get((region, instance_type, "on_demand", "", "", "list"))
        if option in _PLANS and listed is not None and row.is_listed and listed.is_listed:
            usd, most = row.price.usd_per_hour, listed.price.usd_per_hour
            if usd > most * (1 + _ROUNDING):
                message = f"{usd:g} is above {most:g} on demand, and nobody buys ahead to pay more"
                hint = "Is it of another type, region, unit or day?"
                yield doubtful("plan_above_list", row.error(message, "usd_per_hour", hint))


def _is_above(lowest: Price, highest: Price) -> bool:
    """Whether two prices read together are the wrong way round."""
    return lowest.provenance.as_of == highest.provenance.as_of and lowest.usd_per_hour > highest.usd_per_hour


def _against_list(row: PricedRow, listed: float) -> Iterator[Finding]:
    spot = row.price.usd_per_hour
    if spot < listed * SPOT_FLOOR * (1 - _ROUNDING):
        message = f"{spot:g} is below a tenth of the list price {listed:g}, under which AWS sells none"
        yield doubtful("spot_floor", row.error(message, "usd_per_hour", "Is it of another type, region or day?"))
    elif spot > listed * (1 + _ROUNDING):
        message = f"{spot:g} is above the list price {listed:g}: a thin market"
        yield doubtful("spot_above_list", row.error(message, "usd_per_hour"))
