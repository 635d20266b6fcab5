"""Workloads asked of the shipped catalogue and the published evidence."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from advisor.advice.advise import Knowledge, advise
from advisor.advice.assessment import Assessment
from advisor.advice.recommendation import PoolAdvice, Recommendation
from advisor.advice.workload import workload_from
from advisor.catalog.load import load_catalog
from advisor.evidence.published import published_points

_CATALOG = load_catalog()
KNOWLEDGE = Knowledge(_CATALOG, published_points(_CATALOG))
_HEADER = "instance_type,option,term,payment,statistic,usd_per_hour,as_of,level,source\n"


def ask(knowledge: Knowledge = KNOWLEDGE, **settings: Any) -> Recommendation:
    return advise(workload_from(settings, knowledge.catalog), knowledge)


def only_pool(answer: Recommendation) -> PoolAdvice:
    (pool,) = answer.pools
    return pool


def pick_of(answer: Recommendation) -> Assessment:
    pick = only_pool(answer).pick
    assert pick is not None
    return pick


def priced(directory: Path, region: str, usd_per_hour: Mapping[str, float]) -> Knowledge:
    """The same knowledge under other on-demand prices, written as an overlay."""
    prices = directory / "prices"
    prices.mkdir(parents=True, exist_ok=True)
    rows = [f"{name},on_demand,,,list,{price},2026-11-20,specified,contract\n" for name, price in usd_per_hour.items()]
    (prices / f"{region}.csv").write_text(_HEADER + "".join(rows), encoding="utf-8")
    return Knowledge(load_catalog([directory]), KNOWLEDGE.points)
