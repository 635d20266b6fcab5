import pytest

from advisor.performance.cost import BatchCost, batch_cost, online_cost


def test_the_worked_example_three_instances_all_month() -> None:
    cost = online_cost(
        usd_per_instance_hour=55.04,
        instances=2,
        paid_instances=3,
        output_tokens=256,
        mean_rps=5,
        capacity_tokens_per_s=4173,
        slo_tokens_per_s=2560,
    )
    assert cost.usd_per_month == pytest.approx(120_538, abs=1)
    assert cost.usd_per_million_output_tokens_at_traffic == pytest.approx(35.8, abs=0.1)
    assert cost.usd_per_million_output_tokens_at_capacity == pytest.approx(3.66, abs=0.01)
    assert cost.utilisation_at_mean_load == pytest.approx(0.25)


def test_owned_instances_cost_nothing_but_still_serve() -> None:
    cost = online_cost(
        usd_per_instance_hour=10,
        instances=2,
        paid_instances=0,
        output_tokens=256,
        mean_rps=1,
        capacity_tokens_per_s=1000,
        slo_tokens_per_s=1000,
    )
    assert cost.usd_per_month == 0
    assert cost.usd_per_million_output_tokens_at_capacity > 0


def _batch(deadline_hours: float | None) -> BatchCost | None:
    return batch_cost(
        usd_per_instance_hour=40.0,
        input_tokens=1.8e9,
        output_tokens=0.2e9,
        prefill_tokens_per_s=100_000,
        decode_tokens_per_s=20_000,
        ready_hours=0.2,
        deadline_hours=deadline_hours,
        runs_per_month=30,
    )


def test_a_batch_of_two_billion_tokens_costs_hundreds_and_not_a_month() -> None:
    run = _batch(None)
    assert run is not None
    assert run.instances == 1
    assert run.work_hours == pytest.approx(5.0 + 2.7778, rel=1e-3)
    assert 200 < run.usd_per_run < 500


def test_a_deadline_buys_the_fewest_instances_that_meet_it() -> None:
    run = _batch(4.0)
    assert run is not None
    assert run.instances == 3
    assert run.run_hours <= 4.0


def test_a_deadline_before_start_up_cannot_be_met() -> None:
    assert _batch(0.1) is None
