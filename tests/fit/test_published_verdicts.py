"""What others published about Llama 4 on AWS, and what holds of it (facts: model-fit, section 0, a to i)."""

from dataclasses import replace

import pytest

from advisor.anatomy.parameters import active_parameters
from advisor.catalog.load import Catalog
from advisor.fit.command_check import check_command
from advisor.fit.result import FitResult, PerDevice, Verdict
from advisor.quantities.units import GIB
from advisor.workflows.fit import fit
from advisor.workflows.fit_question import FitQuestion

SCOUT, MAVERICK = "llama-4-scout", "llama-4-maverick"
EIGHT_H100, ONE_H100, EIGHT_H200, EIGHT_B200 = "p5.48xlarge", "p5.4xlarge", "p5en.48xlarge", "p6-b200.48xlarge"
EIGHT_A100, EIGHT_L40S, TRAINIUM_2, INFERENTIA_2 = "p4d.24xlarge", "g6e.48xlarge", "trn2.48xlarge", "inf2.48xlarge"
FIRST = "vllm@0.8.3"


def verdict(catalog: Catalog, question: FitQuestion) -> Verdict:
    return fit(catalog, question).verdict


def codes(result: FitResult) -> list[str]:
    return [reason.code for reason in result.reasons]


def device(result: FitResult) -> PerDevice:
    assert result.per_device is not None
    return result.per_device


def longest(result: FitResult, *, hybrid: bool) -> int:
    cache = result.hybrid_on if hybrid else result.hybrid_off
    assert cache is not None
    assert cache.max_context_by_blocks_tokens is not None
    return cache.max_context_by_blocks_tokens


def test_a_scout_in_bf16_or_fp8_is_too_large_for_one_h100_and_int4_is_not(catalog: Catalog) -> None:
    for checkpoint, gib in (("bf16", 202.4), ("fp8", 106.8)):
        result = fit(catalog, FitQuestion(SCOUT, ONE_H100, checkpoint))
        assert result.verdict is Verdict.DOES_NOT_FIT
        assert codes(result)[0] == "weights_exceed_budget"
        assert device(result).weights_bytes / GIB == pytest.approx(gib, rel=1e-3)
    assert verdict(catalog, FitQuestion(SCOUT, ONE_H100, "w4a16")) is Verdict.FITS


def test_a_scout_in_bf16_starts_with_four_h100_and_in_fp8_with_two(catalog: Catalog) -> None:
    bf16, fp8 = FitQuestion(SCOUT, EIGHT_H100), FitQuestion(SCOUT, EIGHT_H100, "fp8")
    assert verdict(catalog, replace(bf16, tensor_parallel_size=2)) is Verdict.DOES_NOT_FIT
    assert verdict(catalog, replace(bf16, tensor_parallel_size=4)) is Verdict.FITS
    assert verdict(catalog, replace(fp8, tensor_parallel_size=1)) is Verdict.DOES_NOT_FIT
    assert verdict(catalog, replace(fp8, tensor_parallel_size=2)) is Verdict.FITS


def test_b_eight_h100_hold_a_million_tokens_of_scout_and_since_the_hybrid_cache_far_more(catalog: Catalog) -> None:
    million = FitQuestion(SCOUT, EIGHT_H100, context_tokens=1_000_000)
    first = fit(catalog, replace(million, engine=FIRST))
    assert first.verdict is Verdict.FITS
    assert longest(first, hybrid=False) == pytest.approx(1.35e6, rel=0.01)  # the pull request ran 1.28 million
    today = fit(catalog, million)
    assert today.verdict is Verdict.FITS
    assert longest(today, hybrid=True) == pytest.approx(6.7e6, rel=0.01)
    assert longest(today, hybrid=False) == pytest.approx(1.69e6, rel=0.01)


def test_b_ten_million_tokens_take_an_fp8_cache_and_few_sequences(catalog: Catalog) -> None:
    most = FitQuestion(SCOUT, EIGHT_H100, context_tokens=10_000_000, kv_dtype="fp8")
    assert "headroom_short" in codes(fit(catalog, most))  # the block tables of 1,024 sequences alone are 19 GiB
    assert verdict(catalog, replace(most, max_num_seqs=16)) is Verdict.FITS
    assert verdict(catalog, replace(most, max_num_seqs=16, kv_dtype="auto")) is Verdict.DOES_NOT_FIT


def test_c_maverick_needs_fp8_on_eight_h100_and_430_000_tokens_were_the_limit_of_one_version(catalog: Catalog) -> None:
    assert verdict(catalog, FitQuestion(MAVERICK, EIGHT_H100)) is Verdict.DOES_NOT_FIT
    fp8 = FitQuestion(MAVERICK, EIGHT_H100, "fp8", context_tokens=430_000)
    assert verdict(catalog, replace(fp8, engine=FIRST)) is Verdict.TIGHT
    assert verdict(catalog, replace(fp8, engine=FIRST, context_tokens=1_048_576)) is Verdict.DOES_NOT_FIT
    today = fit(catalog, replace(fp8, context_tokens=1_048_576))
    assert today.verdict is Verdict.FITS
    assert longest(today, hybrid=False) == pytest.approx(0.77e6, rel=0.01)


@pytest.mark.parametrize(
    ("instance", "checkpoint", "tensor_parallel_size"),
    [
        (EIGHT_H200, "fp8", 4),
        (EIGHT_H100, "w4a16", 4),
        (EIGHT_H200, "bf16", 8),
        (EIGHT_B200, "bf16", 8),
        (TRAINIUM_2, "bf16", 64),
    ],
)
def test_c_eight_h100_are_not_the_least_that_serves_maverick(
    catalog: Catalog, instance: str, checkpoint: str, tensor_parallel_size: int
) -> None:
    question = FitQuestion(MAVERICK, instance, checkpoint, tensor_parallel_size=tensor_parallel_size)
    assert verdict(catalog, question) is Verdict.FITS


