"""Which figures of a benchmark become evidence, and which never do."""

from pathlib import Path

import pytest

from advisor.bench.result import Verdict
from advisor.evidence.measured import evidence_of, run_record
from advisor.quantities.provenance import Level
from evidence.results import RUN_ID, SUBJECT, point, result


def test_a_valid_point_of_a_stated_subject_is_measured() -> None:
    figures = evidence_of(result(point(1), point(8, (300.0, 310.0, 320.0))))
    assert {figure.level for figure in figures} == {Level.MEASURED}
    assert [figure.metric for figure in figures] == ["output_tokens_per_s", "ttft_ms", "itl_ms"] * 2
    assert {(figure.accelerator, figure.devices, figure.run_id) for figure in figures} == {("H100-80GB", 8, RUN_ID)}
    assert [figure.value for figure in figures if figure.metric == "output_tokens_per_s"] == [80.0, 310.0]


def test_the_interval_is_that_of_the_mean_over_repetitions() -> None:
    (throughput, *_) = evidence_of(result(point(1, (79.0, 80.0, 81.0))))
    assert throughput.interval == pytest.approx(4.303 * 1.0 / 3**0.5 / 80.0)
    (single, *_) = evidence_of(result(point(1, (80.0,))))
    assert single.interval is None


@pytest.mark.parametrize("verdict", [verdict for verdict in Verdict if verdict is not Verdict.VALID])
def test_a_point_that_is_not_valid_proves_nothing(verdict: Verdict) -> None:
    assert evidence_of(result(point(1, verdict=verdict))) == []


def test_nobody_s_and_denied_subjects_prove_nothing() -> None:
    assert evidence_of(result(subject={})) == []
    assert evidence_of(result(subject={**SUBJECT, "vouched_by": "contradicted"})) == []


def test_the_builtin_endpoint_is_evidence_about_no_accelerator() -> None:
    figures = evidence_of(result(simulated=True))
    assert {figure.level for figure in figures} == {Level.SIMULATED}
    assert {figure.accelerator for figure in figures} == {"built-in endpoint"}


def test_the_ledger_lists_a_run_with_the_verdicts_of_its_points() -> None:
    record = run_record(result(point(1), point(4, verdict=Verdict.NOT_STEADY)), Path("/runs/one"))
    assert (record.id, record.state, record.verdicts) == (RUN_ID, "finished", ("valid", "not_steady"))
