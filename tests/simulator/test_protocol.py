import json
from typing import Any

import pytest

from advisor.simulator.profile import parse_profile
from advisor.simulator.protocol import Refusal, read_chat, read_completion

from .support import chat_body

PROFILE = parse_profile("default,max_model_len=1000")


def raw(body: dict[str, Any]) -> bytes:
    return json.dumps(body).encode()


def test_a_chat_may_fill_the_context_to_the_last_token_and_not_beyond() -> None:
    prompt = "x" * 4 * 690  # 700 tokens with the template
    assert read_chat(raw(chat_body(prompt, max_tokens=300)), PROFILE).max_tokens == 300
    with pytest.raises(Refusal, match="a total of 1001 tokens") as refusal:
        read_chat(raw(chat_body(prompt, max_tokens=301)), PROFILE)
    assert refusal.value.body["error"]["param"] == "input_tokens"


def test_a_chat_that_states_no_length_may_use_what_the_prompt_leaves() -> None:
    assert read_chat(raw(chat_body("x" * 4 * 690)), PROFILE).max_tokens == 300


def test_the_newer_name_of_a_chats_length_wins() -> None:
    assert read_chat(raw(chat_body(max_tokens=7, max_completion_tokens=5)), PROFILE).max_tokens == 5


def test_a_prompt_in_a_list_of_its_own_is_that_prompt() -> None:
    alone, listed = (read_completion(raw({"prompt": prompt}), PROFILE) for prompt in ("hello", ["hello"]))
    assert alone == listed
    tokens, nested = (read_completion(raw({"prompt": prompt}), PROFILE) for prompt in ([1, 2], [[1, 2]]))
    assert tokens == nested
    assert tokens.prompt_tokens == 2
