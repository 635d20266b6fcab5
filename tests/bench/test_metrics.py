"""The definitions, on traces written by hand: the figures here were worked out on paper.

All times are milliseconds after the request was sent, which is at second 1.
"""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from advisor.bench.metrics import (
    Sample,
    Window,
    achieved_concurrency,
    e2e_ms,
    event_tokens,
    gaps_ms,
    input_tokens_per_s,
    minimum_samples,
    output_tokens_per_s,
    percentile_higher,
    requests_per_s,
    summarise,
    tokens_per_event,
    tpot_ms,
    ttft_ms,
)
from advisor.bench.records import Outcome

from .support import MS, SENT_NS


def sample(
    *arrivals_ms: float,
    n: int | None = None,
    told: list[int] | None = None,
    sent_ms: float = 0,
    ended_ms: float | None = None,
    prompt: int | None = 10,
    outcome: Outcome = Outcome.OK,
) -> Sample:
    stamps = np.asarray([SENT_NS + round(at * MS) for at in arrivals_ms], dtype=np.int64)
    end = ended_ms if ended_ms is not None else (arrivals_ms[-1] if arrivals_ms else sent_ms)
    return Sample(
        outcome=outcome,
        sent_ns=SENT_NS + round(sent_ms * MS),
        ended_ns=SENT_NS + round(end * MS),
        content_ns=stamps,
        content_tokens=np.asarray(told or [0] * len(arrivals_ms), dtype=np.int64),
        output_tokens=n,
        prompt_tokens=prompt,
    )


def window(start_ms: float, end_ms: float) -> Window:
    return Window(SENT_NS + round(start_ms * MS), SENT_NS + round(end_ms * MS))


class TestOneRequest:
    @pytest.mark.parametrize(
        ("case", "ttft", "e2e", "tpot", "gaps"),
        [
            # one token per event: (400 - 100) / (4 - 1)
            (sample(100, 200, 300, 400, n=4), 100, 400, 100, [100, 100, 100]),
            # a stall: TPOT spreads it, the gaps show it
            (sample(100, 110, 520, 530, n=4), 100, 530, 430 / 3, [10, 410, 10]),
            # two tokens per event, none told: c1 is 1, (300 - 100) / (6 - 1)
            (sample(100, 200, 300, n=6), 100, 300, 40, [100, 100]),
            # the first event told as 3 tokens: (300 - 100) / (5 - 3)
            (sample(100, 200, 300, n=5, told=[3, 1, 1]), 100, 300, 100, [100, 100]),
            # told counts that do not add up to n are not believed: c1 is 1
            (sample(100, 200, 300, n=6, told=[3, 1, 1]), 100, 300, 40, [100, 100]),
            # two events in one read
            (sample(100, 100, 150, n=3), 100, 150, 25, [0, 50]),
            # a single event has no TPOT, even of several tokens
            (sample(100, n=5), 100, 100, None, []),
            # a single token in two events has none either
            (sample(100, 200, n=1), 100, 200, None, [100]),
            # all tokens but one in the first event: (200 - 100) / (4 - 3)
            (sample(100, 200, n=4, told=[3, 1]), 100, 200, 100, [100]),
            # nothing came
            (sample(n=0), None, None, None, []),
            # n unknown: an answer that was cut
            (sample(100, 200, outcome=Outcome.TIMEOUT), 100, 200, None, [100]),
        ],
    )
    def test_its_figures(
        self, case: Sample, ttft: float | None, e2e: float | None, tpot: float | None, gaps: list[float]
    ) -> None:
        assert ttft_ms(case) == ttft
        assert e2e_ms(case) == e2e
        assert tpot_ms(case) == (None if tpot is None else pytest.approx(tpot))
        assert gaps_ms(case).tolist() == gaps

    def test_the_end_is_the_last_content_event_and_not_the_trailer(self) -> None:
        case = sample(100, 200, n=2, ended_ms=900)
        assert e2e_ms(case) == 200
        assert case.last_ns == SENT_NS + 200 * MS

    @given(
        arrivals=st.lists(st.integers(1, 10**6), min_size=2, max_size=50, unique=True).map(sorted),
        extra=st.integers(0, 50),
    )
    def test_the_parts_add_up(self, arrivals: list[int], extra: int) -> None:
        case = sample(*arrivals, n=len(arrivals) + extra)
        ttft, e2e, tpot = ttft_ms(case), e2e_ms(case), tpot_ms(case)
        assert ttft is not None
        assert e2e is not None
        assert tpot is not None
        assert e2e == pytest.approx(ttft + gaps_ms(case).sum())
        assert e2e == pytest.approx(ttft + tpot * (len(arrivals) + extra - 1))


class TestTokens:
    def test_told_counts_are_used_as_they_are(self) -> None:
        assert event_tokens(sample(1, 2, n=5, told=[3, 2]), 1.0).tolist() == [3, 2]

    def test_untold_ones_are_spread_evenly(self) -> None:
        assert event_tokens(sample(1, 2, n=5), 1.0).tolist() == [2.5, 2.5]

    def test_those_of_a_cut_answer_are_the_usual_ones(self) -> None:
        assert event_tokens(sample(1, 2, outcome=Outcome.CANCELLED), 1.5).tolist() == [1.5, 1.5]

    def test_tokens_per_event_are_over_whole_answers(self) -> None:
        cut = sample(1, 2, 3, outcome=Outcome.TIMEOUT)
        assert tokens_per_event([sample(1, 2, n=4), sample(1, 2, n=2), cut]) == 1.5
        assert tokens_per_event([cut]) is None


