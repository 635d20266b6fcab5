from itertools import islice

from hypothesis import given
from hypothesis import strategies as st

from advisor.simulator.tokens import (
    VOCABULARY,
    WORDS,
    chat_ids,
    count_chat,
    count_text,
    generated_words,
    text_ids,
    text_seed,
)

any_text = st.text(max_size=60)


@given(any_text)
def test_a_text_has_as_many_ids_as_tokens_all_within_the_vocabulary(text: str) -> None:
    assert len(text_ids(text)) == count_text(text) == -(-len(text) // 4)
    assert all(0 <= token < VOCABULARY for token in text_ids(text))


@given(st.lists(any_text, min_size=1, max_size=5), st.booleans())
def test_a_chat_has_as_many_ids_as_tokens_and_more_than_its_text(contents: list[str], prompts: bool) -> None:
    ids = chat_ids(contents, generation_prompt=prompts)
    assert len(ids) == count_chat(contents, generation_prompt=prompts) > sum(map(count_text, contents))


def test_a_chat_of_one_message_costs_ten_tokens_more_than_its_text() -> None:
    assert count_chat(["x" * 400]) == 110


@given(st.integers(0, 9), any_text)
def test_generated_text_counts_as_the_tokens_it_was_made_of(seed: int, prompt: str) -> None:
    words = list(islice(generated_words(seed, text_seed(prompt)), 30))
    assert count_text("".join(words)) == 30
    assert words == list(islice(generated_words(seed, text_seed(prompt)), 30))


def test_text_differs_by_seed_and_by_prompt() -> None:
    said = {
        "".join(islice(generated_words(seed, text_seed(prompt)), 20)) for seed in (0, 1) for prompt in ("one", "two")
    }
    assert len(said) == 4


def test_every_word_is_one_token_and_needs_no_escape() -> None:
    assert all(len(word) == 4 and word[0] == " " and word[1:].isascii() and word[1:].isalpha() for word in WORDS)
    assert len(set(WORDS)) == len(WORDS)
