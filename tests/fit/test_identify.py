"""The fingerprint: a stack is found again by what it would report, and what denies it is told apart."""

from collections.abc import Sequence
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from advisor.catalog.load import Catalog
from advisor.fit.check import check_fit
from advisor.fit.proof.declared import Declaration, identify_observed
from advisor.fit.proof.identify import Identification, Offer, Suspect, identify, tells_enough
from advisor.fit.proof.implied import Consistency, as_observed, hybrid_of, implied
from advisor.fit.proof.observed import Observed
from advisor.quantities.units import GIB
from fit.stacks import CATALOG, reported, request

SCOUT = "meta-llama/Llama-4-Scout-17B-16E-Instruct"
LOGGED = Observed(
    "log", "vllm", "0.19.0", max_model_len=8192, blocks=91_495, block_tokens=16, gpu_memory_utilization=0.95
)
"""Scout BF16 on 4 of 8 H100s, as its published start-up log states it."""


def offers(*accelerators: str) -> list[Offer]:
    return [
        Offer(
            CATALOG.accelerator(wanted),
            tuple(instance for instance in CATALOG.instances.values() if instance.accelerator == wanted),
        )
        for wanted in accelerators or ("H100-80GB", "H200-141GB", "A100-80GB", "A100-40GB", "L40S-48GB", "B200-180GB")
    ]


def suspects(catalog: Catalog, checkpoint: str | None = None) -> Sequence[Suspect]:
    return [
        Suspect(model, each)
        for model in catalog.models.values()
        for each in model.checkpoints.values()
        if checkpoint is None or (model.id, each.id) == ("llama-4-scout", checkpoint)
    ]


def identified(observed: Observed, checkpoint: str | None = None, *accelerators: str) -> Identification:
    found = suspects(CATALOG, checkpoint)
    return identify(observed, found, offers(*accelerators), CATALOG.engine("vllm"), observed.engine_version or "")


def layouts(found: Identification) -> list[tuple[str, str, int, int]]:
    return [
        (match.checkpoint, match.accelerator, match.tensor_parallel_size, match.pipeline_parallel_size)
        for match in found.matches
    ]


def test_a_stack_is_found_first_by_its_own_prediction() -> None:
    found = identified(reported(check_fit(request())))
    assert layouts(found)[0] == ("bf16", "H100-80GB", 8, 1)
    assert abs(found.matches[0].implied.difference_bytes) < found.matches[0].implied.block_bytes


@settings(max_examples=25, deadline=None)
@given(
    instance=st.sampled_from(["p5.48xlarge", "p5en.48xlarge", "g6e.48xlarge", "p4de.24xlarge"]),
    checkpoint=st.sampled_from(["bf16", "fp8", "w4a16"]),
    tp=st.sampled_from([2, 4, 8]),
    share=st.floats(-0.9, 0.9),
)
def test_a_stack_whose_overheads_are_within_their_doubt_is_always_among_the_matches(
    instance: str, checkpoint: str, tp: int, share: float
) -> None:
    result = check_fit(request(instance, checkpoint, tp))
    if result.per_device is None or result.per_device.kv_cache_bytes < 3 * GIB:
        return
    accelerator = result.request.accelerator
    assert accelerator is not None
    found = identified(reported(result, share * result.per_device.band_bytes), checkpoint, accelerator.id)
    assert (checkpoint, accelerator.id, tp, 1) in layouts(found)


def test_the_matches_come_nearest_first_and_each_lies_within_its_doubt() -> None:
    found = identified(reported(check_fit(request())))
    order = [(match.needs_settings, abs(match.implied.difference_bytes)) for match in found.matches]
    assert order == sorted(order), "those that default settings explain come first"
    assert all(match.implied.consistency is Consistency.CONSISTENT for match in found.matches)
    assert found.closest is not None
    assert found.closest.implied.consistency is not Consistency.CONSISTENT


def test_a_known_checkpoint_leaves_fewer_than_an_unnamed_one() -> None:
    observed = reported(check_fit(request()))
    known, unnamed = identified(observed, "bf16"), identified(observed)
    assert set(layouts(known)) < set(layouts(unnamed))
    assert "identify_model_untold" in {reason.code for reason in unnamed.open_questions}
    assert "identify_model_untold" not in {reason.code for reason in known.open_questions}


def test_the_instances_named_hold_the_devices() -> None:
    for match in identified(reported(check_fit(request(tp=4)))).matches:
        for holder in match.holders:
            assert CATALOG.instance(holder.instance).accelerator_count * holder.nodes >= match.devices


def test_a_log_that_states_the_degree_leaves_that_degree_only() -> None:
    observed = replace(reported(check_fit(request())), tensor_parallel_size=8, pipeline_parallel_size=1)
    assert {layout[2:] for layout in layouts(identified(observed))} == {(8, 1)}


def test_a_limit_of_batched_tokens_that_nobody_stated_is_found_by_the_concurrency() -> None:
    found = identified(reported(check_fit(request(max_num_batched_tokens=32_768))), "bf16", "H100-80GB")
    match = next(match for match in found.matches if match.tensor_parallel_size == 8)
    assert match.max_num_batched_tokens == 32_768


