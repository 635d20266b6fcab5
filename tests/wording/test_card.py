"""The recommendation card in words: what a reader must see for each kind of answer."""

from pathlib import Path
from typing import Any

import pytest

from advice.questions import KNOWLEDGE, ask
from advisor.advice.advise import Knowledge
from advisor.export.recommendation_document import recommendation_document
from advisor.paths import user_paths
from advisor.wording.card import Section, card
from advisor.wording.reasons import sentence
from advisor.wording.why import why
from advisor.workflows.knowledge import gather
from today import TODAY


def sections(knowledge: Knowledge = KNOWLEDGE, **stated: Any) -> dict[str, list[str]]:
    found: list[Section] = card(recommendation_document(ask(knowledge, **stated), sentence), TODAY)
    return {section.title: ["".join(span.words for span in line) for line in section.lines] for section in found}


def test_a_tie_names_who_may_be_cheaper_and_how_the_first_was_found() -> None:
    headline = sections(peak_rps=20.0, regions_allowed=("eu-central-1",), slo_ttft_ms_p95=500)[""]
    assert "NOT DISTINGUISHABLE ON PRESENT EVIDENCE" in headline
    assert any("may be cheaper" in line and "p4de.24xlarge" in line for line in headline)
    assert any("strongest evidence, then the lowest cost" in line for line in headline)


def test_a_target_that_may_be_missed_stands_at_the_top_with_the_cheapest_that_keeps_it() -> None:
    headline = sections(peak_rps=20.0, slo_itl_ms_p95=30.0)[""]
    assert "NOT SHOWN TO BE MET: between tokens, p95 ≤ 30.0 ms" in headline
    assert any(line.startswith("The cheapest that is shown to meet it: p5.48xlarge, 2 ×") for line in headline)


def test_what_is_owned_is_called_owned_and_has_no_price_by_the_token() -> None:
    found = sections(peak_rps=20.0, owned={"p4d.24xlarge": 4})
    assert any(line.endswith("already owned") for line in found[""])
    assert not any("per 1M" in line for line in found["Cost"])


def test_a_much_cheaper_managed_service_is_told_at_the_top_and_where_it_turns() -> None:
    found = sections()
    assert any("Bedrock serves the same traffic" in line for line in found[""])
    assert any("more than these carry" in line for line in found["Managed alternative"])


def test_a_dear_managed_service_is_not() -> None:
    found = sections(mode="batch", batch_input_tokens=10**9, batch_output_tokens=10**8)
    assert not any("Bedrock" in line for line in found[""])
    assert any("a run" in line for line in found["Managed alternative"])


def test_two_pools_are_told_apart_everywhere() -> None:
    found = sections(model="both")
    for title in ("Rests on", "Managed alternative", "Would serve too", "Does not serve", "Holds while"):
        labels = [line for line in found[title] if line in ("llama-4-maverick", "llama-4-scout")]
        assert labels == ["llama-4-maverick", "llama-4-scout"], title
    assert sum("--pool" in line for line in found["Weakest link"]) == 2


def test_an_open_model_shows_the_other_one() -> None:
    (line,) = sections(model="unsure")["The other model"]
    assert line.startswith("llama-4-maverick")
    assert "a month: " in line


def test_nothing_feasible_says_what_came_nearest_and_what_would_help() -> None:
    closest = sections(slo_ttft_ms_p95=2.0)["Closest to an answer"]
    assert all("first token, p95" in line and "a looser target would help" in line for line in closest)
    late = sections(
        mode="batch", batch_input_tokens=10**9, batch_output_tokens=10**8, budget_usd=1.0, budget_period="run"
    )
    assert all("a run, over the budget of $1.00" in line for line in late["Closest to an answer"])


def test_a_rejected_published_pick_says_why_in_words(home: Path) -> None:
    knowledge = gather(KNOWLEDGE.catalog, user_paths())
    (line, *_) = sections(knowledge)["What published guides say"]
    assert "inf2.48xlarge: rejected. The workload asks for NVIDIA" in line


def test_images_are_said_not_to_be_timed() -> None:
    assert any("neither its time" in line for line in sections(images=True)["Notices"])


def test_why_speaks_of_each_pool() -> None:
    document = recommendation_document(ask(model="both", peak_rps=2.0), sentence)
    lines = ["".join(span.words for span in line) for line in why(document, "g7e.12xlarge")]
    assert lines[0].startswith("llama-4-maverick: g7e.12xlarge drops out")
    assert lines[1] == "llama-4-scout: g7e.12xlarge is the pick."


@pytest.mark.parametrize("stated", [{}, {"model": "both"}, {"regions_allowed": ("ap-southeast-3",), "peak_rps": 2.0}])
def test_every_instance_has_a_why(stated: dict[str, Any]) -> None:
    document = recommendation_document(ask(**stated), sentence)
    assert all(why(document, instance) for instance in KNOWLEDGE.catalog.instances)


def test_a_price_past_its_rule_is_marked_beside_its_level() -> None:
    block = sections(peak_rps=20.0, purchase_allowed=("capacity_block",))["Cost"]
    assert any("■! specified, 2026-07-22, older than 31 days" in line.replace("specified!", "■!") for line in block)
    listed = sections(peak_rps=20.0, purchase_allowed=("on_demand",))["Cost"]
    assert not any("older than" in line for line in listed)
