"""Every parallelism of many questions at once, computed in NumPy columns.

The columns run through the very formulas that judge one question (kv, memory), so that a row says what
`check_fit` says. What a platform refuses, and engines whose cache has no blocks, are judged one by one.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace

from advisor.fit.batch import Batch, Degrees, TableRow, row_of_result
from advisor.fit.check import check_fit, refusal_of
from advisor.fit.memory.plan import paging_version
from advisor.fit.platforms.parallelism import most_stages, valid_sizes
from advisor.fit.request import FitRequest


@dataclass(frozen=True, slots=True)
class StatedDegrees:
    """Degrees to keep; None stands for every valid one."""

    tensor_parallel_size: int | None = None
    pipeline_parallel_size: int | None = None


EVERY_DEGREE = StatedDegrees()


def fit_table(requests: Iterable[FitRequest], stated: StatedDegrees = EVERY_DEGREE) -> list[TableRow]:
    """A row for every valid parallelism of every request, in their order; one with the refusal where there is none.

    Tensor and pipeline degrees of the requests themselves are not looked at. InputError as for `check_fit`.
    """
    batches: dict[tuple[object, ...], Batch] = {}
    slots: list[list[TableRow]] = []
    for request in requests:
        tp, pp = stated.tensor_parallel_size, stated.pipeline_parallel_size
        asked = replace(request, tensor_parallel_size=tp, pipeline_parallel_size=pp or 1)
        slots.append([])
        refusal, version = refusal_of(asked), paging_version(asked)
        if refusal is not None:
            slots[-1].append(row_of_result(refusal))
        elif version is None:
            slots[-1].extend(row_of_result(check_fit(degrees.of(asked))) for degrees in _degrees(asked, stated))
        else:
            batch = batches.setdefault(_question(asked), Batch(asked, version))
            batch.add(asked, _degrees(asked, stated), slots[-1])
    for batch in batches.values():
        batch.compute()
    return [row for slot in slots for row in slot]


def _question(request: FitRequest) -> tuple[object, ...]:
    """What rows have to share to be judged by one rule."""
    return (
        request.model.id,
        request.engine.id,
        request.engine_version,
        request.context_tokens,
        request.concurrency,
        request.data_parallel_size,
        request.expert_parallel,
        request.mm_encoder,
        request.kv_dtype,
        request.block_tokens,
        request.hybrid_kv,
        request.gpu_memory_utilization,
        request.max_num_seqs,
        request.max_num_batched_tokens,
    )


def _degrees(request: FitRequest, stated: StatedDegrees) -> list[Degrees]:
    """Every pair of degrees that the engine accepts and the instances have devices for."""
    sizes = [stated.tensor_parallel_size] if stated.tensor_parallel_size else valid_sizes(request)
    if stated.pipeline_parallel_size:
        return [Degrees(tp, stated.pipeline_parallel_size) for tp in sizes]
    return [Degrees(tp, pp) for tp in sizes for pp in range(1, most_stages(request, tp) + 1)]
