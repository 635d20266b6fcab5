"""How many requests a replica holds under a given arrival rate, and what they wait (facts: sizing, 3.5).

A continuous-batching replica is processor sharing with a rate that depends on its state. The stationary
distribution of requests in the system is a product, insensitive to the distribution of output lengths
below the slot limit, and agrees with simulation within 3 % up to 80 % load.
"""

from dataclasses import dataclass
from functools import cached_property
from math import ceil, log
from typing import TYPE_CHECKING

from advisor.performance.replica_model import ReplicaModel

if TYPE_CHECKING:
    from advisor.performance.replica_model import Floats

MAX_UTILISATION = 0.80
"""Above it the estimate is a band, not a number, and the replica has no room for a burst."""
_PREFILL_VARIATION = 1.0
"""Squared coefficient of variation of prefill times: exponential, where nothing is known."""


@dataclass(frozen=True)
class Occupancy:
    """One replica at `rate_rps`, with at most `slots` requests running at once."""

    model: ReplicaModel
    rate_rps: float
    slots: int

    @cached_property
    def prefill_load(self) -> float:
        """Share of time that prefill of all prompts takes."""
        return self.rate_rps * self.model.prefill_ms / 1e3

    @cached_property
    def stretch(self) -> float:
        """phi: by how much uncounted prefill slows decoding; infinite when prefill alone fills the replica."""
        load = self.rate_rps * self.model.uncounted_prefill_ms / 1e3
        return 1.0 / (1.0 - load) if load < 1.0 else float("inf")

    @cached_property
    def utilisation(self) -> float:
        """Offered output tokens over what the full replica delivers; at 1 the queue grows without end."""
        if self.prefill_load >= 1.0:
            return float("inf")
        capacity = self.slots * 1e3 / float(self.model.steps_ms(self.slots)[-1])
        decode = self.rate_rps * self.model.shape.output_tokens * self.stretch / capacity
        return max(decode, self.prefill_load)

    @cached_property
    def distribution(self) -> "Floats":
        """Probability of n requests in the system, from n = 0. ValueError at a utilisation of 1 or more."""
        import numpy as np

        if self.utilisation >= 1.0:
            raise ValueError("the replica is overloaded: no stationary distribution exists")
        states = max(4 * self.slots, 64)
        running = np.minimum(np.arange(1, states), self.slots)
        rates = running * 1e3 / self.model.steps_ms(self.slots)[running - 1]
        offered = self.rate_rps * self.model.shape.output_tokens * self.stretch
        weights = np.concatenate([[0.0], np.cumsum(np.log(max(offered, 1e-12) / rates))])
        probabilities = np.exp(weights - weights.max())
        return np.asarray(probabilities / probabilities.sum())

    @cached_property
    def _cumulative(self) -> "Floats":
        return self.distribution.cumsum()

    @property
    def mean_requests(self) -> float:
        import numpy as np

        return float(np.arange(len(self.distribution)) @ self.distribution)

    @property
    def waiting_probability(self) -> float:
        """Probability that a request finds every slot taken."""
        return float(self.distribution[self.slots :].sum())

    def requests_quantile(self, share: float) -> int:
        """Requests in the system that are not exceeded in this share of time."""
        return int(self._cumulative.searchsorted(share))

    def itl_ms(self, share: float) -> float:
        """Quantile of the time between tokens, weighted by the tokens produced in each state."""
        import numpy as np

        busy = np.arange(1, len(self.distribution))
        running = np.minimum(busy, self.slots)
        steps = self.model.steps_ms(self.slots)[running - 1]
        tokens = self.distribution[1:] * running / steps
        reached = int(np.searchsorted(np.cumsum(tokens) / tokens.sum(), share))
        return float(steps[min(reached, len(steps) - 1)]) * self.stretch

    def ttft_ms(self, share: float) -> float:
        """Quantile of the time to first token: queue, prefill and one step."""
        running = max(1, min(self.requests_quantile(share), self.slots))
        step = float(self.model.steps_ms(self.slots)[running - 1]) * self.stretch
        return self._prefill_wait_ms(share) + self._slot_wait_ms(share) + self.model.prefill_ms + step

    def e2e_mean_ms(self) -> float:
        """Mean time from request to last token, by Little's law."""
        return self.mean_requests / self.rate_rps * 1e3 + self.model.prefill_ms if self.rate_rps else 0.0

    def _prefill_wait_ms(self, share: float) -> float:
        load = min(self.prefill_load, 0.999)
        tail = 1.0 - share
        if load <= tail:
            return 0.0
        return self.model.prefill_ms * (1 + _PREFILL_VARIATION) / (2 * (1 - load)) * log(load / tail)

    def _slot_wait_ms(self, share: float) -> float:
        over = self.requests_quantile(share) - self.slots
        if over <= 0:
            return 0.0
        departures_per_ms = self.slots / (
            float(self.model.steps_ms(self.slots)[-1]) * self.stretch * self.model.shape.output_tokens
        )
        return over / departures_per_ms


def replicas_for(rate_rps: float, rate_per_replica_rps: float) -> int:
    """Replicas that carry a rate."""
    return max(1, ceil(rate_rps / rate_per_replica_rps - 1e-9))
