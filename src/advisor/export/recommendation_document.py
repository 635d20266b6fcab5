"""`advisor.recommendation/1`: the recommendation as one tree, for JSON and TOML alike.

Absent means unknown: TOML has no null, so neither has this tree. Floats keep six significant digits,
which is more than any of them means and makes an unchanged answer an unchanged file.
"""

import hashlib
import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict
from typing import Any

from advisor import __version__
from advisor.advice.assessment import Assessment
from advisor.advice.live_check import live_check
from advisor.advice.recommendation import PoolAdvice, Recommendation
from advisor.advice.workload import Mode, settings_of
from advisor.export import recommendation_rows as rows
from advisor.export.document import Document, Say

SCHEMA = "advisor.recommendation/1"
_EXCLUDED = ("load balancer", "EBS volumes", "NAT gateway", "data transfer", "support", "taxes")


def recommendation_document(recommendation: Recommendation, say: Say, state: str = "unverified") -> Document:
    """The whole answer. `say` words the reasons; state is what a verification found, if one ran."""
    workload = settings_of(recommendation.workload)
    pools = [_pool(pool) for pool in recommendation.pools if pool.pick is not None]
    document: Document = {
        "schema": SCHEMA,
        "id": identity(workload),
        "status": recommendation.status.value,
        "state": state,
        "review_by": recommendation.review_by.isoformat() if recommendation.review_by else None,
        "pick_hash": pick_hash(pools),
        "content_hash": "",
        "provenance": {"advisor": __version__, "catalog": recommendation.catalog_as_of},
        "workload": workload,
        "pool": pools,
    }
    mode = recommendation.workload.mode
    document["cost"] = _cost(recommendation)
    document["managed"] = [entry for pool in recommendation.pools if (entry := _managed(pool, mode, say)) is not None]
    document["weakest_link"] = [entry for pool in recommendation.pools if (entry := _weakest(pool)) is not None]
    document["verify"] = [entry for pool in recommendation.pools if (entry := _verify(pool)) is not None]
    tables: dict[str, Callable[[PoolAdvice], list[Document]]] = {
        "claim": lambda pool: [rows.claim_row(claim) for claim in pool.claims],
        "holds_while": rows.holds_while_rows,
        "price": rows.price_rows,
        "evidence": lambda pool: rows.evidence_rows(pool.pick.basis) if pool.pick is not None else [],
        "alternative": lambda pool: [rows.alternative_row(alternative) for alternative in pool.alternatives],
        "rejected": lambda pool: [rows.rejected_row(removal, say) for removal in pool.rejected],
        "near_miss": lambda pool: [rows.rejected_row(removal, say) for removal in pool.near_misses],
        "published_advice": lambda pool: rows.published_rows(pool, say),
        "notice": lambda pool: rows.notice_rows(pool, say),
    }
    several = len(recommendation.pools) > 1
    for name, of_pool in tables.items():
        document[name] = [
            {"model": pool.model, **row} if several else row for pool in recommendation.pools for row in of_pool(pool)
        ]
    document["compared"] = [
        {"model": pool.model, "status": pool.status.value, **_picked(pool), **_totals(pool)}
        for pool in recommendation.compared
    ]
    # The workload is the question: it keeps every digit, so that asking it again gives the same answer.
    return sealed({**_clean(document), "workload": workload})


def pick_hash(pools: Sequence[Mapping[str, Any]]) -> str:
    """Identifies what the [[pool]] rows pick, and nothing about cost or evidence: an unchanged pick keeps it."""
    keys = ("model", "instance_type", "region", "purchase", "instances", "checkpoint", "engine", "tensor_parallel_size")
    return _digest([{key: pool[key] for key in keys} for pool in pools])


def content_hash(document: Document) -> str:
    """Of everything that the file says, without this hash itself: a file that somebody edited has another."""
    said = {key: value for key, value in document.items() if key != "content_hash"}
    kept = {key: value for key, value in said["provenance"].items() if not key.startswith("/")}
    return _digest({**said, "provenance": kept})


def sealed(document: Document) -> Document:
    """The document with its content hash."""
    return {**document, "content_hash": content_hash(document)}


def identity(workload: Mapping[str, Any]) -> str:
    """Identifies the question: the [workload] table with every digit."""
    return f"{workload['model']}-{workload['mode']}-{_digest(workload)[:8]}"


def _digest(value: Any) -> str:
    text = json.dumps(value, sort_keys=True, separators=(",", ":"), default=str)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


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
        "run_hours": pick.batch.run_hours if pick.batch else None,
    }


def _cost(recommendation: Recommendation) -> Document | None:
    pools = [pool for pool in recommendation.pools if pool.pick is not None]
    if not pools:
        return None
    found: dict[str, float] = {}
    for pool in pools:
        for key, value in _totals(pool).items():
            found[key] = found.get(key, 0.0) + value
    hours = [pool.pick.batch.run_hours for pool in pools if pool.pick is not None and pool.pick.batch is not None]
    if hours:
        found["run_hours"] = max(hours)  # pools run side by side
    if len(pools) == 1:
        found |= _per_unit(pools[0].pick)
    return {**found, "excludes": list(_EXCLUDED)}


def _picked(pool: PoolAdvice) -> Document:
    return {"instance_type": pool.pick.instance_type, "instances": pool.pick.instances} if pool.pick else {}


def _totals(pool: PoolAdvice) -> dict[str, float]:
    pick, bounds = pool.pick, pool.bounds
    if pick is None or bounds is None:
        return {}
    name = "usd_per_run" if pick.batch is not None else "usd_per_month"
    found = {name: pick.usd, f"{name}_low": bounds.usd_low, f"{name}_high": bounds.usd_high}
    if pick.batch is not None:
        found["usd_per_month"] = pick.batch.usd_per_month
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


def _managed(pool: PoolAdvice, mode: Mode, say: Say) -> Document | None:
    managed = pool.managed
    if managed is None:
        return None
    found: Document = {
        "model": pool.model,
        "service": managed.service,
        "usd_per_run" if mode == "batch" else "usd_per_month": managed.usd,
        "break_even_output_tokens_per_month": managed.break_even_tokens_per_month,
        "break_even_within_capacity": managed.within_capacity,
        "excluded": say(managed.excluded) if managed.excluded is not None else None,
    }
    if managed.rate is not None:
        origin = managed.rate.origin.default
        found |= {
            "usd_per_million_input_tokens": managed.rate.usd_per_million_input_tokens,
            "usd_per_million_output_tokens": managed.rate.usd_per_million_output_tokens,
            **rows.origin_of(origin),
        }
    return found


def _weakest(pool: PoolAdvice) -> Document | None:
    weakest = pool.weakest
    if weakest is None:
        return None
    level = weakest.provenance.level.value
    return {"claim": weakest.id, "level": level, "measured_claims": pool.measured_claims, "claims": len(pool.claims)}


def _verify(pool: PoolAdvice) -> Document | None:
    """The benchmark that would confirm the pick on one replica."""
    check = live_check(pool.pick) if pool.pick is not None else None
    return None if check is None else {"model": pool.model, "scope": "one_replica", **asdict(check)}


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
