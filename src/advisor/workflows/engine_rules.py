"""Rules for the tables of engines: rows in order of their versions, ranges that mean something, known subjects."""

from collections.abc import Iterator, Sequence
from itertools import pairwise

from advisor.catalog.check.findings import Finding, wrong
from advisor.catalog.check.subject import Subject
from advisor.catalog.layers import Table
from advisor.catalog.records.engines import Engine, Gate
from advisor.errors import InputError
from advisor.fit.versions import Dated, version_key


def engine_tables(subject: Subject) -> Iterator[Finding]:
    """What the tables by version of every engine that could be read get wrong."""
    for engine in subject.engines.values():
        table = subject.engine_tables[engine.id]
        yield from _orders(engine, table)
        for index, gate in enumerate(engine.gates):
            yield from _range(gate, table.inside("gates", index))
        yield from _bounds(engine, table)
        yield from _subjects(subject, engine, table)


def _orders(engine: Engine, table: Table) -> Iterator[Finding]:
    tables: dict[str, Sequence[Dated]] = {
        "versions": engine.versions,
        "releases": engine.releases,
        "local_caches": engine.local_caches,
    }
    for name, rows in tables.items():
        yield from _in_order(list(enumerate(rows)), name, table)
    yield from _in_order(list(enumerate(engine.static_shares)), "static_shares", table, repeats=True)
    for wanted in sorted({gate.format for gate in engine.gates}):
        gates = [(index, gate) for index, gate in enumerate(engine.gates) if gate.format == wanted]
        yield from _in_order(gates, "gates", table)


def _in_order(
    rows: Sequence[tuple[int, Dated]], name: str, table: Table, *, repeats: bool = False
) -> Iterator[Finding]:
    """A row holds until the next one, so that one out of place would hide others."""
    read: list[tuple[int, tuple[int, ...]]] = []
    for index, row in rows:
        try:
            read.append((index, version_key(row.since)))
        except InputError as error:
            yield wrong("version_unreadable", table.inside(name, index).error(error.message, "since", error.hint))
    for (_, before), (index, after) in pairwise(read):
        if after < before or (after == before and not repeats):
            message = "this row does not begin after the one before it"
            hint = "A row holds until the next one: put them in order of their versions."
            yield wrong("version_order", table.inside(name, index).error(message, "since", hint))


def _range(gate: Gate, table: Table) -> Iterator[Finding]:
    if gate.runs_from is None:
        for key in ("runs_below", "native_from"):
            if getattr(gate, key) is not None:
                message = f"{key} without runs_from: this row says that no GPU runs the format"
                yield wrong("gate_range", table.error(message, key, "State runs_from too."))
        return
    for key in ("runs_below", "native_from"):
        bound = getattr(gate, key)
        if bound is not None and bound <= gate.runs_from:
            message = f"{key} is {bound:g}, and the format runs from {gate.runs_from:g} on"
            yield wrong("gate_range", table.error(message, key, "Both are compute capabilities, like 8.9."))


def _bounds(engine: Engine, table: Table) -> Iterator[Finding]:
    """Each version's shares end with a row for every larger device."""
    last = {row.since: (index, row) for index, row in enumerate(engine.static_shares)}
    for index, row in last.values():
        if row.device_gib_below is not None:
            message = f"nothing is said of devices of {row.device_gib_below:g} GiB and more"
            hint = "Add a row of this version without device_gib_below."
            yield wrong("share_range", table.inside("static_shares", index).error(message, "device_gib_below", hint))


def _subjects(subject: Subject, engine: Engine, table: Table) -> Iterator[Finding]:
    families = {instance.family for instance in subject.instances.values()}
    for index, run in enumerate(engine.published_runs):
        place = table.inside("published_runs", index)
        if run.model not in subject.models:
            yield wrong("unknown_model", place.unknown("model", run.model, subject.models, "model"))
        if run.family not in families:
            yield wrong("unknown_family", place.unknown("family", run.family, families, "family"))
    for index, row in enumerate(engine.documented_parallel):
        if row.family not in families:
            place = table.inside("documented_parallel", index)
            yield wrong("unknown_family", place.unknown("family", row.family, families, "family"))
