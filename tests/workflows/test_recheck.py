"""Does an exported recommendation still hold, and is it still what was exported?"""

from collections.abc import Callable
from copy import deepcopy
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from advice.questions import KNOWLEDGE, ask, priced
from advisor.advice.advise import Knowledge
from advisor.export.document import Document
from advisor.export.recommendation_document import recommendation_document, sealed
from advisor.export.recommendation_file import write_recommendation
from advisor.wording.reasons import sentence
from advisor.workflows.recheck import Recheck, recheck
from advisor.workflows.recommend import answer_again

_TODAY = date(2026, 11, 20)
_BATCH: dict[str, Any] = {"mode": "batch", "batch_input_tokens": 1_800_000_000, "batch_output_tokens": 200_000_000}


def document(**stated: Any) -> Document:
    return recommendation_document(ask(**stated), sentence)


CHAT = document(peak_rps=5.0, slo_ttft_ms_p95=500)

Check = Callable[..., Recheck]


@pytest.fixture
def check(tmp_path: Path) -> Check:
    def ask_again(
        changed: Document = CHAT, knowledge: Knowledge = KNOWLEDGE, today: date = _TODAY, *, frozen: bool = False
    ) -> Recheck:
        path = tmp_path / "rec.toml"
        write_recommendation(changed, path)
        return recheck(path, knowledge, sentence, today=today, max_cost_drift=0.1, frozen=frozen)

    return ask_again


def keys(found: Recheck) -> list[str]:
    return [change.key for change in found.changes]


@pytest.mark.parametrize("frozen", [False, True])
@pytest.mark.parametrize(
    "stated",
    [
        {"peak_rps": 5.0, "slo_ttft_ms_p95": 500},
        {"model": "both"},
        {"model": "unsure"},
        {"owned": {"p4d.24xlarge": 2}},
        {"owned": {"p4d.24xlarge": 1}, "peak_rps": 20.0},
        _BATCH,
        {**_BATCH, "model": "both"},
        {**_BATCH, "model": "both", "owned": {"p5en.48xlarge": 1}, "deadline_hours": 4.0},
        {"slo_ttft_ms_p95": 0.5},
        {"out_of_scope": True},
    ],
)
def test_an_unchanged_world_holds(check: Check, stated: dict[str, Any], *, frozen: bool) -> None:
    assert keys(check(document(**stated), frozen=frozen)) == []


@settings(max_examples=6, deadline=None)
@given(
    model=st.sampled_from(["llama-4-scout", "llama-4-maverick", "both"]),
    output=st.integers(10**6, 10**9),
    ratio=st.floats(0.1, 50),
    owned=st.integers(0, 3),
    deadline=st.one_of(st.none(), st.floats(1.0, 48.0)),
)
def test_the_cost_of_a_batch_follows_from_its_own_prices(
    tmp_path_factory: pytest.TempPathFactory,
    model: str,
    output: int,
    ratio: float,
    owned: int,
    deadline: float | None,
) -> None:
    stated: dict[str, Any] = {
        "mode": "batch",
        "model": model,
        "batch_output_tokens": output,
        "batch_input_tokens": round(output * ratio),
        "purchase_allowed": ("on_demand", "spot"),
    }
    if owned:
        stated["owned"] = {"p5en.48xlarge": owned}
    if deadline is not None:
        stated["deadline_hours"] = deadline
    path = tmp_path_factory.mktemp("batch") / "rec.toml"
    write_recommendation(document(**stated), path)
    found = recheck(path, KNOWLEDGE, sentence, today=_TODAY, max_cost_drift=0.0, frozen=True)
    assert keys(found) == []


def test_a_new_price_is_a_drift_and_a_new_pick_is_named(check: Check, tmp_path: Path) -> None:
    (pool,) = CHAT["pool"]
    now = CHAT["price"][0]["usd_per_hour"]
    for price, expected in ((now * 1.3, {"cost"}), (500.0, {"pool.instance_type"})):
        dearer = priced(tmp_path / "overlay", "us-east-1", {pool["instance_type"]: price})
        assert expected <= set(keys(check(knowledge=dearer)))


