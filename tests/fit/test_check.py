"""The fit checker's promises, stated as an architect would."""

from dataclasses import replace

import pytest

from advisor.catalog.load import Catalog
from advisor.errors import InputError, UnknownIdError
from advisor.fit.check import check_fit
from advisor.fit.memory.kv import BLOCK_TOKENS
from advisor.fit.result import FitResult, Verdict
from advisor.quantities.units import GIB
from advisor.workflows.fit import fit
from advisor.workflows.fit_all import fit_all
from advisor.workflows.fit_question import FitQuestion

SCOUT = FitQuestion(model="llama-4-scout", instance="p5.48xlarge")


def codes(result: FitResult) -> list[str]:
    return [reason.code for reason in result.reasons]


def test_scout_bf16_does_not_fit_one_h100(catalog: Catalog) -> None:
    for question in (replace(SCOUT, instance="p5.4xlarge"), replace(SCOUT, tensor_parallel_size=1)):
        result = fit(catalog, question)
        assert result.verdict is Verdict.DOES_NOT_FIT
        assert codes(result)[0] == "weights_exceed_budget"
        assert result.serve_argv == ()


def test_tp16_is_rejected_because_40_heads_do_not_divide(catalog: Catalog) -> None:
    result = fit(catalog, replace(SCOUT, tensor_parallel_size=16))
    assert result.verdict is Verdict.INVALID
    assert "tp_heads" in codes(result)
    assert result.parallelism.valid_tensor_parallel_sizes == (1, 2, 4, 8)


@pytest.mark.parametrize("tp", [3, 5, 6, 7])
def test_other_degrees_are_rejected_too(catalog: Catalog, tp: int) -> None:
    assert fit(catalog, replace(SCOUT, tensor_parallel_size=tp)).verdict is Verdict.INVALID


def test_llama_4_on_inf2_is_unsupported_with_the_reason(catalog: Catalog) -> None:
    result = fit(catalog, replace(SCOUT, instance="inf2.48xlarge"))
    assert result.verdict is Verdict.UNSUPPORTED
    assert codes(result)[0] == "neuron_family_unsupported"
    assert result.per_device is None


def test_trn1_names_the_community_engine_that_has_a_published_run(catalog: Catalog) -> None:
    refused = fit(catalog, replace(SCOUT, instance="trn1.32xlarge"))
    assert refused.verdict is Verdict.UNSUPPORTED
    other = next(reason for reason in refused.reasons if reason.code == "other_engine_supports")
    assert other.params["engines"] == ("optimum-neuron",)
    community = replace(SCOUT, instance="trn1.32xlarge", engine="optimum-neuron", context_tokens=4096, concurrency=8)
    accepted = fit(catalog, community)
    assert accepted.verdict is Verdict.FITS
    assert "neuron_community" in codes(accepted)


@pytest.mark.parametrize(
    ("instance", "model", "checkpoint", "hybrid_tokens", "full_tokens"),
    [
        ("p5.48xlarge", "llama-4-scout", "bf16", 6.7e6, 1.69e6),
        ("p5.48xlarge", "llama-4-maverick", "fp8", 1_048_576, 0.77e6),
        ("p5en.48xlarge", "llama-4-scout", "bf16", 10_485_760, 4.1e6),
        ("p5en.48xlarge", "llama-4-maverick", "bf16", 1_048_576, 1_048_576),
        ("p4d.24xlarge", "llama-4-scout", "w4a16", 3.7e6, 0.94e6),
        ("p4d.24xlarge", "llama-4-maverick", "w4a16", 1_048_576, 0.27e6),
        ("g6e.48xlarge", "llama-4-scout", "bf16", 1.4e6, 0.37e6),
        ("g6e.48xlarge", "llama-4-scout", "fp8", 3.5e6, 0.89e6),
        ("g6e.48xlarge", "llama-4-maverick", "w4a16", 1_048_576, 0.47e6),
        ("p5.4xlarge", "llama-4-scout", "w4a16", 44_000, 29_000),
    ],
)
def test_longest_context_by_instance(
    catalog: Catalog, instance: str, model: str, checkpoint: str, hybrid_tokens: float, full_tokens: float
) -> None:
    result = fit(catalog, FitQuestion(model=model, instance=instance, checkpoint=checkpoint))
    assert result.hybrid_on is not None
    assert result.hybrid_off is not None
    assert result.hybrid_on.max_context_by_blocks_tokens == pytest.approx(hybrid_tokens, rel=0.025)
    assert result.hybrid_off.max_context_by_blocks_tokens == pytest.approx(full_tokens, rel=0.025)


def test_a_million_tokens_need_24_gib_without_the_hybrid_cache_and_6_with_it(catalog: Catalog) -> None:
    million = FitQuestion("llama-4-maverick", "p5.48xlarge", "fp8", engine="vllm@0.24", context_tokens=1_048_576)
    on, off = (fit(catalog, replace(million, hybrid_kv=state)).per_device for state in (True, False))
    assert on is not None
    assert off is not None
    assert off.kv_needed_bytes / GIB == pytest.approx(24.0, rel=1e-3)
    assert on.kv_needed_bytes / GIB == pytest.approx(6.28, rel=1e-2)


