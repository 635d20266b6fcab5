"""Questions and catalogue that the property tests share."""

from collections.abc import Iterator
from dataclasses import replace

from advisor.catalog.load import Catalog, load_catalog
from advisor.fit.request import FitRequest
from advisor.workflows.fit import engine_for

CATALOG = load_catalog()
"""Read once for all examples: a fixture would be read again for each."""


def every_request(catalog: Catalog, **settings: object) -> Iterator[FitRequest]:
    """Every model and checkpoint on every instance, under the engine that is the default there."""
    for model in catalog.models.values():
        for instance in catalog.instances.values():
            engine, version = engine_for(catalog, instance, None)
            for checkpoint in model.checkpoints.values():
                plain = FitRequest(model, checkpoint, instance, catalog.accelerator_of(instance), engine, version)
                yield replace(plain, **settings)  # type: ignore[arg-type]
