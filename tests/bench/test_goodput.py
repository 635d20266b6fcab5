"""Objectives: who conforms, who does not, who does not count, and how sure that is."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from advisor.bench.goodput import goodput, judge, wilson
from advisor.bench.metrics import Sample
from advisor.bench.plan import Slo
from advisor.bench.records import Outcome

from .test_metrics import sample

TTFT = Slo("ttft", 95, 100.0)
ITL = Slo("itl", 95, 20.0)
E2E = Slo("e2e", 50, 300.0)

GOOD = sample(50, 60, 70, n=3)
LATE = sample(150, 160, 170, n=3)
AT_LIMIT = sample(100, 120, n=2)
ONE_TOKEN = sample(50, n=1)
FAILED = sample(50, 60, outcome=Outcome.SERVER_ERROR)
CUT_EARLY = sample(ended_ms=90, outcome=Outcome.CENSORED)
CUT_LATE = sample(ended_ms=110, outcome=Outcome.CENSORED)
CUT_AFTER_TEXT = sample(50, 60, ended_ms=200, outcome=Outcome.CANCELLED)
CUT_AFTER_LATE_TEXT = sample(150, ended_ms=200, outcome=Outcome.CANCELLED)


@pytest.mark.parametrize(
    ("samples", "slos", "good", "total"),
    [
        ([GOOD, LATE], [TTFT], 1, 2),
        ([AT_LIMIT], [TTFT, ITL], 1, 1),
        ([GOOD, FAILED], [TTFT], 1, 2),
        ([GOOD, CUT_EARLY], [TTFT], 1, 1),
        ([GOOD, CUT_LATE], [TTFT], 1, 2),
        ([GOOD, sample(ended_ms=100, outcome=Outcome.CENSORED)], [TTFT], 1, 1),
        ([GOOD, CUT_AFTER_TEXT], [TTFT], 1, 1),
        ([GOOD, CUT_AFTER_LATE_TEXT], [TTFT], 1, 2),
        ([GOOD, CUT_AFTER_TEXT], [Slo("e2e", 50, 150.0)], 1, 2),
        ([GOOD, CUT_LATE], [ITL], 1, 1),
        ([GOOD, ONE_TOKEN], [ITL], 1, 1),
        ([sample(150, n=1)], [TTFT, ITL], 0, 1),
        ([GOOD, sample(50, 90, n=2)], [TTFT, ITL], 1, 2),
        ([GOOD, LATE, FAILED], [TTFT, ITL, E2E], 1, 3),
    ],
)
def test_attainment(samples: list[Sample], slos: list[Slo], good: int, total: int) -> None:
    found = goodput(samples, slos)
    assert found is not None
    assert found.attainment == good / total
    assert (found.low, found.high) == wilson(good, total)


def test_itl_compares_the_requests_own_time_per_token() -> None:
    stalled_once = sample(50, 55, 60, 65, 125, n=5)  # a gap of 60, but 75 / 4 per token
    assert judge([stalled_once], ITL).holds


@pytest.mark.parametrize(("samples", "slos"), [([], [TTFT]), ([CUT_EARLY], [TTFT]), ([ONE_TOKEN], [ITL]), ([GOOD], [])])
def test_without_determined_requests_or_objectives_there_is_no_goodput(samples: list[Sample], slos: list[Slo]) -> None:
    assert goodput(samples, slos) is None


class TestOneObjective:
    @pytest.mark.parametrize(
        ("good", "late", "holds", "is_resolved"),
        [
            (100, 0, True, True),
            (96, 4, True, False),
            (95, 5, True, False),
            (94, 6, False, False),
            (50, 50, False, True),
        ],
    )
    def test_it_holds_at_its_percentile_and_is_resolved_by_its_interval(
        self, good: int, late: int, holds: bool, is_resolved: bool
    ) -> None:
        result = judge([GOOD] * good + [LATE] * late, TTFT)
        assert (result.slo, result.holds, result.is_resolved) == ("ttft_p95_ms=100", holds, is_resolved)

    def test_of_which_nothing_is_known(self) -> None:
        result = judge([], TTFT)
        assert (result.attainment, result.low, result.high, result.holds, result.is_resolved) == (*[None] * 4, False)


class TestWilson:
    @pytest.mark.parametrize(
        ("good", "total", "low", "high"),
        [(0, 10, 0.0, 0.2775), (10, 10, 0.7225, 1.0), (8, 10, 0.4902, 0.9433), (95, 100, 0.8882, 0.9785)],
    )
    def test_known_intervals(self, good: int, total: int, low: float, high: float) -> None:
        assert wilson(good, total) == pytest.approx((low, high), abs=5e-5)

    @given(st.integers(1, 5000).flatmap(lambda total: st.tuples(st.integers(0, total), st.just(total))))
    def test_it_holds_the_share_and_stays_a_share(self, counts: tuple[int, int]) -> None:
        good, total = counts
        low, high = wilson(good, total)
        assert 0 <= low <= good / total + 1e-12
        assert good / total - 1e-12 <= high <= 1

    def test_a_share_of_nothing_is_an_error(self) -> None:
        with pytest.raises(ValueError, match="trials"):
            wilson(0, 0)
