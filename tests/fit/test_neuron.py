"""Llama 4 on AWS Neuron: judged by SDK, logical cores, head padding, documented degrees and published runs."""

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from advisor.catalog.load import Catalog, load_catalog
from advisor.errors import InputError
from advisor.export.fit_document import fit_provenance
from advisor.fit.check import check_fit
from advisor.fit.result import FitResult, Verdict
from advisor.quantities.units import GIB
from advisor.reasons import Reason
from advisor.wording.reasons import sentence
from advisor.workflows.fit import fit
from advisor.workflows.fit_question import FitQuestion

TRN2 = FitQuestion("llama-4-scout", "trn2.48xlarge", context_tokens=8192)
OPTIMUM = replace(TRN2, engine="optimum-neuron", context_tokens=4096)


def codes(result: FitResult) -> list[str]:
    return [reason.code for reason in result.reasons]


def reason(result: FitResult, code: str) -> Reason:
    return next(reason for reason in result.reasons if reason.code == code)


@pytest.mark.parametrize(
    ("sdk", "standing", "documented"),
    [
        ("2.26", "neuron_beta", 8192),
        ("2.27", "neuron_stabilised", 8192),
        ("2.27.0", "neuron_beta", 8192),
        ("2.28", "neuron_pinned", 16384),
        ("2.29", "neuron_degraded", 16384),
        ("2.30", "neuron_maintenance", 16384),
        ("2.33", "neuron_maintenance", 16384),
    ],
)
def test_an_sdk_is_judged_by_what_it_documents(catalog: Catalog, sdk: str, standing: str, documented: int) -> None:
    within = fit(catalog, replace(TRN2, engine=f"neuron@{sdk}", context_tokens=documented))
    beyond = fit(catalog, replace(TRN2, engine=f"neuron@{sdk}", context_tokens=documented + 1))
    assert within.verdict is Verdict.FITS
    assert standing in codes(within)
    assert "neuron_context_undocumented" not in codes(within)
    assert reason(beyond, "neuron_context_undocumented").params["limit_tokens"] == documented
    assert reason(within, standing).source.startswith("AWS Neuron SDK release notes")


def test_an_sdk_from_before_llama_4_is_refused_and_one_that_is_no_version_too(catalog: Catalog) -> None:
    with pytest.raises(InputError, match="older than the first release"):
        fit(catalog, replace(TRN2, engine="neuron@2.25"))
    with pytest.raises(InputError, match="not a version"):
        fit(catalog, replace(TRN2, engine="neuron@banana"))


def test_an_sdk_newer_than_known_is_a_caution(catalog: Catalog) -> None:
    assert "engine_newer_than_known" in codes(fit(catalog, replace(TRN2, engine="neuron@2.40")))


def test_from_2_30_on_the_plugin_caps_the_cache_at_30_percent(catalog: Catalog) -> None:
    pinned, later = (fit(catalog, replace(TRN2, engine=f"neuron@{sdk}")) for sdk in ("2.28", "2.30"))
    assert pinned.per_device is not None
    assert later.per_device is not None
    assert later.per_device.kv_cache_bytes == pytest.approx(0.30 * 24 * GIB)
    assert later.per_device.kv_cache_bytes < pinned.per_device.kv_cache_bytes
    assert "30 %" in sentence(reason(later, "neuron_cache_capped"))
    assert "neuron_cache_capped" not in codes(pinned)


def test_lnc_2_gives_64_cores_of_24_gib_and_lnc_1_gives_128_that_share_banks(catalog: Catalog) -> None:
    two = fit(catalog, TRN2)
    one = fit(catalog, replace(TRN2, logical_core_config=1, tensor_parallel_size=64))
    assert two.request.device_count == 64
    assert one.request.device_count == 128
    assert two.per_device is not None
    assert one.per_device is not None
    assert two.per_device.usable_bytes == 24 * GIB
    assert one.per_device.usable_bytes == 12 * GIB
    shared = reason(one, "neuron_lnc_shares_bank")
    assert shared.params["bank_gib"] == 24
    assert shared.params["logical_cores"] == 128
    assert "neuron_lnc_shares_bank" not in codes(fit(catalog, replace(TRN2, logical_core_config=2)))