@pytest.mark.parametrize(("model", "active"), [(SCOUT, 17.17e9), (MAVERICK, 17.18e9)])
def test_d_each_token_takes_one_routed_expert_and_the_shared_one(catalog: Catalog, model: str, active: float) -> None:
    architecture = catalog.model(model).architecture
    assert architecture.experts_per_token == 1
    assert architecture.shared_expert_intermediate_size == architecture.expert_intermediate_size
    assert active_parameters(architecture) == pytest.approx(active, rel=1e-3)


def test_e_tensor_parallel_16_is_refused_on_gpus_and_served_scout_on_trainium(catalog: Catalog) -> None:
    sixteen = FitQuestion(SCOUT, EIGHT_H100, tensor_parallel_size=16, nodes=2)
    assert codes(fit(catalog, sixteen))[:1] == ["tp_heads"]
    on_trainium = FitQuestion(
        SCOUT, TRAINIUM_2, engine="optimum-neuron", tensor_parallel_size=16, context_tokens=4096, concurrency=2
    )
    assert verdict(catalog, on_trainium) is Verdict.FITS
    maverick = fit(catalog, replace(on_trainium, model=MAVERICK))
    assert maverick.verdict is Verdict.DOES_NOT_FIT
    assert device(maverick).weights_bytes / GIB == pytest.approx(46.8, rel=5e-3)
    assert device(maverick).usable_bytes == 24 * GIB


def test_e_the_device_flag_is_gone(catalog: Catalog) -> None:
    command = "vllm serve meta-llama/Llama-4-Scout-17B-16E-Instruct --max-model-len 8192 --device neuron -tp 16"
    assert "flag_removed" in [reason.code for reason in check_command(command, catalog).reasons]


def test_f_fp8_on_neuron_is_undocumented_which_is_not_impossible(catalog: Catalog) -> None:
    result = fit(catalog, FitQuestion(MAVERICK, TRAINIUM_2, "fp8"))
    assert result.verdict is Verdict.UNSUPPORTED
    assert codes(result)[0] == "neuron_fp8_undocumented"


def test_g_inferentia_2_holds_scout_by_arithmetic_and_nothing_supports_it(catalog: Catalog) -> None:
    scout = fit(catalog, FitQuestion(SCOUT, INFERENTIA_2))
    assert scout.verdict is Verdict.UNSUPPORTED
    assert {"neuron_family_unsupported", "memory_would_hold"} <= set(codes(scout))
    assert "memory_would_not_hold" in codes(fit(catalog, FitQuestion(MAVERICK, INFERENTIA_2)))
    published = FitQuestion(SCOUT, "trn1.32xlarge", engine="optimum-neuron", context_tokens=4096, concurrency=8)
    assert verdict(catalog, published) is Verdict.FITS


def test_h_a100_of_40_gib_hold_scout_in_bf16_with_little_beside_it(catalog: Catalog) -> None:
    scout = fit(catalog, FitQuestion(SCOUT, EIGHT_A100))
    assert scout.verdict is Verdict.FITS
    memory = device(scout)
    assert memory.loaded_bytes / GIB == pytest.approx(27.8, rel=2e-3)
    assert 3 < memory.kv_cache_bytes / GIB < 4
    assert longest(scout, hybrid=False) == pytest.approx(170_000, rel=0.02)
    assert verdict(catalog, FitQuestion(SCOUT, EIGHT_A100, context_tokens=100_000, hybrid_kv=False)) is Verdict.TIGHT


def test_h_a100_widen_fp8_weights_and_l40s_compute_with_them(catalog: Catalog) -> None:
    assert "fp8_weight_only" in codes(fit(catalog, FitQuestion(SCOUT, EIGHT_A100, "fp8")))
    cached = FitQuestion(SCOUT, EIGHT_A100, kv_dtype="fp8")
    assert "fp8_kv_unverified" in codes(fit(catalog, cached))
    assert verdict(catalog, replace(cached, engine="vllm@0.10.2")) is Verdict.UNSUPPORTED
    ada = fit(catalog, FitQuestion(SCOUT, EIGHT_L40S, "fp8", kv_dtype="fp8"))
    assert ada.verdict is Verdict.FITS
    assert not {"fp8_weight_only", "fp8_kv_unverified"} & set(codes(ada))


@pytest.mark.parametrize("instance", [EIGHT_A100, EIGHT_L40S])
def test_h_maverick_in_fp8_fits_neither(catalog: Catalog, instance: str) -> None:
    result = fit(catalog, FitQuestion(MAVERICK, instance, "fp8"))
    assert result.verdict is Verdict.DOES_NOT_FIT
    memory = device(result)
    assert memory.loaded_bytes / GIB == pytest.approx(48.8, rel=2e-3)


def test_i_r8g_has_no_accelerator_and_inf2_has_two_cores_a_chip(catalog: Catalog) -> None:
    assert codes(fit(catalog, FitQuestion(SCOUT, "r8g.48xlarge")))[0] == "no_accelerator"
    graviton = catalog.instance("r8g.48xlarge")
    assert (graviton.accelerator, graviton.vcpus, graviton.memory_gib) == (None, 192, 1536)
    inferentia = catalog.instance(INFERENTIA_2)
    assert inferentia.accelerator is not None
    chip = catalog.accelerator(inferentia.accelerator)
    assert (inferentia.accelerator_count, chip.logical_cores, chip.memory_gib) == (12, 2, 32)
    assert inferentia.accelerator_count * chip.logical_cores == 24
    assert chip.fp8_dense_tflops in (None, chip.bf16_dense_tflops)  # cFP8 at the rate of BF16
