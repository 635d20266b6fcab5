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


def test_a_longer_prompt_flips_where_it_no_longer_fits() -> None:
    question: dict[str, Any] = {"model": "llama-4-maverick", "input_tokens_p50": 100_000, "peak_rps": 0.2}
    pool = only_pool(ask(**question))
    assert pool.pick is not None
    longest = 4 * 100_000
    beyond = only_pool(ask(**{**question, "input_tokens_p50": longest}))
    flips = [flip for flip in pool.flips if flip.variable == "input_tokens_p50" and flip.op == "<="]
    same = beyond.pick is not None and (beyond.pick.instance_type, beyond.pick.instances) == (
        pool.pick.instance_type,
        pool.pick.instances,
    )
    assert bool(flips) is not same
