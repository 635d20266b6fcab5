"""What an architect gets for her workload, and what the answer may never do."""

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from advice.questions import KNOWLEDGE, ask, only_pool, pick_of
from advisor.advice.recommendation import Recommendation, Status
from advisor.evidence.points import EvidencePoint
from advisor.quantities.provenance import AsOf, Level, Provenance

CHAT: dict[str, Any] = {"peak_rps": 20.0, "regions_allowed": ("eu-central-1",), "slo_ttft_ms_p95": 500}
DOCUMENTS: dict[str, Any] = {
    "model": "llama-4-maverick",
    "input_tokens_p50": 200_000,
    "output_tokens_p50": 1_000,
    "peak_rps": 2.0,
}
BATCH: dict[str, Any] = {
    "mode": "batch",
    "batch_input_tokens": 1_800_000_000,
    "batch_output_tokens": 200_000_000,
    "budget_usd": 3000.0,
    "budget_period": "run",
    "purchase_allowed": ("on_demand", "spot"),
}


class TestScoutChatInFrankfurt:
    answer = ask(**CHAT)

    def test_a_fleet_in_the_region_meets_the_first_token_target(self) -> None:
        pick = pick_of(self.answer)
        assert pick.offer.region == "eu-central-1"
        assert pick.instances >= 2
        assert [estimate.status for estimate in pick.estimates] == ["meets"]
        assert pick.estimates[0].value_ms < 500
        assert 20_000 < pick.usd < 120_000

    def test_instances_not_offered_there_are_named_with_that_reason(self) -> None:
        gone = {removal.instance_type: removal.reason.code for removal in only_pool(self.answer).rejected}
        assert gone["p5.48xlarge"] == gone["p5en.48xlarge"] == "not_offered_in_region"
        assert gone["r8g.48xlarge"] == "no_accelerator"

    def test_the_licence_notice_on_the_european_union_is_prominent(self) -> None:
        notices = {notice.code: notice.prominent for notice in only_pool(self.answer).licence}
        assert notices["eu_multimodal"]

    def test_no_managed_price_is_invented_for_europe(self) -> None:
        managed = only_pool(self.answer).managed
        assert managed is not None
        assert managed.usd is None
        assert managed.excluded is not None

    def test_estimates_that_cannot_be_told_apart_are_said_to_be_so(self) -> None:
        assert self.answer.status is Status.NOT_DISTINGUISHABLE
        assert len(only_pool(self.answer).tied) > 1


class TestMaverickOverLongDocuments:
    answer = ask(**DOCUMENTS)

    def test_only_instances_with_room_for_400_billion_parameters_are_left(self) -> None:
        serving = {only.assessment.instance_type for only in only_pool(self.answer).alternatives}
        serving.add(pick_of(self.answer).instance_type)
        assert serving == {
            "p5.48xlarge",
            "p5en.48xlarge",
            "p6-b200.48xlarge",
            "p6-b300.48xlarge",
            "p4de.24xlarge",
            "g7e.48xlarge",
        }

    def test_prefill_decides_and_the_fleet_is_large(self) -> None:
        pick = pick_of(self.answer)
        assert pick.sizing is not None
        assert pick.sizing.at_peak.prefill_load > 0.2
        assert pick.instances >= 5

    def test_the_managed_alternative_is_shown_and_cheaper(self) -> None:
        managed = only_pool(self.answer).managed
        assert managed is not None
        assert managed.usd is not None
        assert managed.usd < pick_of(self.answer).usd


class TestScoutBatch:
    answer = ask(**BATCH)

    def test_a_run_costs_hundreds_and_keeps_the_budget(self) -> None:
        pick = pick_of(self.answer)
        assert self.answer.usd is not None
        assert pick.batch is not None
        assert 50 < pick.batch.usd_per_run < 1000
        assert pick.instances == 1

    def test_the_doubtful_spot_price_is_said_to_be_old(self) -> None:
        assert pick_of(self.answer).offer.purchase == "spot"
        codes = {notice.code for notice in only_pool(self.answer).notices}
        assert {"price_stale", "spot_interrupts"} <= codes

    def test_a_deadline_needs_more_instances(self) -> None:
        hurried = ask(**BATCH, deadline_hours=1.0)
        assert pick_of(hurried).instances > 1


