"""`advisor.recommendation/1`: the recommendation as one tree, for JSON and TOML alike.

Absent means unknown: TOML has no null, so neither has this tree. Floats keep six significant digits,
which is more than any of them means and makes an unchanged answer an unchanged file.
"""

import hashlib
import json
from collections.abc import Callable, Iterable
from typing import Any

from advisor import __version__
from advisor.advice.assessment import Assessment
from advisor.advice.candidates import Removal
from advisor.advice.recommendation import Alternative, Claim, PoolAdvice, Recommendation
from advisor.advice.workload import settings_of
from advisor.evidence.best import Basis
from advisor.export.document import Document, ProvenanceMap, Say
from advisor.performance.efficiency import Efficiency
from advisor.quantities.provenance import Level, Provenance

SCHEMA = "advisor.recommendation/1"
_EXCLUDED = ("load balancer", "EBS volumes", "NAT gateway", "data transfer", "support", "taxes")
_START_MINUTES = 10
"""Launch, weights and warm-up before the first request of a verification, assumed."""
_REQUESTS_FOR = {50: 30, 90: 30, 95: 59, 99: 299}


def recommendation_document(recommendation: Recommendation, say: Say, state: str = "unverified") -> Document:
    """The whole answer. `say` words the reasons; state is what a verification found, if one ran."""
    document: Document = {
        "schema": SCHEMA,
        "id": _identity(recommendation),
        "status": recommendation.status.value,
        "state": state,
        "review_by": recommendation.review_by.isoformat() if recommendation.review_by else None,
        "pick_hash": pick_hash(recommendation),
        "provenance": {"advisor": __version__, "catalog": recommendation.catalog_as_of},
        "workload": settings_of(recommendation.workload),
        "pool": [_pool(pool) for pool in recommendation.pools if pool.pick is not None],
    }
    document["cost"] = _cost(recommendation)
    document["managed"] = [entry for pool in recommendation.pools if (entry := _managed(pool, say)) is not None]
    document["weakest_link"] = [entry for pool in recommendation.pools if (entry := _weakest(pool)) is not None]
    document["verify"] = [_verify(pool) for pool in recommendation.pools if _is_online(pool)]
    tables: dict[str, Callable[[PoolAdvice], list[Document]]] = {
        "claim": lambda pool: [_claim(claim) for claim in pool.claims],
        "holds_while": _holds_while,
        "price": _prices,
        "evidence": lambda pool: _evidence(pool.pick.basis) if pool.pick is not None else [],
        "alternative": lambda pool: [_alternative(alternative) for alternative in pool.alternatives],
        "rejected": lambda pool: [_rejected(removal, say) for removal in pool.rejected],
        "near_miss": lambda pool: [_rejected(removal, say) for removal in pool.near_misses],
        "published_advice": _published,
        "notice": lambda pool: _notices(pool, say),
    }
    several = len(recommendation.pools) > 1
    for name, rows in tables.items():
        document[name] = [
            {"model": pool.model, **row} if several else row for pool in recommendation.pools for row in rows(pool)
        ]
    document["compared"] = [
        {"model": pool.model, "status": pool.status.value, **_totals(pool)} for pool in recommendation.compared
    ]
    # The workload is the question: it keeps every digit, so that asking it again gives the same answer.
    found: Document = {**_clean(document), "workload": document["workload"]}
    return found


def with_provenance(document: Document, recommendation: Recommendation) -> Document:
    """The JSON form: the same tree with the origin of every number."""
    entries = ProvenanceMap()
    entries.add("/workload", Provenance(Level.ASSUMED, "stated by the user, or a default listed under defaulted"))
    modelled = Provenance(Level.MODELLED, "sizing: roofline × efficiency, occupancy chain, replicas")
    for table in ("pool", "verify", "weakest_link", "holds_while", "alternative", "rejected", "near_miss"):
        entries.add(f"/{table}", modelled)
    for table in ("price", "evidence", "claim", "managed", "published_advice", "notice", "compared"):
        entries.add(f"/{table}", Provenance(Level.DERIVED, "level and source stand in each row"))
    sources = [pool.pick.offer.price.source for pool in recommendation.pools if pool.pick and pool.pick.offer.price]
    entries.add("/cost", Provenance(Level.DERIVED, f"instances × price × hours; {'; '.join(sources)}"))
    return {**document, "provenance": {**document["provenance"], **entries.as_document()}}


