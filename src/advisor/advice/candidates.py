"""Everything that could serve the workload, and what each gate removes and why.

Gates come early and in a fixed order: stack, precision, memory, region and purchase, latency, budget.
Every removal keeps its reason and, where it has one, the margin by which it failed.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import cached_property

from advisor.advice.workload import PrecisionFloor, Workload
from advisor.catalog.load import Catalog
from advisor.catalog.records.engines import Engine
from advisor.catalog.records.hardware import Accelerator, Instance, WeightFormat
from advisor.catalog.records.models import Checkpoint, Model
from advisor.fit.check import check_fit
from advisor.fit.memory.measured import MeasuredMemory
from advisor.fit.request import FitRequest
from advisor.fit.result import FitResult, Verdict
from advisor.fit.versions import version_key
from advisor.reasons import Reason, Severity, error

_ALLOWED_FORMATS: dict[PrecisionFloor, tuple[WeightFormat, ...]] = {
    "bf16": ("bf16",),
    "fp8": ("bf16", "fp8"),
    "int4": ("bf16", "fp8", "int4", "nvfp4"),
}


_UNPUBLISHED = ("nvfp4_weight_only", "bf16_as_fp16")
"""Ways to run that the engine's source allows and that nobody has published for Llama 4: no advice."""


@dataclass(frozen=True)
class Candidate:
    """One way to serve: checkpoint, engine and parallelism on an instance."""

    model: Model
    checkpoint: Checkpoint
    instance: Instance
    accelerator: Accelerator
    engine: Engine
    engine_version: str
    tensor_parallel_size: int
    fit: FitResult

    @property
    def id(self) -> str:
        """`g7e.48xlarge/fp8/vllm/tp2`."""
        return f"{self.instance.id}/{self.checkpoint.id}/{self.engine.id}/tp{self.tensor_parallel_size}"

    @cached_property
    def replicas_per_instance(self) -> int:
        return self.fit.request.device_count // self.tensor_parallel_size


@dataclass(frozen=True, slots=True)
class Removal:
    """An instance that a gate removed. margin is the relative miss where the gate has a number: 0.2 is 20 %."""

    instance_type: str
    gate: str
    reason: Reason
    margin: float | None = None

    @property
    def is_near_miss(self) -> bool:
        return self.margin is not None and self.margin <= 0.20


@dataclass(frozen=True, slots=True)
class Step:
    """One step of the funnel: how many instance types were left after a gate."""

    gate: str
    instances_left: int
    removed: tuple[Removal, ...]


@dataclass(slots=True)
class Funnel:
    """Candidates that are still in, and every instance type that a gate emptied."""

    candidates: list[Candidate]
    steps: list[Step]

    @property
    def removals(self) -> list[Removal]:
        return [removal for step in self.steps for removal in step.removed]

    def narrow(self, gate: str, kept: Iterable[Candidate], removed: Iterable[Removal]) -> None:
        """Take a gate's result. An instance counts as removed when none of its candidates is left."""
        self.candidates = list(kept)
        alive = {candidate.instance.id for candidate in self.candidates}
        gone: dict[str, Removal] = {}
        for removal in removed:
            best = gone.get(removal.instance_type)
            if removal.instance_type not in alive and (best is None or _nearer(removal, best)):
                gone[removal.instance_type] = removal
        self.steps.append(Step(gate, len(alive), tuple(gone.values())))


def _nearer(left: Removal, right: Removal) -> bool:
    return (left.margin if left.margin is not None else 1e9) < (right.margin if right.margin is not None else 1e9)


def generate(catalog: Catalog, model: Model, workload: Workload, measured: tuple[MeasuredMemory, ...] = ()) -> Funnel:
    """All candidates that pass stack, precision and memory; measured is the memory that engines were seen to use."""
    funnel = Funnel([], [])
    pairs, removed = _by_stack(catalog, workload)
    alive = {instance.id for instance, _, _ in pairs}
    gone = {removal.instance_type: removal for removal in reversed(removed) if removal.instance_type not in alive}
    funnel.steps.append(Step("stack", len(alive), tuple(gone.values())))
    formats = _formats(workload)
    drafts = [
        _draft(instance, accelerator, engine, model, checkpoint, workload, measured)
        for instance, accelerator, engine in pairs
        for checkpoint in model.checkpoints.values()
        if checkpoint.weight_format in formats
    ]
    fitted = [candidate for group in drafts for candidate in group]
    funnel.narrow(
        "memory",
        [candidate for candidate in fitted if _is_sound(candidate)],
        [_unfit(candidate) for candidate in fitted if not _is_sound(candidate)],
    )
    return funnel


