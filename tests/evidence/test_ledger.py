"""The ledger: what is entered reads back, and several processes may use it at once."""

import sqlite3
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest

from advisor.errors import InputError
from advisor.evidence.ledger import _MIGRATIONS, Ledger, RunRecord
from advisor.evidence.points import EvidencePoint
from advisor.quantities.provenance import AsOf, Level, Provenance


def record(name: str, started_at: str = "2026-11-18T14:00:00Z", *, simulated: bool = False) -> RunRecord:
    return RunRecord(
        id=name,
        path=f"/runs/{name}",
        started_at=started_at,
        state="finished",
        simulated=simulated,
        endpoint="http://127.0.0.1:8000",
        served_model="scout",
        plan_hash="abc",
        subject={"vouched_by": "user"},
        verdicts=("valid", "insufficient"),
    )


def point(level: Level = Level.MEASURED) -> EvidencePoint:
    return EvidencePoint(
        model="llama-4-scout",
        checkpoint="bf16",
        accelerator="H100-80GB",
        devices=8,
        tensor_parallel_size=8,
        engine="vllm",
        engine_version="0.33.0",
        input_tokens=512,
        output_tokens=128,
        load="concurrency",
        load_value=8.0,
        metric="output_tokens_per_s",
        value=950.5,
        unit="tokens/s",
        statistic="median",
        provenance=Provenance(level, "this runner", AsOf.parse("2026-11-18"), "ledger"),
        run_id="one",
        interval=0.04,
    )


def test_a_ledger_that_does_not_exist_is_empty_and_stays_away(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path / "evidence.db")
    assert ledger.runs() == []
    assert ledger.points() == []
    assert not (tmp_path / "evidence.db").exists()


def test_what_is_saved_reads_back_equal(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path / "deep" / "evidence.db")
    ledger.save(record("one"), [point(), point(Level.SIMULATED)])
    assert ledger.runs() == [record("one")]
    assert ledger.points() == [point(), point(Level.SIMULATED)]


def test_saving_a_run_again_replaces_it(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path / "evidence.db")
    ledger.save(record("one"), [point()])
    ledger.save(record("one"), [])
    assert ledger.runs() == [record("one")]
    assert ledger.points() == []


def test_runs_come_newest_first(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path / "evidence.db")
    ledger.save(record("2026-a1", "2026-11-17T10:00:00Z"), [])
    ledger.save(record("2026-b2", "2026-11-18T10:00:00Z"), [])
    assert [run.id for run in ledger.runs()] == ["2026-b2", "2026-a1"]


def test_a_save_that_fails_leaves_what_was_there(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path / "evidence.db")
    ledger.save(record("one"), [point()])
    broken = replace(point(), unit=None)  # type: ignore[arg-type]  # NOT NULL stops it after the run was replaced
    with pytest.raises(InputError, match="cannot be used"):
        ledger.save(record("one"), [broken])
    assert ledger.points() == [point()]


_OPENS = """
import sys, time
from pathlib import Path
from advisor.evidence.ledger import Ledger
while time.time() < float(sys.argv[2]):  # both start at one moment, as closely as processes can
    pass
print(len(Ledger(Path(sys.argv[1])).runs()))
"""


@pytest.mark.parametrize("attempt", range(3))
def test_processes_that_open_a_new_ledger_at_once_migrate_it_once(tmp_path: Path, attempt: int) -> None:
    path = tmp_path / "evidence.db"
    path.touch()  # an empty file is a database of version 0
    moment = str(time.time() + 0.7)
    children = [
        subprocess.Popen(
            [sys.executable, "-c", _OPENS, str(path), moment], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        for _ in range(4)
    ]
    for child in children:
        out, complaints = child.communicate(timeout=60)
        assert (child.returncode, out.strip()) == (0, "0"), complaints


def test_a_ledger_is_migrated_only_by_who_comes_first(tmp_path: Path) -> None:
    """The other process has read version 0 and waits for the lock; then the tables are there already."""
    path = tmp_path / "evidence.db"
    first = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
    first.execute("PRAGMA journal_mode = WAL")
    first.execute("BEGIN IMMEDIATE")
    with ThreadPoolExecutor(1) as pool:
        second = pool.submit(Ledger(path).runs)
        for statements in _MIGRATIONS:
            for statement in statements:
                first.execute(statement)
        first.execute(f"PRAGMA user_version = {len(_MIGRATIONS)}")
        with pytest.raises(TimeoutError):
            second.result(timeout=0.3)
        first.execute("COMMIT")
        assert second.result(timeout=30) == []
    first.close()


def test_a_file_that_is_no_ledger_is_named(tmp_path: Path) -> None:
    path = tmp_path / "evidence.db"
    path.write_text("this is a diary, not a database, and quite a long one at that\n" * 10, encoding="utf-8")
    with pytest.raises(InputError, match="cannot be used") as raised:
        Ledger(path).runs()
    assert raised.value.file == str(path)


def test_a_ledger_of_a_newer_version_is_not_touched(tmp_path: Path) -> None:
    path = tmp_path / "evidence.db"
    database = sqlite3.connect(path)
    database.execute("PRAGMA user_version = 99")
    database.close()
    with pytest.raises(InputError, match="newer advisor"):
        Ledger(path).runs()