def pick_hash(recommendation: Recommendation) -> str:
    """Identifies what was picked, and nothing about cost or evidence: an unchanged pick keeps its hash."""
    keys = ("model", "instance_type", "region", "purchase", "instances", "checkpoint", "engine", "tensor_parallel_size")
    picks = [_pool(pool) for pool in recommendation.pools if pool.pick is not None]
    return _digest([{key: pick[key] for key in keys} for pick in picks])


def _identity(recommendation: Recommendation) -> str:
    workload = recommendation.workload
    return f"{workload.model}-{workload.mode}-{_digest(settings_of(workload))[:8]}"


def _digest(value: Any) -> str:
    text = json.dumps(value, sort_keys=True, separators=(",", ":"), default=str)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def _is_online(pool: PoolAdvice) -> bool:
    return pool.pick is not None and pool.pick.sizing is not None


_ON_DEMAND_QUOTA = ("on_demand", "plan_1y", "plan_3y", "reserved")


def _pool(pool: PoolAdvice) -> Document:
    pick = pool.pick
    assert pick is not None, "only a pool with a pick is written"
    candidate, bounds = pick.candidate, pool.bounds
    return {
        "model": pool.model,
        "instance_type": pick.instance_type,
        "region": pick.offer.region,
        "purchase": pick.offer.purchase,
        "instances": pick.instances,
        "instances_low": bounds.instances_low if bounds else None,
        "instances_high": bounds.instances_high if bounds else None,
        "serving_instances": pick.sizing.serving if pick.sizing else pick.instances,
        "replicas_per_instance": candidate.replicas_per_instance,
        "checkpoint": candidate.checkpoint.id,
        "checkpoint_repository": candidate.checkpoint.repository,
        "checkpoint_revision": candidate.checkpoint.revision,
        "engine": f"{candidate.engine.id}@{candidate.engine_version}",
        "tensor_parallel_size": candidate.tensor_parallel_size,
        "serve_argv": list(candidate.fit.serve_argv),
        "serve_env": dict(candidate.fit.serve_env),
        # Spot and Capacity Blocks have quotas of their own, whose names the catalogue does not hold.
        "quota": candidate.instance.quota if pick.offer.purchase in _ON_DEMAND_QUOTA else None,
        "quota_vcpus": candidate.instance.vcpus * pick.instances,
    }


def _cost(recommendation: Recommendation) -> Document | None:
    pools = [pool for pool in recommendation.pools if pool.pick is not None]
    if not pools:
        return None
    found: dict[str, float] = {}
    for pool in pools:
        for key, value in _totals(pool).items():
            found[key] = found.get(key, 0.0) + value
    if len(pools) == 1:
        found |= _per_unit(pools[0].pick)
    return {**found, "excludes": list(_EXCLUDED)}


def _totals(pool: PoolAdvice) -> dict[str, float]:
    pick, bounds = pool.pick, pool.bounds
    if pick is None or bounds is None:
        return {}
    name = "usd_per_run" if pick.batch is not None else "usd_per_month"
    found = {name: pick.usd, f"{name}_low": bounds.usd_low, f"{name}_high": bounds.usd_high}
    if pick.batch is not None:
        found["usd_per_month"] = pick.batch.usd_per_month
        found["run_hours"] = pick.batch.run_hours
    return found


def _per_unit(pick: Assessment | None) -> dict[str, float]:
    if pick is None:
        return {}
    if pick.batch is not None:
        return {"usd_per_million_output_tokens_at_traffic": pick.batch.usd_per_million_output_tokens}
    online = pick.online
    assert online is not None, "an assessment is online or a batch"
    return {
        "usd_per_million_output_tokens_at_capacity": online.usd_per_million_output_tokens_at_capacity,
        "usd_per_million_output_tokens_at_slo": online.usd_per_million_output_tokens_at_slo,
        "usd_per_million_output_tokens_at_traffic": online.usd_per_million_output_tokens_at_traffic,
        "usd_per_request": online.usd_per_request,
        "utilisation_at_mean_load": online.utilisation_at_mean_load,
    }


def _managed(pool: PoolAdvice, say: Say) -> Document | None:
    managed = pool.managed
    if managed is None:
        return None
    batch = pool.pick is not None and pool.pick.batch is not None
    found: Document = {
        "model": pool.model,
        "service": managed.service,
        "usd_per_run" if batch else "usd_per_month": managed.usd,
        "break_even_output_tokens_per_month": managed.break_even_tokens_per_month,
        "excluded": say(managed.excluded) if managed.excluded is not None else None,
    }
    if managed.rate is not None:
        origin = managed.rate.origin.default
        found |= {
            "usd_per_million_input_tokens": managed.rate.usd_per_million_input_tokens,
            "usd_per_million_output_tokens": managed.rate.usd_per_million_output_tokens,
            **_origin(origin),
        }
    return found


