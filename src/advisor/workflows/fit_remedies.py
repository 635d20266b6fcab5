"""What the catalogue has beside a combination that does not fit, and what of it would help."""

from advisor.catalog.load import Catalog
from advisor.fit.remedies import Elsewhere, with_remedies
from advisor.fit.result import FitResult
from advisor.fit.trials import Place


def remedied(catalog: Catalog, result: FitResult) -> FitResult:
    """The result with the smallest changes that make it fit."""
    return with_remedies(result, _elsewhere(catalog, result))


def _elsewhere(catalog: Catalog, result: FitResult) -> Elsewhere:
    """The next instances up: of the family, then of the same accelerator, then of its kind, the smallest first."""
    request = result.request
    here, kind = request.instance, request.engine.accelerators
    least = here.accelerator_count * request.accelerator.memory_gib if request.accelerator is not None else 0.0
    found = []
    for instance in catalog.instances.values():
        accelerator = catalog.accelerator_of(instance)
        if accelerator is None or accelerator.kind != kind or instance.id == here.id:
            continue
        memory_gib = instance.accelerator_count * accelerator.memory_gib
        if memory_gib >= least:
            rank = (instance.family != here.family, instance.accelerator != here.accelerator, memory_gib)
            found.append((rank, Place(instance, accelerator)))
    places = [place for _, place in sorted(found, key=lambda each: each[0])]
    return Elsewhere(places, tuple(catalog.engines.values()))
