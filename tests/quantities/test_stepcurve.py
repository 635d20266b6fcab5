import pytest
from hypothesis import given
from hypothesis import strategies as st

from advisor.stepcurve import StepCurve, expected_experts_hit, fit_step_curve

SWEEP = [1.0, 4.0, 16.0, 64.0]


def test_one_stream_hits_one_expert_and_many_hit_all() -> None:
    assert expected_experts_hit(1, 16) == pytest.approx(1.0)
    assert expected_experts_hit(1000, 16) == pytest.approx(16.0)
    assert expected_experts_hit(32, 0) == 0.0


@given(
    base=st.floats(0.5, 20),
    expert=st.floats(0.5, 20),
    stream=st.floats(0.01, 0.5),
    experts=st.sampled_from([16, 128]),
)
def test_a_synthetic_sweep_gives_its_own_curve_back(base: float, expert: float, stream: float, experts: int) -> None:
    truth = StepCurve(base, expert, stream, experts)
    fitted = fit_step_curve(SWEEP, [truth.step_ms(n) for n in SWEEP], experts)
    for streams in (1, 2, 8, 32, 64, 128):
        assert fitted.step_ms(streams) == pytest.approx(truth.step_ms(streams), rel=1e-6)


@given(st.lists(st.floats(1, 500), min_size=2, max_size=6), st.sampled_from([0, 16]))
def test_no_parameter_is_ever_negative(times: list[float], experts: int) -> None:
    fitted = fit_step_curve([float(2**index) for index in range(len(times))], times, experts)
    assert min(fitted.base_ms, fitted.expert_ms, fitted.stream_ms) >= 0


def test_a_sweep_without_points_is_refused() -> None:
    with pytest.raises(ValueError, match="at least one"):
        fit_step_curve([], [])
