import re

import httpx

from advisor.simulator.core import Arrival, Engine, EngineRequest
from advisor.simulator.metrics import Histogram, Metrics
from advisor.simulator.profile import Profile, parse_profile

from .support import CAPTURES, metrics_page, samples, total


def observed(profile: Profile, *arrivals: Arrival) -> tuple[Engine, Metrics]:
    """An engine that has served these arrivals, and what its metrics saw."""
    engine = Engine(profile)
    metrics = Metrics(engine)
    for arrival in arrivals:
        engine.submit(arrival.request, arrival.at_s)
    now_s: float | None = max((arrival.at_s for arrival in arrivals), default=0.0)
    while now_s is not None and (now_s := engine.plan(now_s)) is not None:
        for emission in engine.step():
            metrics.observe(emission)
    return engine, metrics


def names_and_buckets(page: str) -> set[str]:
    """Names with the upper bounds of their buckets, other labels left out."""
    found = set()
    for key in samples(page):
        bound = re.search(r'le="([^"]+)"', key)
        found.add(key.split("{")[0] + (f" le={bound[1]}" if bound else ""))
    return found


def test_names_types_and_buckets_are_those_of_vllm() -> None:
    page = Metrics(Engine(parse_profile("default,max_model_len=4096"))).render()
    theirs = (CAPTURES / "metrics_excerpt.txt").read_text(encoding="utf-8")
    assert names_and_buckets(page) - {"vllm:cache_config_info"} == names_and_buckets(theirs)
    types = {line for line in theirs.splitlines() if line.startswith("# TYPE")}
    assert {line for line in page.splitlines() if line.startswith("# TYPE")} == types | {
        "# TYPE vllm:cache_config_info gauge"
    }


def test_a_value_on_a_bound_counts_in_its_bucket_and_buckets_are_cumulative() -> None:
    histogram = Histogram((1.0, 2.0))
    for value in (0.5, 1.0, 1.5, 7.0):
        histogram.observe(value)
    assert list(histogram.lines("name", 'a="b"')) == [
        'name_bucket{a="b",le="1.0"} 2.0',
        'name_bucket{a="b",le="2.0"} 3.0',
        'name_bucket{a="b",le="+Inf"} 4.0',
        'name_count{a="b"} 4.0',
        'name_sum{a="b"} 10.0',
    ]


def test_the_times_of_a_request_add_up() -> None:
    profile = parse_profile("default,max_num_seqs=1")
    requests = [EngineRequest(name, 200, 10, ignore_eos=True) for name in ("first", "second")]
    _, metrics = observed(profile, *(Arrival(3.0, request) for request in requests))  # no clock begins with a request
    page = metrics.render()
    step_s = profile.step_curve.step_ms(1) / 1e3
    prefill_s = 200 / profile.prefill_tokens_per_s
    sums = {name: total(page, f"{name}_sum") for name in TIMES}
    assert sums["inter_token_latency_seconds"] == sums["request_decode_time_seconds"]
    assert abs(sums["request_decode_time_seconds"] - 2 * 9 * step_s) < 1e-9
    assert abs(sums["request_prefill_time_seconds"] - 2 * (prefill_s + step_s)) < 1e-9
    assert abs(total(page, "request_time_per_output_token_seconds_sum") - 2 * step_s) < 1e-9
    assert abs(sums["request_queue_time_seconds"] - (prefill_s + 10 * step_s)) < 1e-9
    inference_s = sums["request_prefill_time_seconds"] + sums["request_decode_time_seconds"]
    assert abs(sums["request_inference_time_seconds"] - inference_s) < 1e-9
    assert abs(sums["e2e_request_latency_seconds"] - inference_s - sums["request_queue_time_seconds"]) < 1e-9


TIMES = (
    "inter_token_latency_seconds",
    "request_decode_time_seconds",
    "request_prefill_time_seconds",
    "request_queue_time_seconds",
    "request_inference_time_seconds",
    "e2e_request_latency_seconds",
)


def test_a_preempted_prompt_counts_once_and_the_preemption_is_reported() -> None:
    profile = parse_profile("default,kv_capacity_tokens=160,max_model_len=160")
    requests = [EngineRequest(name, 60, 90, ignore_eos=True) for name in ("older", "younger")]
    _, metrics = observed(profile, *(Arrival(0.0, request) for request in requests))
    page = metrics.render()
    assert total(page, "num_preemptions_total") == 1
    assert total(page, "prompt_tokens_total") == total(page, "prefix_cache_queries_total") == 120
    assert total(page, "generation_tokens_total") == 180
    assert total(page, "prefix_cache_hits_total") == 0


def test_the_capacity_of_the_cache_is_blocks_times_block_size(client: httpx.Client) -> None:
    (info,) = [key for key in samples(metrics_page(client)) if key.startswith("vllm:cache_config_info")]
    labels = dict(re.findall(r'(\w+)="([^"]*)"', info))
    capacity = parse_profile("fast").kv_capacity_tokens
    assert int(labels["num_gpu_blocks"]) * int(labels["block_size"]) == capacity == int(labels["kv_cache_size_tokens"])


def test_a_model_name_cannot_break_the_page() -> None:
    page = Metrics(Engine(parse_profile('default,model=a"b\\c'))).render()
    assert 'model_name="a\\"b\\\\c"' in page
