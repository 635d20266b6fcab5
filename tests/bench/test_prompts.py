"""Prompts: repeatable text, unrepeatable beginnings, and lengths that a server confirms."""

import json
from collections import Counter
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from advisor.bench.prompts import NONCE_WORDS, PromptCalibration, prompt_text, request_body
from advisor.bench.records import CellKey, Load, Phase

CELL = CellKey(Load("concurrency", 4), 1)


def words(nonce: str = "n", index: int = 0, count: int = 50, seed: int = 1, cell: CellKey = CELL) -> list[str]:
    return prompt_text(seed, nonce, cell, Phase.MEASURE, index, count).split()


def test_the_text_repeats_with_the_seed_and_the_beginning_does_not() -> None:
    first, second = words("nonce of one run"), words("nonce of another")
    assert first[:NONCE_WORDS] != second[:NONCE_WORDS]
    assert first[NONCE_WORDS:] == second[NONCE_WORDS:]


def test_no_two_prompts_of_a_run_begin_alike() -> None:
    cells = [CellKey(Load("concurrency", level), repetition) for level in (1, 4) for repetition in (0, 1)]
    begins = Counter(
        tuple(prompt_text(1, "n", cell, phase, index, 5).split()[:NONCE_WORDS])
        for cell in cells
        for phase in Phase
        for index in range(200)
    )
    assert max(begins.values()) == 1


def test_another_seed_cell_or_index_gives_another_text() -> None:
    texts = [words()[5:], words(seed=2)[5:], words(index=1)[5:], words(cell=CellKey(Load("concurrency", 4), 0))[5:]]
    assert all(one != other for one, other in pairwise(texts))


@given(count=st.integers(1, 9000))
def test_a_prompt_has_exactly_the_words_asked_for(count: int) -> None:
    assert len(words(count=count)) == NONCE_WORDS + count


def test_a_long_prompt_is_no_degenerate_repetition() -> None:
    text = words(count=20_000)[NONCE_WORDS:]
    assert max(Counter(text).values()) / len(text) < 0.10
    passages = Counter(tuple(text[start : start + 40]) for start in range(len(text) - 40))
    assert max(passages.values()) <= 3


class TestCalibration:
    def test_two_probes_give_overhead_and_slope(self) -> None:
        calibration = PromptCalibration.from_probes((50, 80), (450, 600))
        assert (calibration.tokens_per_word, calibration.overhead_tokens) == (1.3, 15.0)
        assert calibration.source == "usage"

    @pytest.mark.parametrize("long", [(50, 90), (450, 80), (450, 70)])
    def test_probes_that_contradict_each_other_leave_an_assumption(self, long: tuple[int, int]) -> None:
        assert PromptCalibration.from_probes((50, 80), long) == PromptCalibration.assumed()

    @given(tokens=st.integers(17, 100_000))
    def test_the_words_make_the_wanted_tokens_within_half_a_word(self, tokens: int) -> None:
        calibration = PromptCalibration(15.0, 1.3, "usage")
        made = calibration.overhead_tokens + calibration.tokens_per_word * calibration.words_for(tokens)
        assert abs(made - tokens) <= 0.5 * 1.3 + 1e-6

    @pytest.mark.parametrize("tokens", [1, 14, 16])
    def test_a_prompt_has_at_least_one_word(self, tokens: int) -> None:
        assert PromptCalibration(15.0, 1.3, "usage").words_for(tokens) == 1


class TestBody:
    def test_a_chat_asks_for_a_stream_with_everything_that_is_accepted(self) -> None:
        body = json.loads(request_body("chat", "m", "Hi", 9, frozenset({"stream_options", "ignore_eos", "min_tokens"})))
        assert body == {
            "model": "m",
            "messages": [{"role": "user", "content": "Hi"}],
            "max_tokens": 9,
            "temperature": 0,
            "stream": True,
            "stream_options": {"include_usage": True},
            "ignore_eos": True,
            "min_tokens": 9,
        }

    def test_a_completion_leaves_out_what_was_refused(self) -> None:
        body = json.loads(request_body("completions", "m", "Hi", 9, frozenset()))
        assert body == {"model": "m", "prompt": "Hi", "max_tokens": 9, "temperature": 0, "stream": True}
