"""What is left of the catalogue while questions are still open; light enough for a screen's first paint."""

from collections.abc import Mapping
from dataclasses import replace

from advisor.advice.candidates import Funnel, generate
from advisor.advice.market import apply_market
from advisor.advice.workload import BOTH, UNSURE, Workload
from advisor.catalog.load import Catalog
from advisor.fit.memory.measured import MeasuredMemory


def narrowed(workload: Workload, catalog: Catalog, measured: tuple[MeasuredMemory, ...] = ()) -> Mapping[str, Funnel]:
    """Only the funnel, by model: candidates that fit and are sold, and what each gate removed."""
    names = list(catalog.models) if workload.model in (BOTH, UNSURE) else [workload.model]
    found = {}
    for name in names:
        own = replace(workload, model=name)
        funnel = generate(catalog, catalog.model(name), own, measured)
        apply_market(catalog, funnel, own)
        found[name] = funnel
    return found
