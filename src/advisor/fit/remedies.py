"""The smallest changes that make a combination fit, each by itself and each checked.

First settings that leave the question as it is, then less of what is asked, then the parallelism, the checkpoint,
and last other hardware, where the devices that are there do not do with another split. Of each kind the smallest
change that helps; for a person's question only, since it costs a hundred verdicts.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import chain, islice

from advisor.anatomy.parameters import checkpoint_bytes
from advisor.catalog.records.engines import Engine
from advisor.fit.platforms.settings import USUAL, absent_settings
from advisor.fit.request import FitRequest
from advisor.fit.result import FitResult, Remedy, Verdict
from advisor.fit.trials import Change, Place, Trials
from advisor.quantities.units import GIB
from advisor.reasons import Reason, info

_SEQUENCES = (512, 256, 128, 64, 32, 16)
_BATCHED_TOKENS = (8192, 4096, 2048)
_HIGHEST_UTILIZATION = 0.95
_CONTEXT_STEP = 1024
_MOST_INSTANCES = 4
_SHOWN = 6


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """What the catalogue has beside the combination: places in the order in which they may be proposed, and engines."""

    places: Sequence[Place] = ()
    engines: Sequence[Engine] = ()


def with_remedies(result: FitResult, elsewhere: Elsewhere) -> FitResult:
    """The result with what would make it fit; where nothing does, with the change that comes closest.

    A result that fits needs nothing and stays as it is.
    """
    if result.verdict is Verdict.FITS:
        return result
    trials = Trials(result)
    kept, split = tuple(_left_out(trials)), tuple(_best(_parallel(trials)))
    found = [
        *kept,
        *islice(_settings(trials), 2),
        *islice(_asked(trials), 2),
        *split,
        *_best(_checkpoints(trials)),
    ]
    if result.verdict is Verdict.INVALID:
        lacks_devices = result.parallelism.devices_used > result.request.device_count
        hardware: Iterator[Remedy] = chain(
            _best(_instances(trials)) if lacks_devices or not found else (),
            () if found else _best(_places(trials, elsewhere.places)),
        )
    else:
        hardware = iter(()) if kept or split else _hardware(trials, elsewhere)
    found += islice(hardware, max(1, min(2, _SHOWN - len(found))))
    if found:
        return replace(result, remedies=tuple(found))
    return replace(result, reasons=(*result.reasons, _nothing_helps(trials)))


def _nothing_helps(trials: Trials) -> Reason:
    if trials.closest is None:
        return info("no_single_remedy")
    changes, margin = trials.closest
    return info("closest_remedy", changes=changes, short_bytes=-margin)


def _left_out(trials: Trials) -> Iterator[Remedy]:
    """Without the settings that the engine does not have."""
    absent = {field: USUAL[field] for field in absent_settings(trials.request)}
    if absent:
        yield from _tried(trials, info("remedy_left_out", engine=trials.request.engine.name), **absent)


def _settings(trials: Trials) -> Iterator[Remedy]:
    """Settings of the engine that serve the same requests."""
    for offer in (_block_size, _sequences, _batched_tokens, _hybrid, _version, _kv_dtype, _utilization):
        yield from _best(offer(trials))


def _best(offered: Iterator[Remedy]) -> Iterator[Remedy]:
    """The first that fits, else the first of those that are tight."""
    first = next(offered, None)
    if first is not None:
        later = (each for each in offered if each.verdict is Verdict.FITS)
        yield first if first.verdict is Verdict.FITS else next(later, first)


def _sequences(trials: Trials) -> Iterator[Remedy]:
    request = trials.request
    if request.engine.accelerators == "gpu":
        for limit in _SEQUENCES:
            if request.concurrency <= limit < (request.max_num_seqs or limit + 1):
                yield from _tried(trials, info("remedy_max_num_seqs", limit=limit), max_num_seqs=limit)


def _batched_tokens(trials: Trials) -> Iterator[Remedy]:
    request = trials.request
    if request.engine.accelerators == "gpu":
        for limit in _BATCHED_TOKENS:
            if limit < (request.max_num_batched_tokens or limit + 1):
                reason = info("remedy_max_num_batched_tokens", limit=limit)
                yield from _tried(trials, reason, max_num_batched_tokens=limit)


def _block_size(trials: Trials) -> Iterator[Remedy]:
    if trials.request.block_tokens is not None:
        yield from _tried(trials, info("remedy_block_size"), block_tokens=None)


def _hybrid(trials: Trials) -> Iterator[Remedy]:
    cache = trials.start.kv_cache
    if cache is not None and not cache.hybrid and trials.start.hybrid_on is not None:
        yield from _tried(trials, info("remedy_hybrid_kv"), hybrid_kv=True)


def _kv_dtype(trials: Trials) -> Iterator[Remedy]:
    if trials.request.kv_dtype == "auto" and trials.request.engine.accelerators == "gpu":
        yield from _tried(trials, info("remedy_kv_fp8"), kv_dtype="fp8")
    if trials.request.kv_dtype == "fp8":
        yield from _tried(trials, info("remedy_kv_auto"), kv_dtype="auto")


def _utilization(trials: Trials) -> Iterator[Remedy]:
    device = trials.start.per_device
    if device is None or trials.request.engine.accelerators != "gpu":
        return
    if device.budget_bytes < _HIGHEST_UTILIZATION * device.usable_bytes:
        reason = info("remedy_utilization", budget_share=_HIGHEST_UTILIZATION)
        yield from _tried(trials, reason, gpu_memory_utilization=_HIGHEST_UTILIZATION)


def _version(trials: Trials) -> Iterator[Remedy]:
    request = trials.request
    engine, version = request.engine, request.engine.default_version
    if request.engine_version != version and engine.is_versioned:
        reason = info("remedy_version", engine=engine.name, version=version)
        found = trials.remedy(reason, replace(request, engine_version=version), engine=f"{engine.id}@{version}")
        if found is not None:
            yield found


def _asked(trials: Trials) -> Iterator[Remedy]:
    """Less of what is asked: a shorter context, fewer requests at once, no images."""
    request = trials.request
    longest = trials.most("context_tokens", request.context_tokens, _CONTEXT_STEP)
    if longest:
        several = info("remedy_context_shared", concurrency=request.concurrency)
        reason = several if request.concurrency > 1 else info("remedy_context")
        yield from _tried(trials, reason, context_tokens=longest)
    most = trials.most("concurrency", request.concurrency, 1)
    if most:
        replicas = -(-request.concurrency // most)
        said = info(
            "remedy_concurrency", context_tokens=request.context_tokens, replicas=replicas, asked=request.concurrency
        )
        yield from _tried(trials, said, concurrency=most)
    if request.mm_encoder != "none" and not request.images and request.engine.vision:
        yield from _tried(trials, info("remedy_text_only"), mm_encoder="none")


def _parallel(trials: Trials) -> Iterator[Remedy]:
    """Another split over the devices that are there."""
    request, now = trials.request, trials.start.parallelism
    sizes = now.valid_tensor_parallel_sizes
    if trials.start.verdict is Verdict.INVALID:
        asked = now.tensor_parallel_size
        if asked > request.devices_per_instance:
            yield from _staged(trials, now.devices_used - 1)
        for size in sorted(sizes, key=lambda size: (abs(size - asked), -size)):
            yield from _tried(trials, info("remedy_valid_tp", size=size), tensor_parallel_size=size)
        for field in ("pipeline_parallel_size", "data_parallel_size"):
            if getattr(request, field) > 1:
                yield from _tried(trials, info("remedy_no_split", what=field), **{field: 1})
    for size in sizes:
        if size > now.tensor_parallel_size:
            yield from _tried(trials, info("remedy_larger_tp", size=size), tensor_parallel_size=size)
    yield from _staged(trials, now.devices_used)


def _staged(trials: Trials, used: int) -> Iterator[Remedy]:
    """Pipeline stages over more devices than these."""
    for size, stages in _splits(trials.request, trials.start.parallelism.valid_tensor_parallel_sizes, used):
        reason = info("remedy_stages", size=size, stages=stages)
        yield from _tried(trials, reason, tensor_parallel_size=size, pipeline_parallel_size=stages)


def _splits(request: FitRequest, sizes: Sequence[int], used: int) -> Iterator[tuple[int, int]]:
    """Degrees and stages that use more devices of the same instances, the fewest first."""
    if request.engine.accelerators != "gpu":
        return
    most = request.device_count // request.data_parallel_size
    splits = [(size, stages) for size in sizes for stages in range(2, most // size + 1)]
    more = (split for split in splits if split[0] * split[1] * request.data_parallel_size > used)
    yield from sorted(more, key=lambda split: (split[0] * split[1], -split[0]))


def _checkpoints(trials: Trials) -> Iterator[Remedy]:
    """Other weights, the next smaller ones first."""
    request = trials.request
    arch = request.model.architecture
    now = checkpoint_bytes(arch, request.checkpoint)
    sizes = {each.id: checkpoint_bytes(arch, each) for each in request.model.checkpoints.values()}
    refused = trials.start.verdict is Verdict.UNSUPPORTED
    offered = [
        each
        for each in request.model.checkpoints.values()
        if each.id != request.checkpoint.id and (refused or sizes[each.id] < now)
    ]
    for each in sorted(offered, key=lambda each: -sizes[each.id]):
        reason = info("remedy_checkpoint", checkpoint=each.id, now_bytes=now, then_bytes=sizes[each.id])
        found = trials.remedy(reason, replace(request, checkpoint=each), checkpoint=each.id)
        if found is not None:
            yield found


def _hardware(trials: Trials, elsewhere: Elsewhere) -> Iterator[Remedy]:
    """Another engine for this family, more instances of this type, a larger type."""
    yield from _best(_engines(trials, elsewhere.engines))
    yield from _best(_instances(trials))
    yield from _best(_places(trials, elsewhere.places))


def _engines(trials: Trials, engines: Sequence[Engine]) -> Iterator[Remedy]:
    """Engines for what is on the instance: only where the stated one is for other accelerators, or other families."""
    request = trials.request
    kind = request.accelerator.kind if request.accelerator is not None else None
    if kind == request.engine.accelerators and not request.engine.supported_families:
        return
    for engine in engines:
        families = engine.supported_families
        is_other = engine.id != request.engine.id and engine.accelerators == kind
        if is_other and engine.advised and (not families or request.instance.family in families):
            changed = replace(request, engine=engine, engine_version=engine.default_version)
            found = trials.remedy(info("remedy_engine", engine=engine.name), changed, engine=engine.id)
            if found is not None:
                yield found


def _instances(trials: Trials) -> Iterator[Remedy]:
    """As many pipeline stages as instances, each with the largest degree that an instance holds."""
    request = trials.request
    sizes = [
        size for size in trials.start.parallelism.valid_tensor_parallel_sizes if size <= request.devices_per_instance
    ]
    if request.engine.accelerators != "gpu" or not sizes or request.data_parallel_size > 1:
        return
    for nodes in range(request.nodes + 1, _MOST_INSTANCES + 1):
        reason = info("remedy_nodes", nodes=nodes, instance=request.instance.id, size=sizes[-1])
        yield from _tried(trials, reason, nodes=nodes, tensor_parallel_size=sizes[-1], pipeline_parallel_size=nodes)


def _places(trials: Trials, places: Sequence[Place]) -> Iterator[Remedy]:
    request = trials.request
    plain = replace(request, nodes=1, tensor_parallel_size=None, pipeline_parallel_size=1, logical_core_config=None)
    reset = {
        field: getattr(plain, field)
        for field in ("nodes", "tensor_parallel_size", "pipeline_parallel_size", "logical_core_config")
        if getattr(plain, field) != getattr(request, field)
    }
    for place in places:
        changed = replace(plain, instance=place.instance, accelerator=place.accelerator)
        count, each = place.instance.accelerator_count, place.accelerator
        reason = info(
            "remedy_instance", accelerators=count, accelerator=each.name, memory_bytes=count * each.memory_gib * GIB
        )
        found = trials.remedy(reason, changed, instance=place.instance.id, **reset)
        if found is not None:
            yield found


def _tried(trials: Trials, reason: Reason, **changes: Change) -> Iterator[Remedy]:
    """The request with fields of it changed, as a remedy where it is one."""
    found = trials.remedy(reason, replace(trials.request, **changes), **changes)  # type: ignore[arg-type]
    if found is not None:
        yield found
