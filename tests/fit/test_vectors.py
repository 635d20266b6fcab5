"""Ground truth: every measured, published and derived vector that this checker can be asked about."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from advisor.anatomy.parameters import checkpoint_bytes, parameters
from advisor.catalog.load import Catalog
from advisor.catalog.records.hardware import Accelerator
from advisor.fit.check import check_fit
from advisor.fit.platforms.parallelism import accepted_by_vllm
from advisor.fit.request import FitRequest
from advisor.fit.result import FitResult, Verdict
from advisor.quantities.units import GIB

Vector = dict[str, Any]

VECTORS: list[Vector] = json.loads((Path(__file__).parent / "fit_vectors.json").read_text(encoding="utf-8"))

OTHER_ENGINES = {vector["id"] for vector in VECTORS if vector.get("engine") in ("sglang", "llama-models")}
"""SGLang and Meta's own code are asked in test_other_engines.py, each with what its source leaves unsaid."""

STATED: dict[str, Vector] = {
    "eks-chart-scout-2xg5": {"gpu_memory_utilization": 0.8, "max_num_seqs": 1, "nodes": 2},
}
"""Settings that a vector's source states and its columns do not."""

TIGHT = {
    "vllm-blog-maverick-8xh100-430k": "the blog's figure is the longest context of that version, rounded down",
    "eks-chart-scout-2xg5": "the model expects 1.9 GiB less than the chart needs, within the doubt of 2 GiB; nothing "
    "was measured on A10G, and the chart names no version of vLLM",
}
"""Vectors whose margin lies within the band, where tight is right for either answer; and why it does."""

ASKED = [vector for vector in VECTORS if vector["id"] not in OTHER_ENGINES]

_CHECKPOINTS = {"bf16": "bf16", "meta-fp8": "fp8", "fp8-dynamic": "fp8", "w4a16": "w4a16"}


def _by_expectation(*expected: str) -> list[Any]:
    return [pytest.param(vector, id=vector["id"]) for vector in ASKED if vector["expected"] in expected]


def test_every_vector_is_asked() -> None:
    assert {vector["engine"] for vector in VECTORS if vector["id"] in OTHER_ENGINES} == {"sglang", "llama-models"}
    kinds = {"param_count", "checkpoint_bytes", "fits", "oom", "tp_valid", "tp_invalid", "kv_gib", "kv_gib_needed"}
    parts = {"weights_gib_per_device", "activation_gib", "non_torch_gib", "cuda_graph_gib"}
    assert {vector["expected"] for vector in ASKED} == kinds | parts


@pytest.mark.parametrize("vector", _by_expectation("param_count"))
def test_parameter_counts(catalog: Catalog, vector: Vector) -> None:
    assert parameters(catalog.model(f"llama-4-{vector['model']}").architecture).total == vector["value"]


@pytest.mark.parametrize("vector", _by_expectation("checkpoint_bytes"))
def test_checkpoint_bytes(catalog: Catalog, vector: Vector) -> None:
    model = catalog.model(f"llama-4-{vector['model']}")
    size = checkpoint_bytes(model.architecture, model.checkpoints[_CHECKPOINTS[vector["dtype"]]])
    assert size == pytest.approx(vector["value"], rel=vector["tolerance_rel"])


@pytest.mark.parametrize("vector", _by_expectation("tp_valid", "tp_invalid"))
def test_tensor_parallel_degrees(catalog: Catalog, vector: Vector) -> None:
    accepted = accepted_by_vllm(catalog.model("llama-4-scout").architecture, vector["tp"])
    assert accepted == (vector["expected"] == "tp_valid")


@pytest.mark.parametrize("vector", _by_expectation("fits", "oom"))
def test_verdicts(catalog: Catalog, vector: Vector) -> None:
    result = _ask(catalog, vector)
    known = Verdict.FITS if vector["expected"] == "fits" else Verdict.DOES_NOT_FIT
    expected = Verdict.TIGHT if vector["id"] in TIGHT else known
    assert result.verdict is expected, [reason.code for reason in result.reasons]


def test_a_tight_vector_lies_within_its_band(catalog: Catalog) -> None:
    assert TIGHT.keys() <= {vector["id"] for vector in ASKED if vector["expected"] in ("fits", "oom")}
    for vector in ASKED:
        if vector["id"] in TIGHT:
            device = _ask(catalog, vector).per_device
            assert device is not None
            assert abs(device.margin_bytes) <= device.band_bytes


@pytest.mark.parametrize("vector", _by_expectation("weights_gib_per_device"))
def test_weights_with_rope_table_equal_the_start_up_log(catalog: Catalog, vector: Vector) -> None:
    device = _ask(catalog, vector).per_device
    assert device is not None
    loaded = device.loaded_bytes / GIB
    assert loaded == pytest.approx(vector["value"], rel=vector["tolerance_rel"])


@pytest.mark.parametrize("vector", _by_expectation("activation_gib", "non_torch_gib"))
def test_overheads_equal_the_start_up_log(catalog: Catalog, vector: Vector) -> None:
    device = _ask(catalog, vector).per_device
    assert device is not None
    key = vector["expected"].replace("_gib", "_bytes")
    assert getattr(device, key) / GIB == pytest.approx(vector["value"], rel=0.01)


