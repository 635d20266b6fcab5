"""Which of those that would serve is picked, and when evidence cannot tell."""

from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from advice.questions import KNOWLEDGE, ask, only_pool, pick_of, priced
from advisor.advice.assessment import Assessor
from advisor.advice.choice import cost_bounds
from advisor.advice.recommendation import PoolAdvice, Status

CHAT: dict[str, Any] = {"peak_rps": 20.0, "regions_allowed": ("eu-central-1",), "slo_ttft_ms_p95": 500}


def in_the_tie(pool: PoolAdvice) -> list[Any]:
    tied = [alternative.assessment for alternative in pool.alternatives if alternative.tied]
    return [pool.pick, *tied]


@settings(max_examples=10)
@given(peak=st.floats(1, 60), region=st.sampled_from(["us-east-1", "eu-central-1"]))
def test_a_tie_is_ordered_by_evidence_then_cost(peak: float, region: str) -> None:
    tied = in_the_tie(only_pool(ask(peak_rps=peak, regions_allowed=(region,))))
    order = [(round(each.basis.decode.sigma, 1), float(f"{each.usd:.4g}"), each.instances) for each in tied]
    assert order == sorted(order)


def test_the_same_cost_in_fewer_instances_wins() -> None:
    pick = pick_of(ask(**CHAT))
    same = [each.assessment for each in only_pool(ask(**CHAT)).alternatives]
    equal = [each for each in same if each.usd == pytest.approx(pick.usd, rel=1e-4)]
    assert equal, "g7e comes in sizes that cost the same by the chip"
    assert all(each.instances >= pick.instances for each in equal)


@settings(max_examples=8)
@given(peak=st.floats(1, 60))
def test_sizes_of_one_chip_are_tied_only_where_their_order_turns(peak: float) -> None:
    answer = ask(peak_rps=peak, regions_allowed=("eu-central-1",))
    pool = only_pool(answer)
    assessor = Assessor(KNOWLEDGE.catalog, KNOWLEDGE.points, answer.workload)
    best = min(in_the_tie(pool), key=lambda each: each.usd)
    for other in in_the_tie(pool):
        same = (other.candidate.accelerator, other.candidate.checkpoint) == (
            best.candidate.accelerator,
            best.candidate.checkpoint,
        )
        if same and other.usd > best.usd * 1.001:
            mine, theirs = cost_bounds(other, assessor), cost_bounds(best, assessor)
            assert mine.usd_low < theirs.usd_high, "a dearer size of the same chip is never cheaper at either end"


def test_a_clear_difference_in_price_is_no_tie(tmp_path: Path) -> None:
    cheap = priced(tmp_path, "eu-central-1", {"p4de.24xlarge": 2.0})
    answer = ask(cheap, **CHAT)
    assert answer.status is Status.RECOMMENDED
    assert pick_of(answer).instance_type == "p4de.24xlarge"


def test_the_rest_is_ranked_by_cost() -> None:
    pool = only_pool(ask())
    rest = [each.assessment.usd for each in pool.alternatives if not each.tied]
    expected = [each for each in rest if each > 0]
    assert all(left <= right * 1.001 for left, right in pairwise(expected))


def test_an_open_model_is_decided_by_the_objective() -> None:
    fast = only_pool(ask(model="unsure", objective="lowest_latency"))
    one = {name: pick_of(ask(model=name, objective="lowest_latency")) for name in KNOWLEDGE.catalog.models}

    def latency(name: str) -> float:
        sizing = one[name].sizing
        assert sizing is not None
        return sizing.at_peak.ttft_ms(0.95) + sizing.at_peak.itl_ms(0.95)

    assert fast.model == min(one, key=latency)


def test_pools_that_break_the_budget_together_are_no_recommendation() -> None:
    both = ask(model="both")
    assert both.usd is not None
    largest = max(pool.pick.usd for pool in both.pools if pool.pick is not None)
    tight = ask(model="both", budget_usd=(largest + both.usd) / 2)
    assert tight.status is Status.NONE
    assert "pools_over_budget" in {notice.code for pool in tight.pools for notice in pool.notices}
    assert ask(model="both", budget_usd=both.usd * 1.01).status is not Status.NONE
