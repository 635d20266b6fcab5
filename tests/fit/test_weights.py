"""Weight bytes per device: what is split, what is whole, and which stage holds what."""

from dataclasses import replace

import pytest

from advisor.anatomy.parameters import checkpoint_bytes
from advisor.catalog.load import Catalog
from advisor.fit.memory.stages import stages
from advisor.fit.memory.weights import StageWeights, sharding, weights_by_stage
from advisor.fit.result import FitResult
from advisor.quantities.units import GIB
from advisor.workflows.fit import fit
from advisor.workflows.fit_question import FitQuestion

SCOUT = FitQuestion("llama-4-scout", "p5.48xlarge", context_tokens=8192)
MAVERICK = FitQuestion("llama-4-maverick", "p5en.48xlarge", "fp8")


def part(result: FitResult, component: str) -> float:
    assert result.weights is not None
    return sum(each.bytes for each in result.weights.parts if each.component == component)


def staged(result: FitResult) -> tuple[StageWeights, ...]:
    request = result.request
    version = request.engine.versions[-1]
    spread = sharding(request, result.parallelism.tensor_parallel_size, version)
    return weights_by_stage(request.model.architecture, request.checkpoint, spread)


def test_one_device_holds_the_checkpoint_to_the_last_byte(catalog: Catalog) -> None:
    for model in catalog.models.values():
        for checkpoint in model.checkpoints.values():
            question = FitQuestion(model.id, "p5.4xlarge", checkpoint.id)
            result = fit(catalog, replace(question, instance="g7e.2xlarge") if checkpoint.id == "nvfp4" else question)
            assert result.per_device is not None
            assert result.per_device.weights_bytes == checkpoint_bytes(model.architecture, checkpoint)


@pytest.mark.parametrize("tp", [2, 4, 8])
def test_tensor_parallelism_splits_all_but_router_norms_and_vision_vectors(catalog: Catalog, tp: int) -> None:
    one, many = (fit(catalog, replace(SCOUT, tensor_parallel_size=size)) for size in (1, tp))
    for component in ("routed_experts", "shared_experts", "attention", "embedding", "lm_head", "projector"):
        assert part(many, component) == part(one, component) / tp
    for component in ("router", "norms"):
        assert part(many, component) == part(one, component)
    assert part(one, "vision") / tp < part(many, "vision") < part(one, "vision") / tp * 1.05


def test_the_encoder_is_split_whole_or_absent_as_asked(catalog: Catalog) -> None:
    split, whole, absent = (fit(catalog, replace(SCOUT, mm_encoder=mode)) for mode in ("weights", "data", "none"))
    assert part(whole, "vision") / GIB == pytest.approx(1.585, abs=0.001)
    assert part(whole, "projector") == part(split, "projector")
    assert part(absent, "vision") == part(absent, "projector") == 0
    old = fit(catalog, replace(SCOUT, engine="vllm@0.10.0", mm_encoder="none"))
    assert part(old, "vision") == part(split, "vision"), "before 0.10.1 text-only serving kept the encoder"


def test_stages_take_the_layers_that_vllm_gives_them(catalog: Catalog) -> None:
    arch = catalog.model("llama-4-scout").architecture
    assert [stage.layers for stage in stages(arch, 5)] == [9, 10, 10, 10, 9]
    assert [stage.layers for stage in stages(arch, 7)] == [7, 7, 7, 7, 7, 7, 6]
    assert [stage.grouped_layers for stage in stages(arch, 2)] == [6, 6]
    for pp in range(1, arch.layers + 1):
        held = stages(arch, pp)
        assert sum(stage.layers for stage in held) == arch.layers
        assert sum(stage.local_layers for stage in held) == arch.local_layers


def test_embedding_is_on_the_first_stage_lm_head_on_the_last(catalog: Catalog) -> None:
    first, middle, last = staged(fit(catalog, replace(SCOUT, tensor_parallel_size=2, pipeline_parallel_size=3)))
    assert {"embedding", "vision"} <= {each.component for each in first.parts}
    assert {"embedding", "lm_head", "vision"}.isdisjoint(each.component for each in middle.parts)
    assert "lm_head" in {each.component for each in last.parts}
    assert "embedding" not in {each.component for each in last.parts}


def test_vision_was_on_every_stage_before_0_33(catalog: Catalog) -> None:
    two = replace(SCOUT, tensor_parallel_size=4, pipeline_parallel_size=2)
    old, new = (fit(catalog, replace(two, engine=f"vllm@{version}")) for version in ("0.32.0", "0.33.0"))
    assert part(old, "vision") > 0
    assert new.weights is not None
    assert part(new, "vision") == 0 or new.weights.stage.is_first


def test_routed_experts_are_split_over_data_parallel_ranks_and_the_rest_is_repeated(catalog: Catalog) -> None:
    single, ranks = (
        fit(catalog, replace(MAVERICK, tensor_parallel_size=tp, data_parallel_size=dp)) for tp, dp in ((8, 1), (1, 8))
    )
    assert part(ranks, "routed_experts") == part(single, "routed_experts")
    for component in ("attention", "shared_experts", "dense_ffn", "embedding", "lm_head"):
        assert part(ranks, component) == 8 * part(single, component)


def test_expert_parallelism_keeps_the_bytes_where_it_divides(catalog: Catalog) -> None:
    plain, expert = (fit(catalog, replace(MAVERICK, expert_parallel=state)) for state in (False, True))
    assert part(plain, "routed_experts") == part(expert, "routed_experts")
    both = replace(MAVERICK, tensor_parallel_size=2, data_parallel_size=4)
    tensor, sequence = (fit(catalog, replace(both, expert_parallel=state)) for state in (False, True))
    assert part(sequence, "shared_experts") == 2 * part(tensor, "shared_experts")


def test_the_rope_table_is_whole_on_every_device(catalog: Catalog) -> None:
    for question, expected in ((SCOUT, 2.5), (MAVERICK, 0.25)):
        device = fit(catalog, question).per_device
        assert device is not None
        assert device.rope_table_bytes == expected * GIB
