"""Objectives: which requests met them, and how sure that is. Pure.

    attainment = conforming / (determined + errors + censored already breached), Wilson 95 % interval

A request is determined where each objective's metric has a value. A failed one did not conform; one that
was cut off counts only if it had already taken longer than its limit (facts: benchmark-runner, 1.5).
"""

import math
from collections.abc import Callable, Mapping, Sequence

from advisor.bench.metrics import Sample, e2e_ms, tpot_ms, ttft_ms
from advisor.bench.plan import Slo
from advisor.bench.result import Goodput, SloResult

_Z = 1.959963984540054
"""The normal quantile of a two-sided 95 % interval."""

_METRICS: Mapping[str, Callable[[Sample], float | None]] = {
    "ttft": ttft_ms,
    "itl": tpot_ms,
    "tpot": tpot_ms,
    "e2e": e2e_ms,
}


def goodput(samples: Sequence[Sample], slos: Sequence[Slo]) -> Goodput | None:
    """The share of requests that met every objective; None without objectives or determined requests."""
    return _attainment(samples, slos) if slos else None


def judge(samples: Sequence[Sample], slo: Slo) -> SloResult:
    """Whether one objective holds: at least its percentile of requests lies within its limit."""
    share = _attainment(samples, [slo])
    if share is None:
        return SloResult(str(slo), None, None, None, None, is_resolved=False)
    wanted = slo.percentile / 100
    return SloResult(
        slo=str(slo),
        attainment=share.attainment,
        low=share.low,
        high=share.high,
        holds=share.attainment >= wanted,
        is_resolved=share.low >= wanted or share.high < wanted,
    )


def wilson(conforming: int, total: int) -> tuple[float, float]:
    """The Wilson score interval of a share, 95 %. ValueError without trials."""
    if total <= 0:
        raise ValueError("a share needs trials")
    share = conforming / total
    square = _Z * _Z / total
    centre = (share + square / 2) / (1 + square)
    half = _Z / (1 + square) * math.sqrt(share * (1 - share) / total + square / (4 * total))
    low = centre - half if conforming else 0.0  # exactly, whatever rounding says
    high = centre + half if conforming < total else 1.0
    return low, high


def _attainment(samples: Sequence[Sample], slos: Sequence[Slo]) -> Goodput | None:
    fates = [fate for each in samples if (fate := _conforms(each, slos)) is not None]
    if not fates:
        return None
    good = sum(fates)
    return Goodput(good / len(fates), *wilson(good, len(fates)))


def _conforms(sample: Sample, slos: Sequence[Slo]) -> bool | None:
    """Whether a request met every objective; None where that cannot be told."""
    if sample.outcome.is_failure:
        return False
    if not sample.is_ok:
        return False if any(_already_breached(sample, slo) for slo in slos) else None
    values = [(_METRICS[slo.metric](sample), slo.limit_ms) for slo in slos]
    if any(value is not None and value > limit for value, limit in values):
        return False
    return None if any(value is None for value, _ in values) else True


def _already_breached(sample: Sample, slo: Slo) -> bool:
    """Whether a request that was cut off had by then missed an objective for good."""
    lasted_ms = (sample.ended_ns - sample.sent_ns) / 1e6
    if slo.metric == "ttft":
        first = ttft_ms(sample)
        return (lasted_ms if first is None else first) > slo.limit_ms
    return slo.metric == "e2e" and lasted_ms > slo.limit_ms
