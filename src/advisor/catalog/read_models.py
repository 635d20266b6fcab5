"""From a table to a model, with its dimensions and checkpoints."""

from advisor.catalog.build import build
from advisor.catalog.layers import Table
from advisor.catalog.nested import parts_of, rows_of
from advisor.catalog.records.models import Architecture, Checkpoint, Model, Notice, Vision


def read_model(table: Table) -> Model:
    """One model. InputError names file and key of what is wrong."""
    values = dict(table.values)
    dimensions = table.take_table(values, "architecture")
    vision = build(Vision, table.inside("architecture", "vision"), {}, table.take_table(dimensions, "vision"))
    given = {
        "id": table.path[0],
        "origin": table.origin(),
        "architecture": build(Architecture, table.inside("architecture"), {"vision": vision}, dimensions),
        "checkpoints": parts_of(Checkpoint, table, values, "checkpoints", {"model": table.path[0]}),
        "notices": rows_of(Notice, table, values, "notices"),
    }
    return build(Model, table, given, values)
