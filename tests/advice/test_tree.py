"""The decision tree: ten questions, each answerable by a digit, every path an answer."""

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from advisor.advice.advise import Knowledge, advise
from advisor.advice.narrowing import narrowed
from advisor.advice.recommendation import Status
from advisor.advice.tree import Answer, Node, Tree, load_tree
from advisor.advice.workload import workload_from
from advisor.catalog.load import load_catalog
from advisor.errors import InputError
from advisor.evidence.published import published_points

_CATALOG = load_catalog()
_KNOWLEDGE = Knowledge(_CATALOG, published_points(_CATALOG))
TREE = load_tree(_CATALOG.layers.first("decision-tree.toml"))


_ONE_NODE = '[[node]]\nid = "a"\nkey = "k"\ntext = "?"\noptions = [{ key = "1", label = "x" }]\n'


def finish(tree: Tree, answers: dict[str, Answer]) -> dict[str, Answer]:
    """Answer whatever is still open by Enter."""
    answers = dict(answers)
    while (open_node := tree.walk(answers).open) is not None:
        answers[open_node.id] = tree.default_answer(open_node, answers)
    return answers


def chosen(node: Node, key: str) -> Answer:
    option = node.option(key)
    return Answer((key,), {part.setting: part.default for part in option.fields})


def test_ten_enters_answer_everything() -> None:
    answers = finish(TREE, {})
    assert len(answers) == 10
    assert TREE.walk(answers).open is None


def test_options_are_digits_in_order_and_defaults_exist() -> None:
    for node in TREE.nodes.values():
        assert [option.key for option in node.options] == [str(number + 1) for number in range(len(node.options))]
        assert len(node.options) <= 9
        assert node.default in {option.key for option in node.options}


def test_the_tree_never_names_an_instance() -> None:
    for node in TREE.nodes.values():
        for option in node.options:
            assert not set(map(str, option.settings.values())) & set(_CATALOG.instances)


@pytest.mark.parametrize(
    ("node", "key"), [(node.id, option.key) for node in TREE.nodes.values() for option in node.options]
)
def test_every_option_with_enter_for_the_rest_ends_in_an_answer_or_a_reasoned_none(node: str, key: str) -> None:
    answers: dict[str, Answer] = {}
    while (open_node := TREE.walk(answers).open) is not None:
        is_asked = open_node.id == node
        answers[open_node.id] = chosen(open_node, key) if is_asked else TREE.default_answer(open_node, answers)
        if is_asked and open_node.id == "context" and key == "7":
            answers["model"] = chosen(TREE.nodes["model"], "1")
    walk = TREE.walk(answers)
    workload = workload_from(walk.settings, _CATALOG)
    answer = advise(workload, _KNOWLEDGE)
    assert len(answers) <= 10
    if answer.status is Status.NONE:
        assert all(pool.rejected for pool in answer.pools)
    if key == "7" and node == "shape":
        assert answer.status is Status.OUT_OF_SCOPE


@settings(max_examples=15)
@given(st.data())
def test_any_path_ends_in_an_answer_or_a_reasoned_none(data: st.DataObject) -> None:
    answers: dict[str, Answer] = {}
    while (node := TREE.walk(answers).open) is not None:
        answers[node.id] = chosen(node, data.draw(st.sampled_from([option.key for option in node.options])))
    settings_made = TREE.walk(answers).settings
    try:
        workload = workload_from(settings_made, _CATALOG)
    except InputError as error:
        # Only a context that does not hold the prompt is refused, in words.
        assert error.key == "context_tokens"
        return
    answer = advise(workload, _KNOWLEDGE)
    assert answer.status is Status.OUT_OF_SCOPE or all(pool.pick or pool.rejected for pool in answer.pools)


def test_batch_skips_the_latency_question() -> None:
    answers = finish(TREE, {"model": Answer(("1",)), "shape": Answer(("1",)), "load": chosen(TREE.nodes["load"], "6")})
    assert "latency" not in answers
    assert TREE.walk(answers).settings["mode"] == "batch"


def test_training_stops_at_once() -> None:
    walk = TREE.walk({"model": Answer(("1",)), "shape": Answer(("7",))})
    assert walk.open is None
    assert walk.settings["out_of_scope"]


def test_ways_to_buy_are_a_set() -> None:
    answers = finish(TREE, {}) | {"buying": Answer(("1", "5", "6"))}
    assert TREE.walk(answers).settings["purchase_allowed"] == ("on_demand", "capacity_block", "spot")


def test_a_long_document_changes_the_defaults_that_follow() -> None:
    answers = finish(TREE, {"model": Answer(("2",)), "shape": chosen(TREE.nodes["shape"], "3")})
    settings_made = TREE.walk(answers).settings
    assert settings_made["context_tokens"] == 204_800
    assert settings_made["slo_ttft_ms_p95"] == 60_000