class TestWindow:
    ONE = sample(100, 200, 300, 400, n=4)
    TWO = sample(250, 350, 450, n=6, sent_ms=150)

    def test_output_is_what_arrives_within(self) -> None:
        # of ONE, the events at 200 and 300; of TWO, that at 250 with 2 tokens; 350 is outside
        assert output_tokens_per_s([self.ONE, self.TWO], window(200, 350)) == pytest.approx(4 / 0.150)

    def test_a_later_failure_does_not_take_back_what_was_delivered(self) -> None:
        failed = sample(100, 200, outcome=Outcome.CONNECTION, ended_ms=250)
        assert output_tokens_per_s([self.ONE, failed], window(0, 500)) == pytest.approx(6 / 0.5)

    def test_input_counts_when_the_first_token_arrives(self) -> None:
        assert input_tokens_per_s([self.ONE, self.TWO], window(200, 300)) == pytest.approx(10 / 0.1)

    def test_input_is_unknown_where_a_prompt_is(self) -> None:
        assert input_tokens_per_s([sample(100, n=1, prompt=None)], window(0, 200)) is None

    def test_requests_are_whole_answers_that_end_within(self) -> None:
        failed = sample(100, outcome=Outcome.SERVER_ERROR)
        assert requests_per_s([self.ONE, self.TWO, failed], window(0, 450)) == pytest.approx(1 / 0.45)

    def test_concurrency_is_the_time_average_of_those_in_flight(self) -> None:
        # ONE is in flight 0..400, TWO 150..450: within 100..500 that is 300 + 300 of 400
        assert achieved_concurrency([self.ONE, self.TWO], window(100, 500)) == pytest.approx(1.5)

    def test_a_request_that_never_got_a_token_is_in_flight_until_it_ended(self) -> None:
        assert achieved_concurrency([sample(ended_ms=200, outcome=Outcome.TIMEOUT)], window(0, 400)) == 0.5

    @pytest.mark.parametrize("rate", [output_tokens_per_s, input_tokens_per_s, requests_per_s, achieved_concurrency])
    def test_without_a_window_there_is_no_rate(self, rate: object) -> None:
        assert callable(rate)
        assert rate([self.ONE], window(300, 300)) is None
        assert rate([self.ONE], window(300, 100)) is None


class TestPercentiles:
    def test_the_least_samples_are_those_of_the_order_statistics(self) -> None:
        assert [minimum_samples(p) for p in (50, 90, 95, 99, 99.9)] == [5, 29, 59, 299, 2995]

    @given(percentile=st.integers(1, 99))
    def test_one_sample_less_would_not_bound_it(self, percentile: int) -> None:
        n = minimum_samples(percentile)
        assert 1 - (percentile / 100) ** n >= 0.95
        assert n == 1 or 1 - (percentile / 100) ** (n - 1) < 0.95

    @given(st.lists(st.floats(0, 1e6), min_size=1, max_size=200), st.sampled_from([50, 90, 95, 99]))
    def test_the_method_is_higher(self, values: list[float], percentile: int) -> None:
        found = percentile_higher(np.asarray(values), percentile)
        assert found in values
        rank = math.ceil(percentile / 100 * (len(values) - 1) - 1e-9)
        assert found == sorted(values)[rank]

    @pytest.mark.parametrize(("n", "shown"), [(4, 0), (5, 1), (28, 1), (29, 2), (58, 2), (59, 3), (298, 3), (299, 4)])
    def test_only_what_the_sample_supports_is_shown(self, n: int, shown: int) -> None:
        summary = summarise([np.arange(n, dtype=float)], n)
        assert summary is not None
        assert sum(value is not None for value in (summary.p50, summary.p90, summary.p95, summary.p99)) == shown
        assert (summary.min, summary.max, summary.n) == (0, n - 1, n)

    def test_all_repetitions_together_support_a_percentile(self) -> None:
        summary = summarise([np.arange(20.0)] * 3, 60)
        assert summary is not None
        assert summary.p95 == 19
        assert summary.p99 is None

    def test_a_pooled_percentile_needs_thirty_requests(self) -> None:
        gaps = [np.arange(1000.0)]
        few, enough = summarise(gaps, 29, pooled_from_requests=True), summarise(gaps, 30, pooled_from_requests=True)
        assert few is not None
        assert enough is not None
        assert (few.p50, few.p99, few.mean) == (None, None, 499.5)
        assert enough.p99 == 990

    def test_the_headline_is_the_median_of_the_repetitions(self) -> None:
        fast, usual, slow = np.full(100, 10.0), np.full(100, 20.0), np.full(100, 90.0)
        summary = summarise([fast, slow, usual], 300)
        assert summary is not None
        assert (summary.mean, summary.p50, summary.p99) == (20, 20, 20)
        assert (summary.min, summary.max, summary.n) == (10, 90, 300)

    def test_a_repetition_without_samples_has_no_say(self) -> None:
        summary = summarise([np.zeros(0), np.arange(10.0)], 10)
        assert summary is not None
        assert summary.n == 10

    def test_without_samples_there_is_no_summary(self) -> None:
        assert summarise([np.zeros(0)], 0) is None
        assert summarise([], 0) is None

    @given(st.lists(st.lists(st.floats(0, 1e6), min_size=1, max_size=400), min_size=1, max_size=4))
    def test_figures_are_in_order(self, repetitions: list[list[float]]) -> None:
        summary = summarise([np.asarray(values) for values in repetitions], 1000)
        assert summary is not None
        shown = [summary.min, summary.p50, summary.p90, summary.p95, summary.p99, summary.max]
        known = [value for value in shown if value is not None]
        assert known == sorted(known)
