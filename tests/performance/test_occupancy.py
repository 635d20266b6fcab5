"""The occupancy chain against the simulated queue whose numbers are published with the method."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, cast

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from advisor.performance.occupancy import Occupancy, replicas_for
from advisor.performance.replica_model import ReplicaModel, RequestShape
from advisor.stepcurve import fit_step_curve

# Modelled throughput of Scout on 8xH100, by streams in flight: the curve that the table was simulated with.
_COUNTS = (1, 4, 8, 16, 32, 64)
_THROUGHPUTS = (233, 619, 954, 1606, 2374, 4173)
_CURVE = fit_step_curve(_COUNTS, [n / x * 1e3 for n, x in zip(_COUNTS, _THROUGHPUTS, strict=True)], experts=16)
_SLOTS, _OUTPUT = 64, 256


@dataclass
class MeasuredReplica:
    """A replica given by its curve: what `Occupancy` reads of a model, without prefill."""

    shape: RequestShape
    prefill_ms: float = 0.001
    uncounted_prefill_ms: float = 0.0

    def steps_ms(self, most: int) -> NDArray[np.float64]:
        return np.array([_CURVE.step_ms(count) for count in range(1, most + 1)])


def occupancy(utilisation: float) -> Occupancy:
    model = cast("ReplicaModel", MeasuredReplica(RequestShape(512, _OUTPUT)))
    return Occupancy(model, utilisation * _CURVE.tokens_per_s(_SLOTS) / _OUTPUT, _SLOTS)


@pytest.mark.parametrize(
    ("utilisation", "mean", "p95", "itl_ms"),
    [(0.5, 26.5, 37, 13.9), (0.7, 41.6, 54, 14.9), (0.8, 49.2, 63, 15.3)],
)
def test_the_chain_agrees_with_simulation_up_to_80_percent(
    utilisation: float, mean: float, p95: int, itl_ms: float
) -> None:
    chain = occupancy(utilisation)
    assert chain.mean_requests == pytest.approx(mean, rel=0.03)
    assert chain.requests_quantile(0.95) == pytest.approx(p95, abs=3)
    assert chain.itl_ms(0.95) == pytest.approx(itl_ms, rel=0.03)


def test_waiting_begins_when_slots_run_out() -> None:
    assert occupancy(0.5).waiting_probability < 0.001
    assert 0.02 < occupancy(0.8).waiting_probability < 0.06
    assert occupancy(0.9).waiting_probability == pytest.approx(0.277, abs=0.06)


def test_an_overloaded_replica_has_no_answer() -> None:
    with pytest.raises(ValueError, match="overloaded"):
        _ = occupancy(1.01).distribution


@given(st.floats(0.05, 0.9), st.floats(1.01, 1.1))
def test_more_load_never_waits_less(utilisation: float, factor: float) -> None:
    less, more = occupancy(utilisation), occupancy(min(0.95, utilisation * factor))
    measures: tuple[Callable[[Occupancy], Any], ...] = (
        lambda each: each.mean_requests,
        lambda each: each.itl_ms(0.95),
        lambda each: each.ttft_ms(0.95),
    )
    assert all(measure(more) >= measure(less) - 1e-9 for measure in measures)


def test_littles_law_holds() -> None:
    chain = occupancy(0.6)
    assert chain.e2e_mean_ms() == pytest.approx(chain.mean_requests / chain.rate_rps * 1e3, rel=1e-3)


def test_replicas_round_up_but_not_by_a_rounding_error() -> None:
    assert replicas_for(20.0, 10.0) == 2
    assert replicas_for(20.000001, 10.0) == 3
    assert replicas_for(0.1, 10.0) == 1
