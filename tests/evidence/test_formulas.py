"""Arithmetic of a report file: what it computes, and what it refuses to be."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from advisor.evidence.audit.formulas import evaluate, names


@pytest.mark.parametrize(
    ("formula", "result"),
    [("usd * 730 * nodes", 4380.0), ("(usd - nodes) / 2", -0.5), ("-usd + 1e3", 998.0), ("1 - 0.46", 0.54)],
)
def test_numbers_names_and_four_operations(formula: str, result: float) -> None:
    assert evaluate(formula, {"usd": 2, "nodes": 3}) == pytest.approx(result)


def test_names_come_in_order_and_once() -> None:
    assert set(names("a * b + a")) == {"a", "b"}
    assert len(names("a * b + a")) == 2


@pytest.mark.parametrize(
    "formula",
    [
        "__import__('os')",
        "a.b",
        "a[0]",
        "2 ** 9999",
        "a if b else c",
        "'x' * 9",
        "True",
        "",
        "a +",
        "1" * 400,
        "(" * 200 + "1" + ")" * 200,
        "-" * 100 + "1",
    ],
)
def test_nothing_else_is_arithmetic(formula: str) -> None:
    with pytest.raises(ValueError):
        names(formula)


@settings(max_examples=50)
@given(st.text(max_size=40))
def test_no_text_runs(formula: str) -> None:
    try:
        found = names(formula)
        evaluate(formula, dict.fromkeys(found, 2.0))
    except (ValueError, ArithmeticError):
        return