@pytest.mark.parametrize(
    ("version", "hybrid"),
    [
        ("0.8.3", False),
        ("0.9.2", False),
        ("0.10.0", True),
        ("0.10.2", False),
        ("0.13.0", False),
        ("0.14.1", True),
        ("0.33", True),
    ],
)
def test_the_hybrid_default_follows_the_version(catalog: Catalog, version: str, hybrid: bool) -> None:
    result = fit(catalog, replace(SCOUT, engine=f"vllm@{version}"))
    assert result.kv_cache is not None
    assert result.kv_cache.hybrid is hybrid


def test_utilisation_default_follows_the_version(catalog: Catalog) -> None:
    old, new = (fit(catalog, replace(SCOUT, engine=f"vllm@{version}")).per_device for version in ("0.19.0", "0.20.0"))
    assert old is not None
    assert new is not None
    assert old.budget_bytes / old.usable_bytes == pytest.approx(0.90)
    assert new.budget_bytes / new.usable_bytes == pytest.approx(0.92)


def test_a_margin_within_the_band_is_tight(catalog: Catalog) -> None:
    result = fit(catalog, FitQuestion("llama-4-maverick", "p5.48xlarge", "fp8", "vllm@0.8.3", context_tokens=430_000))
    assert result.verdict is Verdict.TIGHT
    assert "within_band" in codes(result)


def test_the_serve_command_states_what_was_checked_and_no_removed_flag(catalog: Catalog) -> None:
    argv = fit(catalog, replace(SCOUT, context_tokens=1_000_000, hybrid_kv=False, max_num_seqs=64)).serve_argv
    assert argv[:3] == ("vllm", "serve", "meta-llama/Llama-4-Scout-17B-16E-Instruct")
    assert argv[argv.index("--tensor-parallel-size") + 1] == "8"
    assert argv[argv.index("--max-model-len") + 1] == "1000000"
    assert "--disable-hybrid-kv-cache-manager" in argv
    assert not {"--device", "--swap-space", "--disable-log-requests"} & set(argv)


def test_a_replica_may_span_instances_and_several_may_share_one(catalog: Catalog) -> None:
    spanning = fit(catalog, replace(SCOUT, nodes=2, tensor_parallel_size=8, pipeline_parallel_size=2)).parallelism
    assert (spanning.devices_used, spanning.replicas, spanning.nodes) == (16, 1, 2)
    sharing = fit(catalog, replace(SCOUT, tensor_parallel_size=4)).parallelism
    assert (sharing.devices_used, sharing.replicas) == (4, 2)
    ranks = fit(catalog, replace(SCOUT, tensor_parallel_size=2, data_parallel_size=4)).parallelism
    assert (ranks.devices_used, ranks.replicas, ranks.data_parallel_size) == (8, 1, 4)


def test_tensor_parallelism_stays_within_an_instance_unless_it_is_asked_across(catalog: Catalog) -> None:
    two_boxes = replace(SCOUT, instance="g6e.12xlarge", nodes=2)
    assert fit(catalog, two_boxes).parallelism.tensor_parallel_size == 4
    assert "tp_spans_instances" in codes(fit(catalog, replace(two_boxes, tensor_parallel_size=8)))


def test_experts_that_the_ranks_cannot_share_are_refused_unless_they_stay_whole(catalog: Catalog) -> None:
    three = replace(SCOUT, tensor_parallel_size=2, data_parallel_size=3)
    assert "dp_intermediate" in codes(fit(catalog, three))
    assert fit(catalog, replace(three, expert_parallel=True)).verdict is Verdict.FITS
    groups = replace(SCOUT, checkpoint="w4a16", nodes=16, data_parallel_size=16, tensor_parallel_size=8)
    assert "dp_intermediate" in codes(fit(catalog, groups)), "64 weights of 8,192 are half a scale group"
    assert fit(catalog, replace(groups, tensor_parallel_size=4)).verdict is Verdict.FITS


def test_blocks_are_multiples_of_16_tokens(catalog: Catalog) -> None:
    assert fit(catalog, replace(SCOUT, block_tokens=64)).verdict is Verdict.FITS
    assert codes(fit(catalog, replace(SCOUT, block_tokens=24)))[0] == "block_size"


def test_logical_cores_are_of_neuron_chips_and_share_their_memory(catalog: Catalog) -> None:
    paired, single = (fit(catalog, replace(SCOUT, instance="trn2.48xlarge", logical_core_config=lnc)) for lnc in (2, 1))
    assert (paired.request.device_count, single.request.device_count) == (64, 128)
    assert single.request.device_memory_gib == paired.request.device_memory_gib / 2
    for instance in ("p5.48xlarge", "trn1.32xlarge"):
        with pytest.raises(InputError, match="logical core"):
            fit(catalog, replace(SCOUT, instance=instance, logical_core_config=2))


