"""What a benchmark's exit code says."""

from dataclasses import replace

import pytest

from advisor.bench.records import RunState
from advisor.bench.result import SloResult, Verdict
from advisor.cli.bench_view import exit_code_of, what_it_proves
from advisor.cli.exit_codes import ExitCode
from advisor.wording.benchmark import way_on
from evidence.results import point, result

HOLDS = SloResult("ttft_p95_ms=500", 0.99, 0.96, 1.0, holds=True, is_resolved=True)
MISSED = SloResult("ttft_p95_ms=50", 0.5, 0.4, 0.6, holds=False, is_resolved=True)
UNDECIDED = SloResult("ttft_p95_ms=70", 0.95, 0.88, 0.98, holds=True, is_resolved=False)
UNKNOWN = SloResult("ttft_p95_ms=70", None, None, None, holds=None, is_resolved=False)


@pytest.mark.parametrize(
    ("slos", "code"),
    [
        ((), ExitCode.YES),
        ((HOLDS,), ExitCode.YES),
        ((HOLDS, MISSED), ExitCode.NO),
        ((MISSED, UNDECIDED), ExitCode.NO),
        ((HOLDS, UNDECIDED), ExitCode.PROVES_NOTHING),
        ((UNKNOWN,), ExitCode.PROVES_NOTHING),
        ((replace(UNDECIDED, holds=False),), ExitCode.PROVES_NOTHING),
    ],
)
def test_objectives_decide_the_code_only_where_they_are_decided(slos: tuple[SloResult, ...], code: ExitCode) -> None:
    assert what_it_proves(result(point(slos=slos))) is code


@pytest.mark.parametrize("state", [RunState.CRASHED, RunState.CANCELLED, RunState.RUNNING])
def test_a_run_that_is_not_complete_proves_nothing(state: RunState) -> None:
    assert what_it_proves(result(state=state)) is ExitCode.PROVES_NOTHING


def test_a_load_that_is_not_valid_proves_nothing() -> None:
    assert what_it_proves(result(point(), point(verdict=Verdict.INSUFFICIENT))) is ExitCode.PROVES_NOTHING


def test_a_cancelled_command_says_so_and_looking_at_its_run_later_does_not() -> None:
    stopped = result(state=RunState.CANCELLED)
    assert exit_code_of(stopped, RunState.CANCELLED) is ExitCode.CANCELLED
    assert exit_code_of(result(), RunState.FINISHED) is ExitCode.YES
    assert exit_code_of(result(state=RunState.CRASHED), RunState.CANCELLED) is ExitCode.CANCELLED


def test_a_run_of_the_builtin_endpoint_gives_no_command_that_may_not_work() -> None:
    real, simulated = result(state=RunState.CANCELLED), result(state=RunState.CANCELLED, simulated=True)
    assert way_on(real).endswith(f"go on with: advisor bench resume {real.run_id}")
    assert "only while the built-in endpoint still runs" in way_on(simulated)
    assert "otherwise measure again" in way_on(simulated)
