"""What holds for every question: more costs more, sharing helps until it cannot, nothing is lost on the way."""

from dataclasses import replace

from hypothesis import assume, given, settings
from hypothesis import strategies as st

from advisor.anatomy.parameters import component_bytes
from advisor.fit.check import check_fit
from advisor.fit.memory.kv import BLOCK_TOKENS, BlockRule, inflight_tokens
from advisor.fit.memory.plan import verdict_rank
from advisor.fit.memory.weights import sharding, weights_by_stage
from advisor.fit.result import FitResult, Verdict
from advisor.fit.versions import behaviour
from advisor.quantities.units import GIB
from advisor.workflows.fit import fit
from advisor.workflows.fit_question import FitQuestion
from fit.questions import CATALOG

CHECKPOINTS = st.sampled_from(["bf16", "fp8", "w4a16"])
MODELS = st.sampled_from(["llama-4-scout", "llama-4-maverick"])
CONTEXTS = st.integers(1_000, 1_000_000)
CONCURRENCIES = st.integers(1, 64)
INSTANCES = st.sampled_from(["p5.48xlarge", "p4d.24xlarge", "g6e.48xlarge", "p5en.48xlarge"])
VERSIONS = st.sampled_from(["0.8.3", "0.9.2", "0.10.0", "0.13.0", "0.19.0", "0.20.0", "0.27.0", "0.29.0", "0.33.0"])
DEGREES = st.sampled_from([1, 2, 4, 8])
ORDER = [Verdict.DOES_NOT_FIT, Verdict.TIGHT, Verdict.FITS]


def margin(result: FitResult) -> float:
    assert result.per_device is not None
    return result.per_device.margin_bytes


def codes(result: FitResult) -> list[str]:
    return [reason.code for reason in result.reasons]


def asked(question: FitQuestion) -> FitResult:
    return fit(CATALOG, question)


@settings(max_examples=50)
@given(CHECKPOINTS, INSTANCES, CONTEXTS, CONCURRENCIES, st.integers(1, 100_000))
def test_more_context_or_concurrency_never_needs_less(
    checkpoint: str, instance: str, context: int, concurrency: int, more: int
) -> None:
    base = FitQuestion("llama-4-scout", instance, checkpoint, context_tokens=context, concurrency=concurrency)
    longer, wider = replace(base, context_tokens=context + more), replace(base, concurrency=concurrency + 1)
    assert margin(asked(base)) >= margin(asked(longer))
    assert margin(asked(base)) > margin(asked(wider))
    assert ORDER.index(asked(base).verdict) >= ORDER.index(asked(longer).verdict)
    assert ORDER.index(asked(base).verdict) >= ORDER.index(asked(wider).verdict)


@settings(max_examples=25)
@given(MODELS, CHECKPOINTS, CONTEXTS)
def test_memory_per_device_shrinks_with_tensor_parallelism(model: str, checkpoint: str, context: int) -> None:
    question = FitQuestion(model, "p5.48xlarge", checkpoint, context_tokens=context)
    devices = [asked(replace(question, tensor_parallel_size=tp)).per_device for tp in (1, 2, 4, 8)]
    weights = [device.weights_bytes for device in devices if device]
    cache = [device.kv_needed_bytes for device in devices if device]
    assert weights == sorted(weights, reverse=True)
    assert cache == [cache[0] / tp for tp in (1, 2, 4, 8)]


@settings(max_examples=25)
@given(CONTEXTS, st.sampled_from([16, 32, 64]))
def test_past_eight_kv_heads_more_devices_save_no_cache(context: int, cores: int) -> None:
    question = FitQuestion("llama-4-scout", "trn2.48xlarge", context_tokens=min(context, 16_384))
    eight, many = (asked(replace(question, tensor_parallel_size=tp)).per_device for tp in (8, cores))
    assert eight is not None
    assert many is not None
    assert many.kv_needed_bytes == eight.kv_needed_bytes
    assert many.weights_bytes < eight.weights_bytes


@settings(max_examples=50)
@given(INSTANCES, CONTEXTS, CONCURRENCIES, VERSIONS)
def test_the_hybrid_cache_never_holds_less_than_the_full_one_beyond_its_reservation(
    instance: str, context: int, concurrency: int, version: str
) -> None:
    result = asked(FitQuestion("llama-4-scout", instance, "fp8", f"vllm@{version}", context, concurrency))
    assume(result.hybrid_on is not None)
    assert result.hybrid_on is not None
    assert result.hybrid_off is not None
    reserved = 4 * BLOCK_TOKENS
    on, off = result.hybrid_on.max_context_by_blocks_tokens, result.hybrid_off.max_context_by_blocks_tokens
    assert on is not None
    assert off is not None
    assert on + reserved >= off


