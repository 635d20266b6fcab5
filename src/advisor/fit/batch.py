"""Combinations of one model under one engine version, judged together in NumPy columns."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

from advisor.catalog.records.engines import EngineVersion
from advisor.catalog.records.hardware import Accelerator
from advisor.fit.memory.budget import overheads_of, scheduler_limits, tokens_in_headroom
from advisor.fit.memory.columns import lesser
from advisor.fit.memory.kv import (
    block_bytes,
    block_rule,
    blocks_in,
    context_limit,
    inflight_tokens,
    longest_with_tables,
    needed_bytes,
    requests_per_rank,
)
from advisor.fit.memory.plan import VERDICTS, available_bytes, hybrid_in_force, utilization_in_force, verdict_rank
from advisor.fit.memory.weights import sharding, weights_by_stage
from advisor.fit.request import FitRequest
from advisor.fit.result import FitResult, Verdict
from advisor.quantities.units import GIB

if TYPE_CHECKING:
    from advisor.fit.memory.columns import Column


@dataclass(frozen=True, slots=True)
class Degrees:
    """Tensor and pipeline parallelism of one replica."""

    tensor_parallel_size: int
    pipeline_parallel_size: int

    def of(self, request: FitRequest) -> FitRequest:
        """The request with these degrees."""
        tp, pp = self.tensor_parallel_size, self.pipeline_parallel_size
        return replace(request, tensor_parallel_size=tp, pipeline_parallel_size=pp)


@dataclass(frozen=True, slots=True)
class RowMemory:
    """The fullest device of a row, in bytes, and what its cache holds; blocks is None for a cache without."""

    weights_bytes: float
    kv_cache_bytes: float
    kv_needed_bytes: float
    margin_bytes: float
    band_bytes: float
    blocks: int | None
    capacity_tokens: int
    max_context_tokens: int
    max_context_at_concurrency_tokens: int
    max_concurrency_at_context: float
    max_context_by_blocks_tokens: int | None = None
    max_context_by_tables_tokens: int | None = None

    @property
    def is_bound_by_tables(self) -> bool:
        """Whether the blocks would hold a longer request, were there room for its block tables."""
        tables, held = self.max_context_by_tables_tokens, self.max_context_by_blocks_tokens
        if tables is None or held is None:
            return False
        return self.max_context_at_concurrency_tokens == tables < held


@dataclass(frozen=True, slots=True)
class TableRow:
    """One combination and its verdict. memory is None where platform or parallelism rules it out."""

    request: FitRequest
    """The question; its degrees are those that were stated, not those of the row."""
    degrees: Degrees
    devices_used: int
    verdict: Verdict
    memory: RowMemory | None

    @property
    def replicas(self) -> int:
        """Such replicas that the instances of the question hold."""
        return self.request.device_count // self.devices_used

    @property
    def asked(self) -> FitRequest:
        """The question with the degrees of the row: `check_fit` gives the whole answer to it."""
        return self.degrees.of(self.request)


def row_of_result(result: FitResult) -> TableRow:
    """The row of a combination that was judged by itself."""
    device, cache, parallel = result.per_device, result.kv_cache, result.parallelism
    memory = None
    if device is not None and cache is not None:
        memory = RowMemory(
            weights_bytes=device.weights_bytes,
            kv_cache_bytes=device.kv_cache_bytes,
            kv_needed_bytes=device.kv_needed_bytes,
            margin_bytes=device.margin_bytes,
            band_bytes=device.band_bytes,
            blocks=cache.blocks,
            capacity_tokens=cache.capacity_tokens,
            max_context_tokens=cache.max_context_tokens,
            max_context_at_concurrency_tokens=cache.max_context_at_concurrency_tokens,
            max_concurrency_at_context=cache.max_concurrency_at_context,
            max_context_by_blocks_tokens=cache.max_context_by_blocks_tokens,
            max_context_by_tables_tokens=cache.max_context_by_tables_tokens,
        )
    degrees = Degrees(parallel.tensor_parallel_size, parallel.pipeline_parallel_size)
    return TableRow(result.request, degrees, parallel.devices_used, result.verdict, memory)


class _Stage(NamedTuple):
    """What one pipeline stage holds on each of its devices, in bytes."""

    weights: float
    rope_table: float
    block_bytes: int


class _Figures(NamedTuple):
    """Budget and overheads of one device in bytes; overflow is allocated after the cache beyond the headroom.

    table is what of beside the block tables take, most_tokens the longest context for which the headroom holds theirs.
    """

    budget: float
    beside: float
    table: float
    band: float
    overflow: float
    most_tokens: float


@dataclass
class Batch:
    """Rows that share model, engine version and question, and so the rule by which blocks are counted."""

    question: FitRequest
    version: EngineVersion
    _rows: list[tuple[FitRequest, Degrees, list[TableRow]]] = field(default_factory=list)
    _inflight: list[int] = field(default_factory=list)
    _figures: list["_Figures"] = field(default_factory=list)
    _stages: list[tuple[_Stage, ...]] = field(default_factory=list)
    _known_stages: dict[tuple[str, Degrees], tuple[_Stage, ...]] = field(default_factory=dict)
    _known_figures: dict[tuple[str, int], "_Figures"] = field(default_factory=dict)

    def add(self, request: FitRequest, degrees: Sequence[Degrees], slot: list[TableRow]) -> None:
        """Take in a request at each of these degrees; `compute` puts their rows into the slot, in this order."""
        accelerator = request.accelerator
        assert accelerator is not None, "a request without accelerator is refused before"
        limits = scheduler_limits(request, accelerator)
        is_measured = any(memory.stack.accelerator == accelerator.id for memory in request.measured)
        for each in degrees:
            tokens, stages = limits.max_num_batched_tokens, each.pipeline_parallel_size
            self._rows.append((request, each, slot))
            self._inflight.append(inflight_tokens(self.version, tokens, stages))
            self._figures.append(self._figures_at(request, accelerator, each, is_measured=is_measured))
            self._stages.append(self._stages_at(request, each))

    def compute(self) -> None:
        """Judge all rows, and put each into its slot."""
        verdicts, memories = self._judged()
        for (request, degrees, slot), verdict, memory in zip(self._rows, verdicts, memories, strict=True):
            slot.append(TableRow(request, degrees, _devices(request, degrees), verdict, memory))

    def _judged(self) -> tuple[list[Verdict], list[RowMemory]]:
        import numpy as np

        context, requests = self.question.context_tokens, requests_per_rank(self.question)
        counts = [len(stages) for stages in self._stages]
        starts = np.cumsum([0, *counts[:-1]])
        row_of_stage = np.repeat(np.arange(len(counts)), counts)
        inflight = np.array(self._inflight, float)
        rule = block_rule(self.question, self.version, inflight, hybrid=self._hybrid)
        staged_rule = block_rule(self.question, self.version, inflight[row_of_stage], hybrid=self._hybrid)

        weights, rope_table, block = np.array([stage for stages in self._stages for stage in stages]).T
        budget, beside, table, band, overflow, most_tokens = np.array(self._figures).T
        available = available_bytes(budget[row_of_stage], weights, rope_table + beside[row_of_stage])
        needed = needed_bytes(staged_rule, block, context, requests)
        margin = available - needed
        fullest = np.lexsort((margin, row_of_stage))[starts]
        rank = verdict_rank(margin[fullest], band, overflow)

        blocks = np.minimum.reduceat(blocks_in(available, block), starts)
        free = rule.free_blocks(blocks)
        limit = context_limit(self.question)

        def longest(requests: int) -> "Column":
            held = longest_with_tables(staged_rule, available, block, table[row_of_stage], context, requests)
            return lesser(lesser(np.minimum.reduceat(held, starts), most_tokens), limit).astype(int)

        columns = (
            weights[fullest],
            available[fullest],
            needed[fullest],
            margin[fullest],
            band,
            blocks.astype(int),
            rule.capacity_tokens(blocks, context).astype(int),
            longest(1),
            longest(requests),
            rule.concurrency(blocks, context),
            lesser(rule.longest_context(free), limit).astype(int),
            lesser(most_tokens, limit).astype(int),
        )
        memories = [RowMemory(*values) for values in zip(*(column.tolist() for column in columns), strict=True)]
        return [VERDICTS[int(each)] for each in rank.tolist()], memories

    @cached_property
    def _hybrid(self) -> bool:
        return hybrid_in_force(self.question, self.version)

    def _stages_at(self, request: FitRequest, degrees: Degrees) -> tuple[_Stage, ...]:
        key = (request.checkpoint.id, degrees)
        if key not in self._known_stages:
            asked, tp = degrees.of(request), degrees.tensor_parallel_size
            spread = sharding(asked, tp, self.version)
            self._known_stages[key] = tuple(
                _Stage(
                    held.total_bytes,
                    held.rope_table_bytes or 0.0,
                    block_bytes(asked, tp, held.stage, hybrid=self._hybrid),
                )
                for held in weights_by_stage(request.model.architecture, request.checkpoint, spread)
            )
        return self._known_stages[key]

    def _figures_at(
        self, request: FitRequest, accelerator: Accelerator, degrees: Degrees, *, is_measured: bool
    ) -> "_Figures":
        """Without measurements only accelerator and number of devices decide; one of those is of a stack."""
        used = _devices(request, degrees)
        key = (accelerator.id, used)
        if key not in self._known_figures or is_measured:
            limits = scheduler_limits(request, accelerator)
            groups = block_rule(request, self.version, 0, hybrid=self._hybrid).groups
            overheads = overheads_of(
                degrees.of(request),
                accelerator,
                self.version,
                degrees.tensor_parallel_size,
                hybrid=self._hybrid,
                groups=groups,
            )
            self._known_figures[key] = _Figures(
                budget=request.device_memory_gib * GIB * utilization_in_force(request, self.version),
                beside=overheads.budgeted_bytes,
                table=overheads.counted_table_bytes,
                band=overheads.band_bytes,
                overflow=overheads.late_bytes - overheads.headroom_bytes,
                most_tokens=tokens_in_headroom(request, self.version, limits, overheads, groups),
            )
        return self._known_figures[key]


def _devices(request: FitRequest, degrees: Degrees) -> int:
    return degrees.tensor_parallel_size * degrees.pipeline_parallel_size * request.data_parallel_size
