"""One replica as a queue sees it: step time by streams in flight, prefill time by prompt."""

from dataclasses import dataclass, field, replace
from functools import cached_property
from math import exp, hypot
from typing import TYPE_CHECKING

from advisor.performance.efficiency import Efficiency
from advisor.performance.roofline import Replica, all_reduce_s, decode_floor_s, prefill_s

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]


PREFILL_COUNTS = 0.05
"""Share of the time from which prefill is part of what a throughput rests on."""


@dataclass(frozen=True, slots=True)
class RequestShape:
    """Tokens of a typical request. cached_tokens is the part of the prompt already in the prefix cache."""

    input_tokens: float
    output_tokens: float
    cached_tokens: float = 0.0

    @property
    def mean_context_tokens(self) -> float:
        """Context while decoding, on average over the answer."""
        return self.input_tokens + self.output_tokens / 2


@dataclass(frozen=True, eq=False)
class ReplicaModel:
    """Times of one replica under one request shape.

    slowdown multiplies every decode step, prefill_slowdown every prefill: 1 for the expected case, more for
    a pessimistic one. A model keeps what it has worked out, so it is shared, and is equal to itself alone.
    """

    replica: Replica
    shape: RequestShape
    decode: Efficiency
    prefill: Efficiency
    slowdown: float = 1.0
    prefill_slowdown: float = 1.0
    _unslowed: "dict[int, Floats]" = field(default_factory=dict, repr=False)
    """Step times before any slowdown, which the slower variants share."""
    _steps: "dict[int, Floats]" = field(default_factory=dict, init=False, repr=False)
    _slower: "dict[tuple[float, float], ReplicaModel]" = field(default_factory=dict, init=False, repr=False)

    def step_ms(self, streams: float) -> float:
        """T(N): one decode step with N streams in flight."""
        return self._unslowed_step_ms(streams) * self.slowdown

    def _unslowed_step_ms(self, streams: float) -> float:
        if self.decode.curve is not None:
            return self.decode.curve.step_ms(streams)
        seconds = decode_floor_s(self.replica, streams, self.shape.mean_context_tokens) / self.decode.value
        if not self.decode.communication_inside:
            seconds += all_reduce_s(self.replica, streams)
        return seconds * 1e3

    def steps_ms(self, most_streams: int) -> "Floats":
        """T(1) to T(most_streams) as one array, at index N - 1.

        The curve is smooth: evaluating it at 64 counts and interpolating costs under 0.1 % of accuracy
        and a tenth of the time.
        """
        if most_streams not in self._steps:
            self._steps[most_streams] = self._unslowed_steps_ms(most_streams) * self.slowdown
        return self._steps[most_streams]

    def _unslowed_steps_ms(self, most_streams: int) -> "Floats":
        import numpy as np  # off the start-up path

        if most_streams not in self._unslowed:
            spread = np.concatenate([np.arange(1, 17), np.geomspace(1, most_streams, 48)])
            grid = np.unique(spread.clip(1, most_streams))
            times = np.array([self._unslowed_step_ms(float(count)) for count in grid])
            self._unslowed[most_streams] = np.interp(np.arange(1, most_streams + 1), grid, times)
        return self._unslowed[most_streams]

    @cached_property
    def prefill_ms(self) -> float:
        """Prefill of one prompt, alone on the replica."""
        seconds = prefill_s(self.replica, self.shape.input_tokens, self.shape.cached_tokens, self.prefill.value)
        return seconds * 1e3 * self.prefill_slowdown

    @cached_property
    def uncounted_prefill_ms(self) -> float:
        """The part of the prefill that the decode efficiency does not already contain.

        An efficiency fitted on end-to-end throughput of prompts r times as long as their answers has paid
        for r tokens of prompt for each token of output; only the rest steals decode time.
        """
        new = self.shape.input_tokens - self.shape.cached_tokens
        counted = self.decode.prompt_ratio * self.shape.output_tokens
        return self.prefill_ms * max(0.0, 1.0 - counted / new) if new > 0 else 0.0

    @property
    def first_token_ms(self) -> float:
        """Time to the first token of a request that is alone: its prefill and one step."""
        return self.prefill_ms + self.step_ms(1)

    @property
    def first_token_sigma(self) -> float:
        """Doubt of that time: of prefill and decode, each by its share."""
        share = self.prefill_ms / self.first_token_ms
        return hypot(share * self.prefill.sigma, (1 - share) * self.decode.sigma)

    def tokens_per_s(self, streams: int) -> float:
        """Output tokens per second with so many requests always in flight, their prefills paid for."""
        tokens = self.shape.output_tokens
        decode_s = tokens * self.step_ms(streams) / 1e3 / streams
        return tokens / (decode_s + self.uncounted_prefill_ms / 1e3)

    def prefill_share(self, streams: int) -> float:
        """Share of a full replica's time that goes into prefill which the decode efficiency did not pay for."""
        decode_ms = self.shape.output_tokens * float(self.steps_ms(streams)[-1]) / streams
        return self.uncounted_prefill_ms / (self.uncounted_prefill_ms + decode_ms)

    def throughput_sigma(self, streams: int) -> float:
        """Doubt of a full replica's throughput: of decode and prefill, each by its share of the time."""
        share = self.prefill_share(streams)
        return hypot(share * self.prefill.sigma, (1 - share) * self.decode.sigma)

    def pessimistic(self, deviations: float) -> "ReplicaModel":
        """The same replica slower (or faster, below zero) by so many standard deviations of its doubt."""
        return self._slowed(deviations * self.decode.sigma, deviations * self.prefill.sigma)

    def pessimistic_alone(self, deviations: float) -> "ReplicaModel":
        """The same by the doubt that it does not share with others on its engine version."""
        return self._slowed(deviations * self.decode.sigma_own, deviations * self.prefill.sigma_own)

    def _slowed(self, decode: float, prefill: float) -> "ReplicaModel":
        if (decode, prefill) not in self._slower:
            self._slower[decode, prefill] = replace(self, slowdown=exp(decode), prefill_slowdown=exp(prefill))
        return self._slower[decode, prefill]
