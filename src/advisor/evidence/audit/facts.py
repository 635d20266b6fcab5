"""Facts looked up: list prices with their history, specifications, what exists, dimensions of models."""

from collections.abc import Sequence

from advisor.anatomy.parameters import active_parameters, parameters
from advisor.catalog.records.hardware import Instance
from advisor.catalog.records.prices import Price
from advisor.errors import InputError, UnknownIdError
from advisor.evidence.audit.values import Asked
from advisor.evidence.audit.verdicts import AuditVerdict, Finding, judge_fact
from advisor.reasons import Reason, info, warning

_PRICE_TOLERANCE = 0.001
_CONTEXT_TOLERANCE = 0.05
_COUNT_TOLERANCE = 0.02
_NEAR = 0.01
"""So near a list price, a false one is a slip of the pen."""


def list_price(asked: Asked) -> Finding:
    """The on-demand list price, today's and every one before it that the catalogue holds."""
    instance, region = asked.catalog.instance(asked.word("instance")), asked.catalog.region(asked.word("region"))
    inputs: dict[str, float | str] = {"instance": instance.id, "region": region}
    listed = asked.room.listed(instance.id, region)
    if not listed:
        also, reasons = _sold_otherwise(asked, instance)
        formula = "no on-demand list price exists"
        return Finding(inputs, formula, None, AuditVerdict.FALSE_FACT, also, reasons)
    current = listed[-1]
    verdict = judge_fact(asked.claim.value, current.usd_per_hour, _PRICE_TOLERANCE)
    also = {"% off": (asked.claim.value / current.usd_per_hour - 1) * 100}
    reasons = () if verdict is not AuditVerdict.FALSE_FACT else _why_false(asked.claim.value, listed)
    formula = f"on-demand list price, {current.provenance.as_of}"
    return Finding(inputs, formula, current.usd_per_hour, verdict, also, reasons, current.provenance)


def _why_false(claimed: float, listed: Sequence[Price]) -> tuple[Reason, ...]:
    current = listed[-1]
    once = [row for row in listed[:-1] if abs(claimed / row.usd_per_hour - 1) <= _PRICE_TOLERANCE]
    if once:
        later = next(
            row
            for row in listed
            if row.provenance.as_of and row.usd_per_hour != once[-1].usd_per_hour and _day(row) > _day(once[-1])
        )
        seen, changed = _day(once[-1]), _day(later)
        return (warning("stale_price", usd_per_hour=once[-1].usd_per_hour, seen=seen, changed=changed),)
    if abs(claimed / current.usd_per_hour - 1) <= _NEAR:
        return (info("price_slip", usd_per_hour=current.usd_per_hour),)
    return ()


def _day(row: Price) -> str:
    return row.provenance.as_of.end.isoformat() if row.provenance.as_of else ""


def _sold_otherwise(asked: Asked, instance: Instance) -> tuple[dict[str, float], tuple[Reason, ...]]:
    """What it costs where it is sold: the newest Capacity Block price that is known."""
    for region in instance.capacity_block_regions:
        price = asked.catalog.prices.find(instance.id, region, "capacity_block")
        if price is not None:
            also = {f"USD/h as a Capacity Block in {region}": price.usd_per_hour}
            return also, (info("sold_as_capacity_block", region=region, usd_per_hour=price.usd_per_hour),)
    return {}, ()


def specification(asked: Asked) -> Finding:
    """A figure of an instance or accelerator, as its record in the catalogue has it."""
    key = asked.word("key")
    if asked.has("accelerator"):
        accelerator = asked.catalog.accelerator(asked.word("accelerator"))
        subject, actual, origin = accelerator.id, getattr(accelerator, key, None), accelerator.origin
    else:
        instance = asked.catalog.instance(asked.word("instance"))
        subject, actual, origin = instance.id, getattr(instance, key, None), instance.origin
    if isinstance(actual, bool) or not isinstance(actual, int | float):
        raise InputError(f"{subject} has no figure '{key}'", key=f"claim {asked.claim.id}, key")
    verdict = judge_fact(asked.claim.value, float(actual), _PRICE_TOLERANCE)
    inputs: dict[str, float | str] = {"of": subject, "key": key}
    return Finding(inputs, f"{key} of {subject}", float(actual), verdict, looked_up=origin.of(key))


