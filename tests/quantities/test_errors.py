from hypothesis import given
from hypothesis import strategies as st

from advisor.errors import InputError, UnknownIdError, printable


def test_a_sentence_names_place_problem_and_way_out() -> None:
    error = InputError("unknown key", file="a.toml", line=3, key="pool.tp", hint="Did you mean tensor_parallel_size?")
    assert error.sentence() == "a.toml:3, pool.tp: unknown key. Did you mean tensor_parallel_size?"


def test_an_unknown_id_suggests_the_nearest() -> None:
    error = UnknownIdError("instance", "p5.48xlrge", ["p5.48xlarge", "g6e.48xlarge"])
    assert "Did you mean p5.48xlarge" in error.sentence()


def test_a_sentence_is_one_safe_line_whatever_was_read() -> None:
    error = InputError("'\x1b]0;owned\x07' is wrong", file="a\nb.toml", key="\u202ekey")
    assert error.sentence() == "a b.toml, key: ' ]0;owned ' is wrong"


def test_an_unknown_id_says_where_it_stands() -> None:
    error = UnknownIdError("region", "mars", ["us-east-1"], file="prices.csv", line=7)
    assert error.sentence().startswith("prices.csv:7: there is no region 'mars'")


@given(st.text())
def test_foreign_text_never_carries_control_characters(foreign: str) -> None:
    shown = printable(foreign)
    assert shown.isprintable()
    assert len(shown) <= 200