@pytest.mark.parametrize("vector", _by_expectation("cuda_graph_gib"))
def test_cuda_graphs_equal_the_start_up_log_and_count_from_0_20_on(catalog: Catalog, vector: Vector) -> None:
    before, since = (
        _ask(catalog, {**vector, "engine_version": version}).per_device for version in ("0.19.0", "0.20.0")
    )
    assert before is not None
    assert since is not None
    assert before.cuda_graph_bytes == 0
    assert (since.cuda_graph_bytes or 0) / GIB == pytest.approx(vector["value"], rel=0.03)


@pytest.mark.parametrize("vector", _by_expectation("kv_gib"))
def test_available_kv_memory(catalog: Catalog, vector: Vector) -> None:
    device = _ask(catalog, vector).per_device
    assert device is not None
    assert device.kv_cache_bytes / GIB == pytest.approx(vector["value"], abs=vector["tolerance_abs"])


def test_the_cache_of_that_start_up_is_predicted_to_a_fraction_of_a_percent(catalog: Catalog) -> None:
    # The same start-up as the vectors of 0.19.0: 16.75 GiB, 365,968 tokens, 44.68x (llm-d-planner-logs).
    result = _ask(catalog, next(vector for vector in VECTORS if vector["id"] == "vllm019-scout-tp4-fits"))
    assert result.per_device is not None
    assert result.kv_cache is not None
    assert result.per_device.kv_cache_bytes / GIB == pytest.approx(16.75, rel=2e-3)
    assert result.kv_cache.blocks == pytest.approx(91_495, rel=2e-3)
    assert result.kv_cache.capacity_tokens == pytest.approx(365_968, rel=2e-3)
    assert result.kv_cache.max_concurrency_at_context == pytest.approx(44.68, rel=2e-3)


@pytest.mark.parametrize("vector", _by_expectation("kv_gib_needed"))
def test_needed_kv_memory_equals_the_engines_own_message(catalog: Catalog, vector: Vector) -> None:
    device = _ask(catalog, vector).per_device
    assert device is not None
    assert device.kv_needed_bytes / GIB == pytest.approx(vector["value"], rel=vector["tolerance_rel"])


def _ask(catalog: Catalog, vector: Vector) -> FitResult:
    vector = {**vector, **STATED.get(vector["id"], {})}
    model = catalog.model(f"llama-4-{vector['model']}")
    accelerator = _accelerator(catalog, vector)
    engine = catalog.engine(_engine(vector))
    nodes = vector.get("nodes", 1)
    instance = replace(
        catalog.instance(_instance(vector)),
        accelerator_count=vector["n_devices"] // accelerator.logical_cores // nodes,
    )
    return check_fit(
        FitRequest(
            model=model,
            checkpoint=model.checkpoints[_CHECKPOINTS[vector["dtype"]]],
            instance=instance,
            accelerator=accelerator,
            engine=replace(engine, supported_families=()) if accelerator.kind == "gpu" else _lifted(engine, instance),
            engine_version=vector.get("engine_version", engine.default_version),
            context_tokens=vector["max_model_len"],
            concurrency=vector["max_num_seqs"] if accelerator.kind == "neuron" else 1,
            tensor_parallel_size=vector["tp"],
            pipeline_parallel_size=vector.get("pp", 1),
            nodes=nodes,
            kv_dtype=vector["kv_dtype"],
            gpu_memory_utilization=vector.get("gpu_memory_utilization"),
            max_num_seqs=vector.get("max_num_seqs") if accelerator.kind == "gpu" else None,
            max_num_batched_tokens=vector.get("max_num_batched_tokens"),
            hybrid_kv=vector.get("hybrid_kv"),
        )
    )


def _engine(vector: Vector) -> str:
    if vector["engine"] == "neuron":
        return "neuron" if vector.get("chunked") else "optimum-neuron"
    return {"vllm-chart": "vllm"}.get(vector["engine"], str(vector["engine"]))


def _lifted(engine: Any, instance: Any) -> Any:
    """The arithmetic of a path that nobody supports can still be asked for: inf2 in two of the vectors."""
    return replace(engine, supported_families=(instance.family,))


def _instance(vector: Vector) -> str:
    for name in ("trn1.32xlarge", "trn2.48xlarge", "inf2.48xlarge", "g5.48xlarge"):
        if name in vector["hardware"]:
            return name
    return "p5.48xlarge"


def _accelerator(catalog: Catalog, vector: Vector) -> Accelerator:
    hardware = vector["hardware"]
    for key, name in (("trn1", "Trainium1"), ("trn2", "Trainium2"), ("inf2", "Inferentia2")):
        if key in hardware:
            return catalog.accelerator(name)
    for key, name in (("A100-40", "A100-40GB"), ("L40S", "L40S-48GB"), ("H200", "H200-141GB"), ("GB10", "B200-180GB")):
        if key in hardware:
            return replace(catalog.accelerator(name), memory_gib=vector["mem_gib_usable"])
    if "A10G" in hardware:
        return catalog.accelerator("A10G-24GB")
    h100 = catalog.accelerator("H100-80GB")
    return replace(h100, memory_gib=vector.get("mem_gib_usable", h100.memory_gib))