def _weakest(pool: PoolAdvice) -> Document | None:
    weakest = pool.weakest
    if weakest is None:
        return None
    level = weakest.provenance.level.value
    return {"claim": weakest.id, "level": level, "measured_claims": pool.measured_claims, "claims": len(pool.claims)}


def _verify(pool: PoolAdvice) -> Document:
    """The benchmark that would confirm the pick on one replica."""
    pick = pool.pick
    assert pick is not None and pick.sizing is not None, "only online picks are verified"
    peak = pick.sizing.at_peak
    percentiles = [estimate.slo.percentile for estimate in pick.estimates] or [95]
    concurrency = max(1, min(peak.requests_quantile(0.95), pick.slots))
    # Three repetitions, each long enough that every slot turns over four times.
    requests = max(max(_REQUESTS_FOR[percentile] for percentile in percentiles), 4 * concurrency)
    minutes = 3 * requests / concurrency * peak.e2e_mean_ms() / 60_000 + _START_MINUTES
    return {
        "model": pool.model,
        "scope": "one_replica",
        "rate_rps": peak.rate_rps,
        "concurrency": concurrency,
        "min_requests": requests,
        "minutes": minutes,
        "usd": minutes / 60 * (pick.offer.usd_per_hour or 0.0),
    }


def _claim(claim: Claim) -> Document:
    return {
        "id": claim.id,
        "value": claim.value,
        "low": claim.low,
        "high": claim.high,
        "unit": claim.unit,
        "limit": claim.limit,
        "status": claim.status,
        **_origin(claim.provenance),
    }


def _holds_while(pool: PoolAdvice) -> list[Document]:
    found: list[Document] = [
        {"variable": flip.variable, "op": flip.op, "limit": flip.limit, "becomes": flip.becomes or "nothing feasible"}
        for flip in pool.flips
    ]
    if pool.break_even is not None:
        variable = f"usd_per_hour:{pool.break_even.instance_type}"
        becomes = pool.break_even.instance_type
        found.append({"variable": variable, "op": ">=", "limit": pool.break_even.value, "becomes": becomes})
    for other in pool.wins_below:
        variable = f"usd_per_hour:{other.offer.instance_type}"
        becomes = other.offer.instance_type
        found.append({"variable": variable, "op": ">=", "limit": other.usd_per_hour, "becomes": becomes})
    return found


def _prices(pool: PoolAdvice) -> list[Document]:
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
                    **_origin(offer.price.provenance),
                }
            )
    return found


def _evidence(basis: Basis) -> list[Document]:
    rows = [_efficiency("decode", basis.decode, used=True), _efficiency("prefill", basis.prefill, used=True)]
    rows += [_efficiency("decode", other, used=False) for other in basis.others]
    for conflict in basis.conflicts:
        rows.append({"about": "conflict", "used": False, "value": conflict.ratio, **_origin(conflict.other)})
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
        **_origin(quantity.provenance),
    }


def _alternative(alternative: Alternative) -> Document:
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


def _rejected(removal: Removal, say: Say) -> Document:
    return {
        "instance_type": removal.instance_type,
        "gate": removal.gate,
        "code": removal.reason.code,
        "message": say(removal.reason),
        "margin": removal.margin,
    }


def _published(pool: PoolAdvice) -> list[Document]:
    return [
        {"source": entry.report, "text": entry.text, "pick": entry.pick, "verdict": entry.verdict, "line": entry.line}
        for entry in pool.published_advice
    ]


def _notices(pool: PoolAdvice, say: Say) -> list[Document]:
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


def _origin(origin: Provenance) -> Document:
    return {
        "level": origin.level.value,
        "source": origin.source,
        "as_of": str(origin.as_of) if origin.as_of is not None else None,
    }


def _clean(value: Any) -> Any:
    """Without nulls and empty tables, floats at six significant digits."""
    if isinstance(value, dict):
        cleaned = {key: _clean(inner) for key, inner in value.items()}
        return {key: inner for key, inner in cleaned.items() if not _is_empty(inner)}
    if isinstance(value, list | tuple):
        return [_clean(inner) for inner in value]
    if isinstance(value, float):
        return float(f"{value:.6g}")
    return value


def _is_empty(value: Any) -> bool:
    return value is None or value == "" or (isinstance(value, Iterable) and not isinstance(value, str) and not value)