def test_two_pipeline_stages_halve_the_layers(catalog: Catalog) -> None:
    one, two = (
        fit(catalog, replace(SCOUT, tensor_parallel_size=4, pipeline_parallel_size=stages)).per_device
        for stages in (1, 2)
    )
    assert one is not None
    assert two is not None
    assert 0.5 < two.weights_bytes / one.weights_bytes < 0.55


def test_unknown_names_are_refused_with_near_ones(catalog: Catalog) -> None:
    with pytest.raises(UnknownIdError, match="no instance") as raised:
        fit(catalog, replace(SCOUT, instance="p5.48xlage"))
    assert raised.value.suggestions[0] == "p5.48xlarge"
    with pytest.raises(UnknownIdError, match="no checkpoint of llama-4-scout"):
        fit(catalog, replace(SCOUT, checkpoint="fp16"))


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        ({"context_tokens": 0}, "context_tokens must be from 1 to 1,000,000,000"),
        ({"context_tokens": 10**26}, "context_tokens must be from 1 to 1,000,000,000"),
        ({"concurrency": 10**20}, "concurrency must be from 1 to 1,000,000,000"),
        ({"gpu_memory_utilization": 92.0}, "share of the device's memory"),
        ({"engine": "vllm@banana"}, "not a version"),
        ({"engine": "vllm@"}, "no version stands behind"),
        ({"engine": "vllm@0.6.0"}, "older than the first version"),
    ],
)
def test_numbers_out_of_range_are_refused(catalog: Catalog, change: dict[str, object], complaint: str) -> None:
    with pytest.raises(InputError, match=complaint):
        fit(catalog, replace(SCOUT, **change))  # type: ignore[arg-type]


def test_a_context_beyond_the_model_is_invalid(catalog: Catalog) -> None:
    result = fit(catalog, FitQuestion("llama-4-maverick", "p5en.48xlarge", "fp8", context_tokens=2_000_000))
    assert result.verdict is Verdict.INVALID
    assert "context_over_model_limit" in codes(result)


def test_every_instance_and_checkpoint_gets_a_verdict_with_a_reason(catalog: Catalog) -> None:
    rows = fit_all(catalog, replace(SCOUT, instance=""))
    pairs = {(row.request.instance.id, row.request.checkpoint.id) for row in rows}
    assert len(pairs) == len(catalog.instances) * 4
    assert all(check_fit(row.asked).reasons for row in rows)


def test_block_tables_bound_the_context_where_many_requests_may_run(catalog: Catalog) -> None:
    many, few = (fit(catalog, replace(SCOUT, max_num_seqs=sequences)) for sequences in (1024, 64))
    assert "tables_bound_context" in codes(many)
    assert "tables_bound_context" not in codes(few)
    assert many.kv_cache is not None
    at = many.kv_cache.max_context_tokens
    assert at < (many.kv_cache.max_context_by_blocks_tokens or 0)
    assert fit(catalog, replace(SCOUT, context_tokens=at)).verdict is Verdict.FITS
    (told,) = (reason for reason in many.reasons if reason.code == "tables_bound_context")
    held, enough = told.params["held_tokens"], told.params["enough"]
    assert isinstance(held, int)
    assert isinstance(enough, int)
    whole, double = (
        fit(catalog, replace(SCOUT, context_tokens=held, max_num_seqs=sequences)) for sequences in (enough, 2 * enough)
    )
    assert whole.verdict.runs
    assert "headroom_short" not in codes(whole)
    assert "headroom_short" in codes(double)
    beyond = fit(catalog, replace(SCOUT, context_tokens=2 * at))
    assert beyond.verdict is Verdict.DOES_NOT_FIT
    assert codes(beyond)[0] == "headroom_short"


def test_the_longest_context_is_the_longest(catalog: Catalog) -> None:
    result = fit(catalog, replace(SCOUT, instance="g6e.48xlarge"))
    assert result.kv_cache is not None
    longest = result.kv_cache.max_context_tokens
    at, beyond = (
        fit(catalog, replace(SCOUT, instance="g6e.48xlarge", context_tokens=tokens)).per_device
        for tokens in (longest, longest + BLOCK_TOKENS)
    )
    assert at is not None
    assert beyond is not None
    assert at.margin_bytes >= 0 > beyond.margin_bytes


@pytest.mark.parametrize(
    ("version", "hybrid", "starts"),
    [
        ("0.10.0", None, False),
        ("0.13.0", None, True),
        ("0.16.0", None, True),
        ("0.16.0", False, False),
        ("0.19.0", None, False),
    ],
)
def test_some_versions_start_although_one_request_does_not_fit(
    catalog: Catalog, version: str, hybrid: bool | None, starts: bool
) -> None:
    # Their own start-up checks: all groups, chunks only, one group only, all layers, all groups again.
    tokens = 2_000_000 if version == "0.13.0" else 10_000_000
    result = fit(catalog, replace(SCOUT, engine=f"vllm@{version}", hybrid_kv=hybrid, context_tokens=tokens))
    assert result.verdict is Verdict.DOES_NOT_FIT
    assert ("starts_without_room" in codes(result)) is starts
