"""Every reason that the rooms can give has words, and every word has a reason."""

import ast
from pathlib import Path

import pytest

from advisor.reasons import Reason, Severity
from advisor.wording.figures import name_of, spread, written
from advisor.wording.reasons import codes, sentence

_SOURCE = Path(__file__).parents[2] / "src" / "advisor"
_MAKERS = {"error", "warning", "info"}


def codes_in_source() -> set[str]:
    """First arguments of error(…), warning(…), info(…), conditional ones included."""
    found: set[str] = set()
    for path in _SOURCE.rglob("*.py"):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        imported = {
            alias.name
            for node in ast.walk(tree)
            if isinstance(node, ast.ImportFrom) and node.module == "advisor.reasons"
            for alias in node.names
        }
        constants = {
            target.id: node.value
            for node in ast.walk(tree)
            if isinstance(node, ast.Assign)
            for target in node.targets
            if isinstance(target, ast.Name)
        }
        makers = (_MAKERS & imported) | {name for name, value in constants.items() if _chooses_a_maker(value)}
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in makers:
                argument = node.args[0]
                value = constants.get(argument.id, argument) if isinstance(argument, ast.Name) else argument
                branches = [value.body, value.orelse] if isinstance(value, ast.IfExp) else [value]
                found |= {str(branch.value) for branch in branches if isinstance(branch, ast.Constant)}
    return found


def _chooses_a_maker(value: ast.expr) -> bool:
    """`say = error if … else warning`: the reason's weight follows from a figure."""
    if not isinstance(value, ast.IfExp):
        return False
    return all(isinstance(branch, ast.Name) and branch.id in _MAKERS for branch in (value.body, value.orelse))


def test_every_code_has_a_sentence_and_every_sentence_a_code() -> None:
    assert codes_in_source() == codes()


def test_parameters_are_written_with_their_units() -> None:
    reason = Reason("kv_short", Severity.ERROR, {"short_bytes": 3 * 2**30, "available_bytes": 2**30})
    assert sentence(reason) == "The KV cache is 3.0 GiB per device short; 1.0 GiB are left for it."


@pytest.mark.parametrize(
    ("figure", "name"),
    [
        ("ttft_p95_ms", "first token, p95"),
        ("itl_p99_ms", "between tokens, p99"),
        ("usd_per_hour:p5.48xlarge", "the price of p5.48xlarge"),
        ("usd_per_month", "cost per month"),
    ],
)
def test_figures_have_names(figure: str, name: str) -> None:
    assert name_of(figure) == name


def test_ranges_name_the_unit_once_and_exact_values_have_none() -> None:
    assert spread(133.8, 341.1, "ms") == "134–341 ms"
    assert spread(5.0, 5.0, "ms") == ""
    assert written(None, "ms") == "no data"
