"""The catalogue under the answers so far."""

from collections.abc import Mapping
from typing import Any

from advisor.advice.candidates import Funnel
from advisor.advice.narrowing import narrowed
from advisor.advice.workload import workload_from
from advisor.catalog.load import Catalog
from advisor.fit.memory.measured import MeasuredMemory


def check_settings(settings: Mapping[str, Any], catalog: Catalog) -> None:
    """InputError naming the key for settings that make no workload; UnknownIdError with near ids for unknown ones."""
    workload_from(settings, catalog)


def narrow(
    settings: Mapping[str, Any], catalog: Catalog, measured: tuple[MeasuredMemory, ...] = ()
) -> Mapping[str, Funnel]:
    """What is left under stated settings, by model, and what each gate removed."""
    return narrowed(workload_from(settings, catalog), catalog, measured)