@pytest.mark.parametrize("hybrid", [True, False])
def test_whether_the_cache_is_hybrid_follows_from_blocks_and_concurrency(hybrid: bool) -> None:
    observed = reported(check_fit(request(hybrid_kv=hybrid)))
    assert hybrid_of(observed) is hybrid
    assert hybrid_of(replace(observed, kv_cache_max_concurrency=None)) is None
    assert {match.implied.hybrid for match in identified(observed, "bf16").matches} == {hybrid}


def test_an_untold_state_of_the_cache_is_an_open_question_and_both_are_tried() -> None:
    found = identified(LOGGED)
    assert {match.implied.hybrid for match in found.matches} == {True, False}
    assert "identify_hybrid_untold" in {reason.code for reason in found.open_questions}


def test_what_is_outside_the_catalogue_is_never_excluded() -> None:
    codes = {reason.code for reason in identified(reported(check_fit(request())), "bf16").open_questions}
    assert "identify_outside_catalogue" in codes


def test_more_cache_than_the_devices_hold_is_impossible() -> None:
    h200 = reported(check_fit(request("p5en.48xlarge")))
    declared = check_fit(as_observed(request("p5.48xlarge"), h200))
    seen = implied(declared, h200)
    assert seen is not None
    assert seen.consistency is Consistency.IMPOSSIBLE
    assert seen.beside_bytes < 0


@pytest.mark.parametrize(
    ("more_gib", "expected"),
    [
        (1.5, Consistency.CONSISTENT),
        (3.0, Consistency.UNEXPLAINED),
        (7.0, Consistency.IMPOSSIBLE),
        (-3.0, Consistency.UNEXPLAINED),
        (-9.0, Consistency.IMPLAUSIBLE),
    ],
)
def test_how_far_a_cache_is_from_the_prediction_decides_what_it_proves(more_gib: float, expected: Consistency) -> None:
    """The overheads of 8 H100s are 6.5 GiB, so 7 GiB more cache leaves less than nothing for them."""
    result = check_fit(request())
    seen = implied(result, reported(result, more_gib * GIB))
    assert seen is not None
    assert seen.consistency is expected


def test_the_ranks_that_a_server_reports_each_have_a_cache_and_share_the_instance() -> None:
    ranked = request(tp=4, data_parallel_size=2)
    observed = replace(reported(check_fit(ranked)), engines=2)
    found = identified(observed, "bf16", "H100-80GB")
    assert {match.data_parallel_size for match in found.matches} == {2}
    assert (4, 1) in {layout[2:] for layout in layouts(found)}
    assert all(match.devices <= 8 * match.holders[0].nodes for match in found.matches)


def test_ranks_with_whole_experts_are_found_and_no_contradiction() -> None:
    """Two ranks of Scout BF16 with expert parallelism hold 8.4 GiB more on each H100 than without it."""
    result = check_fit(request(tp=4, data_parallel_size=2, expert_parallel=True))
    observed = replace(reported(result), engines=2)
    found = identified(observed, "bf16", "H100-80GB")
    first = next(match for match in found.matches if match.tensor_parallel_size == 4)
    assert first.expert_parallel
    assert abs(first.implied.difference_bytes) < GIB
    assert first.needs_settings
    assert "identify_experts_untold" in {reason.code for reason in found.open_questions}
    told = identified(replace(observed, expert_parallel=False), "bf16", "H100-80GB")
    assert not any(match.expert_parallel for match in told.matches)


def test_what_moves_no_weights_is_left_open_in_words() -> None:
    found = identified(reported(check_fit(request())), "bf16", "H100-80GB")
    codes = {reason.code for reason in found.open_questions}
    assert {"identify_experts_alike", "identify_encoder_untold"} <= codes
    assert not any(match.expert_parallel for match in found.matches)


def test_a_declared_instance_is_one_unless_more_are_declared() -> None:
    """16 L40S of two instances would report nearly what 8 H100s do."""
    observed = replace(
        reported(
            check_fit(
                request(),
            ),
            -1.5 * GIB,
        ),
        served_model=SCOUT,
    )
    one = Declaration("g6e.48xlarge")
    assert identify_observed(CATALOG, observed, one).outcome == "contradicted"
    assert identify_observed(CATALOG, observed, replace(one, nodes=2)).outcome == "corroborated"


def test_fewer_sequences_than_the_default_are_found_and_no_contradiction() -> None:
    """At 64 sequences the H100s keep more than the band of cache beyond what 1,024 would leave."""
    observed = reported(check_fit(request(max_num_seqs=64)), more_bytes=1.5 * GIB)
    match = next(match for match in identified(observed, "bf16", "H100-80GB").matches if match.devices == 8)
    assert match.max_num_seqs == 256
    assert match.needs_settings


def test_the_published_log_of_four_h100s_is_found() -> None:
    assert layouts(identified(LOGGED, "bf16"))[0] == ("bf16", "H100-80GB", 4, 1)


@pytest.mark.parametrize(
    "silence",
    [
        {"blocks": None},
        {"kv_pinned": True},
        {"simulated": True},
        {"cache_dtype": "turboquant"},
    ],
)
def test_a_server_that_says_too_little_is_not_judged(silence: dict[str, object]) -> None:
    observed = reported(check_fit(request()))
    assert tells_enough(observed)
    assert not tells_enough(replace(observed, **silence))  # type: ignore[arg-type]
