"""The recommendation as a file: stable, readable again, and honest about what changed."""

import json
import tomllib
from datetime import date
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from advisor.advice.advise import Knowledge, advise
from advisor.advice.workload import workload_from
from advisor.catalog.load import load_catalog
from advisor.errors import InputError
from advisor.evidence.published import published_points
from advisor.export.document import Document
from advisor.export.recommendation_document import recommendation_document
from advisor.export.recommendation_file import read_recommendation, recommendation_toml, write_recommendation
from advisor.export.schemas import schema_text
from advisor.export.workload_file import read_workload
from advisor.wording.reasons import sentence
from advisor.workflows.recommend import recheck, workload_of

_CATALOG = load_catalog()
_KNOWLEDGE = Knowledge(_CATALOG, published_points(_CATALOG))
_TODAY = date(2026, 11, 20)


_HEAD = 'schema = "advisor.recommendation/1"\npick_hash = "a"\nstatus = "none"\n'


def document(**stated: Any) -> Document:
    workload = workload_from(stated, _CATALOG.models, _CATALOG.regions)
    return recommendation_document(advise(workload, _KNOWLEDGE), sentence)


CHAT = document(peak_rps=5.0, slo_ttft_ms_p95=500)


@settings(max_examples=8)
@given(
    model=st.sampled_from(["llama-4-scout", "llama-4-maverick", "both"]),
    peak=st.floats(0.1, 40),
    region=st.sampled_from(["us-east-1", "eu-central-1", "any"]),
    budget=st.sampled_from([None, 100.0, 1e6]),
)
def test_a_file_reads_back_and_writes_the_same_bytes(
    model: str, peak: float, region: str, budget: float | None
) -> None:
    stated = {"model": model, "peak_rps": peak, "regions_allowed": (region,), "budget_usd": budget}
    first = document(**{key: value for key, value in stated.items() if value is not None})
    text = recommendation_toml(first)
    read = tomllib.loads(text)
    assert read == first
    again = recommendation_document(advise(workload_of(read, _KNOWLEDGE), _KNOWLEDGE), sentence)
    assert recommendation_toml(again) == text


def test_the_file_carries_no_timestamp_and_names_its_schema() -> None:
    text = recommendation_toml(CHAT)
    assert text.startswith("#:schema advisor.recommendation-1.schema.json\n")
    assert text == recommendation_toml(document(peak_rps=5.0, slo_ttft_ms_p95=500))
    jsonschema.validate(tomllib.loads(text), json.loads(schema_text("recommendation")))


def test_the_price_used_travels_with_the_answer() -> None:
    (pool,) = CHAT["pool"]
    used = [row for row in CHAT["price"] if row["instance_type"] == pool["instance_type"]]
    assert used[0]["usd_per_hour"] > 0
    assert used[0]["as_of"]
    assert used[0]["source"]


def written(tmp_path: Path, changed: Document | None = None) -> Path:
    path = tmp_path / "rec.toml"
    write_recommendation(changed or CHAT, path)
    return path


def test_an_unchanged_world_holds(tmp_path: Path) -> None:
    for frozen in (False, True):
        result = recheck(written(tmp_path), _KNOWLEDGE, sentence, today=_TODAY, max_cost_drift=0.1, frozen=frozen)
        assert result.holds


def test_a_new_price_is_a_drift_and_a_new_pick_is_named(tmp_path: Path) -> None:
    (pool,) = CHAT["pool"]
    header = "instance_type,option,term,payment,statistic,usd_per_hour,as_of,level,source\n"
    overlay = tmp_path / "overlay" / "prices"
    overlay.mkdir(parents=True)
    row = f"{pool['instance_type']},on_demand,,,list,{{price}},2026-11-20,specified,contract\n"
    for price, expected in ((CHAT["price"][0]["usd_per_hour"] * 1.3, {"cost"}), (500.0, {"pool.instance_type"})):
        (overlay / "us-east-1.csv").write_text(header + row.format(price=price), encoding="utf-8")
        dearer = Knowledge(load_catalog([tmp_path / "overlay"]), _KNOWLEDGE.points)
        result = recheck(written(tmp_path), dearer, sentence, today=_TODAY, max_cost_drift=0.1, frozen=False)
        assert expected <= {change.key for change in result.changes}


def test_a_file_past_its_review_date_has_expired(tmp_path: Path) -> None:
    late = date(2030, 1, 1)
    result = recheck(written(tmp_path), _KNOWLEDGE, sentence, today=late, max_cost_drift=0.1, frozen=True)
    assert [change.key for change in result.changes] == ["review_by"]


def test_a_cost_that_does_not_follow_from_the_files_own_prices_is_found(tmp_path: Path) -> None:
    tampered = {**CHAT, "cost": {**CHAT["cost"], "usd_per_month": 1.0}}
    path = written(tmp_path, tampered)
    result = recheck(path, _KNOWLEDGE, sentence, today=_TODAY, max_cost_drift=0.1, frozen=True)
    assert [change.key for change in result.changes] == ["cost"]


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ('schema = "advisor.fit/1"\n', "schema"),
        ('schema = "advisor.recommendation/1"\n', "id"),
        (f'{_HEAD}state = "perhaps"\n[workload]\n[provenance]\n', "state"),
        (f'{_HEAD}id = "a"\nstate = "unverified"\n[provenance]\n', "workload"),
    ],
)
def test_what_is_no_recommendation_is_refused_by_key(tmp_path: Path, text: str, key: str) -> None:
    path = tmp_path / "other.toml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(InputError) as raised:
        read_recommendation(path)
    assert (raised.value.file, raised.value.key) == (str(path), key)


def test_a_directory_that_cannot_be_written_is_an_error_and_leaves_nothing(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="cannot be written"):
        write_recommendation(CHAT, tmp_path / "absent" / "rec.toml")
    assert list(tmp_path.iterdir()) == []


def test_a_workload_file_gives_its_settings(tmp_path: Path) -> None:
    path = tmp_path / "workload.toml"
    path.write_text('[workload]\nmodel = "llama-4-scout"\npeak_rps = 4\nslo_ttft_ms_p95 = 400\n', encoding="utf-8")
    assert read_workload(path) == {"model": "llama-4-scout", "peak_rps": 4.0, "slo_ttft_ms_p95": 400.0}


@pytest.mark.parametrize(
    ("line", "key", "complaint"),
    [
        ("peek_rps = 4", "workload.peek_rps", "Did you mean peak_rps"),
        ('peak_rps = "four"', "workload.peak_rps", "valid number"),
        ('mode = "sometimes"', "workload.mode", "Use one of online, batch"),
        ("regions_allowed = [3]", "workload.regions_allowed", "valid string"),
        ("input_tokens_p50 = 3.5", "workload.input_tokens_p50", "valid integer"),
    ],
)
def test_a_mistake_in_a_workload_file_names_file_key_and_line(
    tmp_path: Path, line: str, key: str, complaint: str
) -> None:
    path = tmp_path / "workload.toml"
    path.write_text(f"# ours\n[workload]\n{line}\n", encoding="utf-8")
    with pytest.raises(InputError) as raised:
        read_workload(path)
    assert (raised.value.file, raised.value.line, raised.value.key) == (str(path), 3, key)
    assert complaint in raised.value.sentence()
