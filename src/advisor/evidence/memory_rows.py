"""An observation of an engine's memory as a row of the ledger, and back."""

import sqlite3
from collections.abc import Sequence
from dataclasses import fields
from typing import Any

from advisor.fit.memory.measured import MeasuredMemory, MemoryStack
from advisor.quantities.provenance import AsOf, Level, Provenance

CREATE_MEMORY = """
CREATE TABLE memory (
    id TEXT PRIMARY KEY,
    model TEXT NOT NULL, checkpoint TEXT NOT NULL, accelerator TEXT NOT NULL, instance TEXT NOT NULL,
    engine TEXT NOT NULL, engine_version TEXT NOT NULL,
    tensor_parallel_size INTEGER NOT NULL, max_num_seqs INTEGER NOT NULL, max_num_batched_tokens INTEGER NOT NULL,
    max_model_len INTEGER NOT NULL, gpu_memory_utilization REAL NOT NULL, block_tokens INTEGER NOT NULL,
    hybrid_kv INTEGER NOT NULL, kv_dtype TEXT NOT NULL, pipeline_parallel_size INTEGER NOT NULL,
    data_parallel_size INTEGER NOT NULL, nodes INTEGER NOT NULL, expert_parallel INTEGER NOT NULL,
    mm_encoder TEXT NOT NULL,
    blocks INTEGER, kv_cache_tokens INTEGER, kv_cache_bytes REAL NOT NULL, beside_bytes REAL NOT NULL,
    doubt_bytes REAL NOT NULL, weights_bytes REAL, activation_bytes REAL, non_torch_bytes REAL, cuda_graph_bytes REAL,
    level TEXT NOT NULL, source TEXT NOT NULL, observed_at TEXT NOT NULL
)
"""

ADD_ASSUMED = "ALTER TABLE memory ADD COLUMN assumed TEXT NOT NULL DEFAULT ''"

_STACK = tuple(each.name for each in fields(MemoryStack))
_FIGURES = (
    "blocks",
    "kv_cache_tokens",
    "kv_cache_bytes",
    "beside_bytes",
    "doubt_bytes",
    "weights_bytes",
    "activation_bytes",
    "non_torch_bytes",
    "cuda_graph_bytes",
)
_COLUMNS = ("id", *_STACK, *_FIGURES, "level", "source", "observed_at", "assumed")


def enter(database: sqlite3.Connection, memory: MeasuredMemory) -> None:
    """Enter an observation; the same observation made again takes the place of the old one."""
    values = (
        memory.id,
        *(getattr(memory.stack, name) for name in _STACK),
        *(getattr(memory, name) for name in _FIGURES),
        memory.provenance.level.value,
        memory.provenance.source,
        memory.observed_at,
        " ".join(memory.assumed),
    )
    marks = ", ".join("?" * len(_COLUMNS))
    # The names are this module's own.
    database.execute(f"INSERT OR REPLACE INTO memory ({', '.join(_COLUMNS)}) VALUES ({marks})", values)  # noqa: S608


def read(database: sqlite3.Connection) -> list[MeasuredMemory]:
    """Every observation, newest first."""
    rows = database.execute(
        f"SELECT {', '.join(_COLUMNS)} FROM memory ORDER BY observed_at DESC, id"  # noqa: S608
    ).fetchall()
    return [_memory(row) for row in rows]


def forget(database: sqlite3.Connection, memory_id: str) -> None:
    """Remove an observation."""
    database.execute("DELETE FROM memory WHERE id = ?", (memory_id,))


def _memory(row: Sequence[Any]) -> MeasuredMemory:
    values = dict(zip(_COLUMNS, row, strict=True))
    stack = {name: values[name] for name in _STACK}
    stack |= {name: bool(values[name]) for name in ("hybrid_kv", "expert_parallel")}
    observed_at: str = values["observed_at"]
    return MeasuredMemory(
        stack=MemoryStack(**stack),
        **{name: values[name] for name in _FIGURES},
        provenance=Provenance(Level(values["level"]), values["source"], AsOf.parse(observed_at[:10]), "ledger"),
        observed_at=observed_at,
        assumed=tuple(values["assumed"].split()),
    )