def at_context(candidate: Candidate, workload: Workload) -> Candidate | None:
    """The same candidate at another workload's longest request; None where that does not fit."""
    request = replace(candidate.fit.request, context_tokens=workload.context_tokens)
    if request == candidate.fit.request:
        return candidate
    fit = check_fit(replace(request, tensor_parallel_size=candidate.tensor_parallel_size))
    return replace(candidate, fit=fit) if fit.verdict.runs else None


def _by_stack(catalog: Catalog, workload: Workload) -> tuple[list[tuple[Instance, Accelerator, Engine]], list[Removal]]:
    kept, removed = [], []
    for instance in catalog.instances.values():
        accelerator = catalog.accelerator_of(instance)
        if accelerator is None:
            removed.append(Removal(instance.id, "stack", error("no_accelerator", instance=instance.id)))
            continue
        if accelerator.unknown_rates:
            reason = error("rates_unknown", accelerator=accelerator.name, rates=accelerator.unknown_rates)
            removed.append(Removal(instance.id, "stack", reason))
            continue
        engines = [engine for engine in catalog.engines.values() if engine.accelerators == accelerator.kind]
        for engine in engines:
            objection = _stack_objection(instance, accelerator, engine, workload)
            if objection is None:
                kept.append((instance, accelerator, engine))
            else:
                removed.append(Removal(instance.id, "stack", objection))
    return kept, removed


def _stack_objection(instance: Instance, accelerator: Accelerator, engine: Engine, workload: Workload) -> Reason | None:
    wanted = (workload.engine or "").partition("@")[0]
    if accelerator.kind == "neuron" and workload.stack in ("vllm_nvidia", "any_nvidia"):
        return error("stack_excludes_neuron", accelerator=accelerator.name)
    if wanted and engine.id != wanted:
        return error("other_engine_wanted", engine=engine.name, wanted=wanted)
    if workload.stack == "vllm_nvidia" and accelerator.kind == "gpu" and engine.id != "vllm":
        return error("other_engine_wanted", engine=engine.name, wanted="vllm")
    if not engine.advised:
        return error("engine_not_advised", engine.origin.default.source, engine=engine.name)
    if engine.supported_families and instance.family not in engine.supported_families:
        source = engine.origin.default.source
        supported = engine.supported_families
        return error(
            "neuron_family_unsupported", source, engine=engine.name, family=instance.family, supported=supported
        )
    if not engine.documented and not workload.allow_unsupported:
        return error("undocumented_path", engine.origin.default.source, engine=engine.name)
    return None


def _formats(workload: Workload) -> tuple[WeightFormat, ...]:
    return ("bf16",) if workload.stack == "portable" else _ALLOWED_FORMATS[workload.precision_floor]


def engine_version(engine: Engine, workload: Workload) -> str:
    """The version that the workload names for this engine, or the engine's default."""
    _, _, stated = (workload.engine or "").partition("@")
    if stated and engine.versions:
        version_key(stated)
    return stated or engine.default_version


def _draft(
    instance: Instance,
    accelerator: Accelerator,
    engine: Engine,
    model: Model,
    checkpoint: Checkpoint,
    workload: Workload,
    measured: tuple[MeasuredMemory, ...],
) -> list[Candidate]:
    """One candidate for each parallel degree; the largest stands for all where none is valid."""
    version = engine_version(engine, workload)
    request = FitRequest(
        model=model,
        checkpoint=checkpoint,
        instance=instance,
        accelerator=accelerator,
        engine=engine,
        engine_version=version,
        context_tokens=workload.context_tokens,
        images=workload.images,
        measured=measured,
    )
    widest = check_fit(request)
    sizes = widest.parallelism.valid_tensor_parallel_sizes or (widest.parallelism.tensor_parallel_size,)
    if engine.accelerators == "neuron":
        sizes = sizes[-1:]
    return [
        Candidate(model, checkpoint, instance, accelerator, engine, version, size, _at(request, size, widest))
        for size in sizes
    ]


def _at(request: FitRequest, size: int, widest: FitResult) -> FitResult:
    if size == widest.parallelism.tensor_parallel_size:
        return widest
    return check_fit(replace(request, tensor_parallel_size=size))


def _is_sound(candidate: Candidate) -> bool:
    return candidate.fit.verdict.runs and all(reason.code not in _UNPUBLISHED for reason in candidate.fit.reasons)


def _unfit(candidate: Candidate) -> Removal:
    fit = candidate.fit
    reason = next(reason for reason in fit.reasons if reason.severity is Severity.ERROR or reason.code in _UNPUBLISHED)
    margin = None
    if fit.verdict is Verdict.DOES_NOT_FIT and fit.per_device is not None:
        margin = -fit.per_device.margin_bytes / fit.per_device.budget_bytes
    return Removal(candidate.instance.id, "memory", reason, margin)
