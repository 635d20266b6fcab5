"""Gates: each one's limit, and what a point is when it fails."""

from dataclasses import replace

import pytest

from advisor.bench.gates import Observed, judge_point, needed_requests
from advisor.bench.plan import Plan, Slo
from advisor.bench.result import TokenSource, Verdict

PLAN = Plan(model="m", concurrencies=(4,), requests_per_cell=20, input_tokens=100, output_tokens_per_s_limit=1000.0)

SOUND = Observed(
    concurrency=4,
    repetitions=3,
    completed=60,
    failed=0,
    censored=0,
    keeps_length=True,
    length_mismatch=0.0,
    token_source=TokenSource.SERVER,
    input_tokens=100.0,
    overhead_tokens=12.0,
    cached_share=0.0,
    has_kernel_stamps=True,
    lag_us_p99=500.0,
    loop_lag_us_p99=9000.0,
    cpu_share=0.1,
    clock_steps=0,
    achieved_concurrency=3.95,
    little=[(0.01, 0.03)],
    output_tokens_per_s=900.0,
)


def failed_gates(seen: Observed, plan: Plan = PLAN) -> tuple[set[str], Verdict]:
    gates, verdict = judge_point(plan, seen)
    return {gate.name for gate in gates if not gate.passed}, verdict


def test_a_sound_point_is_valid() -> None:
    assert failed_gates(SOUND) == (set(), Verdict.VALID)


def test_every_gate_says_what_it_saw_and_where_its_limit_is() -> None:
    gates, _ = judge_point(PLAN, SOUND)
    assert len({gate.name for gate in gates}) == len(gates)
    assert all(gate.observed is not None and gate.limit is not None for gate in gates)


@pytest.mark.parametrize(
    ("gate", "verdict", "at_limit", "beyond"),
    [
        ("errors", Verdict.FAILED, {"completed": 90, "failed": 10}, {"completed": 89, "failed": 11}),
        ("sample_size", Verdict.INSUFFICIENT, {"completed": 30}, {"completed": 29}),
        ("repetitions", Verdict.INSUFFICIENT, {"repetitions": 3}, {"repetitions": 2}),
        ("token_source", Verdict.INSUFFICIENT, {"token_source": TokenSource.IDS}, {"token_source": TokenSource.EVENTS}),
        ("client_lag", Verdict.CLIENT_LIMITED, {"lag_us_p99": 2000.0}, {"lag_us_p99": 2001.0}),
        ("client_cpu", Verdict.CLIENT_LIMITED, {"cpu_share": 0.8}, {"cpu_share": 0.81}),
        ("clock_steps", Verdict.CLIENT_LIMITED, {"clock_steps": 0}, {"clock_steps": 1}),
        (
            "achieved_concurrency",
            Verdict.CLIENT_LIMITED,
            {"achieved_concurrency": 3.8},
            {"achieved_concurrency": 3.79},
        ),
        ("output_length", Verdict.CONTAMINATED, {"length_mismatch": 0.01}, {"length_mismatch": 0.02}),
        ("input_length", Verdict.CONTAMINATED, {"input_tokens": 108.0}, {"input_tokens": 109.0}),
        ("prefix_cache", Verdict.CONTAMINATED, {"cached_share": 0.12}, {"cached_share": 0.13}),
        ("little", Verdict.NOT_STEADY, {"little": [(0.03, 0.03), (0.2, 0.3)]}, {"little": [(0.01, 0.03), (0.31, 0.3)]}),
        ("physical_bound", Verdict.FAILED, {"output_tokens_per_s": 1000.0}, {"output_tokens_per_s": 1001.0}),
    ],
)
def test_each_gate_holds_at_its_limit_and_fails_beyond(
    gate: str, verdict: Verdict, at_limit: dict[str, object], beyond: dict[str, object]
) -> None:
    assert failed_gates(replace(SOUND, **at_limit)) == (set(), Verdict.VALID)  # type: ignore[arg-type]
    assert failed_gates(replace(SOUND, **beyond)) == ({gate}, verdict)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "unknown", ["lag_us_p99", "cpu_share", "achieved_concurrency", "length_mismatch", "token_source"]
)
def test_what_must_be_known_and_is_not_fails(unknown: str) -> None:
    _, verdict = failed_gates(replace(SOUND, **{unknown: None}))  # type: ignore[arg-type]
    assert verdict is not Verdict.VALID


