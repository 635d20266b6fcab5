"""Running figures of one cell for the live view; once the cell is over, its rate is the one of the result.

The rate is X_out of the metrics all along: tokens delivered since the warm-up ended, over the time since.
While the cell runs, that time reaches to the last request that ended, and unfinished ones are not seen.
"""

import time
from collections.abc import Callable
from math import ceil

from advisor.bench.counters import CellCounter, CellStage
from advisor.bench.metrics import Sample, Window, delivered_tokens, tpot_ms, ttft_ms

_SORT_ALWAYS = 256
_SORT_EVERY_S = 0.25
"""Many values are sorted anew this often: the view paints twice a second."""


class LiveCell:
    """Counts, rate and medians over the finished requests of a cell with so many warm-up requests."""

    def __init__(self, publish: Callable[[CellCounter, int], None], warmups: int) -> None:
        self._publish = publish
        self._has_warmup = warmups > 0
        self._warmups_left = warmups
        self._start_ns = 0
        self._end_ns = 0
        self._waiting: list[Sample] = []
        self._completed = 0
        self._failed = 0
        self._tokens = 0
        self._events = 0
        self._delivered = 0.0
        self._ttfts_ms: list[float] = []
        self._tpots_ms: list[float] = []
        self._sorted_at = 0.0
        self._publish_counts()
        self._publish_latencies()
        publish(CellCounter.STAGE, CellStage.RUNNING)

    def add_warmup(self, sample: Sample) -> None:
        """One more warm-up request; with the end of the last one, measuring began."""
        self._warmups_left -= 1
        self._start_ns = max(self._start_ns, sample.ended_ns)
        if not self._warmups_left:
            for early in self._waiting:
                self._deliver(early)
            self._waiting.clear()
            self._publish_counts()

    def add(self, sample: Sample) -> None:
        """One more measured request."""
        self._completed += sample.is_ok
        self._failed += sample.outcome.is_failure
        if sample.output_tokens is not None:
            self._tokens += sample.output_tokens
            self._events += len(sample.content_ns)
        if self._warmups_left:
            self._waiting.append(sample)
        else:
            self._deliver(sample)
        if sample.is_ok:
            for metric, values in ((ttft_ms, self._ttfts_ms), (tpot_ms, self._tpots_ms)):
                value = metric(sample)
                if value is not None:
                    values.append(value)
        self._publish_counts()
        if len(self._ttfts_ms) <= _SORT_ALWAYS or time.monotonic() - self._sorted_at >= _SORT_EVERY_S:
            self._publish_latencies()

    def close(self, output_tokens_per_s: float | None = None) -> None:
        """The cell is over, and this is its rate; None leaves the one that was reached."""
        self._publish_counts()
        self._publish_latencies()
        if output_tokens_per_s is not None:
            self._publish_rate(output_tokens_per_s)
        self._publish(CellCounter.STAGE, CellStage.OVER)

    def _deliver(self, sample: Sample) -> None:
        if not self._has_warmup:
            self._start_ns = min(self._start_ns or sample.sent_ns, sample.sent_ns)
        self._end_ns = max(self._end_ns, sample.ended_ns)
        usual = self._tokens / self._events if self._events else 1.0
        # The last event may carry the very stamp of its request's end.
        self._delivered += delivered_tokens(sample, usual, Window(self._start_ns, self._end_ns + 1))

    def _publish_counts(self) -> None:
        publish = self._publish
        publish(CellCounter.COMPLETED, self._completed)
        publish(CellCounter.FAILED, self._failed)
        publish(CellCounter.TOKENS, self._tokens)
        seconds = Window(self._start_ns, self._end_ns).seconds
        self._publish_rate(self._delivered / seconds if seconds else 0.0)

    def _publish_rate(self, output_tokens_per_s: float) -> None:
        self._publish(CellCounter.OUTPUT_MILLITOKENS_PER_S, round(output_tokens_per_s * 1e3))

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