def test_typed_numbers_are_taken_and_zero_leaves_a_key_unset() -> None:
    answers = finish(TREE, {}) | {"latency": Answer(("2",), {"slo_itl_ms_p95": 30.0})}
    settings_made = TREE.walk(answers).settings
    assert settings_made["slo_itl_ms_p95"] == 30.0
    assert "slo_itl_ms_p99" not in settings_made


def test_candidates_shrink_while_questions_are_open() -> None:
    walk = TREE.walk({"model": Answer(("2",))})
    funnel = narrowed(workload_from(walk.settings, _CATALOG), _CATALOG)["llama-4-maverick"]
    assert 0 < len({each.instance.id for each in funnel.candidates}) < len(_CATALOG.instances)


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("", "no [[node]]"),
        ('[[node]]\nid = "a"\nkey = "model"\ntext = "?"\ndefault = "1"\n', "the key options is missing"),
        (f'{_ONE_NODE}default = "1"\nnext = "b"\n', "next points to 'b'"),
        (f'{_ONE_NODE}default = "2"\n', "'2' is no answer"),
        ('[[node]]\nid = "a"\ncolour = "red"\n', "unknown key"),
    ],
)
def test_a_tree_that_cannot_be_walked_says_why(tmp_path: Path, text: str, complaint: str) -> None:
    path = tmp_path / "decision-tree.toml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(InputError) as raised:
        load_tree(path)
    assert complaint in raised.value.sentence()


def test_a_default_that_is_taken_is_an_assumption_and_an_answer_is_none() -> None:
    answers = {"model": Answer(("1",)), "shape": TREE.default_answer(TREE.nodes["shape"], {})}
    walk = TREE.walk(answers)
    assert walk.assumed == {"input_tokens_p50", "output_tokens_p50"}
    answers["shape"] = Answer(answers["shape"].options)
    assert TREE.walk(answers).assumed == frozenset()


def test_numbers_beside_an_answer_are_assumed_until_they_are_typed() -> None:
    answers = finish(TREE, {})
    answers["aim"] = Answer(("1",))
    assert {"redundancy", "budget_period"} <= TREE.walk(answers).assumed
    answers["aim"] = Answer(("1",), {"redundancy": "single", "budget_period": "month"})
    walk = TREE.walk(answers)
    assert walk.settings["redundancy"] == "single"
    assert not {"redundancy", "budget_period"} & walk.assumed


def test_assumptions_reach_the_workload_by_name() -> None:
    answers = {"model": Answer(("2",)), "shape": Answer(("2",)), "load": TREE.default_answer(TREE.nodes["load"], {})}
    walk = TREE.walk(answers)
    workload = workload_from(walk.settings, _CATALOG, assumed=walk.assumed)
    assert "peak_rps" in workload.defaulted
    assert not {"model", "input_tokens_p50"} & set(workload.defaulted)


@pytest.mark.parametrize("shape", [option.key for option in TREE.nodes["shape"].options if option.key != "7"])
def test_a_batch_takes_its_prompts_from_its_totals_whatever_the_shape_was(shape: str) -> None:
    answers = {"model": Answer(("1",)), "shape": chosen(TREE.nodes["shape"], shape)}
    answers["load"] = chosen(TREE.nodes["load"], "6")
    settings_made = TREE.walk(answers).settings
    workload = workload_from(settings_made, _CATALOG)
    assert workload.output_tokens_p50 == settings_made["output_tokens_p50"]
    assert workload.input_tokens_p50 == 10 * workload.output_tokens_p50


def test_exact_targets_and_growth_go_before_the_option_beside_them() -> None:
    answers = finish(TREE, {}) | {"latency": Answer(("3",), {"slo_ttft_ms_p95": 420.0})}
    answers["aim"] = Answer(("5",), {"growth": 1.5})
    settings_made = TREE.walk(answers).settings
    assert settings_made["slo_ttft_ms_p95"] == 420.0
    assert settings_made["growth"] == 1.5


@pytest.mark.parametrize(("chain", "back", "at"), [("a>a", "a", "a"), ("a>b b>a", "a", "b"), ("a>b b>c c>b", "b", "c")])
def test_a_tree_that_leads_in_a_circle_is_refused_with_its_node(tmp_path: Path, chain: str, back: str, at: str) -> None:
    path = tmp_path / "decision-tree.toml"
    nodes = [step.split(">") for step in chain.split()]
    path.write_text(
        "".join(f'{_ONE_NODE.replace("a", node, 1)}default = "1"\nnext = "{then}"\n' for node, then in nodes)
    )
    with pytest.raises(InputError) as raised:
        load_tree(path)
    assert raised.value.file == str(path)
    assert raised.value.key == f"node {at}.next"
    assert f"leads back to '{back}'" in raised.value.message
