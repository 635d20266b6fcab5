import pytest
from hypothesis import given
from hypothesis import strategies as st

from advisor.errors import InputError
from advisor.simulator.core import EngineRequest, simulate_concurrency
from advisor.simulator.profile import PROFILES, Profile, parse_profile


@pytest.mark.parametrize("name", PROFILES)
def test_a_shipped_profile_is_named_by_its_text_and_says_that_it_is_simulated(name: str) -> None:
    assert parse_profile(name) == PROFILES[name]
    assert "simulated" in PROFILES[name].model


def test_the_default_profile_shows_a_concave_throughput_and_a_rising_latency() -> None:
    curve = parse_profile("default").step_curve
    levels = (1, 4, 8, 16, 32, 64)
    steps = [curve.step_ms(n) for n in levels]
    per_stream = [curve.tokens_per_s(n) / n for n in levels]
    throughput = [curve.tokens_per_s(n) for n in levels]
    assert steps == sorted(steps)
    assert throughput == sorted(throughput)
    assert per_stream == sorted(per_stream, reverse=True)
    assert throughput[-1] < 0.5 * 64 * throughput[0]


@pytest.mark.parametrize("concurrency", [1, 4, 8])
def test_a_wave_of_the_demo_takes_about_a_second(concurrency: int) -> None:
    wave = [EngineRequest(str(n), prompt_tokens=138, max_tokens=64, ignore_eos=True) for n in range(concurrency)]
    traces = simulate_concurrency(wave, concurrency, parse_profile("default"))
    assert 0.4 < max(trace.finish_s for trace in traces) < 1.2


def test_figures_are_replaced_under_their_own_names_and_those_of_the_curve() -> None:
    changed = parse_profile("default, t0_ms=5, per_expert_ms=4,per_stream_ms=0.05,prefill_tokens_per_s=2e4,seed=7")
    assert (changed.base_ms, changed.expert_ms, changed.stream_ms) == (5, 4, 0.05)
    assert (changed.prefill_tokens_per_s, changed.seed) == (20_000, 7)
    assert parse_profile("default,base_ms=5,expert_ms=4").step_curve.step_ms(1) == pytest.approx(5.4)
    assert parse_profile("default,model=mine").model == "mine"


def test_a_changed_profile_does_not_pass_for_the_one_it_came_from() -> None:
    changed = parse_profile("default,max_num_seqs=8")
    assert changed.name == "default,max_num_seqs=8"
    assert parse_profile(changed.name) == changed


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("fasst", "Did you mean fast"),
        ("p5.48xlarge", "There are default, fast"),
        ("", "There are default"),
        ("default,max_num_seq=3", "Did you mean max_num_seqs"),
        ("default,t0_ms", "key=value"),
        ("default,", "key=value"),
        ("default,seed=1.5", "seed must be a whole number, not '1.5'"),
        ("default,t0_ms=fast", "t0_ms must be a number, not 'fast'"),
        ("default,t0_ms=1,base_ms=2", "states base_ms twice"),
        ("default,base_ms=-1", "base_ms must be 0 to"),
        ("default,base_ms=nan", "not nan"),
        ("default,prefill_tokens_per_s=inf", "not inf"),
        ("default,prefill_tokens_per_s=0", "prefill_tokens_per_s must be 0.1 to"),
        ("default,max_num_seqs=0", "max_num_seqs must be 1 to"),
        ("default,max_num_seqs=" + "9" * 400, "max_num_seqs must be 1 to"),
        ("default,model=", "model must be a printable name"),
        ("default,model=a\x1bb", "model must be a printable name"),
        ("default,base_ms=0,expert_ms=0,stream_ms=0", "a decode step must take time"),
        ("default,kv_capacity_tokens=4096", "Raise kv_capacity_tokens or lower max_model_len"),
        ("default,max_num_batched_tokens=8", "Raise max_num_batched_tokens or lower max_num_seqs"),
    ],
)
def test_a_profile_that_cannot_be_used_is_refused_with_the_way_out(text: str, says: str) -> None:
    with pytest.raises(InputError) as refusal:
        parse_profile(text)
    assert says in refusal.value.sentence()


@given(st.text(alphabet=st.sampled_from("default,=t0_ms12.e-fastx\x00é"), max_size=40))
def test_any_other_text_is_a_profile_or_an_input_error(text: str) -> None:
    try:
        assert isinstance(parse_profile(text), Profile)
    except InputError as refusal:
        assert refusal.sentence().isprintable()