def test_trainium_1_has_one_core_to_itself_with_16_gib_and_no_lnc_2(catalog: Catalog) -> None:
    question = replace(OPTIMUM, instance="trn1.32xlarge")
    usual = fit(catalog, question)
    assert usual.per_device is not None
    assert (usual.request.device_count, usual.per_device.usable_bytes) == (32, 16 * GIB)
    with pytest.raises(InputError, match="cannot make a logical core of 2"):
        fit(catalog, replace(question, logical_core_config=2))


@pytest.mark.parametrize(("tp", "query_heads", "kv_heads"), [(8, 40, 8), (16, 48, 16), (32, 64, 32), (64, 64, 64)])
def test_heads_are_padded_and_kv_heads_replicated_in_weights_and_cache(
    catalog: Catalog, tp: int, query_heads: int, kv_heads: int
) -> None:
    """Attention of so many heads, split over the cores; everything else by the degree or whole."""
    result = fit(catalog, replace(TRN2, tensor_parallel_size=tp))
    arch = result.request.model.architecture
    assert result.weights is not None
    attention = next(part for part in result.weights.parts if part.component == "attention")
    assert attention.bytes * tp == 48 * 2 * 2 * arch.hidden_size * arch.head_dim * (query_heads + kv_heads)
    assert result.kv_cache is not None
    assert result.kv_cache.bytes_per_token_per_device == 48 * 2 * (kv_heads // tp) * 128 * 2


def test_tp12_falls_back_to_full_attention_with_six_times_the_cache(catalog: Catalog) -> None:
    """48 heads, each with a cache of its own, where grouped attention would have 8."""
    request = fit(catalog, replace(OPTIMUM, instance="trn1.32xlarge")).request
    on_inf2 = replace(
        request,
        instance=replace(request.instance, accelerator_count=12),
        tensor_parallel_size=12,
    )
    result = check_fit(on_inf2)
    assert reason(result, "neuron_full_mha").params["padded_heads"] == 48
    assert result.kv_cache is not None
    assert result.kv_cache.bytes_per_token_per_device * 12 == 6 * 48 * 2 * 8 * 128 * 2


def test_optimum_neuron_keeps_the_whole_context_in_all_layers_up_to_8192_and_serves_text(catalog: Catalog) -> None:
    result = fit(catalog, OPTIMUM)
    assert result.kv_cache is not None
    assert result.kv_cache.hybrid is False
    assert result.kv_cache.max_context_tokens == 8192
    beyond = fit(catalog, replace(OPTIMUM, context_tokens=8193))
    assert beyond.verdict is Verdict.UNSUPPORTED
    assert "neuron_context" in codes(beyond)
    assert "no_vision" in codes(check_fit(replace(result.request, images=True)))


def test_nxd_inference_keeps_one_chunk_in_local_layers(catalog: Catalog) -> None:
    result = fit(catalog, replace(TRN2, context_tokens=16384))
    assert result.per_device is not None
    assert result.per_device.kv_needed_bytes == 2 * 128 * 2 * (12 * 16384 + 36 * 8192)


@pytest.mark.parametrize(
    ("question", "weights_gib", "bank_gib"),
    [
        (replace(OPTIMUM, model="llama-4-maverick", instance="trn1.32xlarge"), 23.4, 16),
        (replace(OPTIMUM, model="llama-4-maverick", tensor_parallel_size=16), 46.8, 24),
    ],
)
def test_maverick_does_not_fit_trn1_nor_tp16_and_the_compiler_would_refuse_it(
    catalog: Catalog, question: FitQuestion, weights_gib: float, bank_gib: float
) -> None:
    result = fit(catalog, question)
    assert result.verdict is Verdict.DOES_NOT_FIT
    assert result.per_device is not None
    assert result.per_device.weights_bytes / GIB == pytest.approx(weights_gib, rel=0.03)
    assert reason(result, "neuron_bank_exceeded").params["bank_bytes"] == bank_gib * GIB


def test_an_unsupported_family_says_what_arithmetic_alone_would(catalog: Catalog) -> None:
    """inf2: Scout would fit by memory, Maverick would not, and neither is supported."""
    scout, maverick = (
        fit(catalog, FitQuestion(model, "inf2.48xlarge", context_tokens=4096))
        for model in ("llama-4-scout", "llama-4-maverick")
    )
    assert scout.verdict is maverick.verdict is Verdict.UNSUPPORTED
    assert reason(scout, "memory_would_hold").params["weights_bytes"] / GIB == pytest.approx(8.4, rel=0.05)  # type: ignore[operator]
    assert "31." in sentence(reason(maverick, "memory_would_not_hold"))


def test_a_degree_that_leaves_cores_idle_is_a_caution_and_an_unpublished_one_too(catalog: Catalog) -> None:
    result = fit(catalog, replace(TRN2, tensor_parallel_size=16))
    assert reason(result, "idle_devices").severity.value == "warning"
    assert reason(result, "idle_devices").params["idle"] == 48
    assert reason(result, "neuron_degree_undocumented").params["documented"] == (64,)
    assert reason(result, "neuron_run_unpublished").params["published"] == (64,)
    assert "neuron_run_unpublished" not in codes(fit(catalog, TRN2))


def test_a_batch_beyond_the_largest_published_is_a_caution(catalog: Catalog) -> None:
    question = replace(OPTIMUM, instance="trn1.32xlarge")
    assert "neuron_batch_unpublished" not in codes(fit(catalog, replace(question, concurrency=8)))
    beyond = fit(catalog, replace(question, concurrency=9))
    assert beyond.verdict is Verdict.FITS
    assert reason(beyond, "neuron_batch_unpublished").params["published"] == 8


def test_the_published_configurations_of_optimum_neuron_all_fit(catalog: Catalog) -> None:
    instances = {"trn1": "trn1.32xlarge", "trn2": "trn2.48xlarge"}
    for run in catalog.engine("optimum-neuron").published_runs:
        question = FitQuestion(
            run.model,
            instances[run.family],
            engine="optimum-neuron",
            context_tokens=run.context_tokens or 4096,
            concurrency=run.max_sequences,
            tensor_parallel_size=run.tensor_parallel_size,
        )
        result = fit(catalog, question)
        assert result.verdict is Verdict.FITS, run
        assert "neuron_run_unpublished" not in codes(result)


_CATALOG = load_catalog()


@settings(max_examples=30)
@given(
    sdk=st.sampled_from(["2.26", "2.28", "2.33"]), tp=st.sampled_from([8, 16, 32, 64]), context=st.integers(1, 16384)
)
def test_more_logical_cores_never_hold_more_each(sdk: str, tp: int, context: int) -> None:
    question = replace(TRN2, engine=f"neuron@{sdk}", context_tokens=context)
    narrow, wide = (
        fit(_CATALOG, replace(question, tensor_parallel_size=size)).per_device for size in (tp, max(8, tp // 2))
    )
    assert narrow is not None
    assert wide is not None
    assert narrow.weights_bytes <= wide.weights_bytes
    assert narrow.kv_needed_bytes <= wide.kv_needed_bytes


def test_a_rope_table_that_nobody_knows_is_unknown_and_cuda_graphs_are_none(catalog: Catalog) -> None:
    for question in (TRN2, OPTIMUM):
        result = fit(catalog, question)
        assert result.per_device is not None
        assert result.per_device.rope_table_bytes is None
        assert result.per_device.cuda_graph_bytes == 0
        levels = fit_provenance(result).as_document()
        assert levels["/per_device/rope_table_bytes"]["level"] == "unknown"
        assert levels["/per_device"]["level"] == "unknown"


@pytest.mark.parametrize(("instance", "engine"), [("trn2u.48xlarge", "neuron"), ("trn1n.32xlarge", "optimum-neuron")])
def test_the_same_chips_under_another_network_run_too_and_nobody_has_published_it(
    catalog: Catalog, instance: str, engine: str
) -> None:
    result = fit(catalog, replace(TRN2, instance=instance, engine=engine, context_tokens=4096))
    assert result.verdict is Verdict.FITS
    assert "neuron_run_unpublished" in codes(result)
