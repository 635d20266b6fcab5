"""One question put to every instance, checkpoint and parallelism of the catalogue."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

from advisor.catalog.load import Catalog
from advisor.catalog.records.hardware import Instance
from advisor.fit.batch import TableRow
from advisor.fit.memory.measured import MeasuredMemory
from advisor.fit.request import FitRequest
from advisor.fit.result import Verdict
from advisor.fit.table import StatedDegrees, fit_table
from advisor.workflows.fit import request_of
from advisor.workflows.fit_question import FitQuestion

_ORDER = tuple(Verdict)


@dataclass(frozen=True, slots=True)
class Within:
    """What is stated of the combinations; None stands for all."""

    instance: str | None = None
    checkpoint: str | None = None
    tensor_parallel_size: int | None = None
    pipeline_parallel_size: int | None = None


EVERYTHING = Within()


def fit_all(
    catalog: Catalog, question: FitQuestion, within: Within = EVERYTHING, measured: tuple[MeasuredMemory, ...] = ()
) -> list[TableRow]:
    """Every valid combination, the best verdicts first, and among equals the smallest instance.

    Instance, checkpoint and degrees of the question are not looked at. measured and errors as of `fit`.
    """
    stated = StatedDegrees(within.tensor_parallel_size, within.pipeline_parallel_size)
    return sorted(fit_table(_requests(catalog, question, within, measured), stated), key=_rank)


def _requests(
    catalog: Catalog, question: FitQuestion, within: Within, measured: tuple[MeasuredMemory, ...]
) -> Iterator[FitRequest]:
    model = catalog.model(question.model)
    instances = [within.instance] if within.instance is not None else list(catalog.instances)
    checkpoints = [within.checkpoint] if within.checkpoint is not None else list(model.checkpoints)
    for name in instances:
        asked = question if within.instance is not None else _without_alien_settings(catalog, question, name)
        for checkpoint in checkpoints:
            one = replace(asked, instance=name, checkpoint=checkpoint)
            yield request_of(catalog, one, measured)


def _without_alien_settings(catalog: Catalog, question: FitQuestion, instance: str) -> FitQuestion:
    """Logical cores are a setting of Neuron chips: others, asked along with them, have none."""
    accelerator = catalog.accelerator_of(catalog.instance(instance))
    if accelerator is not None and accelerator.kind == "neuron":
        return question
    return replace(question, logical_core_config=None)


def _rank(row: TableRow) -> tuple[int, float, str, int, int, int]:
    checkpoints = list(row.request.model.checkpoints)
    return (
        _ORDER.index(row.verdict),
        _size_gib(row.request.instance, row.request),
        row.request.instance.id,
        checkpoints.index(row.request.checkpoint.id),
        row.devices_used,
        row.degrees.pipeline_parallel_size,
    )


def _size_gib(instance: Instance, request: FitRequest) -> float:
    """How large an instance is: the memory of its accelerators."""
    return instance.accelerator_count * (request.accelerator.memory_gib if request.accelerator is not None else 0.0)