def test_what_was_free_and_is_not_has_drifted(check: Check) -> None:
    """The instances were owned when the file was written; somebody took them out of the question."""
    free = document(owned={"p4d.24xlarge": 2})
    assert free["cost"]["usd_per_month"] == 0
    workload = {key: value for key, value in free["workload"].items() if key != "owned"}
    assert {"id", "cost"} <= set(keys(check({**free, "workload": workload})))


def test_a_file_past_its_review_date_has_expired(check: Check) -> None:
    assert keys(check(today=date(2030, 1, 1), frozen=True)) == ["review_by"]


@pytest.mark.parametrize("frozen", [False, True])
def test_an_edited_cost_does_not_follow_from_the_files_own_prices(check: Check, *, frozen: bool) -> None:
    tampered = {**CHAT, "cost": {**CHAT["cost"], "usd_per_month": CHAT["cost"]["usd_per_month"] * 1.05}}
    assert "cost" in keys(check(tampered, frozen=frozen))


@pytest.mark.parametrize("frozen", [False, True])
@pytest.mark.parametrize(
    ("key", "value"), [("instance_type", "g6e.48xlarge"), ("tensor_parallel_size", 8), ("checkpoint", "bf16")]
)
def test_an_edited_pick_no_longer_has_its_hash(check: Check, key: str, value: object, *, frozen: bool) -> None:
    (pool,) = CHAT["pool"]
    assert "pick_hash" in keys(check({**CHAT, "pool": [{**pool, key: value}]}, frozen=frozen))


@pytest.mark.parametrize("frozen", [False, True])
def test_an_edited_workload_no_longer_has_its_id(check: Check, *, frozen: bool) -> None:
    workload = {**CHAT["workload"], "peak_rps": 6.0}
    assert "id" in keys(check({**CHAT, "workload": workload}, frozen=frozen))


EDITS: list[tuple[str, Any]] = [
    ("state", "confirmed"),
    ("review_by", "2099-01-01"),
    ("pool.0.serve_argv", ["vllm", "serve", "other"]),
    ("pool.0.quota_vcpus", 1),
    ("claim.0.status", "misses"),
    ("claim.1.value", 1.0),
    ("cost.usd_per_month_high", 1.0),
    ("verify.0.concurrency", 1),
    ("holds_while.0.limit", 1.0),
    ("evidence.0.level", "measured"),
]


@pytest.mark.parametrize(("place", "value"), EDITS)
def test_any_other_edit_is_seen(check: Check, place: str, value: object) -> None:
    edited: Any = deepcopy(CHAT)
    *way, last = place.split(".")
    inner = edited
    for key in way:
        inner = inner[int(key)] if key.isdigit() else inner[key]
    if inner.get(last) == value:
        pytest.fail("the edit changes nothing")
    inner[last] = value
    assert "content_hash" in keys(check(edited, frozen=True))


def test_what_a_verification_found_stays_with_the_same_question_and_pick() -> None:
    confirmed = sealed({**CHAT, "state": "confirmed"})
    assert answer_again(confirmed, KNOWLEDGE, sentence)["state"] == "confirmed"
    busier = {**confirmed, "workload": {**CHAT["workload"], "peak_rps": 5.01}}
    again = answer_again(busier, KNOWLEDGE, sentence)
    assert (again["pick_hash"], again["state"]) == (CHAT["pick_hash"], "unverified")


def test_each_pool_keeps_what_was_found_of_it() -> None:
    both = document(model="both")
    first, second = both["verify"]
    found = sealed({**both, "verify": [{**first, "state": "refuted"}, second], "state": "refuted"})
    assert answer_again(found, KNOWLEDGE, sentence) == found
