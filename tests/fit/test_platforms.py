"""What runs on which GPU, by engine version; the host's memory; engines newer or older than what was read."""

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from advisor.anatomy.parameters import checkpoint_bytes
from advisor.catalog.load import Catalog, load_catalog
from advisor.fit.check import check_fit
from advisor.fit.platforms.gates import gate_for
from advisor.fit.request import FitRequest
from advisor.fit.result import FitResult, Verdict
from advisor.quantities.units import GIB
from advisor.reasons import Reason, Severity
from advisor.wording.reasons import sentence
from advisor.workflows.fit import fit
from advisor.workflows.fit_question import FitQuestion

SCOUT = FitQuestion(model="llama-4-scout", instance="p5.48xlarge")


def codes(result: FitResult) -> list[str]:
    return [reason.code for reason in result.reasons]


def reason(result: FitResult, code: str) -> Reason:
    return next(reason for reason in result.reasons if reason.code == code)


def on_capability(catalog: Catalog, compute_capability: float | None, **changes: object) -> FitResult:
    """Scout on a p5.48xlarge whose GPUs have another compute capability and nothing else."""
    request = fit(catalog, replace(SCOUT, **changes)).request  # type: ignore[arg-type]
    assert request.accelerator is not None
    return check_fit(replace(request, accelerator=replace(request.accelerator, compute_capability=compute_capability)))


@pytest.mark.parametrize(
    ("version", "capability", "refused", "cautioned"),
    [
        ("0.8.3", 8.9, False, False),
        ("0.8.3", 8.0, True, False),
        ("0.9.0", 8.0, True, False),
        ("0.9.2", 8.0, False, True),
        ("0.15.1", 7.5, True, False),
        ("0.16.0", 7.5, False, True),
        ("0.33.0", 7.0, True, False),
        ("0.33.0", 9.0, False, False),
    ],
)
def test_fp8_weights_follow_the_version_and_the_capability(
    catalog: Catalog, version: str, capability: float, refused: bool, cautioned: bool
) -> None:
    result = on_capability(catalog, capability, checkpoint="fp8", engine=f"vllm@{version}")
    assert (result.verdict is Verdict.UNSUPPORTED) is refused
    assert ("fp8_weight_only" in codes(result)) is cautioned


def test_fp8_on_a100_saves_memory_only(catalog: Catalog) -> None:
    result = fit(catalog, replace(SCOUT, instance="p4de.24xlarge", checkpoint="fp8"))
    assert result.verdict is Verdict.FITS
    assert "Marlin" in reason(result, "fp8_weight_only").source


@pytest.mark.parametrize(
    ("version", "capability", "verdict", "code"),
    [
        ("0.8.3", 9.0, Verdict.UNSUPPORTED, "format_needs_newer_engine"),
        ("0.9.2", 10.0, Verdict.UNSUPPORTED, "format_needs_newer_engine"),
        ("0.10.0", 9.0, Verdict.FITS, "nvfp4_weight_only"),
        ("0.33.0", 8.0, Verdict.FITS, "nvfp4_weight_only"),
        ("0.33.0", 10.0, Verdict.FITS, None),
        ("0.33.0", 12.0, Verdict.FITS, None),
    ],
)
def test_nvfp4_has_arithmetic_on_blackwell_and_is_widened_by_marlin_elsewhere(
    catalog: Catalog, version: str, capability: float, verdict: Verdict, code: str | None
) -> None:
    result = on_capability(catalog, capability, checkpoint="nvfp4", engine=f"vllm@{version}")
    assert result.verdict is verdict
    gates = {"format_needs_newer_engine", "format_unsupported", "nvfp4_weight_only"} & set(codes(result))
    assert gates == ({code} if code else set())


@pytest.mark.parametrize(
    ("version", "capability", "verdict"),
    [
        ("0.9.2", 9.0, Verdict.FITS),
        ("0.9.2", 8.9, Verdict.UNSUPPORTED),
        ("0.10.2", 10.0, Verdict.FITS),
        ("0.10.2", 12.0, Verdict.UNSUPPORTED),
        ("0.12.0", 8.9, Verdict.FITS),
        ("0.33.0", 7.5, Verdict.UNSUPPORTED),
    ],
)
def test_an_fp8_cache_follows_the_backends_of_the_version(
    catalog: Catalog, version: str, capability: float, verdict: Verdict
) -> None:
    assert on_capability(catalog, capability, kv_dtype="fp8", engine=f"vllm@{version}").verdict is verdict


def test_an_fp8_cache_on_a100_is_a_caution_that_says_what_raises(catalog: Catalog) -> None:
    result = fit(catalog, replace(SCOUT, instance="p4de.24xlarge", kv_dtype="fp8"))
    assert result.verdict is Verdict.FITS
    said = sentence(reason(result, "fp8_kv_unverified"))
    assert "FlashInfer" in said
    assert "raises below 8.9" in said