def instance_exists(asked: Asked) -> Finding:
    """Whether AWS has this instance type: the catalogue holds it, or the list of its family's sizes does."""
    name = asked.word("instance")
    family, _, size = name.partition(".")
    sizes = asked.room.facts.get(f"{family}.sizes")
    inputs: dict[str, float | str] = {"instance": name}
    if name not in asked.catalog.instances and sizes is None:
        return Finding(inputs, "the sizes of this family are not known", None, AuditVerdict.UNVERIFIABLE)
    exists = name in asked.catalog.instances or (sizes is not None and size in sizes.names)
    verdict = AuditVerdict.OK if exists == bool(asked.claim.value) else AuditVerdict.FALSE_FACT
    reasons = () if exists or sizes is None else (info("sizes_that_exist", family=family, sizes=sizes.names),)
    looked_up = sizes.origin.default if sizes is not None else asked.catalog.instance(name).origin.default
    formula = f"instance types of the family {family}"
    return Finding(inputs, formula, float(exists), verdict, reasons=reasons, looked_up=looked_up)


def fact(asked: Asked) -> Finding:
    """A number that is one of those which are right."""
    known = asked.room.fact(asked.word("fact"))
    is_right = asked.claim.value in known.values
    actual = known.values[0] if len(known.values) == 1 else None
    verdict = AuditVerdict.OK if is_right else AuditVerdict.FALSE_FACT
    reasons = (info("known_fact", known.origin.default.source, statement=known.statement),)
    inputs: dict[str, float | str] = {"fact": known.id}
    several = ", ".join(f"{value:g}" for value in known.values)
    formula = f"looked up: {known.id}" if len(known.values) == 1 else f"one of {several}"
    return Finding(inputs, formula, actual, verdict, reasons=reasons, looked_up=known.origin.default)


def architecture(asked: Asked) -> Finding:
    """A dimension of a model's released configuration."""
    model, key = asked.catalog.model(asked.word("model")), asked.word("key")
    actual = getattr(model.architecture, key, None)
    if not isinstance(actual, int):
        raise InputError(f"a model has no dimension '{key}'", key=f"claim {asked.claim.id}")
    verdict = AuditVerdict.OK if actual == asked.claim.value else AuditVerdict.FALSE_FACT
    inputs: dict[str, float | str] = {"model": model.id, "key": key}
    origin = model.origin.of("architecture")
    return Finding(inputs, "the released config.json", float(actual), verdict, looked_up=origin)


def parameter_count(asked: Asked) -> Finding:
    """Billions of parameters: all of them (key = "total"), or what one text token uses (key = "active")."""
    model, key = asked.catalog.model(asked.word("model")), asked.word("key")
    counts = {"total": lambda arch: parameters(arch).total, "active": active_parameters}
    if key not in counts:
        raise UnknownIdError("count of parameters", key, counts, key=f"claim {asked.claim.id}, key")
    actual = counts[key](model.architecture) / 1e9
    verdict = judge_fact(asked.claim.value, actual, _COUNT_TOLERANCE)
    return Finding({"model": model.id, "key": key}, f"{key} parameters of the released config.json", actual, verdict)


def max_context(asked: Asked) -> Finding:
    model = asked.catalog.model(asked.word("model"))
    actual = float(model.max_context_tokens)
    is_right = abs(asked.claim.value / actual - 1) < _CONTEXT_TOLERANCE
    verdict = AuditVerdict.OK if is_right else AuditVerdict.FALSE_FACT
    formula = "max_position_embeddings of the released config.json"
    return Finding({"model": model.id}, formula, actual, verdict, looked_up=model.origin.default)
