"""Llama 4 on AWS Neuron: families, SDK releases, logical cores, documented degrees and lengths, published runs.

Arithmetic alone says that much would run; what the vendor documents, and what anybody has published, is far less.
"""

from advisor.catalog.records.engines import Release
from advisor.catalog.records.hardware import Accelerator
from advisor.errors import InputError
from advisor.fit.request import FitRequest
from advisor.fit.result import PerDevice
from advisor.fit.versions import row_for
from advisor.reasons import Reason, error, info, warning

_COMPILER = "AWS Neuron documentation: all tensors of a NEFF have to fit the memory bank"
_LNC = "AWS Neuron documentation, logical NeuronCore configuration"


def release_of(request: FitRequest) -> Release | None:
    """What the request's SDK means for Llama 4; None for an engine that lists no releases.

    InputError for an SDK from before Llama 4.
    """
    engine = request.engine
    if not engine.releases:
        return None
    found = row_for(engine.releases, request.engine_version)
    if found is None:
        raise InputError(
            f"Neuron SDK {request.engine_version} is older than the first release that serves Llama 4",
            hint=f"Use {engine.releases[0].since} or newer.",
            key="engine",
        )
    return found


def neuron_reasons(request: FitRequest, accelerator: Accelerator) -> list[Reason]:
    """Support gates and cautions; any error makes the verdict unsupported."""
    release = release_of(request)
    refused = [*_family(request), *_logical_cores(request, accelerator), *_format(request), *_images(request)]
    cautions = [*_length(request, release), *_standing(request, release)]
    return [*refused, *cautions, info("neuron_overheads_unknown", request.engine.origin.default.source)]


def cache_cap_bytes(request: FitRequest, budget_bytes: float) -> float | None:
    """The most that the release's serving plugin gives to the cache; None where it has no such cap."""
    release = release_of(request)
    return None if release is None or release.kv_budget_share is None else release.kv_budget_share * budget_bytes


def bank_reasons(request: FitRequest, device: PerDevice) -> list[Reason]:
    """What the memory bank of a logical core means for a result: refused when compiled, or a cache that is capped."""
    found: list[Reason] = []
    if device.margin_bytes < -device.band_bytes:
        found.append(error("neuron_bank_exceeded", _COMPILER, bank_bytes=device.usable_bytes))
    release = release_of(request)
    if release is not None and release.kv_budget_share is not None:
        share, most = release.kv_budget_share, device.kv_cache_bytes
        if most == share * device.budget_bytes:
            found.append(info("neuron_cache_capped", release.source, share=share, available_bytes=most))
    return found


def _family(request: FitRequest) -> list[Reason]:
    engine, family = request.engine, request.instance.family
    if family in engine.supported_families:
        return []
    source = engine.origin.of("supported_families").source
    supported = engine.supported_families
    return [error("neuron_family_unsupported", source, engine=engine.name, family=family, supported=supported)]


def _logical_cores(request: FitRequest, accelerator: Accelerator) -> list[Reason]:
    """Chips after NeuronCore-v2 pair two cores, which share a memory bank, to a logical one."""
    stated = request.logical_core_config
    usual = accelerator.physical_cores // accelerator.logical_cores
    if stated is None or stated == usual:
        return []
    bank = accelerator.memory_gib / accelerator.logical_cores
    return [
        warning(
            "neuron_lnc_shares_bank",
            _LNC,
            lnc=stated,
            usual_lnc=usual,
            logical_cores=request.device_count,
            bank_gib=bank,
            core_gib=request.device_memory_gib,
        )
    ]


def _format(request: FitRequest) -> list[Reason]:
    source, weights = request.engine.origin.default.source, request.checkpoint.weight_format
    if weights == "fp8":
        return [error("neuron_fp8_undocumented", source, model=request.model.short_name)]
    return [error("neuron_format", source, weight_format=weights)] if weights != "bf16" else []


def _images(request: FitRequest) -> list[Reason]:
    if request.images and not request.engine.vision:
        return [error("no_vision", request.engine.origin.default.source, engine=request.engine.name)]
    return []


def _length(request: FitRequest, release: Release | None) -> list[Reason]:
    engine, tokens = request.engine, request.context_tokens
    if engine.max_context_tokens is not None and tokens > engine.max_context_tokens:
        source = engine.origin.of("max_context_tokens").source
        return [error("neuron_context", source, context_tokens=tokens, limit_tokens=engine.max_context_tokens)]
    if release is not None and tokens > release.documented_context_tokens:
        documented = release.documented_context_tokens
        return [warning("neuron_context_undocumented", release.source, context_tokens=tokens, limit_tokens=documented)]
    return []


def degree_reasons(request: FitRequest, tensor_parallel_size: int) -> list[Reason]:
    """Cautions for a degree beside those that the vendor documents, or that anybody has published for this model."""
    tp, family, engine = tensor_parallel_size, request.instance.family, request.engine
    found: list[Reason] = []
    documented = next((row for row in engine.documented_parallel if row.family == family), None)
    if documented is not None and tp not in documented.tensor_parallel_sizes:
        sizes = documented.tensor_parallel_sizes
        found.append(
            warning(
                "neuron_degree_undocumented",
                documented.source,
                tensor_parallel_size=tp,
                family=family,
                documented=sizes,
            )
        )
    runs = [run for run in engine.published_runs if (run.model, run.family) == (request.model.id, family)]
    largest = max((run.max_sequences for run in runs if run.tensor_parallel_size == tp), default=None)
    if largest is not None and request.concurrency > largest:
        found.append(
            warning(
                "neuron_batch_unpublished",
                engine.origin.default.source,
                model=request.model.short_name,
                concurrency=request.concurrency,
                published=largest,
            )
        )
    if engine.published_runs and largest is None:
        published = tuple(sorted({run.tensor_parallel_size for run in runs})) or ("none",)
        found.append(
            warning(
                "neuron_run_unpublished",
                engine.origin.default.source,
                model=request.model.short_name,
                family=family,
                tensor_parallel_size=tp,
                published=published,
            )
        )
    return found


def _standing(request: FitRequest, release: Release | None) -> list[Reason]:
    engine = request.engine
    if release is None:
        return [warning("neuron_community", engine.origin.default.source, engine=engine.name)]
    match release.status:
        case "beta":
            reason = warning("neuron_beta", release.source, version=request.engine_version)
        case "stabilised":
            reason = warning("neuron_stabilised", release.source, version=request.engine_version)
        case "pinned":
            reason = warning("neuron_pinned", release.source, version=request.engine_version)
        case "degraded":
            reason = warning("neuron_degraded", release.source, version=request.engine_version)
        case "maintenance":
            reason = warning("neuron_maintenance", release.source, version=request.engine_version)
    return [reason]
