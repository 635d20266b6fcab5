"""Blocks, tokens, concurrency and the longest context equal what vLLM's own functions give, version by version."""

import json
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from advisor.catalog.load import Catalog
from advisor.fit.memory.budget import SchedulerLimits, scheduler_limits
from advisor.fit.memory.kv import BlockRule, block_bytes, block_rule, blocks_in, inflight_tokens
from advisor.fit.memory.stages import stages
from advisor.fit.request import FitRequest
from advisor.fit.versions import behaviour

_FILE: dict[str, Any] = json.loads((Path(__file__).parent / "engine_vectors.json").read_text(encoding="utf-8"))
VECTORS: list[dict[str, Any]] = [dict(zip(_FILE["columns"], row, strict=True)) for row in _FILE["rows"]]
VERSIONS = sorted({vector["version"] for vector in VECTORS})


class Pool(NamedTuple):
    """The blocks of a replica, and how requests take them."""

    rule: BlockRule[float]
    blocks: int
    block_bytes: int


def pool(catalog: Catalog, vector: dict[str, Any]) -> Pool:
    model, engine = catalog.model(f"llama-4-{vector['model']}"), catalog.engine("vllm")
    pipeline, degree = vector["pipeline_parallel_size"], vector["tensor_parallel_size"]
    request = FitRequest(
        model=model,
        checkpoint=model.checkpoints["bf16"],
        instance=catalog.instance("p5.48xlarge"),
        accelerator=catalog.accelerator("H100-80GB"),
        engine=engine,
        engine_version=vector["version"],
        context_tokens=vector["context_tokens"],
        pipeline_parallel_size=pipeline,
        kv_dtype=vector["kv_dtype"],
    )
    version = behaviour(engine, vector["version"])
    assert version is not None
    inflight = inflight_tokens(version, vector["max_num_batched_tokens"], pipeline)
    rule: BlockRule[float] = block_rule(request, version, inflight, hybrid=vector["hybrid"])
    largest = max(
        block_bytes(request, degree, stage, hybrid=vector["hybrid"]) for stage in stages(model.architecture, pipeline)
    )
    return Pool(rule, int(blocks_in(vector["available_bytes"], largest)), largest)


@pytest.mark.parametrize("version", VERSIONS)
def test_blocks_tokens_and_concurrency_are_those_that_the_engine_prints(catalog: Catalog, version: str) -> None:
    for vector in VECTORS:
        if vector["version"] != version or vector["blocks"] is None:
            continue
        rule, blocks, _ = pool(catalog, vector)
        context = vector["context_tokens"]
        printed = blocks, rule.capacity_tokens(blocks, context), f"{rule.concurrency(blocks, context):.2f}"
        assert printed == (vector["blocks"], vector["printed_tokens"], vector["printed_concurrency"]), vector


@pytest.mark.parametrize("version", VERSIONS)
def test_what_a_request_needs_and_the_longest_one_are_the_engines_own_figures(catalog: Catalog, version: str) -> None:
    for vector in VECTORS:
        if vector["version"] != version:
            continue
        rule, blocks, each = pool(catalog, vector)
        limit = catalog.model(f"llama-4-{vector['model']}").max_context_tokens
        if vector["request_bytes"] is not None:
            assert rule.blocks_per_request(vector["context_tokens"]) * each == vector["request_bytes"], vector
        if vector["blocks"] is None:
            assert rule.blocks_per_request(vector["context_tokens"]) > rule.free_blocks(blocks), vector
        if vector["longest_context"] is not None:
            assert min(limit, rule.longest_context(rule.free_blocks(blocks))) == vector["longest_context"], vector


def test_every_axis_of_the_arithmetic_is_asked_of_the_engine() -> None:
    assert len(VERSIONS) >= 12
    assert {vector["model"] for vector in VECTORS} == {"scout", "maverick"}
    assert {vector["tensor_parallel_size"] for vector in VECTORS} == {1, 2, 4, 8}
    assert {vector["pipeline_parallel_size"] for vector in VECTORS} == {1, 2, 3, 5}
    assert {(vector["kv_dtype"], vector["hybrid"]) for vector in VECTORS} == {
        (dtype, hybrid) for dtype in ("auto", "fp8") for hybrid in (True, False)
    }
    assert any(vector["blocks"] is None for vector in VECTORS)
    assert sum(vector["longest_context"] is not None for vector in VECTORS) > 100


def test_a_real_start_up_has_exactly_the_blocks_that_its_printed_figures_imply(catalog: Catalog) -> None:
    # vLLM 0.19.0, Scout BF16 on 4 x H100, 16.75 GiB left: "365,968 tokens", "44.68x" at 8,192 (llm-d-planner-logs).
    vector = {
        "version": "0.19.0",
        "model": "scout",
        "tensor_parallel_size": 4,
        "pipeline_parallel_size": 1,
        "kv_dtype": "auto",
        "hybrid": True,
        "max_num_batched_tokens": 8192,
        "context_tokens": 8192,
        "available_bytes": 91_495 * 196_608,
    }
    rule, blocks, each = pool(catalog, vector)
    assert f"{blocks * each / 2**30:.2f}" == "16.75"
    assert rule.capacity_tokens(blocks, 8192) == 365_968
    assert f"{rule.concurrency(blocks, 8192):.2f}" == "44.68"
    assert f"{rule.concurrency(blocks - 1, 8192):.2f}" != "44.68"


def test_layers_are_dealt_to_stages_as_the_engine_deals_them(catalog: Catalog) -> None:
    architecture = catalog.model("llama-4-scout").architecture
    for size, layers in _FILE["stages"]["layers"].items():
        assert [stage.layers for stage in stages(architecture, int(size))] == layers


def test_the_default_batch_is_the_engines_own_for_version_and_device(catalog: Catalog) -> None:
    model, engine = catalog.model("llama-4-scout"), catalog.engine("vllm")
    for version, accelerator, tokens, sequences in _FILE["default_batches"]["rows"]:
        device = catalog.accelerator(accelerator)
        request = FitRequest(model, model.checkpoints["bf16"], catalog.instance("p5.48xlarge"), device, engine, version)
        assert scheduler_limits(request, device) == SchedulerLimits(tokens, sequences), (version, accelerator)
