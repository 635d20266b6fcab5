"""Observed memory in the ledger: it reads back, replaces what it repeats, and comes to a file of the version before."""

import sqlite3
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest

from advisor.errors import InputError
from advisor.evidence.ledger import _MIGRATIONS, Ledger
from advisor.quantities.provenance import AsOf, Level
from evidence.test_ledger import point, record
from fit.memories import STACK, seen


def ledger_of_version_1(path: Path) -> None:
    """A file as the version before left it, with a run and a figure in it."""
    Ledger(path).save(record("one"), [point()])
    database = sqlite3.connect(path)
    database.execute("DROP TABLE memory")
    database.execute("PRAGMA user_version = 1")
    database.commit()
    database.close()


def test_a_ledger_that_does_not_exist_has_seen_no_memory_and_stays_away(tmp_path: Path) -> None:
    assert Ledger(tmp_path / "evidence.db").memories() == []
    assert not (tmp_path / "evidence.db").exists()


def test_what_is_entered_reads_back_equal(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path / "evidence.db")
    parts = replace(seen(day="2026-11-19"), weights_bytes=5e10, activation_bytes=3.4e9, assumed=("max_num_seqs",))
    ledger.save_memory(parts)
    ledger.save_memory(seen(replace(STACK, hybrid_kv=False, expert_parallel=True, data_parallel_size=2)))
    ledger.save_memory(seen(level=Level.SIMULATED))
    assert parts in ledger.memories()
    assert len(ledger.memories()) == 3
    assert ledger.memories()[-1] == parts, "newest first"
    assert ledger.memories()[-1].provenance.as_of == AsOf.parse("2026-11-19")


def test_the_same_seen_again_replaces_and_another_setting_does_not(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path / "evidence.db")
    ledger.save_memory(seen(beside_gib=6.0))
    ledger.save_memory(seen(beside_gib=6.5))
    assert [memory.beside_bytes for memory in ledger.memories()] == [seen(beside_gib=6.5).beside_bytes]
    ledger.save_memory(seen(replace(STACK, max_num_seqs=256)))
    assert len(ledger.memories()) == 2


def test_what_is_forgotten_is_gone_and_the_rest_stays(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path / "evidence.db")
    other = seen(replace(STACK, checkpoint="fp8"))
    ledger.save_memory(seen())
    ledger.save_memory(other)
    ledger.forget_memory(seen().id)
    assert ledger.memories() == [other]


def test_a_ledger_of_version_1_keeps_its_rows_and_takes_memory(tmp_path: Path) -> None:
    path = tmp_path / "evidence.db"
    ledger_of_version_1(path)
    ledger = Ledger(path)
    assert ledger.memories() == []
    ledger.save_memory(seen())
    assert ledger.memories() == [seen()]
    assert ledger.runs() == [record("one")]
    assert ledger.points() == [point()]


def test_a_ledger_of_version_2_keeps_its_memory(tmp_path: Path) -> None:
    path = tmp_path / "evidence.db"
    Ledger(path).save_memory(seen())
    database = sqlite3.connect(path)
    database.execute("ALTER TABLE memory DROP COLUMN assumed")
    database.execute("PRAGMA user_version = 2")
    database.commit()
    database.close()
    assert Ledger(path).memories() == [seen()]


@pytest.mark.parametrize("attempt", range(3))
def test_many_that_open_a_ledger_of_version_1_at_once_migrate_it_once(tmp_path: Path, attempt: int) -> None:
    path = tmp_path / "evidence.db"
    ledger_of_version_1(path)
    stacks = [replace(STACK, max_num_seqs=64 + number) for number in range(8)]
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda stack: Ledger(path).save_memory(seen(stack)), stacks))
    assert {memory.stack for memory in Ledger(path).memories()} == set(stacks)
    assert Ledger(path).runs() == [record("one")]
    with sqlite3.connect(path) as database:
        assert database.execute("PRAGMA user_version").fetchone() == (len(_MIGRATIONS),)
    database.close()


def test_an_entry_that_fails_leaves_what_was_there(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path / "evidence.db")
    ledger.save_memory(seen())
    with pytest.raises(InputError, match="cannot be used"):
        ledger.save_memory(replace(seen(), kv_cache_bytes=None))  # type: ignore[arg-type]
    assert ledger.memories() == [seen()]


_ENTERS_AND_DIES = """
import os, signal, sys
from pathlib import Path
from advisor.evidence.ledger import Ledger
from fit.memories import STACK, seen
Ledger(Path(sys.argv[1])).save_memory(seen())
os.kill(os.getpid(), signal.SIGKILL)
"""


def test_what_was_entered_outlives_a_killed_process(tmp_path: Path) -> None:
    path, tests = tmp_path / "evidence.db", Path(__file__).parents[1]
    done = subprocess.run([sys.executable, "-c", _ENTERS_AND_DIES, str(path)], cwd=tests, capture_output=True)
    assert done.returncode == -9, done.stderr
    assert Ledger(path).memories() == [seen()]