def test_a_point_without_any_result_has_failed() -> None:
    names, verdict = failed_gates(replace(SOUND, completed=0, failed=0))
    assert "errors" in names
    assert verdict is Verdict.FAILED


def test_a_load_that_has_only_begun_says_nothing_against_the_endpoint() -> None:
    begun = replace(SOUND, completed=0, failed=0, has_begun_only=True)
    names, verdict = failed_gates(begun)
    assert ("errors" in names, verdict) == (False, Verdict.INSUFFICIENT)
    assert failed_gates(replace(begun, completed=5, failed=5))[1] is Verdict.FAILED


def test_without_kernel_stamps_the_lag_of_the_event_loop_counts() -> None:
    names, verdict = failed_gates(replace(SOUND, has_kernel_stamps=False))
    assert (names, verdict) == ({"client_lag"}, Verdict.CLIENT_LIMITED)
    assert failed_gates(replace(SOUND, has_kernel_stamps=False, loop_lag_us_p99=1500.0)) == (set(), Verdict.VALID)


def test_answers_that_may_end_by_themselves_are_labelled_and_pass() -> None:
    gates, verdict = judge_point(PLAN, replace(SOUND, keeps_length=False, length_mismatch=0.7))
    (gate,) = [gate for gate in gates if gate.name == "output_length"]
    assert (gate.passed, gate.detail, verdict) == (True, "natural_eos", Verdict.VALID)


def test_above_the_physical_bound_is_called_impossible() -> None:
    gates, _ = judge_point(PLAN, replace(SOUND, output_tokens_per_s=1e6))
    assert [gate.detail for gate in gates if gate.name == "physical_bound"] == ["impossible"]


def test_without_a_bound_there_is_no_such_gate() -> None:
    gates, _ = judge_point(replace(PLAN, output_tokens_per_s_limit=None), replace(SOUND, output_tokens_per_s=1e6))
    assert "physical_bound" not in {gate.name for gate in gates}


def test_a_cell_bounded_by_time_may_not_cut_off_more_than_one_in_a_hundred() -> None:
    plan = replace(PLAN, requests_per_cell=None, duration_s=10.0)
    assert failed_gates(replace(SOUND, completed=99, censored=1), plan) == (set(), Verdict.VALID)
    assert failed_gates(replace(SOUND, censored=2), plan) == ({"censored"}, Verdict.INSUFFICIENT)


def test_the_gravest_verdict_stands() -> None:
    everything = replace(SOUND, failed=60, lag_us_p99=9e9, length_mismatch=1.0, little=[(1.0, 0.1)])
    assert failed_gates(everything)[1] is Verdict.FAILED
    assert failed_gates(replace(everything, failed=0))[1] is Verdict.CLIENT_LIMITED
    assert failed_gates(replace(everything, failed=0, lag_us_p99=0.0))[1] is Verdict.CONTAMINATED


def test_an_objective_needs_the_sample_of_its_percentile() -> None:
    assert needed_requests(PLAN) == 30
    assert needed_requests(replace(PLAN, slos=(Slo("ttft", 95, 500.0), Slo("itl", 99, 30.0)))) == 299


@pytest.mark.parametrize(("asked", "got", "passes"), [(1000, 1050.0, True), (1000, 1051.0, False), (20, 27.0, True)])
def test_prompts_may_miss_their_length_by_a_share_or_a_few_tokens(asked: int, got: float, passes: bool) -> None:
    names, _ = failed_gates(replace(SOUND, input_tokens=got), replace(PLAN, input_tokens=asked))
    assert ("input_length" not in names) is passes


def test_a_template_may_be_cached_and_nothing_more() -> None:
    large = replace(PLAN, input_tokens=10_000)
    seen = replace(SOUND, input_tokens=10_000.0)
    assert failed_gates(replace(seen, cached_share=0.01), large) == (set(), Verdict.VALID)
    assert failed_gates(replace(seen, cached_share=0.011), large) == ({"prefix_cache"}, Verdict.CONTAMINATED)
    assert failed_gates(replace(seen, cached_share=None), large) == (set(), Verdict.VALID)
