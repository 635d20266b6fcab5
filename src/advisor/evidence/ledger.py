"""The ledger: an SQLite index of benchmark runs and of the figures they prove, and the memory that was observed.

Of runs, their directories are the truth, and the index can be rebuilt from them; observed memory is kept here
only. What is simulated is listed like any other and keeps that level, which no question about an instance ever
reads.
"""

import json
import sqlite3
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from advisor.errors import InputError
from advisor.evidence import memory_rows
from advisor.evidence.points import LOADS, EvidencePoint
from advisor.fit.memory.measured import MeasuredMemory
from advisor.quantities.provenance import AsOf, Level, Provenance

_BUSY_TIMEOUT_MS = 5_000
_RETRY_S = 0.01
_MIGRATIONS = (
    (
        """
        CREATE TABLE runs (
            id TEXT PRIMARY KEY, path TEXT NOT NULL, started_at TEXT NOT NULL, state TEXT NOT NULL,
            simulated INTEGER NOT NULL, endpoint TEXT NOT NULL, served_model TEXT NOT NULL, plan_hash TEXT NOT NULL,
            subject TEXT NOT NULL, verdicts TEXT NOT NULL
        )
        """,
        """
        CREATE TABLE points (
            run_id TEXT NOT NULL REFERENCES runs(id) ON DELETE CASCADE,
            model TEXT NOT NULL, checkpoint TEXT NOT NULL, accelerator TEXT NOT NULL, devices INTEGER NOT NULL,
            tensor_parallel_size INTEGER, engine TEXT NOT NULL, engine_version TEXT NOT NULL,
            input_tokens INTEGER NOT NULL, output_tokens INTEGER NOT NULL, load TEXT NOT NULL, load_value REAL,
            metric TEXT NOT NULL, value REAL NOT NULL, unit TEXT NOT NULL, statistic TEXT NOT NULL,
            level TEXT NOT NULL, source TEXT NOT NULL, as_of TEXT, note TEXT NOT NULL, interval REAL
        )
        """,
        "CREATE INDEX points_by_stack ON points (model, accelerator, engine)",
    ),
    (memory_rows.CREATE_MEMORY,),
    (memory_rows.ADD_ASSUMED,),
)
"""The statements of each version, the first one first. What is released is never changed, only added to."""

_INSERT_POINT = "INSERT INTO points VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"


@dataclass(frozen=True, slots=True)
class RunRecord:
    """One benchmark as the ledger lists it.

    subject is what the run is about and who vouches for it; verdicts are those of its points, in order.
    """

    id: str
    path: str
    started_at: str
    state: str
    simulated: bool
    endpoint: str
    served_model: str
    plan_hash: str
    subject: dict[str, Any]
    verdicts: tuple[str, ...]


