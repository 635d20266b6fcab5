"""The benchmarks that were made here: the run directories are the truth, the ledger follows them."""

from collections.abc import Iterator
from pathlib import Path

from advisor.bench.meta import RunMeta
from advisor.bench.records import RunState
from advisor.bench.rundir import RunDirectory
from advisor.errors import InputError, UnknownIdError
from advisor.evidence.ledger import Ledger, RunRecord
from advisor.evidence.runs import RunRow
from advisor.paths import UserPaths
from advisor.workflows.run_benchmark import keep


def list_runs(paths: UserPaths) -> list[RunRow]:
    """Every run, newest first. One that ended without its caller is entered into the ledger on the way."""
    entered = {run.id: run for run in Ledger(paths.ledger).runs()}
    return [_row(path, paths, entered.get(path.name)) for path in sorted(_directories(paths), reverse=True)]


def find_run(wanted: str, paths: UserPaths) -> Path:
    """A run directory by its id, by the only id that begins so, or `last`. UnknownIdError otherwise."""
    found = sorted(_directories(paths))
    if wanted == "last" and found:
        return found[-1]
    matches = [path for path in found if path.name.startswith(wanted)]
    if len(matches) != 1:
        raise UnknownIdError("run" if not matches else "single run", wanted, [path.name for path in found])
    return matches[0]


def _directories(paths: UserPaths) -> Iterator[Path]:
    if paths.runs.is_dir():
        yield from (path for path in paths.runs.iterdir() if path.is_dir() and not path.name.startswith("."))


def _row(path: Path, paths: UserPaths, entered: RunRecord | None) -> RunRow:
    directory = RunDirectory(path)
    try:
        meta, plan = directory.meta(), directory.plan()
        return RunRow(path.name, path, meta, plan, _verdicts(path, meta, paths, entered))
    except InputError as error:
        return RunRow(path.name, path, None, None, (), error.message)


def _verdicts(path: Path, meta: RunMeta, paths: UserPaths, entered: RunRecord | None) -> tuple[str, ...]:
    if entered is not None and entered.state == meta.state.value:
        return entered.verdicts
    if meta.state is RunState.RUNNING:
        return ()
    return tuple(point.verdict.value for point in keep(path, paths).result.points)
