"""Every instance × checkpoint of one model: the best parallelism of each, and its verdict."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import groupby

from advisor.catalog.load import Catalog
from advisor.catalog.records.hardware import Accelerator, Instance
from advisor.fit.batch import TableRow
from advisor.fit.memory.measured import MeasuredMemory
from advisor.fit.result import Verdict
from advisor.fit.table import fit_table
from advisor.workflows.fit import engine_for, request_of
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


def fit_matrix(
    catalog: Catalog, question: FitQuestion, measured: tuple[MeasuredMemory, ...] = ()
) -> tuple[MatrixRow, ...]:
    """The question put to every instance and checkpoint, by family; its own degrees are not looked at.

    An engine that is stated judges the instances that it runs on, the default one the others. Loads NumPy.
    UnknownIdError and InputError as for `fit`.
    """
    asked = list(_questions(catalog, question))
    rows = fit_table(request_of(catalog, each, measured) for each in asked)
    # All rows of a request stand together, and hold that very request but for its degrees.
    cells = groupby(rows, key=lambda row: (row.request.instance.id, row.request.checkpoint.id))
    found = [_cell(each, _best(group)) for each, (_, group) in zip(asked, cells, strict=True)]
    return tuple(
        MatrixRow(instance, catalog.accelerator_of(instance), tuple(cells_of))
        for name, cells_of in groupby(found, key=lambda cell: cell.question.instance)
        for instance in [catalog.instance(name)]
    )


def _questions(catalog: Catalog, question: FitQuestion) -> Iterator[FitQuestion]:
    for instance in sorted(catalog.instances.values(), key=lambda instance: instance.family):
        asked = replace(
            question,
            instance=instance.id,
            engine=_engine(catalog, question, instance),
            logical_core_config=None,
            tensor_parallel_size=None,
            pipeline_parallel_size=1,
        )
        for checkpoint in catalog.model(question.model).checkpoints:
            yield replace(asked, checkpoint=checkpoint)


def _engine(catalog: Catalog, question: FitQuestion, instance: Instance) -> str | None:
    if question.engine is None:
        return None
    accelerator = catalog.accelerator_of(instance)
    engine, _ = engine_for(catalog, instance, question.engine)
    return question.engine if accelerator is not None and engine.accelerators == accelerator.kind else None


def _best(rows: Iterable[TableRow]) -> TableRow:
    """The best verdict; then the most replicas where it runs; then the fewest stages; then the largest margin."""

    def worth(row: TableRow) -> tuple[float, ...]:
        margin = row.memory.margin_bytes if row.memory is not None else float("-inf")
        runs = row.verdict.runs
        stages = row.degrees.pipeline_parallel_size if runs else 0
        return (-_RANKS.index(row.verdict), row.replicas if runs else 0, -stages, margin)

    return max(rows, key=worth)


def _cell(question: FitQuestion, row: TableRow) -> MatrixCell:
    tp, pp = row.degrees.tensor_parallel_size, row.degrees.pipeline_parallel_size
    if row.memory is None:
        return MatrixCell(question, row.verdict, tp, pp, 0, None)
    stated = replace(question, tensor_parallel_size=tp, pipeline_parallel_size=pp)
    return MatrixCell(stated, row.verdict, tp, pp, row.replicas, row.memory.margin_bytes)
