import math
import random
from collections.abc import Iterator
from dataclasses import replace
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from advisor.simulator.core import (
    Arrival,
    Emission,
    Engine,
    EngineRequest,
    FinishReason,
    RequestTrace,
    simulate,
    simulate_concurrency,
)
from advisor.simulator.profile import BLOCK_TOKENS, Profile, parse_profile

PLAIN = Profile("default")
"""Ample slots, ample cache."""


def requests(count: int, prompt_tokens: int = 100, max_tokens: int = 20) -> list[EngineRequest]:
    return [
        EngineRequest(f"r{number}", prompt_tokens, max_tokens, ignore_eos=True, text_seed=number)
        for number in range(count)
    ]


@st.composite
def profiles(draw: st.DrawFn) -> Profile:
    """Engines with little of everything, so that every limit is met."""
    longest = draw(st.integers(2, 60))
    slots = draw(st.integers(1, 5))
    return Profile(
        "drawn",
        base_ms=draw(st.floats(0.1, 10)),
        expert_ms=draw(st.floats(0, 10)),
        stream_ms=draw(st.floats(0, 1)),
        experts=draw(st.sampled_from([0, 1, 16])),
        prefill_tokens_per_s=draw(st.sampled_from([100.0, 20_000.0])),
        max_num_seqs=slots,
        kv_capacity_tokens=draw(st.integers(-(-longest // BLOCK_TOKENS) * BLOCK_TOKENS, 200)),
        max_model_len=longest,
        seed=draw(st.integers(0, 3)),
        max_num_batched_tokens=draw(st.integers(slots, 80)),
    )


@st.composite
def workloads(draw: st.DrawFn) -> tuple[Profile, list[Arrival]]:
    profile = draw(profiles())
    arrivals = []
    at_s = 0.0
    for number in range(draw(st.integers(1, 12))):
        at_s += draw(st.sampled_from([0.0, 0.001, 0.05, 2.0]))
        prompt_tokens = draw(st.integers(1, profile.max_model_len - 1))
        max_tokens = draw(st.integers(1, profile.max_model_len - prompt_tokens))
        request = EngineRequest(
            f"r{number}",
            prompt_tokens,
            max_tokens,
            min_tokens=draw(st.integers(0, max_tokens)),
            ignore_eos=draw(st.booleans()),
            text_seed=draw(st.integers(0, 5)),
        )
        arrivals.append(Arrival(at_s, request))
    return profile, arrivals


@given(workloads())
def test_every_request_ends_with_the_tokens_it_was_due(workload: tuple[Profile, list[Arrival]]) -> None:
    profile, arrivals = workload
    traces = simulate(arrivals, profile)
    assert [trace.request for trace in traces] == [arrival.request for arrival in arrivals]
    for trace in traces:
        request = trace.request
        assert len(trace.token_times_s) <= request.max_tokens
        assert all(earlier < later for earlier, later in pairwise((trace.arrival_s, *trace.token_times_s)))
        if trace.finish_reason is FinishReason.LENGTH:
            assert len(trace.token_times_s) == request.max_tokens
        else:
            assert trace.finish_reason is FinishReason.STOP
            assert not request.ignore_eos
            assert len(trace.token_times_s) > request.min_tokens


@given(workloads())
def test_no_step_breaks_a_limit_and_each_takes_what_the_profile_states(
    workload: tuple[Profile, list[Arrival]],
) -> None:
    profile, arrivals = workload
    engine = Engine(profile)
    for arrival in arrivals:
        engine.submit(arrival.request, arrival.at_s)
    now_s = 0.0
    while engine.running or engine.waiting:
        started_s = now_s if engine.running else max(now_s, engine.waiting[0].arrival_s)
        ended_s = engine.plan(now_s)
        assert ended_s is not None
        streams = engine.running
        assert len(streams) <= profile.max_num_seqs
        assert engine.used_blocks == sum(stream.blocks for stream in streams) <= profile.num_blocks
        unread = sum(stream.to_prefill for stream in streams)
        emissions = engine.step()
        read = unread - sum(stream.to_prefill for stream in streams)
        assert read <= profile.max_num_batched_tokens
        assert len(emissions) <= len(streams)
        step_ms = profile.step_curve.step_ms(len(emissions)) if emissions else 0.0
        due_s = step_ms / 1e3 + read / profile.prefill_tokens_per_s
        assert ended_s - started_s == pytest.approx(due_s, abs=1e-9)
        assert all(emission.at_s == ended_s for emission in emissions)
        now_s = ended_s
    assert engine.used_blocks == 0
    assert engine.waiting == engine.running == ()


@given(workloads())
def test_requests_are_admitted_in_order_of_arrival(workload: tuple[Profile, list[Arrival]]) -> None:
    profile, arrivals = workload
    engine = Engine(profile)
    streams = [engine.submit(arrival.request, arrival.at_s) for arrival in arrivals]
    list(run(engine))
    admitted = [stream.admitted_s for stream in streams if stream.admitted_s is not None]
    assert len(admitted) == len(streams)
    assert admitted == sorted(admitted)
    assert all(stream.arrival_s <= admission for stream, admission in zip(streams, admitted, strict=True))


@given(workloads())
def test_the_same_seed_gives_the_same_trace(workload: tuple[Profile, list[Arrival]]) -> None:
    profile, arrivals = workload
    assert simulate(arrivals, profile) == simulate(arrivals, profile)


def test_another_seed_gives_other_natural_lengths() -> None:
    free = [replace(request, ignore_eos=False, max_tokens=10_000) for request in requests(20)]
    lengths = {
        tuple(len(trace.token_times_s) for trace in simulate_concurrency(free, 20, replace(PLAIN, seed=seed)))
        for seed in range(3)
    }
    assert len(lengths) == 3


@given(workloads(), st.data())
def test_an_aborted_request_says_no_more_and_leaves_nothing_behind(
    workload: tuple[Profile, list[Arrival]], data: st.DataObject
) -> None:
    profile, arrivals = workload
    engine = Engine(profile)
    for arrival in arrivals:
        engine.submit(arrival.request, arrival.at_s)
    victims = data.draw(st.lists(st.sampled_from([arrival.request.id for arrival in arrivals]), unique=True))
    steps = data.draw(st.integers(0, 5))
    for _ in range(steps):
        if engine.plan(0.0) is not None:
            engine.step()
    engine.plan(0.0)  # so that some are cut off in the middle of a step
    aborted = {victim for victim in victims if engine.abort(victim) is not None}
    rest = {emission.stream.request.id for emission in run(engine)}
    assert not rest & aborted
    assert engine.used_blocks == 0
    assert engine.waiting == engine.running == ()


def test_an_aborted_request_frees_its_slot_for_the_next() -> None:
    engine = Engine(replace(PLAIN, max_num_seqs=1))
    first, second = (engine.submit(request, 0.0) for request in requests(2))
    engine.plan(0.0)
    assert (engine.running, engine.waiting) == ((first,), (second,))
    assert engine.abort(first.request.id) is first
    assert engine.abort(first.request.id) is None
    assert engine.step() == ()
    engine.plan(1.0)
    assert (engine.running, engine.waiting) == ((second,), ())


def test_an_idle_engine_answers_after_prefill_and_one_step_then_once_a_step() -> None:
    (trace,) = simulate([Arrival(3.0, requests(1, prompt_tokens=1_000, max_tokens=4)[0])], PLAIN)
    step_s = PLAIN.step_curve.step_ms(1) / 1e3
    first_s = 3.0 + 1_000 / PLAIN.prefill_tokens_per_s + step_s
    assert trace.token_times_s == pytest.approx([first_s + number * step_s for number in range(4)])
    assert (trace.first_token_s, trace.finish_s) == (trace.token_times_s[0], trace.token_times_s[-1])


@pytest.mark.parametrize("concurrency", [1, 4, 8, 32])
def test_the_gap_between_tokens_follows_the_step_curve(concurrency: int) -> None:
    traces = simulate_concurrency(requests(concurrency, prompt_tokens=10, max_tokens=50), concurrency, PLAIN)
    gaps_ms = [(later - earlier) * 1e3 for trace in traces for earlier, later in pairwise(trace.token_times_s)]
    assert gaps_ms == pytest.approx([PLAIN.step_curve.step_ms(concurrency)] * len(gaps_ms))


def test_a_long_prompt_is_prefilled_in_chunks_that_slow_the_others_but_do_not_stop_them() -> None:
    profile = replace(PLAIN, max_num_batched_tokens=256, prefill_tokens_per_s=10_000)
    talker = EngineRequest("talker", 10, 100, ignore_eos=True)
    reader = EngineRequest("reader", 2_000, 1, ignore_eos=True)
    talked, read = simulate([Arrival(0.0, talker), Arrival(0.2, reader)], profile)
    during = [time_s for time_s in talked.token_times_s if read.arrival_s < time_s < read.first_token_s]
    assert len(during) == math.ceil(2_000 / 255)
    assert max(later - earlier for earlier, later in pairwise(during)) == pytest.approx(
        255 / 10_000 + profile.step_curve.step_ms(1) / 1e3
    )


def test_requests_beyond_the_slots_wait_for_one() -> None:
    profile = replace(PLAIN, max_num_seqs=4)
    traces = simulate_concurrency(requests(8), 8, profile)
    assert min(trace.first_token_s for trace in traces[4:]) > max(trace.finish_s for trace in traces[:4])


def test_a_full_cache_preempts_the_youngest_which_still_gets_every_token_once() -> None:
    profile = replace(PLAIN, kv_capacity_tokens=160, max_model_len=160)
    older, younger = simulate_concurrency(requests(2, prompt_tokens=60, max_tokens=90), 2, profile)
    assert (older.preemptions, younger.preemptions) == (0, 1)
    assert len(older.token_times_s) == len(younger.token_times_s) == 90
    stall_s = max(later - earlier for earlier, later in pairwise(younger.token_times_s))
    assert stall_s > 10 * PLAIN.step_curve.step_ms(1) / 1e3


def test_a_stream_that_may_end_does_so_with_a_stop_after_its_minimum() -> None:
    free = EngineRequest("free", 10, max_tokens=5_000)
    (trace,) = simulate([Arrival(0.0, free)], PLAIN)
    assert trace.finish_reason is FinishReason.STOP
    assert len(trace.token_times_s) < 5_000
    held = replace(free, min_tokens=4_000)
    (longer,) = simulate([Arrival(0.0, held)], PLAIN)
    assert len(longer.token_times_s) > 4_000


@pytest.mark.parametrize(
    ("request_", "says"),
    [
        (EngineRequest("r", 0, 1), "at least one prompt token"),
        (EngineRequest("r", 1, 0), "at least one prompt token"),
        (EngineRequest("r", 30_000, 10_000), "do not fit"),
    ],
)
def test_the_engine_refuses_what_it_could_never_finish(request_: EngineRequest, says: str) -> None:
    with pytest.raises(ValueError, match=says):
        Engine(PLAIN).submit(request_, 0.0)


def test_the_engine_refuses_an_id_in_use_and_a_step_that_was_not_planned() -> None:
    engine = Engine(PLAIN)
    engine.submit(requests(1)[0], 0.0)
    with pytest.raises(ValueError, match="already"):
        engine.submit(requests(1)[0], 0.0)
    with pytest.raises(ValueError, match="no step"):
        engine.step()


def test_in_a_long_run_the_engine_holds_what_littles_law_and_the_occupancy_chain_say() -> None:
    """L = λ·W, with L seen from inside the engine; and L of the chain with rates N/T(N), load 0.6."""
    profile = replace(parse_profile("default"), prefill_tokens_per_s=1e9)
    output_tokens = 64
    rate = 0.6 * profile.step_curve.tokens_per_s(profile.max_num_seqs) / output_tokens
    arrivals = poisson(rate, 3_000, output_tokens)
    engine = Engine(profile)
    pending = iter(arrivals)
    upcoming = next(pending, None)
    area, now_s, stays_s = 0.0, 0.0, 0.0
    while upcoming is not None or engine.running:
        if upcoming is not None and not engine.running:
            now_s = max(now_s, upcoming.at_s)
        while upcoming is not None and upcoming.at_s <= now_s:
            engine.submit(upcoming.request, upcoming.at_s)
            upcoming = next(pending, None)
        ends_s = engine.plan(now_s)
        assert ends_s is not None
        area += (ends_s - now_s) * (len(engine.running) + len(engine.waiting))
        now_s = ends_s
        stays_s += sum(at.at_s - at.stream.arrival_s for at in engine.step() if at.finish_reason)
    mean_present = area / now_s
    assert mean_present == pytest.approx(len(arrivals) / now_s * (stays_s / len(arrivals)), rel=0.03)
    assert mean_present == pytest.approx(chain_mean(profile, rate, output_tokens), rel=0.08)
    offline_s = sum(trace.finish_s - trace.arrival_s for trace in simulate(arrivals, profile))
    assert stays_s == pytest.approx(offline_s, rel=1e-6)


def chain_mean(profile: Profile, rate: float, output_tokens: int) -> float:
    """Mean number present by the birth-death chain (facts: sizing, section 3.5), prefill free of cost."""
    weights = [1.0]
    for n in range(1, 8 * profile.max_num_seqs):
        served = profile.step_curve.tokens_per_s(min(n, profile.max_num_seqs)) / output_tokens
        weights.append(weights[-1] * rate / served)
    return sum(n * weight for n, weight in enumerate(weights)) / sum(weights)


def poisson(rate: float, count: int, output_tokens: int) -> list[Arrival]:
    draw = random.Random(1)
    at_s = 0.0
    arrivals = []
    for request in requests(count, prompt_tokens=1, max_tokens=output_tokens):
        at_s += draw.expovariate(rate)
        arrivals.append(Arrival(at_s, request))
    return arrivals


def run(engine: Engine) -> Iterator[Emission]:
    now_s: float | None = 0.0
    while now_s is not None and (now_s := engine.plan(now_s)) is not None:
        yield from engine.step()


def test_a_closed_loop_keeps_its_concurrency_until_it_runs_out() -> None:
    traces = simulate_concurrency(requests(12), 3, PLAIN)
    changes = sorted(
        [(trace.arrival_s, 1) for trace in traces] + [(trace.finish_s, -1) for trace in traces],
    )
    present, most = 0, 0
    for _, change in changes:
        present += change
        most = max(most, present)
    assert most == 3
    assert isinstance(traces[0], RequestTrace)
    assert traces[3].arrival_s == min(trace.finish_s for trace in traces[:3])
