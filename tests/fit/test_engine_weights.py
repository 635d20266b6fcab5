"""Weights per device equal, to the byte and by component, the parameters that vLLM's own model class creates."""

import json
from pathlib import Path
from typing import Any

import pytest

from advisor.catalog.load import Catalog
from advisor.fit.memory.weights import sharding, weights_by_stage
from advisor.fit.request import FitRequest
from advisor.fit.versions import behaviour

_FILE: dict[str, Any] = json.loads((Path(__file__).parent / "engine_weights.json").read_text(encoding="utf-8"))
VECTORS: list[dict[str, Any]] = [dict(zip(_FILE["columns"], row, strict=True)) for row in _FILE["rows"]]
COMPONENTS = _FILE["columns"][_FILE["columns"].index("mm_encoder") + 1 :]
VERSION = "0.13.0"


def layout(vector: dict[str, Any]) -> str:
    return "-".join(str(vector[key]) for key in _FILE["columns"][: _FILE["columns"].index("mm_encoder") + 1])


@pytest.mark.parametrize("vector", [pytest.param(vector, id=layout(vector)) for vector in VECTORS])
def test_each_component_has_the_bytes_of_the_engines_parameters(catalog: Catalog, vector: dict[str, Any]) -> None:
    model, engine = catalog.model(f"llama-4-{vector['model']}"), catalog.engine("vllm")
    checkpoint = model.checkpoints["bf16"]
    request = FitRequest(
        model=model,
        checkpoint=checkpoint,
        instance=catalog.instance("p5.48xlarge"),
        accelerator=catalog.accelerator("H100-80GB"),
        engine=engine,
        engine_version=VERSION,
        pipeline_parallel_size=vector["pipeline_parallel_size"],
        data_parallel_size=vector["data_parallel_size"],
        expert_parallel=vector["expert_parallel"],
        mm_encoder=vector["mm_encoder"],
    )
    spread = sharding(request, vector["tensor_parallel_size"], behaviour(engine, VERSION))
    weights = weights_by_stage(model.architecture, checkpoint, spread)[vector["stage"]]
    held = {part.component: part.bytes for part in weights.parts}
    assert held == {name: vector[name] for name in COMPONENTS if vector[name]}


def test_every_kind_of_parallelism_is_asked_of_the_engine() -> None:
    assert {vector["tensor_parallel_size"] for vector in VECTORS} == {1, 2, 4, 8}
    assert {vector["pipeline_parallel_size"] for vector in VECTORS} == {1, 2, 5}
    kinds = {(vector["data_parallel_size"] > 1, vector["expert_parallel"]) for vector in VECTORS}
    assert kinds == {(False, False), (False, True), (True, False), (True, True)}
    assert {vector["mm_encoder"] for vector in VECTORS} == {"weights", "data"}
