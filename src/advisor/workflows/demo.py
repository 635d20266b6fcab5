"""The whole journey on the built-in endpoint: a workload, its answer, a benchmark, and what that proves."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Literal

from advisor.advice.recommendation import Recommendation
from advisor.bench.records import RunState
from advisor.bench.runner import RunHandle
from advisor.catalog.load import Catalog
from advisor.errors import CancelledError
from advisor.export.document import Document, Say
from advisor.export.recommendation_document import recommendation_document
from advisor.paths import UserPaths
from advisor.simulator.server import SimulatorProcess
from advisor.workflows.benchmark_question import BenchmarkQuestion
from advisor.workflows.knowledge import gather
from advisor.workflows.recommend import recommend
from advisor.workflows.run_benchmark import Kept, begin, keep, prepare

Step = Literal["workload", "endpoint", "benchmark"]

WORKLOAD: Mapping[str, Any] = {
    "model": "llama-4-scout",
    "mode": "online",
    "input_tokens_p50": 1_000,
    "input_tokens_p95": 4_000,
    "output_tokens_p50": 250,
    "peak_rps": 20.0,
    "mean_rps": 5.0,
    "slo_ttft_ms_p95": 500.0,
    "regions_allowed": ("eu-central-1",),
}
"""A support chat in the European Union."""

_PROFILE = "fast"
_CONCURRENCIES = (1, 4, 8)


@dataclass(frozen=True, slots=True)
class Demo:
    """The answer with its document, the run, and whether the answer is the same once the run is known."""

    answer: Recommendation
    document: Document
    kept: Kept
    is_unchanged: bool


def demo(
    catalog: Catalog,
    paths: UserPaths,
    say: Say,
    watch: Callable[[RunHandle], RunState],
    on_step: Callable[[Step, str], None],
) -> Demo:
    """Answer, measure, answer again. on_step is told each step as it begins, with its one figure or address.

    CancelledError where the user stops; what was measured is kept.
    """
    answer = recommend(WORKLOAD, gather(catalog, paths))
    before = recommendation_document(answer, say)
    on_step("workload", before["id"])
    with SimulatorProcess(_PROFILE) as endpoint:
        on_step("endpoint", endpoint.url)
        question = BenchmarkQuestion(endpoint.url, changes={"concurrencies": _CONCURRENCIES})
        run = begin(prepare(question, catalog, key=None), paths, datetime.now(UTC))
        on_step("benchmark", run.run_id)
        state = watch(run)
    kept = keep(run.path, paths)
    if state is RunState.CANCELLED:
        raise CancelledError(f"the demo was stopped; run {run.run_id} is kept")
    answer = recommend(WORKLOAD, gather(catalog, paths))
    after = recommendation_document(answer, say)
    return Demo(answer, after, kept, before == after)
