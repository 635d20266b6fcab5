"""From a table to an engine, with what it holds by version."""

from advisor.catalog.build import build
from advisor.catalog.layers import Table
from advisor.catalog.nested import cited_rows, parts_of
from advisor.catalog.records.engines import (
    DocumentedParallel,
    Engine,
    EngineVersion,
    Gate,
    LocalCache,
    Overhead,
    PublishedRun,
    Release,
    StaticShare,
)


def read_engine(table: Table) -> Engine:
    """One engine. InputError names file and key of what is wrong."""
    values = dict(table.values)
    given = {
        "id": table.path[0],
        "origin": table.origin(),
        "versions": cited_rows(EngineVersion, table, values, "versions"),
        "overheads": parts_of(Overhead, table, values, "overheads", {}),
        "gates": cited_rows(Gate, table, values, "gates"),
        "releases": cited_rows(Release, table, values, "releases"),
        "documented_parallel": cited_rows(DocumentedParallel, table, values, "documented_parallel"),
        "static_shares": cited_rows(StaticShare, table, values, "static_shares"),
        "local_caches": cited_rows(LocalCache, table, values, "local_caches"),
        "published_runs": cited_rows(PublishedRun, table, values, "published_runs"),
    }
    engine = build(Engine, table, given, values)
    for version in engine.versions:
        if version.overhead not in engine.overheads:
            raise table.unknown("overhead", version.overhead, engine.overheads, "versions")
    return engine