def test_ten_defaults_give_a_small_answer_beside_a_much_cheaper_managed_one() -> None:
    answer = ask()
    pick, managed = pick_of(answer), only_pool(answer).managed
    assert pick.instance_type == "g7e.12xlarge"
    assert pick.instances == 2
    assert managed is not None
    assert managed.usd is not None
    assert pick.usd / managed.usd > 50


def test_nothing_feasible_is_an_answer_with_the_nearest_misses() -> None:
    answer = ask(budget_usd=100.0)
    pool = only_pool(answer)
    assert answer.status is Status.NONE
    assert pool.pick is None
    assert {removal.gate for removal in pool.near_misses} == {"budget"}
    assert all(removal.margin and removal.margin > 0 for removal in pool.near_misses)


def test_an_impossible_latency_removes_with_value_and_limit() -> None:
    answer = ask(slo_itl_ms_p95=0.05)
    assert answer.status is Status.NONE
    missed = [removal for removal in only_pool(answer).rejected if removal.reason.code == "slo_missed"]
    assert missed
    assert all(removal.reason.params["value_ms"] > 0.05 for removal in missed)  # type: ignore[operator]


def test_training_is_out_of_scope() -> None:
    assert ask(out_of_scope=True).status is Status.OUT_OF_SCOPE


def test_both_models_get_a_pool_each_and_an_open_model_is_compared() -> None:
    both, unsure = ask(model="both"), ask(model="unsure")
    assert [pool.model for pool in both.pools] == ["llama-4-maverick", "llama-4-scout"]
    assert both.usd == pytest.approx(sum(pool.pick.usd for pool in both.pools if pool.pick is not None))
    assert only_pool(unsure).model == "llama-4-scout"
    assert [pool.model for pool in unsure.compared] == ["llama-4-maverick"]


def test_an_instance_without_a_price_is_kept_with_the_price_below_which_it_wins() -> None:
    answer = ask(regions_allowed=("ap-southeast-3",), peak_rps=2.0)
    below = {entry.instance_type: entry.usd_per_hour for entry in only_pool(answer).wins_below}
    assert set(below) == {"g7e.12xlarge", "g7e.24xlarge", "g7e.48xlarge", "p6-b300.48xlarge"}
    assert all(price > 0 for price in below.values())
    assert not set(below) & {removal.instance_type for removal in only_pool(answer).rejected}


def test_trainium_is_sold_as_capacity_block_and_not_on_demand() -> None:
    stack: dict[str, Any] = {"stack": "neuron_too", "regions_allowed": ("us-east-2",)}
    on_demand = only_pool(ask(**stack))
    assert {r.instance_type: r.reason.code for r in on_demand.rejected}["trn2.48xlarge"] == "not_sold_that_way"
    with_blocks = only_pool(ask(**stack, purchase_allowed=("on_demand", "capacity_block")))
    trainium = next(each for each in with_blocks.alternatives if each.assessment.instance_type == "trn2.48xlarge")
    assert trainium.assessment.offer.usd_per_hour == 35.7608


def test_undocumented_paths_are_a_gate_that_the_user_can_lift() -> None:
    stack: dict[str, Any] = {"stack": "neuron_too", "regions_allowed": ("us-east-2",)}
    closed = {removal.instance_type for removal in only_pool(ask(**stack)).rejected}
    lifted = {removal.instance_type for removal in only_pool(ask(**stack, allow_unsupported=True)).rejected}
    assert "trn1.32xlarge" in closed
    assert "trn1.32xlarge" not in lifted
    assert "inf2.48xlarge" in lifted


def test_spot_alone_cannot_serve_people_who_wait() -> None:
    answer = ask(purchase_allowed=("spot",))
    assert answer.status is Status.NONE
    assert {r.reason.code for r in only_pool(answer).rejected} >= {"spot_cannot_serve_online"}


def test_owned_instances_cost_nothing() -> None:
    answer = ask(owned={"p4d.24xlarge": 2})
    pick = pick_of(answer)
    assert pick.instance_type == "p4d.24xlarge"
    assert pick.usd == 0
    assert "owned_instances" in {notice.code for notice in only_pool(answer).notices}


def test_n_plus_one_is_one_instance_more_and_single_is_none() -> None:
    single = pick_of(ask(redundancy="single"))
    spare = pick_of(ask(redundancy="n+1"))
    assert spare.instances == single.instances + 1


def test_the_strongest_evidence_objective_picks_a_calibrated_machine() -> None:
    pick = pick_of(ask(objective="strongest_evidence"))
    assert pick.basis.decode.provenance.level is Level.CALIBRATED


