"""From the ids a user types to a fit verdict."""

from dataclasses import replace
from typing import TYPE_CHECKING

from advisor.catalog.load import Catalog
from advisor.catalog.records.engines import Engine
from advisor.catalog.records.hardware import Accelerator, Instance
from advisor.errors import InputError
from advisor.fit.check import check_fit
from advisor.fit.request import FitRequest
from advisor.fit.result import FitResult, Verdict
from advisor.fit.versions import version_key
from advisor.reasons import info
from advisor.workflows.fit_question import FitQuestion

if TYPE_CHECKING:
    from advisor.fit.memory.measured import MeasuredMemory

_COUNTS = (
    "context_tokens",
    "concurrency",
    "tensor_parallel_size",
    "pipeline_parallel_size",
    "data_parallel_size",
    "nodes",
    "max_num_seqs",
    "max_num_batched_tokens",
    "block_tokens",
)
_MOST = 1_000_000_000
"""A hundred times the longest context of any model: what is larger is a slip of the finger."""


def fit(catalog: Catalog, question: FitQuestion, measured: "tuple[MeasuredMemory, ...]" = ()) -> FitResult:
    """The verdict, and what would make it fit. UnknownIdError with near ids; InputError for a number out of range.

    measured: what engines were seen to use, which takes the place of the catalogue's overheads where it counts.
    """
    result = judged(catalog, question, measured)
    if result.verdict is Verdict.FITS:
        return result
    from advisor.workflows.fit_remedies import remedied  # what fits need not wait for it

    return remedied(catalog, result)


def judged(catalog: Catalog, question: FitQuestion, measured: "tuple[MeasuredMemory, ...]" = ()) -> FitResult:
    """The verdict alone, for one of many questions. Errors as of `fit`."""
    return _with_other_engines(catalog, check_fit(request_of(catalog, question, measured)))


def request_of(catalog: Catalog, question: FitQuestion, measured: "tuple[MeasuredMemory, ...]" = ()) -> FitRequest:
    """The question with its ids resolved. Errors as of `fit`."""
    _check_numbers(question)
    instance = catalog.instance(question.instance)
    model = catalog.model(question.model)
    engine, version = engine_for(catalog, instance, question.engine)
    accelerator = catalog.accelerator_of(instance)
    _check_logical_cores(question, accelerator)
    return FitRequest(
        model=model,
        checkpoint=catalog.checkpoint(model, question.checkpoint),
        instance=instance,
        accelerator=accelerator,
        engine=engine,
        engine_version=version,
        context_tokens=question.context_tokens,
        concurrency=question.concurrency,
        tensor_parallel_size=question.tensor_parallel_size,
        pipeline_parallel_size=question.pipeline_parallel_size,
        kv_dtype=question.kv_dtype,
        gpu_memory_utilization=question.gpu_memory_utilization,
        max_num_seqs=question.max_num_seqs,
        max_num_batched_tokens=question.max_num_batched_tokens,
        hybrid_kv=question.hybrid_kv,
        nodes=question.nodes,
        data_parallel_size=question.data_parallel_size,
        expert_parallel=question.expert_parallel,
        mm_encoder=question.mm_encoder,
        images=question.images,
        block_tokens=question.block_tokens,
        logical_core_config=question.logical_core_config,
        measured=measured,
    )


def engine_for(catalog: Catalog, instance: Instance, stated: str | None) -> tuple[Engine, str]:
    """The engine and version of `vllm@0.33`, or the default one for the instance's accelerator."""
    accelerator = catalog.accelerator_of(instance)
    if stated is None:
        engine = catalog.engine("neuron" if accelerator is not None and accelerator.kind == "neuron" else "vllm")
        return engine, engine.default_version
    name, at, version = stated.partition("@")
    engine = catalog.engine(name)
    if at and not version:
        raise InputError(
            f"no version stands behind '{name}@'",
            hint=f"Write {name}@{engine.default_version}, or {name} alone.",
            key="engine",
        )
    if version and engine.is_versioned:
        version_key(version)
    return engine, version or engine.default_version


def _with_other_engines(catalog: Catalog, result: FitResult) -> FitResult:
    """Where an engine does not support the family, name those that do."""
    if all(reason.code != "neuron_family_unsupported" for reason in result.reasons):
        return result
    family = result.request.instance.family
    others = tuple(engine.id for engine in catalog.engines.values() if family in engine.supported_families)
    return (
        replace(result, reasons=(*result.reasons, info("other_engine_supports", engines=others))) if others else result
    )


def _check_logical_cores(question: FitQuestion, accelerator: Accelerator | None) -> None:
    """LNC is a setting of Neuron chips, and of those only a chip whose cores can be paired has two to a logical one."""
    lnc = question.logical_core_config
    if lnc is None or accelerator is None:
        return
    key = "logical_core_config"
    if accelerator.kind != "neuron":
        raise InputError(f"{accelerator.name} has no logical cores", hint="Leave --lnc out for a GPU.", key=key)
    if lnc not in (1, 2) or (lnc == 2 and accelerator.logical_cores == accelerator.physical_cores):
        raise InputError(
            f"{accelerator.name} cannot make a logical core of {lnc} physical ones",
            hint="Trainium2 and later take 1 or 2; earlier chips take 1.",
            key=key,
        )


def _check_numbers(question: FitQuestion) -> None:
    for key in _COUNTS:
        value = getattr(question, key)
        if value is not None and not 1 <= value <= _MOST:
            raise InputError(f"{key} must be from 1 to {_MOST:,}, got {value}", key=key)
    if question.images and question.mm_encoder == "none":
        raise InputError(
            "no image can be read without the vision encoder",
            hint="Leave out --images, or --mm-encoder none.",
            key="images",
        )
    share = question.gpu_memory_utilization
    if share is not None and not 0 < share <= 1:
        raise InputError(
            f"gpu_memory_utilization is a share of the device's memory, got {share:g}",
            hint="Give a number above 0 and at most 1, like 0.92.",
            key="gpu_memory_utilization",
        )