class Ledger:
    """The ledger file. It is created on the first write; reading one that does not exist finds nothing."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def save(self, run: RunRecord, points: Iterable[EvidencePoint]) -> None:
        """Enter a run and its figures, replacing what was known of it."""
        with self._open() as database:
            database.execute("DELETE FROM runs WHERE id = ?", (run.id,))
            database.execute(
                "INSERT INTO runs VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                (
                    run.id,
                    run.path,
                    run.started_at,
                    run.state,
                    int(run.simulated),
                    run.endpoint,
                    run.served_model,
                    run.plan_hash,
                    json.dumps(run.subject, sort_keys=True),
                    json.dumps(run.verdicts),
                ),
            )
            rows = [_row(run.id, point) for point in points]
            database.executemany(_INSERT_POINT, rows)

    def runs(self) -> list[RunRecord]:
        """Every run, newest first."""
        if not self._path.exists():
            return []
        with self._open() as database:
            rows = database.execute("SELECT * FROM runs ORDER BY started_at DESC, id DESC").fetchall()
        return [_run(row) for row in rows]

    def points(self) -> list[EvidencePoint]:
        """Every figure of every run, simulated ones included."""
        if not self._path.exists():
            return []
        with self._open() as database:
            rows = database.execute("SELECT * FROM points ORDER BY rowid").fetchall()
        return [_point(row) for row in rows]

    def save_memory(self, memory: MeasuredMemory) -> None:
        """Enter an observation of an engine's memory; made again, it replaces the one of before."""
        with self._open() as database:
            memory_rows.enter(database, memory)

    def memories(self) -> list[MeasuredMemory]:
        """Every observation of an engine's memory, newest first, simulated ones included."""
        if not self._path.exists():
            return []
        with self._open() as database:
            return memory_rows.read(database)

    def forget_memory(self, memory_id: str) -> None:
        """Remove an observation of an engine's memory."""
        with self._open() as database:
            memory_rows.forget(database, memory_id)

    @contextmanager
    def _open(self) -> Iterator[sqlite3.Connection]:
        """The database at the current version, in a transaction that is kept unless an exception ends it."""
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            database = sqlite3.connect(self._path, timeout=_BUSY_TIMEOUT_MS / 1e3, isolation_level=None)
        except (OSError, sqlite3.Error) as error:
            raise InputError(f"the ledger cannot be opened: {error}", file=self._path) from error
        try:
            database.execute("PRAGMA foreign_keys = ON")
            if self._version(database) < len(_MIGRATIONS):
                self._migrate(database)
            with _transaction(database, "BEGIN"):
                yield database
        except sqlite3.DatabaseError as error:
            raise InputError(
                f"the ledger cannot be used: {error}", file=self._path, hint="Move it away; runs are kept beside it."
            ) from error
        finally:
            database.close()

    def _migrate(self, database: sqlite3.Connection) -> None:
        """Bring the tables to the current version, once, whoever else opens the ledger at this moment.

        The version is read again inside the transaction: another process may have been first.
        """
        _use_write_ahead_log(database)
        with _transaction(database, "BEGIN IMMEDIATE"):
            version = self._version(database)
            for number, statements in enumerate(_MIGRATIONS[version:], start=version + 1):
                for statement in statements:
                    database.execute(statement)
                database.execute(f"PRAGMA user_version = {number}")

    def _version(self, database: sqlite3.Connection) -> int:
        (version,) = database.execute("PRAGMA user_version").fetchone()
        if version > len(_MIGRATIONS):
            raise InputError("the ledger was written by a newer advisor", file=self._path, hint="Update advisor.")
        return int(version)


@contextmanager
def _transaction(database: sqlite3.Connection, begin: str) -> Iterator[None]:
    database.execute(begin)
    try:
        yield
    except BaseException:  # whatever stopped us, half a change must not be kept
        if database.in_transaction:  # some errors have ended it already
            database.execute("ROLLBACK")
        raise
    database.execute("COMMIT")


def _use_write_ahead_log(database: sqlite3.Connection) -> None:
    """Switch once, for good: the file remembers. SQLite does not wait where two processes switch at one time."""
    deadline = time.monotonic() + _BUSY_TIMEOUT_MS / 1e3
    while True:
        try:
            database.execute("PRAGMA journal_mode = WAL")
        except sqlite3.OperationalError:
            if time.monotonic() > deadline:
                raise
            time.sleep(_RETRY_S)
        else:
            return


def _row(run_id: str, point: EvidencePoint) -> tuple[Any, ...]:
    origin = point.provenance
    return (
        run_id,
        point.model,
        point.checkpoint,
        point.accelerator,
        point.devices,
        point.tensor_parallel_size,
        point.engine,
        point.engine_version,
        point.input_tokens,
        point.output_tokens,
        point.load,
        point.load_value,
        point.metric,
        point.value,
        point.unit,
        point.statistic,
        origin.level.value,
        origin.source,
        str(origin.as_of) if origin.as_of else None,
        point.note,
        point.interval,
    )


def _run(row: Sequence[Any]) -> RunRecord:
    return RunRecord(
        id=row[0],
        path=row[1],
        started_at=row[2],
        state=row[3],
        simulated=bool(row[4]),
        endpoint=row[5],
        served_model=row[6],
        plan_hash=row[7],
        subject=json.loads(row[8]),
        verdicts=tuple(json.loads(row[9])),
    )


def _point(row: Sequence[Any]) -> EvidencePoint:
    as_of = AsOf.parse(row[18]) if row[18] else None
    return EvidencePoint(
        model=row[1],
        checkpoint=row[2],
        accelerator=row[3],
        devices=row[4],
        tensor_parallel_size=row[5],
        engine=row[6],
        engine_version=row[7],
        input_tokens=row[8],
        output_tokens=row[9],
        load=next(load for load in LOADS if load == row[10]),
        load_value=row[11],
        metric=row[12],
        value=row[13],
        unit=row[14],
        statistic=row[15],
        provenance=Provenance(Level(row[16]), row[17], as_of, "ledger"),
        note=row[19],
        run_id=row[0],
        interval=row[20],
    )
