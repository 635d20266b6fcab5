"""The benchmark that would confirm a pick on one live replica, and what it would cost."""

from dataclasses import dataclass

from advisor.advice.assessment import Assessment

_START_MINUTES = 10
"""Launch, weights and warm-up before the first request, assumed."""
REPETITIONS = 3
TURNS = 4
"""Each repetition is long enough that every slot turns over so often."""
_REQUESTS_FOR = {50: 30, 90: 30, 95: 59, 99: 299}
"""Fewest requests from which a percentile can be told (facts: benchmark-runner, section 1.5)."""


@dataclass(frozen=True, slots=True)
class LiveCheck:
    """One replica's share of the peak: rate_rps with so many requests in flight, and the effort to try it."""

    rate_rps: float
    concurrency: int
    min_requests: int
    minutes: float
    usd: float


def live_check(pick: Assessment) -> LiveCheck | None:
    """The check of an online pick; None for a batch, which is checked by running it."""
    if pick.sizing is None:
        return None
    peak = pick.sizing.at_peak
    percentiles = [estimate.slo.percentile for estimate in pick.estimates] or [95]
    concurrency = max(1, min(peak.requests_quantile(0.95), pick.slots))
    requests = max(max(_REQUESTS_FOR[percentile] for percentile in percentiles), TURNS * concurrency)
    minutes = REPETITIONS * requests / concurrency * peak.e2e_mean_ms() / 60_000 + _START_MINUTES
    return LiveCheck(peak.rate_rps, concurrency, requests, minutes, minutes / 60 * (pick.offer.usd_per_hour or 0.0))
