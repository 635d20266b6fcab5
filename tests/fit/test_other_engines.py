"""SGLang, TensorRT-LLM and Meta's reference code: judged with less certainty, never advised."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from advisor.advice.candidates import generate
from advisor.advice.workload import Workload
from advisor.catalog.load import Catalog, load_catalog
from advisor.errors import InputError
from advisor.fit.check import check_fit
from advisor.fit.result import FitResult, Verdict
from advisor.quantities.units import GIB
from advisor.reasons import Reason
from advisor.wording.reasons import sentence
from advisor.workflows.fit import fit
from advisor.workflows.fit_question import FitQuestion

SCOUT = FitQuestion("llama-4-scout", "p5.48xlarge", engine="sglang")
SCOUT_H200 = replace(SCOUT, instance="p5en.48xlarge")

_FILE = Path(__file__).parent / "fit_vectors.json"
VECTORS: dict[str, dict[str, Any]] = {each["id"]: each for each in json.loads(_FILE.read_text(encoding="utf-8"))}

# How each published or measured claim is asked. The documentation's lengths date from 0.4.5 (pull request 5133), the
# hybrid cache from 0.4.9; no length near 10M can have been served with the table of 2,048 requests, 76 GiB.
ASKED: dict[str, FitQuestion] = {
    "sgl-scout-8xh100-1m": replace(SCOUT, engine="sglang@0.4.5"),
    "sgl-scout-8xh200-2.5m": replace(SCOUT_H200, engine="sglang@0.4.5"),
    "sgl-scout-8xh200-10m-hybrid": replace(SCOUT_H200, engine="sglang@0.4.9", max_num_seqs=1),
    "sgl-scout-default-ctx-oom": replace(SCOUT, engine="sglang@0.4.5"),
    "sgl-scout-tp4-196608": replace(
        SCOUT, engine="sglang@0.4.6.post5", tensor_parallel_size=4, gpu_memory_utilization=0.95
    ),
    "sgl-maverick-bf16-2x8xh100": FitQuestion(
        "llama-4-maverick",
        "p5.48xlarge",
        engine="sglang@0.4.5",
        tensor_parallel_size=8,
        data_parallel_size=2,
        nodes=2,
        gpu_memory_utilization=0.8,
    ),
    "meta-readme-bf16-4gpu": replace(SCOUT, engine="llama-models", tensor_parallel_size=4),
    "meta-readme-fp8-2gpu": replace(SCOUT, engine="llama-models", tensor_parallel_size=2, checkpoint="fp8"),
    "meta-readme-int4-1gpu": replace(SCOUT, engine="llama-models", tensor_parallel_size=1, checkpoint="w4a16"),
}

TIGHT = {"sgl-scout-8xh100-1m": "0.8 GiB are left, and one observation of another stack is all that is known of SGLang"}
"""Vectors whose margin lies within the band, where tight is right for either answer; and why it does."""


def ask(catalog: Catalog, vector: dict[str, Any]) -> FitResult:
    question = ASKED[vector["id"]]
    length = vector["max_model_len"] or 4096
    return fit(catalog, replace(question, context_tokens=length, hybrid_kv=vector.get("hybrid_kv")))


def reason(result: FitResult, code: str) -> Reason:
    return next(reason for reason in result.reasons if reason.code == code)


def test_every_vector_of_these_engines_is_asked() -> None:
    assert ASKED.keys() == {key for key, each in VECTORS.items() if each.get("engine") in ("sglang", "llama-models")}


@pytest.mark.parametrize("key", [key for key in ASKED if VECTORS[key]["expected"] in ("fits", "oom")])
def test_verdicts_agree_with_what_was_published_or_measured(catalog: Catalog, key: str) -> None:
    result = ask(catalog, VECTORS[key])
    known = Verdict.FITS if VECTORS[key]["expected"] == "fits" else Verdict.DOES_NOT_FIT
    assert result.verdict is (Verdict.TIGHT if key in TIGHT else known), [each.code for each in result.reasons]


def test_the_cache_of_the_one_observation_is_what_the_lump_was_taken_from(catalog: Catalog) -> None:
    vector = VECTORS["sgl-scout-tp4-196608"]
    result = ask(catalog, vector)
    assert result.kv_cache is not None
    assert result.kv_cache.capacity_tokens == pytest.approx(vector["value"], rel=0.001)
    assert "one observation" in reason(result, "overhead_calibrated").source


def test_without_a_context_length_the_request_table_takes_80_gib(catalog: Catalog) -> None:
    result = ask(catalog, VECTORS["sgl-scout-default-ctx-oom"])
    short = reason(result, "request_table_short")
    assert short.params["rows"] == 2049
    assert f"{short.params['table_bytes'] / GIB:.2f}" == "80.04"  # type: ignore[operator]
    assert "80.0 GiB" in sentence(short)


def test_fewer_running_requests_make_the_table_small(catalog: Catalog) -> None:
    long = replace(SCOUT_H200, context_tokens=2_500_000, hybrid_kv=False)
    assert fit(catalog, long).verdict is Verdict.DOES_NOT_FIT
    assert fit(catalog, replace(long, max_num_seqs=64)).verdict is Verdict.FITS


@pytest.mark.parametrize(
    ("version", "instance", "share"),
    [
        ("0.4.5", "p5.48xlarge", 0.81),
        ("0.4.5", "p5en.48xlarge", 0.81),
        ("0.4.6.post5", "p5en.48xlarge", 0.871),
        ("0.4.9", "p5.48xlarge", 0.83),
        ("0.5.6", "p5.48xlarge", 0.817),
        ("0.5.23", "p5.48xlarge", 0.811),
    ],
)
def test_the_static_share_follows_version_and_device(
    catalog: Catalog, version: str, instance: str, share: float
) -> None:
    device = fit(catalog, replace(SCOUT, instance=instance, engine=f"sglang@{version}")).per_device
    assert device is not None
    assert device.budget_bytes / device.usable_bytes == pytest.approx(share, abs=0.001)


def test_the_rope_table_is_float32_and_metas_follows_the_length(catalog: Catalog) -> None:
    sglang, meta = (
        fit(catalog, replace(SCOUT, engine=engine, context_tokens=1_048_576)).per_device
        for engine in ("sglang", "llama-models")
    )
    assert sglang is not None
    assert meta is not None
    assert sglang.rope_table_bytes == 5 * GIB
    assert meta.rope_table_bytes == 1 * GIB


def test_attention_in_two_ranks_is_tp16_in_the_words_of_sglang(catalog: Catalog) -> None:
    result = ask(catalog, VECTORS["sgl-maverick-bf16-2x8xh100"])
    assert result.parallelism.devices_used == 16
    argv = result.serve_argv
    assert argv[argv.index("--tp-size") + 1] == "16"
    assert argv[argv.index("--dp-size") + 1] == "2"
    assert "--enable-dp-attention" in argv
    assert fit(catalog, replace(SCOUT, tensor_parallel_size=16, nodes=2)).verdict is Verdict.INVALID


def test_local_layers_keep_four_fifths_by_default_since_0_5_23_and_a_chunk_where_asked(catalog: Catalog) -> None:
    def per_token(**changes: Any) -> float:
        cache = fit(catalog, replace(SCOUT, context_tokens=1_000_000, **changes)).kv_cache
        assert cache is not None
        return cache.bytes_per_token_per_device

    full = per_token(hybrid_kv=False)
    assert full == 48 * 512
    assert per_token() == pytest.approx((12 + 0.8 * 36) * 512)
    assert per_token(engine="sglang@0.5.6") == full
    assert per_token(hybrid_kv=True) < 0.3 * full
    with pytest.raises(InputError, match="no cache of one chunk"):
        per_token(engine="sglang@0.4.5", hybrid_kv=True)


def test_the_longest_context_is_bounded_by_cache_and_table(catalog: Catalog) -> None:
    result = fit(catalog, replace(SCOUT_H200, hybrid_kv=False))
    assert result.kv_cache is not None
    longest = result.kv_cache.max_context_tokens
    at = fit(catalog, replace(SCOUT_H200, hybrid_kv=False, context_tokens=longest))
    beyond = fit(catalog, replace(SCOUT_H200, hybrid_kv=False, context_tokens=longest + 1000))
    assert "request_table_short" not in [each.code for each in at.reasons]
    assert "request_table_short" in [each.code for each in beyond.reasons]


def test_tensorrt_llm_gives_the_cache_nine_tenths_of_what_is_free(catalog: Catalog) -> None:
    device = fit(catalog, replace(SCOUT, engine="tensorrt-llm")).per_device
    assert device is not None
    free = device.usable_bytes - device.loaded_bytes
    assert device.kv_cache_bytes == pytest.approx(0.9 * free)
    assert device.activation_bytes is None


def test_a_tensorrt_llm_from_before_its_guide_to_llama_4_is_told_so(catalog: Catalog) -> None:
    told = [
        [each.code for each in fit(catalog, replace(SCOUT, engine=f"tensorrt-llm@{version}")).reasons]
        for version in ("0.19", "0.20")
    ]
    assert ["engine_older_than_known" in codes for codes in told] == [True, False]


def test_nvfp4_under_tensorrt_llm_needs_blackwell(catalog: Catalog) -> None:
    hopper = fit(catalog, replace(SCOUT, engine="tensorrt-llm", checkpoint="nvfp4"))
    assert hopper.verdict is Verdict.UNSUPPORTED
    assert "Blackwell only" in hopper.reasons[0].source


def test_a_format_whose_gates_nobody_has_read_says_so(catalog: Catalog) -> None:
    read = fit(catalog, replace(SCOUT, checkpoint="nvfp4"))
    assert "nvfp4_weight_only" in [each.code for each in read.reasons]
    for unread in (replace(SCOUT, kv_dtype="fp8"), replace(SCOUT, engine="llama-models", checkpoint="fp8")):
        assert "format_unread" in [each.code for each in fit(catalog, unread).reasons]


def test_metas_code_knows_neither_stages_nor_ranks(catalog: Catalog) -> None:
    stages = replace(SCOUT, engine="llama-models", tensor_parallel_size=4, pipeline_parallel_size=2)
    assert fit(catalog, stages).verdict is Verdict.UNSUPPORTED


def test_an_sglang_from_before_llama_4_is_refused(catalog: Catalog) -> None:
    with pytest.raises(InputError, match="older than the first version"):
        fit(catalog, replace(SCOUT, engine="sglang@0.4.4"))


@pytest.mark.parametrize("engine", ["sglang", "tensorrt-llm", "llama-models"])
def test_they_are_marked_less_certain_and_have_a_band_of_2_gib(catalog: Catalog, engine: str) -> None:
    result = fit(catalog, replace(SCOUT, engine=engine))
    assert "engine_not_advised" in [each.code for each in result.reasons]
    assert result.per_device is not None
    assert result.per_device.band_bytes == 2 * GIB
    assert catalog.engine(engine).advised is False


def test_advice_never_picks_them(catalog: Catalog) -> None:
    workload = Workload(model="llama-4-scout", stack="any_nvidia")
    funnel = generate(catalog, catalog.model("llama-4-scout"), workload)
    assert funnel.candidates
    assert {candidate.engine.id for candidate in funnel.candidates} == {"vllm"}


_CATALOG = load_catalog()


@settings(max_examples=40)
@given(
    engine=st.sampled_from(["sglang", "sglang@0.4.5", "tensorrt-llm", "llama-models"]),
    context=st.integers(1, 3_000_000),
    more=st.integers(1, 100_000),
    extra_gib=st.floats(0.1, 30),
)
def test_more_context_never_needs_less_and_more_memory_never_leaves_less(
    engine: str, context: int, more: int, extra_gib: float
) -> None:
    result = fit(_CATALOG, replace(SCOUT_H200, engine=engine, context_tokens=context))
    longer = fit(_CATALOG, replace(SCOUT_H200, engine=engine, context_tokens=context + more)).per_device
    chip = result.request.accelerator
    assert chip is not None
    larger = check_fit(replace(result.request, accelerator=replace(chip, memory_gib=chip.memory_gib + extra_gib)))
    assert result.per_device is not None
    assert longer is not None
    assert longer.margin_bytes <= result.per_device.margin_bytes
    if chip.memory_gib + extra_gib < 160:  # SGLang reserves more from 160 GiB on
        assert larger.per_device is not None
        assert larger.per_device.margin_bytes >= result.per_device.margin_bytes


@pytest.mark.parametrize("engine", ["sglang", "tensorrt-llm", "llama-models"])
@pytest.mark.parametrize("concurrency", [1, 5])
def test_the_longest_context_is_the_longest_although_tables_grow_with_it(
    catalog: Catalog, engine: str, concurrency: int
) -> None:
    question = FitQuestion("llama-4-scout", "p5.48xlarge", engine=engine, concurrency=concurrency)
    cache = fit(catalog, question).kv_cache
    assert cache is not None
    longest = cache.max_context_at_concurrency_tokens
    at, beyond = (fit(catalog, replace(question, context_tokens=longest + more)).per_device for more in (0, 1))
    assert at is not None
    assert beyond is not None
    assert at.margin_bytes >= 0 > beyond.margin_bytes
