"""Endpoints as users type them, and secrets that stay where they are."""

import copy
import json
import pickle

import pytest

from advisor.bench.target import Secret, Target, normalise_url, redact
from advisor.errors import InputError

KEY = "sk-very-secret-0123456789"


@pytest.mark.parametrize(
    ("typed", "root"),
    [
        ("http://127.0.0.1:8000", "http://127.0.0.1:8000"),
        ("http://127.0.0.1:8000/", "http://127.0.0.1:8000"),
        ("http://127.0.0.1:8000/v1", "http://127.0.0.1:8000"),
        ("http://127.0.0.1:8000/v1/", "http://127.0.0.1:8000"),
        ("http://127.0.0.1:8000/v1/chat/completions", "http://127.0.0.1:8000"),
        ("https://Host.Example/team/llama/v1", "https://host.example/team/llama"),
        ("https://host.example/team/llama", "https://host.example/team/llama"),
        ("localhost:8000", "http://localhost:8000"),
        ("http://[::1]:8000/v1", "http://[::1]:8000"),
        ("  http://host  ", "http://host"),
    ],
)
def test_the_root_is_found_in_whatever_form_it_is_typed(typed: str, root: str) -> None:
    assert normalise_url(typed) == root


@pytest.mark.parametrize(
    "typed",
    [
        "",
        "ftp://host",
        "http://",
        "http://host:port",
        "http://host:99999",
        "http://[::1",
        "http://ho st",
        "http://h\x00",
        ".",
        "http://a..b",
        f"http://{'a' * 64}",
    ],
)
def test_what_is_no_endpoint_is_refused(typed: str) -> None:
    with pytest.raises(InputError) as refused:
        normalise_url(typed)
    assert refused.value.key == "endpoint"


@pytest.mark.parametrize(
    "typed",
    [
        f"http://user:{KEY}@host/",
        f"http://{KEY}@host:port",
        f"{KEY}@host",
        f"http://host/?api-key={KEY}",
        f"http://host/#{KEY}",
        f"http://user:{KEY}@[::1",
    ],
)
def test_credentials_in_a_url_are_refused_and_not_repeated(typed: str) -> None:
    with pytest.raises(InputError) as refused:
        normalise_url(typed)
    assert KEY not in refused.value.sentence()


class TestSecret:
    def test_it_prints_as_stars(self) -> None:
        secret = Secret(KEY)
        assert [str(secret), repr(secret), f"{secret}", f"{secret:>5}", f"{secret!r}"] == [*["***"] * 3, "  ***", "***"]

    @pytest.mark.parametrize("serialise", [pickle.dumps, copy.copy, copy.deepcopy, json.dumps])
    def test_it_refuses_to_be_serialised(self, serialise: object) -> None:
        assert callable(serialise)
        with pytest.raises(TypeError):
            serialise(Secret(KEY))

    def test_it_gives_its_value_only_when_asked(self) -> None:
        assert Secret(KEY).reveal() == KEY

    @pytest.mark.parametrize("value", ["", "a\nb", "schlüssel", "tab\t"])
    def test_what_a_header_cannot_carry_is_refused_and_not_repeated(self, value: str) -> None:
        with pytest.raises(InputError) as refused:
            Secret(value)
        assert not value or value not in refused.value.sentence()

    def test_equal_values_are_equal(self) -> None:
        assert Secret(KEY) == Secret(KEY)
        assert len({Secret(KEY), Secret(KEY)}) == 1
        assert Secret(KEY) != KEY


class TestTarget:
    def test_a_key_becomes_a_bearer_token_on_the_wire_and_nowhere_else(self) -> None:
        target = Target.with_key("http://host/v1", Secret(KEY))
        assert target.wire_headers() == {"Authorization": f"Bearer {KEY}"}
        assert KEY not in repr(target)
        assert target.api("models") == "http://host/v1/models"

    def test_without_a_key_there_are_no_headers(self) -> None:
        assert Target.with_key("http://host", None).headers == ()

    @pytest.mark.parametrize("name", ["bad name", "a:b", "", "Host", "content-length"])
    def test_header_names_that_cannot_be_sent_are_refused(self, name: str) -> None:
        with pytest.raises(InputError):
            Target("http://host", ((name, Secret("x")),))

    def test_an_echoed_key_is_masked_with_and_without_its_scheme(self) -> None:
        target = Target.with_key("http://host", Secret(KEY))
        assert target.redact(f"wrong key {KEY}, got 'Bearer {KEY}'") == "wrong key ***, got '***'"


def test_redaction_masks_the_longest_secret_first() -> None:
    assert redact("abcdef abc", ["abc", "abcdef"]) == "*** ***"
