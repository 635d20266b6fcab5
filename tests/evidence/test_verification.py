"""The search for a load that decides: it never confirms what is not so, and never refutes what is."""

import random
from math import inf

import pytest
from hypothesis import given
from hypothesis import strategies as st

from advisor.bench.result import SloResult, Verdict
from advisor.evidence.verification import Outcome, Status, Trial, judged, measured_claim, next_concurrency, trial_of
from evidence.results import point, result

_ANSWER_TOKENS = 32


def slo(*, holds: bool, resolved: bool = True) -> SloResult:
    return SloResult("ttft_p95_ms=500", 1.0 if holds else 0.0, 0.9, 1.0, holds, resolved)


def trial(concurrency: int, rates: tuple[float, ...], *targets: SloResult) -> Trial:
    tokens = tuple(rate * _ANSWER_TOKENS for rate in rates)
    return trial_of(result(point(concurrency, tokens, slos=targets)))


def test_a_rate_within_every_target_confirms() -> None:
    assert judged([trial(8, (5.2, 5.25, 5.3), slo(holds=True))], 5.0) is Outcome.CONFIRMED


def test_one_load_that_misses_both_refutes() -> None:
    assert judged([trial(8, (3.0, 3.1, 3.2), slo(holds=False))], 5.0) is Outcome.REFUTED


def test_neighbours_that_miss_one_each_refute() -> None:
    trials = [trial(8, (4.0,), slo(holds=True)), trial(9, (5.9,), slo(holds=False))]
    assert judged(trials, 5.0) is Outcome.REFUTED
    assert judged([trials[0], trial(12, (5.9,), slo(holds=False))], 5.0) is Outcome.INCONCLUSIVE


@pytest.mark.parametrize(
    ("rates", "status"),
    [
        ((4.9, 5.0, 5.1), Status.UNDECIDED),
        ((5.05, 5.2, 5.4), Status.UNDECIDED),
        ((4.6, 4.8, 4.95), Status.UNDECIDED),
        ((5.19, 5.2, 5.21), Status.HOLDS),
        ((4.79, 4.8, 4.81), Status.MISSED),
        ((5.5,), Status.UNDECIDED),
        ((5.9,), Status.HOLDS),
        ((4.5,), Status.UNDECIDED),
        ((4.3,), Status.MISSED),
    ],
)
def test_a_rate_within_the_interval_of_the_repetitions_is_open(rates: tuple[float, ...], status: Status) -> None:
    """Three repetitions on one side of a rate say little where they scatter; one alone says less."""
    assert trial(8, rates, slo(holds=True)).carries(5.0) is status


def test_an_open_rate_within_the_targets_is_tried_with_more_in_flight() -> None:
    one = trial(8, (4.9, 5.0, 5.1), slo(holds=True))
    assert judged([one], 5.0) is Outcome.INCONCLUSIVE
    assert next_concurrency([one], 5.0, 64) == 9
    assert next_concurrency([one, trial(10, (4.9, 5.0, 5.1), slo(holds=False))], 5.0, 64) is None


def test_a_target_within_its_interval_leaves_it_open() -> None:
    one = trial(8, (6.0, 6.0), slo(holds=True, resolved=False))
    assert one.within_targets is Status.UNDECIDED
    assert judged([one], 5.0) is Outcome.INCONCLUSIVE


def test_missing_a_target_with_one_request_in_flight_refutes() -> None:
    assert judged([trial(1, (6.0,), slo(holds=False))], 5.0) is Outcome.REFUTED


@pytest.mark.parametrize(("claim", "expected"), [("ttft_p95_ms", 48.0), ("itl_p50_ms", 12.5), ("e2e_p99_ms", None)])
def test_a_claim_is_compared_with_its_own_statistic(claim: str, expected: float | None) -> None:
    assert measured_claim(point(1), claim) == (pytest.approx(expected) if expected is not None else None)


@given(
    needed=st.floats(1.0, 50.0),
    base=st.floats(0.2, 20.0),
    ceiling=st.floats(0.5, 100.0),
    last_good=st.integers(0, 300),
    planned=st.integers(1, 100),
)
def test_the_search_tells_the_truth_about_any_replica_that_slows_down_with_load(
    needed: float, base: float, ceiling: float, last_good: int, planned: int
) -> None:
    """base: rate of one request in flight. ceiling: what the rate saturates at. last_good: where targets end."""

    def run(concurrency: int) -> Trial:
        rate = ceiling * concurrency / (concurrency + ceiling / base)
        return trial(concurrency, (rate,) * 3, slo(holds=concurrency <= last_good))

    trials = [run(planned)]
    while (following := next_concurrency(trials, needed, 4 * planned)) is not None and len(trials) < 12:
        trials.append(run(following))
    possible = any(
        ceiling * n / (n + ceiling / base) >= needed for n in range(1, last_good + 1)
    )  # more in flight than that misses a target
    outcome = judged(trials, needed)
    assert outcome is not (Outcome.REFUTED if possible else Outcome.CONFIRMED)
    assert len({each.concurrency for each in trials}) == len(trials)


def test_a_point_that_proves_nothing_keeps_its_verdict() -> None:
    one = trial_of(result(point(1, verdict=Verdict.CLIENT_LIMITED)))
    assert one.verdict is Verdict.CLIENT_LIMITED
    assert one.carries(inf) is Status.MISSED


@pytest.mark.parametrize(("share", "wrong"), [(0.98, Outcome.CONFIRMED), (1.02, Outcome.REFUTED)])
def test_noise_seldom_turns_the_answer_round(share: float, wrong: Outcome) -> None:
    """A replica whose best load within the targets reaches 98 or 102 % of the rate, measured with 3 % of noise."""
    noise = random.Random(7)
    best = 16

    def run(concurrency: int) -> Trial:
        true = share * 5.0 * concurrency / best
        rates = tuple(true * noise.gauss(1.0, 0.03) for _ in range(3))
        return trial(concurrency, rates, slo(holds=concurrency <= best))

    turned = 0
    for _ in range(500):
        trials = [run(best)]
        while len(trials) < 4 and (following := next_concurrency(trials, 5.0, 64)) is not None:
            trials.append(run(following))
        turned += judged(trials, 5.0) is wrong
    assert turned <= 0.05 * 500
