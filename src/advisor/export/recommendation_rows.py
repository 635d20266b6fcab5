"""The rows of a recommendation's tables, each with where its figures come from."""

from advisor.advice.candidates import Removal
from advisor.advice.recommendation import Alternative, Claim, PoolAdvice
from advisor.evidence.best import Basis
from advisor.export.document import Document, Say
from advisor.performance.efficiency import Efficiency
from advisor.quantities.provenance import Provenance


def claim_row(claim: Claim) -> Document:
    """A figure that the answer stands on."""
    return {
        "id": claim.id,
        "value": claim.value,
        "low": claim.low,
        "high": claim.high,
        "unit": claim.unit,
        "limit": claim.limit,
        "status": claim.status,
        **origin_of(claim.provenance),
    }


def holds_while_rows(pool: PoolAdvice) -> list[Document]:
    """Within which bounds the pick stays the pick."""
    found: list[Document] = [
        {"variable": flip.variable, "op": flip.op, "limit": flip.limit, "becomes": flip.becomes or "nothing feasible"}
        for flip in pool.flips
    ]
    cheaper = [pool.break_even] if pool.break_even is not None else []
    for flip in (*cheaper, *pool.wins_below):
        variable = f"usd_per_hour:{flip.instance_type}"
        found.append({"variable": variable, "op": ">=", "limit": flip.usd_per_hour, "becomes": flip.instance_type})
    return found


def price_rows(pool: PoolAdvice) -> list[Document]:
    """The prices of the pick and of every alternative."""
    chosen = [pool.pick] if pool.pick is not None else []
    chosen += [alternative.assessment for alternative in pool.alternatives]
    found = []
    for assessment in chosen:
        offer = assessment.offer
        if offer.price is not None:
            found.append(
                {
                    "instance_type": offer.instance_type,
                    "region": offer.region,
                    "purchase": offer.purchase,
                    "usd_per_hour": offer.price.value,
                    "usd_per_hour_low": offer.price.low,
                    "usd_per_hour_high": offer.price.high,
                    **origin_of(offer.price.provenance),
                }
            )
    return found


def evidence_rows(basis: Basis) -> list[Document]:
    """What the estimates rest on, what was set aside, and what contradicts."""
    rows = [_efficiency("decode", basis.decode, used=True), _efficiency("prefill", basis.prefill, used=True)]
    rows += [_efficiency("decode", other, used=False) for other in basis.others]
    for conflict in basis.conflicts:
        rows.append({"about": "conflict", "used": False, "value": conflict.ratio, **origin_of(conflict.other)})
    return rows


def _efficiency(about: str, efficiency: Efficiency, *, used: bool) -> Document:
    quantity = efficiency.quantity
    return {
        "about": f"{about} efficiency",
        "used": used,
        "value": quantity.value,
        "low": quantity.low,
        "high": quantity.high,
        "unit": quantity.unit,
        **origin_of(quantity.provenance),
    }


def alternative_row(alternative: Alternative) -> Document:
    """Another instance type that would serve."""
    each = alternative.assessment
    return {
        "instance_type": each.instance_type,
        "region": each.offer.region,
        "purchase": each.offer.purchase,
        "instances": each.instances,
        "checkpoint": each.candidate.checkpoint.id,
        "engine": f"{each.candidate.engine.id}@{each.candidate.engine_version}",
        "tensor_parallel_size": each.candidate.tensor_parallel_size,
        "usd_per_run" if each.batch is not None else "usd_per_month": each.usd,
        "tied": alternative.tied,
        "dominated": alternative.dominated,
        "level": each.basis.decode.provenance.level.value,
        "targets": {estimate.slo.key: estimate.status for estimate in each.estimates},
    }


def rejected_row(removal: Removal, say: Say) -> Document:
    """An instance type that a gate removed, with the reason in words."""
    return {
        "instance_type": removal.instance_type,
        "gate": removal.gate,
        "code": removal.reason.code,
        "message": say(removal.reason),
        "margin": removal.margin,
    }


def published_rows(pool: PoolAdvice, say: Say) -> list[Document]:
    """What published guides would pick, and what became of that here."""
    return [
        {
            "source": entry.report,
            "text": entry.text,
            "pick": entry.pick,
            "verdict": entry.verdict,
            "message": say(entry.reason) if entry.reason is not None else None,
            "line": entry.line,
        }
        for entry in pool.published_advice
    ]


def notice_rows(pool: PoolAdvice, say: Say) -> list[Document]:
    """Licence notices, the prominent ones first, then cautions."""
    licence = [
        {"code": notice.code, "prominent": notice.prominent, "message": notice.text, "source": notice.source}
        for notice in pool.licence
    ]
    licence.sort(key=lambda notice: not notice["prominent"])
    cautions = [
        {"code": reason.code, "prominent": False, "message": say(reason), "source": reason.source}
        for reason in pool.notices
    ]
    return [*licence, *cautions]


def origin_of(origin: Provenance) -> Document:
    """Level, source and date as keys of a row."""
    return {
        "level": origin.level.value,
        "source": origin.source,
        "as_of": str(origin.as_of) if origin.as_of is not None else None,
    }