@pytest.mark.parametrize(("version", "code"), [("0.10.1", "format_needs_newer_engine"), ("0.33.0", "bf16_as_fp16")])
def test_bf16_on_a_t4_is_refused_or_cast_to_fp16(catalog: Catalog, version: str, code: str) -> None:
    assert code in codes(on_capability(catalog, 7.5, engine=f"vllm@{version}"))


@pytest.mark.parametrize(
    ("version", "capability", "code"),
    [
        ("0.8.5", 10.0, "format_needs_newer_engine"),
        ("0.9.1", 12.0, "format_needs_newer_engine"),
        ("0.9.2", 12.0, None),
        ("0.33.0", 7.0, "format_unsupported"),
        ("0.33.0", 13.0, "format_unsupported"),
    ],
)
def test_wheels_without_kernels_for_a_gpu_are_refused(
    catalog: Catalog, version: str, capability: float, code: str | None
) -> None:
    result = on_capability(catalog, capability, engine=f"vllm@{version}")
    found = [reason for reason in result.reasons if reason.params.get("format") == "kernels"]
    assert [reason.code for reason in found] == ([code] if code else [])


def test_a_refusal_names_the_version_that_would_not_refuse(catalog: Catalog) -> None:
    result = fit(catalog, replace(SCOUT, instance="p6-b200.48xlarge", engine="vllm@0.8.5"))
    assert sentence(result.reasons[0]).endswith("0.9.0 does.")
    assert result.reasons[0].source.startswith("vLLM source")


def test_a_gpu_without_a_capability_is_not_judged_by_it(catalog: Catalog) -> None:
    result = on_capability(catalog, None, checkpoint="fp8")
    assert result.verdict is Verdict.FITS
    assert "compute_capability_unknown" in codes(result)


def test_an_engine_newer_than_known_is_a_caution(catalog: Catalog) -> None:
    result = fit(catalog, replace(SCOUT, engine="vllm@0.99.0"))
    assert result.verdict is Verdict.FITS
    assert reason(result, "engine_newer_than_known").severity is Severity.WARNING


def test_a_host_smaller_than_the_checkpoint_is_a_caution_with_both_numbers(catalog: Catalog) -> None:
    small = fit(catalog, FitQuestion("llama-4-maverick", "p5.4xlarge", "fp8"))
    caution = reason(small, "host_memory_short")
    model = catalog.model("llama-4-maverick")
    assert caution.params["memory_bytes"] == 256 * GIB
    assert caution.params["checkpoint_bytes"] == checkpoint_bytes(model.architecture, model.checkpoints["fp8"])
    assert "host_memory_short" not in codes(fit(catalog, SCOUT))


def test_replicas_of_one_instance_share_the_page_cache(catalog: Catalog) -> None:
    """Two TP4 replicas on 8 GPUs ask for one checkpoint of host memory, not for two."""
    request = fit(catalog, replace(SCOUT, tensor_parallel_size=4)).request
    barely = replace(request, instance=replace(request.instance, memory_gib=203))
    short = replace(request, instance=replace(request.instance, memory_gib=202))
    assert "host_memory_short" not in codes(check_fit(barely))
    assert "host_memory_short" in codes(check_fit(short))


_CATALOG = load_catalog()
_ENGINE = _CATALOG.engine("vllm")
_VERSIONS = st.sampled_from(sorted({gate.since for gate in _ENGINE.gates} | {"0.33.0"}))


def _request(version: str, capability: float, checkpoint: str) -> FitRequest:
    request = fit(_CATALOG, replace(SCOUT, checkpoint=checkpoint, engine=f"vllm@{version}")).request
    assert request.accelerator is not None
    return replace(request, accelerator=replace(request.accelerator, compute_capability=capability))


@settings(max_examples=40)
@given(version=_VERSIONS, capability=st.sampled_from([7.0, 7.5, 8.0, 8.6, 8.9, 9.0, 10.0, 10.3, 12.0]))
def test_every_refusal_by_a_gate_states_its_source(version: str, capability: float) -> None:
    for checkpoint in ("bf16", "fp8", "w4a16", "nvfp4"):
        result = check_fit(_request(version, capability, checkpoint))
        for found in result.reasons:
            assert sentence(found)
            if found.code.startswith("format_"):
                assert found.source


@settings(max_examples=40)
@given(
    wanted=st.sampled_from(["kernels", "bf16", "fp8", "int4", "nvfp4", "kv_fp8"]),
    capability=st.floats(8.0, 12.9),
)
def test_no_later_version_takes_a_gpu_away_that_an_earlier_one_ran(wanted: str, capability: float) -> None:
    """From compute capability 8.0 on; Volta did drop out of the wheels."""
    rows = [row for row in _ENGINE.gates if row.format == wanted]
    ran = [row.runs(capability) for row in rows]
    assert ran == sorted(ran)
    assert gate_for(_ENGINE, "0.33.0", wanted) is rows[-1]  # type: ignore[arg-type]
