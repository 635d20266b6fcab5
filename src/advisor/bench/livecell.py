"""Running figures of one cell for the live view: good enough to watch, not the result."""

import time
from collections.abc import Callable
from math import ceil

from advisor.bench.counters import CellCounter
from advisor.bench.metrics import Sample, tpot_ms, ttft_ms

_SORT_ALWAYS = 256
_SORT_EVERY_S = 0.25
"""Many values are sorted anew this often: the view paints twice a second."""


class LiveCell:
    """Counts and medians over the finished requests of a cell."""

    def __init__(self, publish: Callable[[CellCounter, int], None]) -> None:
        self._publish = publish
        self._completed = 0
        self._failed = 0
        self._tokens = 0
        self._first_sent_ns = 0
        self._last_ended_ns = 0
        self._ttfts_ms: list[float] = []
        self._tpots_ms: list[float] = []
        self._sorted_at = 0.0
        self.refresh()

    def add(self, sample: Sample) -> None:
        """One more measured request."""
        self._completed += sample.is_ok
        self._failed += sample.outcome.is_failure
        self._tokens += sample.output_tokens or 0
        self._first_sent_ns = min(self._first_sent_ns or sample.sent_ns, sample.sent_ns)
        self._last_ended_ns = max(self._last_ended_ns, sample.ended_ns)
        if sample.is_ok:
            for metric, values in ((ttft_ms, self._ttfts_ms), (tpot_ms, self._tpots_ms)):
                value = metric(sample)
                if value is not None:
                    values.append(value)
        self._publish_counts()
        if len(self._ttfts_ms) <= _SORT_ALWAYS or time.monotonic() - self._sorted_at >= _SORT_EVERY_S:
            self._publish_latencies()

    def refresh(self) -> None:
        """Publish everything as it stands."""
        self._publish_counts()
        self._publish_latencies()

    def _publish_counts(self) -> None:
        publish = self._publish
        publish(CellCounter.COMPLETED, self._completed)
        publish(CellCounter.FAILED, self._failed)
        publish(CellCounter.TOKENS, self._tokens)
        publish(CellCounter.FIRST_SENT_NS, self._first_sent_ns)
        publish(CellCounter.LAST_ENDED_NS, self._last_ended_ns)

    def _publish_latencies(self) -> None:
        self._sorted_at = time.monotonic()
        publish = self._publish
        publish(CellCounter.TTFT_P50_US, _order_statistic_us(self._ttfts_ms, 0.50))
        publish(CellCounter.TTFT_P95_US, _order_statistic_us(self._ttfts_ms, 0.95))
        publish(CellCounter.TPOT_P50_US, _order_statistic_us(self._tpots_ms, 0.50))


def _order_statistic_us(values_ms: list[float], share: float) -> int:
    if not values_ms:
        return 0
    return int(sorted(values_ms)[ceil(share * (len(values_ms) - 1))] * 1e3)
