"""The step-time curve T(N): how long one decode step takes with N streams in flight.

    T(N) = t0 + te * hit(N) / E + tl * N        (facts: sizing, section 3.4)

t0 is the launch and communication floor, te the time to read every routed expert, tl the cost of one
more stream. On 402 measured sweeps it predicts the next concurrency with half the error of the
Universal Scalability Law, and each parameter means something.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np


def expected_experts_hit(streams: float, experts: int, experts_per_token: int = 1) -> float:
    """Distinct routed experts that `streams` tokens touch in one layer under uniform routing.

    hit(N) = E * (1 - (1 - k/E)^N). Zero streams touch none; a dense layer (no experts) has none.
    """
    if experts == 0:
        return 0.0
    missed: float = (1.0 - experts_per_token / experts) ** streams
    return experts * (1.0 - missed)


@dataclass(frozen=True, slots=True)
class StepCurve:
    """Decode step time by streams in flight, in milliseconds.

    base_ms is t0, expert_ms is te, stream_ms is tl; experts is E (0 for a dense model).
    """

    base_ms: float
    expert_ms: float
    stream_ms: float
    experts: int = 0

    def step_ms(self, streams: float) -> float:
        """T(N) for N > 0 streams."""
        share = expected_experts_hit(streams, self.experts) / self.experts if self.experts else 0.0
        return self.base_ms + self.expert_ms * share + self.stream_ms * streams

    def tokens_per_s(self, streams: float) -> float:
        """Output tokens per second of all streams together: N / T(N)."""
        return streams * 1e3 / self.step_ms(streams)


def fit_step_curve(streams: Sequence[float], step_ms: Sequence[float], experts: int = 0) -> StepCurve:
    """The curve nearest to measured step times, each weighted by 1/T so that every point counts alike.

    Non-negative least squares over three parameters: with so few, trying every subset of them and
    keeping the best non-negative solution is exact and needs no solver. ValueError with no points.
    """
    import numpy as np  # off the start-up path

    if not streams or len(streams) != len(step_ms):
        raise ValueError("a step curve needs as many step times as stream counts, and at least one")
    counts = np.asarray(streams, dtype=float)
    times = np.asarray(step_ms, dtype=float)
    shares = [expected_experts_hit(n, experts) / experts for n in streams] if experts else [0.0] * len(streams)
    columns = np.stack([np.ones_like(counts), np.asarray(shares), counts], axis=1) / times[:, None]
    best = _best_non_negative(columns, np.ones_like(times))
    return StepCurve(float(best[0]), float(best[1]), float(best[2]), experts)


def _best_non_negative(columns: "np.ndarray", target: "np.ndarray") -> "np.ndarray":
    import numpy as np

    best = np.zeros(columns.shape[1])
    best_error = float(target @ target)
    usable = [index for index in range(columns.shape[1]) if columns[:, index].any()]
    for size in range(1, len(usable) + 1):
        for subset in combinations(usable, size):
            part = columns[:, subset]
            solution, *_ = np.linalg.lstsq(part, target, rcond=None)
            residual = target - part @ solution
            error = float(residual @ residual)
            if (solution >= 0).all() and error < best_error * (1 - 1e-12):
                best_error = error
                best = np.zeros(columns.shape[1])
                best[list(subset)] = solution
    return best
