"""Latency targets: how they are written, and when one holds.

`ttft_p95_ms=500` holds when at least 95 % of requests have a TTFT of at most 500 ms. For itl a request
counts by its own time per output token.
"""

import re
from dataclasses import dataclass
from typing import Literal, cast

from advisor.errors import InputError, printable

Metric = Literal["ttft", "itl", "tpot", "e2e"]
METRICS: tuple[Metric, ...] = ("ttft", "itl", "tpot", "e2e")
PERCENTILES = (50, 90, 95, 99)
_FORM = re.compile(r"(?P<metric>[a-z0-9]+)_p(?P<percentile>\d+)_ms=(?P<limit>[0-9.]+)")


@dataclass(frozen=True, slots=True, order=True)
class Slo:
    """One target. limit_ms is inclusive."""

    metric: Metric
    percentile: int
    limit_ms: float

    @property
    def share(self) -> float:
        """The share of requests that must meet the limit."""
        return self.percentile / 100

    @property
    def key(self) -> str:
        """`ttft_p95_ms`: how the figure is called that this target limits."""
        return f"{self.metric}_p{self.percentile}_ms"

    @property
    def setting(self) -> str:
        """`slo_ttft_ms_p95`: the workload key that holds limit_ms."""
        return f"slo_{self.metric}_ms_p{self.percentile}"

    def __str__(self) -> str:
        return f"{self.key}={self.limit_ms:g}"


def parse_slos(text: str) -> tuple[Slo, ...]:
    """Read `ttft_p95_ms=500,itl_p95_ms=30`. InputError naming the part that cannot be read."""
    found = tuple(_parse(part.strip()) for part in text.split(",") if part.strip())
    keys = [slo.key for slo in found]
    for key in keys:
        if keys.count(key) > 1:
            raise InputError(f"the target {key} is given twice", key="slo")
    return found


def _parse(part: str) -> Slo:
    match = _FORM.fullmatch(part)
    example = "Write it like ttft_p95_ms=500 or itl_p95_ms=30."
    if match is None:
        raise InputError(f"'{printable(part)}' is not a latency target", hint=example, key="slo")
    metric, percentile = match["metric"], int(match["percentile"])
    if metric not in METRICS:
        raise InputError(f"'{metric}' is none of {', '.join(METRICS)}", hint=example, key="slo")
    if percentile not in PERCENTILES:
        known = ", ".join(f"p{value}" for value in PERCENTILES)
        raise InputError(f"p{percentile} is none of {known}", hint=example, key="slo")
    try:
        limit_ms = float(match["limit"])
    except ValueError:
        limit_ms = 0.0
    if limit_ms <= 0:
        raise InputError(f"'{match['limit']}' is not a number of milliseconds above 0", hint=example, key="slo")
    return Slo(cast("Metric", metric), percentile, limit_ms)
