"""A benchmark in words: every gate, verdict and stage has them, and numbers carry their units."""

import pytest

from advisor.bench.counters import Stage
from advisor.bench.gates import Observed, judge_point
from advisor.bench.plan import Plan
from advisor.bench.result import Gate, SloResult, TokenSource, Verdict
from advisor.wording import benchmark as words
from evidence.results import SUBJECT, point, result


def failing() -> Observed:
    """Everything that can be wrong with a point, at once."""
    return Observed(
        concurrency=8,
        repetitions=1,
        completed=10,
        failed=10,
        censored=10,
        keeps_length=True,
        length_mismatch=0.5,
        token_source=TokenSource.EVENTS,
        input_tokens=256.0,
        overhead_tokens=0.0,
        cached_share=0.5,
        has_kernel_stamps=True,
        lag_us_p99=9_000.0,
        loop_lag_us_p99=9_000.0,
        cpu_share=0.95,
        clock_steps=2,
        achieved_concurrency=4.0,
        little=[(0.5, 0.03)],
        output_tokens_per_s=5_000.0,
    )


def test_every_gate_has_a_sentence_that_says_what_was_seen() -> None:
    plan = Plan("m", duration_s=10, input_tokens=128, output_tokens_per_s_limit=1_000.0)
    gates, _ = judge_point(plan, failing())
    assert {gate.name for gate in gates} == words.gate_names()
    sentences = {gate.name: words.gate_sentence(gate) for gate in gates}
    assert sentences["client_lag"].startswith("This machine read answers up to 9.0 ms late (p99); 2.0 ms")
    assert sentences["errors"].startswith("50 % of the requests failed; more than 10 %")
    assert "5,000 tokens/s is more than this hardware" in sentences["physical_bound"]
    assert not any("None" in sentence or "{" in sentence for sentence in sentences.values())


def test_verdicts_and_stages_all_have_words() -> None:
    assert set(words.VERDICTS) == set(Verdict)
    assert set(words.STAGES) == set(Stage)


def test_the_gates_of_the_verdict_come_first() -> None:
    gates = [
        Gate("little", False, 0.5, 0.03, Verdict.NOT_STEADY),
        Gate("clock_steps", False, 1, 0, Verdict.CLIENT_LIMITED),
    ]
    first, second = words.failed_gates(point(1, verdict=Verdict.CLIENT_LIMITED, gates=gates))
    assert "clock" in first
    assert "Little" in second


@pytest.mark.parametrize(
    ("slo", "expected"),
    [
        (SloResult("ttft_p95_ms=500", 0.99, 0.96, 1.0, True, True), "first token, p95 ≤ 500 ms: holds, 99.0 %"),
        (SloResult("ttft_p95_ms=500", 0.9, 0.8, 0.94, False, True), "first token, p95 ≤ 500 ms: missed, 90.0 %"),
        (SloResult("itl_p99_ms=30", 1.0, 0.9, 1.0, True, False), "between tokens, p99 ≤ 30.0 ms: undecided, 100.0 %"),
        (SloResult("itl_p99_ms=30", None, None, None, None, False), "between tokens, p99 ≤ 30.0 ms: no requests"),
    ],
)
def test_an_objective_says_whether_it_holds_and_how_sure_that_is(slo: SloResult, expected: str) -> None:
    assert words.slo_line(slo).startswith(expected)


def test_a_run_says_what_it_is_about_and_who_says_so() -> None:
    assert words.subject_line(result(simulated=True)).startswith("Simulated")
    assert words.subject_line(result(subject={})).startswith("Nobody says")
    assert words.subject_line(result()).startswith("You state llama-4-scout fp8, TP 8 on p5.48xlarge, vllm 0.33.0;")
    denied = {**SUBJECT, "vouched_by": "contradicted", "contradictions": ["engine_version"]}
    assert "but the server runs another engine version" in words.subject_line(result(subject=denied))


def test_a_run_says_how_the_server_s_cache_agrees_with_the_statement_or_denies_it() -> None:
    compared = {**SUBJECT, "blocks": 451_000, "predicted_blocks": 450_200}
    open_still = words.subject_line(result(subject={**compared, "vouched_by": "user"}))
    assert "its KV cache does not settle it (451,000 blocks" in open_still
    agreed = words.subject_line(result(subject={**compared, "vouched_by": "server"}))
    assert agreed.endswith("and its KV cache agrees (451,000 blocks, 450,200 predicted).")
    denied = {**compared, "vouched_by": "contradicted", "contradictions": ["kv_capacity"]}
    assert "the server's KV cache cannot be theirs (451,000 blocks" in words.subject_line(result(subject=denied))


def test_a_statistic_that_the_sample_does_not_carry_is_no_number() -> None:
    assert words.result_row(point(1))[:3] == ("1", "40.0 ms", "48.0 ms")