@settings(max_examples=50)
@given(INSTANCES, CHECKPOINTS, CONTEXTS, st.floats(0.1, 40), DEGREES, st.integers(1, 8))
def test_more_memory_never_fits_worse(
    instance: str, checkpoint: str, context: int, extra: float, tp: int, pp: int
) -> None:
    assume(tp * pp <= 8)
    limits = FitQuestion("llama-4-scout", instance, checkpoint, max_num_seqs=256, max_num_batched_tokens=2048)
    question = replace(limits, context_tokens=context, tensor_parallel_size=tp, pipeline_parallel_size=pp)
    result = asked(question)
    assert result.request.accelerator is not None
    wider = replace(result.request.accelerator, memory_gib=result.request.accelerator.memory_gib + extra)
    larger = check_fit(replace(result.request, accelerator=wider))
    assert margin(larger) >= margin(result)
    assert ORDER.index(larger.verdict) >= ORDER.index(result.verdict)


@given(
    st.floats(-50 * GIB, 50 * GIB), st.sampled_from([GIB, 2 * GIB]), st.floats(-10 * GIB, 10 * GIB), st.floats(0, GIB)
)
def test_verdicts_follow_the_band(margin_bytes: float, band: float, overflow: float, more: float) -> None:
    expected = 0 if margin_bytes > band else 1 if abs(margin_bytes) <= band else 2
    assert verdict_rank(margin_bytes, band, -1.0) == expected
    assert verdict_rank(margin_bytes + more, band, overflow) <= verdict_rank(margin_bytes, band, overflow)
    assert verdict_rank(margin_bytes, band, overflow) <= verdict_rank(margin_bytes, band, overflow + more)


@settings(max_examples=50)
@given(st.integers(0, 3), st.integers(0, 20_000), st.sampled_from([1, 16, 64]), st.integers(0, 200_000))
def test_the_longest_context_is_exact_to_the_token(groups: int, inflight: int, each: int, blocks: int) -> None:
    rule: BlockRule[float] = BlockRule(each, groups, 8192, inflight, 0, True, False)
    longest = int(rule.longest_context(blocks))
    assert longest == 0 or rule.blocks_per_request(longest) <= blocks
    assert rule.blocks_per_request(longest + 1) > blocks


@settings(max_examples=50)
@given(INSTANCES, CHECKPOINTS, CONCURRENCIES, DEGREES, VERSIONS, st.sampled_from([64, 1024]))
def test_the_searches_answer_what_the_verdict_confirms(
    instance: str, checkpoint: str, concurrency: int, tp: int, version: str, sequences: int
) -> None:
    plain = FitQuestion("llama-4-scout", instance, checkpoint, f"vllm@{version}", tensor_parallel_size=tp)
    question = replace(plain, concurrency=concurrency, max_num_seqs=sequences, max_num_batched_tokens=2048)
    cache = asked(question).kv_cache
    assume(cache is not None)
    assert cache is not None
    assume("headroom_short" not in codes(asked(replace(question, context_tokens=1))))
    assert_the_longest(question, cache.max_context_at_concurrency_tokens)
    assert_the_longest(replace(question, concurrency=1), cache.max_context_tokens)


def assert_the_longest(question: FitQuestion, longest: int) -> None:
    """There it starts and holds the requests; one token more and it does not, but for the doubt of the figures."""
    if longest:
        at = asked(replace(question, context_tokens=longest))
        assert at.verdict.runs
        assert margin(at) >= 0
        assert "headroom_short" not in codes(at)
    if longest < CATALOG.model(question.model).max_context_tokens:
        beyond = asked(replace(question, context_tokens=longest + 1))
        assert margin(beyond) < 0 or "headroom_short" in codes(beyond)


@settings(max_examples=50)
@given(MODELS, CHECKPOINTS, DEGREES, st.integers(1, 48), st.sampled_from([1, 2, 3, 4]), st.booleans(), VERSIONS)
def test_no_parallelism_loses_weights(
    model: str, checkpoint: str, tp: int, pp: int, dp: int, experts: bool, version: str
) -> None:
    """Over all devices at least the checkpoint is there, of each component; exactly it where nothing is repeated."""
    plain = FitQuestion(model, "p5.48xlarge", checkpoint, f"vllm@{version}")
    request = asked(
        replace(plain, nodes=100, tensor_parallel_size=tp, pipeline_parallel_size=pp, data_parallel_size=dp)
    ).request
    request = replace(request, expert_parallel=experts)
    spread = sharding(request, tp, behaviour(request.engine, version))
    staged = weights_by_stage(request.model.architecture, request.checkpoint, spread)
    stored = component_bytes(request.model.architecture, request.checkpoint)
    for component, size in stored.items():
        held = tp * dp * sum(part.bytes for stage in staged for part in stage.parts if part.component == component)
        assert held >= size * (1 - 1e-9), component
        if component == "routed_experts" and not experts:
            assert abs(held - size) <= size * 1e-9
        if component in ("embedding", "lm_head", "attention"):
            assert abs(held - dp * size) <= size * 1e-9


@given(VERSIONS, st.integers(1, 16))
def test_inflight_tokens_never_shrink_with_stages(version: str, pp: int) -> None:
    record = behaviour(CATALOG.engine("vllm"), version)
    assert record is not None
    assert inflight_tokens(record, 2048, pp) <= inflight_tokens(record, 2048, pp + 1)