def test_the_lowest_latency_objective_is_never_slower_than_the_cheapest() -> None:
    fast, cheap = pick_of(ask(objective="lowest_latency")), pick_of(ask())
    assert fast.sizing is not None
    assert cheap.sizing is not None
    assert fast.sizing.at_peak.ttft_ms(0.95) <= cheap.sizing.at_peak.ttft_ms(0.95)


def test_every_claim_has_level_and_source_and_doubt_has_bounds_around_the_value() -> None:
    for answer in (TestScoutChatInFrankfurt.answer, TestMaverickOverLongDocuments.answer, TestScoutBatch.answer):
        for claim in only_pool(answer).claims:
            assert claim.provenance.source
            assert claim.low is None or claim.high is None or claim.low <= claim.value <= claim.high


def test_the_funnel_only_shrinks_and_ends_where_the_answer_begins() -> None:
    pool = only_pool(TestScoutChatInFrankfurt.answer)
    left = [step.instances_left for step in pool.funnel]
    assert left == sorted(left, reverse=True)
    assert left[-1] == 1 + len(pool.alternatives)


def test_the_answer_holds_up_to_its_flip_points_and_changes_beyond() -> None:
    pool = only_pool(ask(peak_rps=5.0))
    flip = next(flip for flip in pool.flips if flip.variable == "peak_rps")
    assert pool.pick is not None
    beyond = flip.limit * (1.2 if flip.op == "<=" else 0.8)
    before = pick_of(ask(peak_rps=flip.limit))
    after = pick_of(ask(peak_rps=beyond))
    assert (before.instance_type, before.instances) == (pool.pick.instance_type, pool.pick.instances)
    assert (after.instance_type, after.instances) != (before.instance_type, before.instances)


def test_measured_evidence_is_used_and_simulated_is_not() -> None:
    def point(level: Level, streams: int, rate: float) -> EvidencePoint:
        return EvidencePoint(
            model="llama-4-scout",
            checkpoint="fp8",
            accelerator="RTX-PRO-6000-SE-96GB",
            devices=2,
            tensor_parallel_size=2,
            engine="vllm",
            engine_version="0.33.0",
            input_tokens=512,
            output_tokens=256,
            load="concurrency",
            load_value=streams,
            metric="output_tokens_per_s",
            value=rate,
            unit="tokens/s",
            statistic="median",
            provenance=Provenance(level, "a run", AsOf.parse("2026-11-18"), "ledger"),
            run_id="one",
        )

    def sweep(level: Level) -> list[EvidencePoint]:
        return [point(level, streams, rate) for streams, rate in ((1, 60.0), (8, 300.0), (32, 900.0))]

    without = ask()
    simulated = ask(replace(KNOWLEDGE, points=[*KNOWLEDGE.points, *sweep(Level.SIMULATED)]))
    measured = ask(replace(KNOWLEDGE, points=[*KNOWLEDGE.points, *sweep(Level.MEASURED)]))
    assert only_pool(simulated).claims == only_pool(without).claims
    levels = {claim.id: claim.provenance.level for claim in only_pool(measured).claims}
    assert levels["itl_p95_ms"] is Level.CALIBRATED, (
        "that load was not measured, the sweep that it is computed from was"
    )
    assert only_pool(measured).measured_claims == 2
    assert only_pool(without).measured_claims == 0


_LOADS = st.floats(0.2, 60)


@settings(max_examples=8)
@given(load=_LOADS, factor=st.floats(1.05, 3))
def test_more_load_never_costs_less(load: float, factor: float) -> None:
    # Ties are broken by evidence and fewer instances, so compare the cheapest of each tie, not the pick.
    assert _cheapest(ask(peak_rps=load)) <= _cheapest(ask(peak_rps=load * factor)) + 1e-6


@settings(max_examples=8)
@given(limit=st.floats(150, 2000), factor=st.floats(1.1, 4))
def test_a_looser_target_never_costs_more(limit: float, factor: float) -> None:
    tight, loose = ask(peak_rps=10.0, slo_ttft_ms_p95=limit), ask(peak_rps=10.0, slo_ttft_ms_p95=limit * factor)
    if tight.usd is not None:
        assert _cheapest(loose) <= _cheapest(tight) + 1e-6


def _cheapest(answer: Recommendation) -> float:
    pool = only_pool(answer)
    picks = [pool.pick, *(each.assessment for each in pool.alternatives)]
    return min(pick.usd for pick in picks if pick is not None)
