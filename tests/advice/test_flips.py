"""What would change the answer: every bound that is printed is one at which it changes."""

from pathlib import Path
from typing import Any

import pytest

from advice.questions import ask, only_pool, pick_of, priced

CHAT: dict[str, Any] = {"peak_rps": 20.0, "regions_allowed": ("eu-central-1",), "slo_ttft_ms_p95": 500}


@pytest.mark.parametrize("question", [CHAT, {}, {"peak_rps": 40.0}, {"objective": "tokens_per_dollar"}])
def test_below_the_break_even_price_the_other_wins_and_above_it_does_not(
    tmp_path: Path, question: dict[str, Any]
) -> None:
    pool = only_pool(ask(**question))
    if pool.break_even is None:
        pytest.fail("one of the others wins at some price")
    other, price = pool.break_even.instance_type, pool.break_even.usd_per_hour
    (region, *_) = question.get("regions_allowed", ("us-east-1",))
    below = ask(priced(tmp_path / "below", region, {other: price * 0.97}), **question)
    above = ask(priced(tmp_path / "above", region, {other: price * 1.06}), **question)
    assert pick_of(below).instance_type == other
    assert pick_of(above).instance_type != other


def test_a_price_that_decides_nothing_is_not_printed() -> None:
    assert only_pool(ask(objective="lowest_latency")).break_even is None


def test_an_unpriced_instance_wins_below_its_threshold(tmp_path: Path) -> None:
    question: dict[str, Any] = {"regions_allowed": ("ap-southeast-3",), "peak_rps": 2.0}
    for flip in only_pool(ask(**question)).wins_below:
        cheap = priced(tmp_path / flip.instance_type, "ap-southeast-3", {flip.instance_type: flip.usd_per_hour * 0.97})
        assert pick_of(ask(cheap, **question)).instance_type == flip.instance_type


@pytest.mark.parametrize("other", [1.5, 4.0])
def test_above_its_threshold_an_unpriced_instance_does_not_win(tmp_path: Path, other: float) -> None:
    for objective in ("cheapest", "tokens_per_dollar"):
        question: dict[str, Any] = {"regions_allowed": ("ap-southeast-3",), "peak_rps": 2.0, "objective": objective}
        flips = only_pool(ask(**question)).wins_below
        assert objective != "cheapest" or flips
        for flip in flips:
            dear = priced(
                tmp_path / objective / flip.instance_type,
                "ap-southeast-3",
                {flip.instance_type: flip.usd_per_hour * other},
            )
            assert pick_of(ask(dear, **question)).instance_type != flip.instance_type


BATCH: dict[str, Any] = {"mode": "batch", "batch_input_tokens": 1_366_941_633, "batch_output_tokens": 695_256_613}
QUESTIONS: list[dict[str, Any]] = [
    CHAT,
    {"peak_rps": 5.0},
    {"model": "llama-4-maverick", "input_tokens_p50": 100_000, "peak_rps": 0.2},
    {"objective": "lowest_latency", "peak_rps": 4.0},
    {"objective": "tokens_per_dollar", "peak_rps": 12.0, "slo_itl_ms_p95": 60.0},
    {"precision_floor": "int4", "regions_allowed": ("us",), "peak_rps": 3.0, "slo_ttft_ms_p95": 110.0},
    {**BATCH, "model": "llama-4-maverick", "deadline_hours": 24.236, "regions_allowed": ("us",)},
]


@pytest.mark.parametrize("question", QUESTIONS)
def test_the_answer_holds_up_to_each_bound_and_is_another_beyond(question: dict[str, Any]) -> None:
    """Asked again as a user would: with the one setting changed, and for a batch its totals with it."""
    pool = only_pool(ask(**question))
    assert pool.pick is not None
    here = (pool.pick.instance_type, pool.pick.instances)
    assert f"{here[1]} × {here[0]}" not in {flip.becomes for flip in pool.flips}
    base = {"peak_rps": 1.0, **question} if "mode" not in question else question
    for flip in pool.flips:
        if flip.variable in ("input_tokens_p50", "output_tokens_p50"):
            continue  # their tails, totals and context follow along
        setting = flip.variable if not flip.variable.endswith("_ms") else _setting(flip.variable)
        inside = pick_of(ask(**{**base, setting: flip.limit}))
        assert (inside.instance_type, inside.instances) == here, flip
        beyond = only_pool(ask(**{**base, setting: base[setting] * flip.factor})).pick
        found = "" if beyond is None else f"{beyond.instances} × {beyond.instance_type}"
        assert found == flip.becomes, flip


def _setting(variable: str) -> str:
    metric, percentile, _ = variable.split("_")
    return f"slo_{metric}_ms_{percentile}"
