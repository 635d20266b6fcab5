"""Which stacks a server's KV cache is consistent with: accelerator, parallel degrees and checkpoint.

A server does not tell its hardware, but its count of KV blocks is what weights and overheads leave of its
devices' memory. Every combination of the catalogue is asked what it would report; those within the doubt of
the overheads remain. What is not in the catalogue is never excluded.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import chain
from math import ceil, isclose

from advisor.anatomy.parameters import BF16_BYTES, parameters
from advisor.catalog.records.engines import Engine
from advisor.catalog.records.hardware import Accelerator, Instance
from advisor.catalog.records.models import Checkpoint, Model
from advisor.fit.check import check_fit
from advisor.fit.memory.budget import overheads_of, scheduler_limits
from advisor.fit.memory.kv import BlockRule, block_rule, inflight_tokens
from advisor.fit.memory.plan import hybrid_in_force, paging_version
from advisor.fit.platforms.parallelism import accepted_by_vllm
from advisor.fit.proof.implied import Consistency, Implied, as_observed, hybrid_of, implied, kv_dtype_of
from advisor.fit.proof.observed import Observed
from advisor.fit.request import FitRequest
from advisor.fit.result import FitResult, Verdict
from advisor.fit.versions import behaviour, minor, version_key
from advisor.quantities.units import GIB
from advisor.reasons import Reason, info, warning

_TENSOR_PARALLEL = (1, 2, 4, 8)
_PIPELINE_PARALLEL = (1, 2, 4)
_MOST_NODES = 2
BATCHED_TOKENS = (2048, 4096, 8192, 16384, 32768)
_SEQUENCES = (256, 64)
"""max_num_batched_tokens and max_num_seqs as people set them, tried where the defaults do not explain the cache."""

_REACH_OF_SETTINGS_BYTES = 6 * GIB
"""More than these settings can move: 1.2 GiB for each 8,192 tokens, 1.2 GiB for 1,024 sequences."""

_SAME_CONCURRENCY = 1e-3
"""The null block and the last digit of the concurrency stay far below; another max_num_batched_tokens above."""


@dataclass(frozen=True, slots=True)
class Offer:
    """An accelerator and the instances that carry it."""

    accelerator: Accelerator
    instances: tuple[Instance, ...]


@dataclass(frozen=True, slots=True)
class Suspect:
    """A model and checkpoint that the server may serve."""

    model: Model
    checkpoint: Checkpoint


@dataclass(frozen=True, slots=True)
class Holder:
    """Instances that hold one replica: of one type, so many."""

    instance: str
    nodes: int


@dataclass(frozen=True, slots=True)
class Match:
    """A combination beside what the server reports.

    max_num_batched_tokens and max_num_seqs are None where they are stated, or the device's defaults explain it; else
    they are settings that nobody stated, and under which it would be explained. So is expert_parallel where it is true.
    """

    model: str
    checkpoint: str
    accelerator: str
    tensor_parallel_size: int
    pipeline_parallel_size: int
    data_parallel_size: int
    expert_parallel: bool
    max_num_batched_tokens: int | None
    max_num_seqs: int | None
    implied: Implied
    holders: tuple[Holder, ...]

    @property
    def needs_settings(self) -> bool:
        """Whether only settings that nobody stated explain it."""
        return self.expert_parallel or self.max_num_seqs is not None or self.max_num_batched_tokens is not None

    @property
    def devices(self) -> int:
        return self.tensor_parallel_size * self.pipeline_parallel_size * self.data_parallel_size


@dataclass(frozen=True, slots=True)
class Identification:
    """The combinations that are consistent; the nearest of the others, if possible a possible one; and what stays open.

    Those that default settings explain come before those that need others, and then the nearest first.

    tried counts the combinations that can run at all with what the server tells of itself.
    """

    matches: tuple[Match, ...]
    closest: Match | None
    tried: int
    open_questions: tuple[Reason, ...]


def identify(
    observed: Observed,
    suspects: Sequence[Suspect],
    offers: Iterable[Offer],
    engine: Engine,
    engine_version: str,
    most_nodes: int = _MOST_NODES,
) -> Identification:
    """Every combination of the offers that explains the observed cache, by the catalogue's overheads.

    most_nodes bounds the instances that a replica of several stages or ranks may span.

    Overheads measured here are left aside: one that was entered under a wrong declaration would confirm itself.
    InputError for a version that no catalogue record holds for. The result is empty where nothing explains it.
    """
    tried = [
        match
        for offer in offers
        for suspect in suspects
        for match in _matches(observed, suspect, offer, engine, engine_version)
        if match.holders[0].nodes <= most_nodes
    ]
    tried.sort(key=_distance)
    consistent = tuple(match for match in tried if match.implied.consistency is Consistency.CONSISTENT)
    others = [match for match in tried if match.implied.consistency is not Consistency.CONSISTENT]
    others.sort(key=lambda match: (match.implied.consistency.denies, abs(match.implied.difference_bytes)))
    return Identification(
        matches=consistent,
        closest=others[0] if others else None,
        tried=len(tried),
        open_questions=tuple(_open_questions(observed, suspects, engine, engine_version, is_any=bool(tried))),
    )


def tells_enough(observed: Observed) -> bool:
    """Whether the server says how large its cache is, in a way that follows from its memory."""
    sizes = (observed.blocks, observed.kv_cache_bytes, observed.kv_cache_tokens)
    known_type = observed.cache_dtype is None or kv_dtype_of(observed) is not None
    return any(size is not None for size in sizes) and known_type and not observed.kv_pinned and not observed.simulated


def _matches(
    observed: Observed,
    suspect: Suspect,
    offer: Offer,
    engine: Engine,
    engine_version: str,
) -> Iterator[Match]:
    """What each way to spread one checkpoint over one accelerator would report, where it can run."""
    largest = max(offer.instances, key=lambda instance: instance.accelerator_count)
    base = FitRequest(
        model=suspect.model,
        checkpoint=suspect.checkpoint,
        instance=largest,
        accelerator=offer.accelerator,
        engine=engine,
        engine_version=engine_version,
    )
    for request in _spreads(as_observed(base, observed), observed):
        holders = tuple(_holders(request, offer))
        if not holders:
            continue
        result = check_fit(request)
        if result.verdict in (Verdict.INVALID, Verdict.UNSUPPORTED):
            continue
        for state in _hybrid_states(request, observed):
            found = _explained(result, state, observed)
            if found is not None:
                asked, seen = found
                yield Match(
                    model=suspect.model.id,
                    checkpoint=suspect.checkpoint.id,
                    accelerator=offer.accelerator.id,
                    tensor_parallel_size=request.tensor_parallel_size or 1,
                    pipeline_parallel_size=request.pipeline_parallel_size,
                    data_parallel_size=request.data_parallel_size,
                    expert_parallel=request.expert_parallel,
                    max_num_batched_tokens=asked.max_num_batched_tokens
                    if observed.max_num_batched_tokens is None
                    else None,
                    max_num_seqs=asked.max_num_seqs if observed.max_num_seqs is None else None,
                    implied=seen,
                    holders=holders,
                )


def _spreads(request: FitRequest, observed: Observed) -> Iterator[FitRequest]:
    """Every parallel layout, where a log does not state it."""
    stated_tp, stated_pp = observed.tensor_parallel_size, observed.pipeline_parallel_size
    for tp in _TENSOR_PARALLEL if stated_tp is None else (stated_tp,):
        if not accepted_by_vllm(request.model.architecture, tp):
            continue
        for pp in _PIPELINE_PARALLEL if stated_pp is None else (stated_pp,):
            needed = tp * pp * request.data_parallel_size
            nodes = ceil(needed / request.devices_per_instance)
            laid_out = replace(request, tensor_parallel_size=tp, pipeline_parallel_size=pp, nodes=nodes)
            yield from (replace(laid_out, expert_parallel=is_whole) for is_whole in _expert_states(request, observed))


def _expert_states(request: FitRequest, observed: Observed) -> tuple[bool, ...]:
    """Whether experts are whole on a device: several ranks hold more weights so, and one holds as many either way."""
    is_open = observed.expert_parallel is None and request.data_parallel_size > 1
    return (False, True) if is_open else (request.expert_parallel,)


def _holders(request: FitRequest, offer: Offer) -> Iterator[Holder]:
    """Instances that hold the replica: alone, or, for one that has stages or ranks, two of the largest.

    Tensor parallelism stays within an instance.
    """
    tp = request.tensor_parallel_size or 1
    needed = tp * request.pipeline_parallel_size * request.data_parallel_size
    alone = [instance for instance in offer.instances if instance.accelerator_count >= needed]
    for instance in alone:
        yield Holder(instance.id, 1)
    if not alone and 1 < request.nodes <= _MOST_NODES:
        most = max(instance.accelerator_count for instance in offer.instances)
        for instance in offer.instances:
            if instance.accelerator_count == most and most >= tp:
                yield Holder(instance.id, request.nodes)


def _hybrid_states(request: FitRequest, observed: Observed) -> tuple[bool, ...]:
    """The state that the server tells; else those that its version knows, its default first."""
    version = behaviour(request.engine, request.engine_version)
    if version is None or version.hybrid_kv == "unavailable":
        return (False,)
    told = hybrid_of(observed)
    if told is not None:
        return (told,)
    default = version.hybrid_kv == "on"
    return (default, not default)


def _explained(result: FitResult, hybrid: bool, observed: Observed) -> tuple[FitRequest, Implied] | None:
    """The request under the default settings, or under the first untold ones that explain the cache.

    None where its cache cannot be compared. What no setting could explain is not tried further.
    """
    seen = implied(result, replace(observed, hybrid_kv=hybrid))
    if seen is None or abs(seen.difference_bytes) > seen.band_bytes + _REACH_OF_SETTINGS_BYTES:
        return None if seen is None else (result.request, seen)
    tried = (
        (asked, _under(asked, result, seen)) for asked in _settings(replace(result.request, hybrid_kv=hybrid), observed)
    )
    first = next(tried)
    consistent = (found for found in chain((first,), tried) if found[1].consistency is Consistency.CONSISTENT)
    return next(consistent, first)


def _under(asked: FitRequest, result: FitResult, seen: Implied) -> Implied:
    """What is implied under other settings of the scheduler: they move the overheads, and nothing else."""
    version = paging_version(asked)
    if version is None or asked.accelerator is None or result.overheads is None:
        return seen
    tp = result.parallelism.tensor_parallel_size
    overheads = overheads_of(asked, asked.accelerator, version, tp, hybrid=seen.hybrid, groups=1)
    predicted = seen.predicted_bytes + result.overheads.budgeted_bytes - overheads.budgeted_bytes
    return replace(seen, predicted_bytes=predicted, predicted_blocks=max(0, int(predicted // seen.block_bytes)))


def _settings(request: FitRequest, observed: Observed) -> Iterator[FitRequest]:
    """The scheduler's settings as far as they are untold, the defaults first.

    The stated concurrency rules out limits of batched tokens, except where the context is shorter than a chunk.
    """
    tokens = (None, *BATCHED_TOKENS) if observed.max_num_batched_tokens is None else (observed.max_num_batched_tokens,)
    sequences = (None, *_SEQUENCES) if observed.max_num_seqs is None else (observed.max_num_seqs,)
    is_explained = False
    for batched in tokens:
        asked = replace(request, max_num_batched_tokens=batched)
        if not explains_concurrency(asked, observed):
            continue
        is_explained = True
        yield from (replace(asked, max_num_seqs=number) for number in sequences)
    if not is_explained:
        yield request


def explains_concurrency(request: FitRequest, observed: Observed) -> bool:
    """Whether a request of the model's length takes as many blocks as the server's own concurrency says."""
    version = paging_version(request)
    if version is None or request.accelerator is None:
        return True
    if observed.blocks is None or not observed.kv_cache_max_concurrency:
        return True
    limits = scheduler_limits(request, request.accelerator)
    inflight = inflight_tokens(version, limits.max_num_batched_tokens, request.pipeline_parallel_size)
    rule: BlockRule[float] = block_rule(request, version, inflight, hybrid=hybrid_in_force(request, version))
    predicted = rule.concurrency(observed.blocks, request.context_tokens)
    return isclose(observed.kv_cache_max_concurrency, predicted, rel_tol=_SAME_CONCURRENCY)


def _distance(match: Match) -> tuple[bool, float, str, str, int]:
    """Defaults come before settings that nobody stated, and then the nearest."""
    apart = abs(match.implied.difference_bytes)
    return match.needs_settings, apart, match.accelerator, match.checkpoint, match.pipeline_parallel_size


def _open_questions(
    observed: Observed, suspects: Sequence[Suspect], engine: Engine, engine_version: str, *, is_any: bool
) -> Iterator[Reason]:
    """What could not be excluded, and why; and where no combination can run at all, that."""
    source = observed.source
    if not is_any:
        yield warning("identify_nothing_runs", source, context_tokens=observed.max_model_len or 0)
    if version_key(engine_version) > version_key(engine.newest_known):
        yield warning(
            "engine_newer_than_known",
            engine.origin.default.source,
            engine=engine.name,
            version=engine_version,
            newest_known=engine.newest_known,
        )
    yield info("identify_outside_catalogue", source)
    if len({suspect.model.id for suspect in suspects}) > 1:
        yield info("identify_model_untold", source, served=observed.served_model or "?")
    elif len(suspects) > 1:
        yield info("identify_checkpoint_untold", source, served=observed.served_model or "?")
    yield from _layouts_left_open(observed, suspects)
    version = behaviour(engine, engine_version)
    if version is not None and version.hybrid_kv != "unavailable" and hybrid_of(observed) is None:
        yield info("identify_hybrid_untold", source, engine=engine.name, version=minor(engine_version))
    if observed.gpu_memory_utilization is None and version is not None:
        yield info("identify_utilization_untold", source, share=version.gpu_memory_utilization)
    if observed.max_num_seqs is None:
        yield info("identify_settings_untold", source)


def _layouts_left_open(observed: Observed, suspects: Sequence[Suspect]) -> Iterator[Reason]:
    """What moves weights between devices by less than the doubt, or not at all."""
    if observed.expert_parallel is None:
        yield info("identify_experts_untold" if observed.engines > 1 else "identify_experts_alike", observed.source)
    encoder_bytes = max(parameters(suspect.model.architecture).vision for suspect in suspects) * BF16_BYTES
    yield info("identify_encoder_untold", observed.source, encoder_bytes=encoder_bytes)
