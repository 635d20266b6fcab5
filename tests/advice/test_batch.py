"""Batches: what is owned is free, budgets keep their period, and pools keep their own hours."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from advice.questions import ask, only_pool, pick_of
from advisor.advice.recommendation import Status
from advisor.quantities.provenance import Level

BATCH: dict[str, Any] = {
    "mode": "batch",
    "batch_input_tokens": 1_800_000_000,
    "batch_output_tokens": 200_000_000,
}


def test_owned_instances_of_a_batch_cost_nothing() -> None:
    paid, owned = pick_of(ask(**BATCH)), pick_of(ask(**BATCH, owned={"p4de.24xlarge": 1}))
    assert paid.usd > 0
    assert (owned.instance_type, owned.usd) == ("p4de.24xlarge", 0.0)


def test_a_deadline_beyond_what_is_owned_pays_for_the_rest() -> None:
    hurry: dict[str, Any] = {**BATCH, "deadline_hours": 3.0}
    (row,) = [
        each.assessment
        for each in only_pool(ask(**hurry)).alternatives
        if each.assessment.instance_type == "p4de.24xlarge"
    ]
    pool = only_pool(ask(**hurry, owned={"p4de.24xlarge": 1}))
    found = [pool.pick, *(each.assessment for each in pool.alternatives)]
    (with_one,) = [each for each in found if each is not None and each.instance_type == "p4de.24xlarge"]
    assert row.instances > 1
    assert with_one.usd == pytest.approx(row.usd * (row.instances - 1) / row.instances)


def test_a_monthly_budget_is_held_against_the_month() -> None:
    run = pick_of(ask(**BATCH))
    assert run.batch is not None
    month = run.batch.usd_per_month
    assert ask(**BATCH, budget_usd=month * 1.01).status is not Status.NONE
    short = ask(**BATCH, budget_usd=month * 0.5)
    (reason, *_) = [removal.reason for removal in only_pool(short).rejected if removal.gate == "budget"]
    assert float(str(reason.params["cost_usd"])) >= month * 0.99
    assert reason.params["period"] == "month"


@settings(max_examples=10)
@given(
    ratio=st.floats(0.01, 500),
    output=st.integers(10_000, 10**9),
    model=st.sampled_from(["llama-4-scout", "llama-4-maverick", "both"]),
)
def test_the_shape_of_a_request_follows_the_totals(ratio: float, output: int, model: str) -> None:
    answer = ask(
        mode="batch", model=model, batch_output_tokens=output, batch_input_tokens=max(1, round(output * ratio))
    )
    workload = answer.workload
    assert workload.input_tokens_p50 == pytest.approx(max(1, workload.output_tokens_p50 * ratio), abs=1.0, rel=0.01)


def test_what_one_pool_owns_the_other_has_not() -> None:
    owned = {"p5en.48xlarge": 2}
    both = ask(model="both", owned=owned)
    taken = [pool.pick for pool in both.pools if pool.pick is not None and pool.pick.instance_type == "p5en.48xlarge"]
    assert sum(pick.instances for pick in taken if pick.usd == 0) <= 2
    assert both.usd is not None
    assert both.usd > 0


def test_a_monthly_budget_is_claimed_by_the_month() -> None:
    month = pick_of(ask(**BATCH)).batch
    assert month is not None
    pool = only_pool(ask(**BATCH, budget_usd=month.usd_per_month * 1.01))
    (claim,) = [claim for claim in pool.claims if claim.unit.startswith("USD")]
    assert (claim.id, claim.unit) == ("usd_per_month", "USD/month")
    assert claim.value == pytest.approx(month.usd_per_month)
    assert claim.high is not None
    assert claim.limit is not None
    assert claim.high > claim.limit
    assert claim.status == "undecided"


def test_a_cached_prefix_is_not_computed_again() -> None:
    plain = pick_of(ask(**BATCH))
    cached = pick_of(ask(**BATCH, shared_prefix_tokens=2_000))
    assert plain.batch is not None
    assert cached.batch is not None
    assert cached.batch.work_hours < plain.batch.work_hours
    model, hours = cached.model, cached.batch.work_hours * cached.batch.instances
    requests = BATCH["batch_input_tokens"] / model.shape.input_tokens / cached.candidate.replicas_per_instance
    decode_ms = model.shape.output_tokens * float(model.steps_ms(cached.slots)[-1]) / cached.slots
    assert hours == pytest.approx(requests * (model.uncounted_prefill_ms + decode_ms) / 3.6e6, rel=0.01)


def test_a_run_that_is_mostly_prefill_rests_on_what_is_known_of_prefill() -> None:
    pool = only_pool(ask(mode="batch", batch_input_tokens=20_000_000_000, batch_output_tokens=20_000_000))
    (hours,) = [claim for claim in pool.claims if claim.id == "run_hours"]
    assert pool.pick is not None
    assert pool.pick.model.prefill_share(pool.pick.slots) > 0.5
    assert hours.provenance.level is pool.pick.basis.prefill.provenance.level is Level.MODELLED
    assert hours.low is not None
    assert hours.value / hours.low > 1.4
