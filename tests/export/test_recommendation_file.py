"""The recommendation as a file: stable, readable again, and honest about what changed."""

import json
import tomllib
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
from advisor.wording.reasons import sentence
from advisor.workflows.recommend import workload_of

_CATALOG = load_catalog()
_KNOWLEDGE = Knowledge(_CATALOG, published_points(_CATALOG))

_HEAD = 'schema = "advisor.recommendation/1"\npick_hash = "a"\ncontent_hash = "a"\nstatus = "none"\n'


def document(**stated: Any) -> Document:
    workload = workload_from(stated, _CATALOG)
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
