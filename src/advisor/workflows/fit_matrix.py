"""Every instance × checkpoint of one model: the best parallelism of each, and its verdict."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from advisor.catalog.load import Catalog
from advisor.catalog.records import Accelerator, Instance
from advisor.fit.result import FitResult, Verdict
from advisor.workflows.fit import engine_for, judged
from advisor.workflows.fit_question import FitQuestion

_RANKS = (Verdict.FITS, Verdict.TIGHT, Verdict.DOES_NOT_FIT, Verdict.INVALID, Verdict.UNSUPPORTED)


@dataclass(frozen=True, slots=True)
class MatrixCell:
    """The best parallelism of one checkpoint on one instance. margin_bytes is per device; None: never computed."""

    question: FitQuestion
    """What Fit is asked to see this very combination."""
    verdict: Verdict
    tensor_parallel_size: int
    pipeline_parallel_size: int
    replicas: int
    margin_bytes: float | None


@dataclass(frozen=True, slots=True)
class MatrixRow:
    """One instance with a cell for each checkpoint of the model, in the model's order."""

    instance: Instance
    accelerator: Accelerator | None
    cells: tuple[MatrixCell, ...]

    @property
    def verdict(self) -> Verdict:
        """The best verdict of the row."""
        return min((cell.verdict for cell in self.cells), key=_RANKS.index)


def fit_matrix(catalog: Catalog, question: FitQuestion) -> tuple[MatrixRow, ...]:
    """The question put to every instance and checkpoint, by family; its own parallelism is not looked at.

    An engine that is stated judges the instances that it runs on, the default one the others. InputError for a
    number out of range.
    """
    checkpoints = tuple(catalog.model(question.model).checkpoints)
    instances = sorted(catalog.instances.values(), key=lambda instance: instance.family)
    return tuple(_row(catalog, question, instance, checkpoints) for instance in instances)


def _row(catalog: Catalog, question: FitQuestion, instance: Instance, checkpoints: Sequence[str]) -> MatrixRow:
    asked = replace(
        question,
        instance=instance.id,
        engine=_engine(catalog, question, instance),
        logical_core_config=None,
        tensor_parallel_size=None,
        pipeline_parallel_size=1,
    )
    cells = tuple(_cell(catalog, replace(asked, checkpoint=checkpoint)) for checkpoint in checkpoints)
    return MatrixRow(instance, catalog.accelerator_of(instance), cells)


def _engine(catalog: Catalog, question: FitQuestion, instance: Instance) -> str | None:
    if question.engine is None:
        return None
    accelerator = catalog.accelerator_of(instance)
    engine, _ = engine_for(catalog, instance, question.engine)
    return question.engine if accelerator is not None and engine.accelerators == accelerator.kind else None


def _cell(catalog: Catalog, question: FitQuestion) -> MatrixCell:
    first = judged(catalog, question)
    sizes = first.parallelism.valid_tensor_parallel_sizes if first.per_device is not None else ()
    results = [judged(catalog, replace(question, tensor_parallel_size=size)) for size in sizes] or [first]
    return _as_cell(question, _best(results))


def _best(results: Iterable[FitResult]) -> FitResult:
    """The best verdict; then the most replicas where it runs, and the largest margin where it does not."""

    def worth(result: FitResult) -> tuple[float, ...]:
        margin = result.per_device.margin_bytes if result.per_device is not None else float("-inf")
        replicas = result.parallelism.replicas if result.verdict.runs else 0
        return (-_RANKS.index(result.verdict), replicas, margin)

    return max(results, key=worth)


def _as_cell(question: FitQuestion, result: FitResult) -> MatrixCell:
    parallel = result.parallelism
    tp, pp = parallel.tensor_parallel_size, parallel.pipeline_parallel_size
    margin = result.per_device.margin_bytes if result.per_device is not None else None
    stated = replace(question, tensor_parallel_size=tp, pipeline_parallel_size=pp) if margin is not None else question
    return MatrixCell(stated, result.verdict, tp, pp, parallel.replicas, margin)
