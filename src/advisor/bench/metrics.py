"""The definitions of every figure, over traces that are already decoded. Pure.

Normative: facts: benchmark-runner, section 1.5. a_j is the arrival of the j-th content event, t_tx0 the
first byte of the request, n the output tokens, c1 the tokens of the first content event.

    TTFT = a_1 - t_tx0      E2E = a_m - t_tx0      TPOT = (a_m - a_1) / (n - c1)
    ITL_j = a_j - a_(j-1), pooled over requests
    X_out(W) = sum of k_j with a_j in W, over |W|      L(W) = mean number in flight, t_tx0 <= t < a_m

A percentile is an order statistic by the method "higher". It is shown only where the sample bounds it
from above with 95 % confidence, which needs n >= ln 0.05 / ln p: 5 samples for the median, 29 for p90,
59 for p95, 299 for p99. Gaps of one request are alike, so their pool also needs 30 requests.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median

import numpy as np
from numpy.typing import NDArray

from advisor.bench.records import Outcome
from advisor.bench.result import LatencySummary

PERCENTILES = (50, 90, 95, 99)
POOLED_REQUESTS = 30
"""Fewest requests behind a pooled percentile."""

_CONFIDENCE = 0.95
_NS_PER_MS = 1e6
_NS_PER_S = 1e9

Stamps = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Sample:
    """One measured request. Stamps are monotonic nanoseconds.

    content_ns: arrivals of the content events. content_tokens: tokens of each, 0 where the server did
    not say. output_tokens: n by the best source, None where the answer did not end whole.
    """

    outcome: Outcome
    sent_ns: int
    ended_ns: int
    content_ns: Stamps
    content_tokens: Stamps
    output_tokens: int | None
    prompt_tokens: int | None

    @property
    def is_ok(self) -> bool:
        return self.outcome is Outcome.OK

    @property
    def last_ns(self) -> int:
        """The end of the request as the metrics see it: a_m, or its end where nothing came."""
        return int(self.content_ns[-1]) if len(self.content_ns) else self.ended_ns

    @property
    def says_every_count(self) -> bool:
        """Whether each content event told its tokens and they add up to n."""
        told = self.content_tokens
        whole = self.output_tokens is None or int(told.sum()) == self.output_tokens
        return bool(len(told)) and bool((told > 0).all()) and whole


@dataclass(frozen=True, slots=True)
class Window:
    """The measured time of one repetition, in monotonic nanoseconds."""

    start_ns: int
    end_ns: int

    @property
    def seconds(self) -> float:
        return max(0, self.end_ns - self.start_ns) / _NS_PER_S


def ttft_ms(sample: Sample) -> float | None:
    """Time to the first content event; None where none came."""
    return (int(sample.content_ns[0]) - sample.sent_ns) / _NS_PER_MS if len(sample.content_ns) else None


def e2e_ms(sample: Sample) -> float | None:
    """Time to the last content event; None where none came."""
    return (int(sample.content_ns[-1]) - sample.sent_ns) / _NS_PER_MS if len(sample.content_ns) else None


def tpot_ms(sample: Sample) -> float | None:
    """Time per output token after the first; None (not 0) for fewer than two events or n <= c1."""
    first = int(sample.content_tokens[0]) if sample.says_every_count else 1
    tokens = sample.output_tokens
    if len(sample.content_ns) < 2 or tokens is None or tokens <= first:
        return None
    return int(sample.content_ns[-1] - sample.content_ns[0]) / (tokens - first) / _NS_PER_MS


def gaps_ms(sample: Sample) -> NDArray[np.float64]:
    """The gaps between content events, in order."""
    gaps: NDArray[np.float64] = np.diff(sample.content_ns) / _NS_PER_MS
    return gaps


def minimum_samples(percentile: float) -> int:
    """The fewest samples whose largest bounds the percentile from above with 95 % confidence."""
    return math.ceil(math.log(1 - _CONFIDENCE) / math.log(percentile / 100))


def percentile_higher(values: NDArray[np.float64], percentile: float) -> float:
    """The order statistic at or above the percentile."""
    return float(np.percentile(values, percentile, method="higher"))


def summarise(
    repetitions: Sequence[NDArray[np.float64]], requests: int, *, pooled_from_requests: bool = False
) -> LatencySummary | None:
    """The headline of one latency: the median over repetitions of each repetition's figure.

    min, max and n are those of all samples together. A percentile is None where all samples together
    do not support it; None altogether without samples. requests: how many requests the samples are of.
    """
    filled = [values for values in repetitions if len(values)]
    if not filled:
        return None
    count = sum(map(len, filled))
    enough = not pooled_from_requests or requests >= POOLED_REQUESTS

    def shown(percentile: int) -> float | None:
        if not enough or count < minimum_samples(percentile):
            return None
        return median(percentile_higher(values, percentile) for values in filled)

    p50, p90, p95, p99 = map(shown, PERCENTILES)
    return LatencySummary(
        mean=median(float(values.mean()) for values in filled),
        p50=p50,
        p90=p90,
        p95=p95,
        p99=p99,
        min=min(float(values.min()) for values in filled),
        max=max(float(values.max()) for values in filled),
        n=count,
    )


def tokens_per_event(samples: Sequence[Sample]) -> float | None:
    """k-bar: output tokens over content events of the whole answers; None where there are none."""
    counted = [(each.output_tokens, len(each.content_ns)) for each in samples if each.output_tokens is not None]
    events = sum(count for _, count in counted)
    return sum(tokens for tokens, _ in counted) / events if events else None


def event_tokens(sample: Sample, usual: float) -> NDArray[np.float64]:
    """k_j: as told by the server, else n spread evenly, else (an answer cut short) the usual tokens per event."""
    events = len(sample.content_ns)
    if sample.says_every_count:
        return sample.content_tokens.astype(np.float64)
    share = sample.output_tokens / events if sample.output_tokens is not None and events else usual
    return np.full(events, share)


def output_tokens_per_s(samples: Sequence[Sample], window: Window) -> float | None:
    """X_out: tokens delivered within the window, whatever became of their requests; None without a window."""
    usual = tokens_per_event(samples) or 1.0
    return _rate(sum(delivered_tokens(each, usual, window) for each in samples), window)


def delivered_tokens(sample: Sample, usual: float, window: Window) -> float:
    """Tokens of one request whose content events arrived within the window; usual as in `event_tokens`."""
    if not len(sample.content_ns):
        return 0.0
    return float(event_tokens(sample, usual)[_inside(sample.content_ns, window)].sum())


def input_tokens_per_s(samples: Sequence[Sample], window: Window) -> float | None:
    """X_in: prompt tokens, counted when their first content event arrives; None where a prompt's are unknown."""
    begun = [each for each in samples if len(each.content_ns) and _inside(each.content_ns[:1], window)[0]]
    counts = [each.prompt_tokens for each in begun]
    known = [count for count in counts if count is not None]
    return _rate(sum(known), window) if len(known) == len(counts) else None


def requests_per_s(samples: Sequence[Sample], window: Window) -> float | None:
    """Whole answers whose last content event lies in the window."""
    return _rate(sum(window.start_ns <= each.last_ns < window.end_ns for each in samples if each.is_ok), window)


def achieved_concurrency(samples: Sequence[Sample], window: Window) -> float | None:
    """L: the time-average of requests in flight; None without a window."""
    inside = sum(max(0, min(each.last_ns, window.end_ns) - max(each.sent_ns, window.start_ns)) for each in samples)
    return _rate(inside / _NS_PER_S, window)


def _inside(stamps: Stamps, window: Window) -> NDArray[np.bool_]:
    mask: NDArray[np.bool_] = (stamps >= window.start_ns) & (stamps < window.end_ns)
    return mask


def _rate(amount: float, window: Window) -> float | None:
    return amount / window.seconds if window.seconds > 0 else None
