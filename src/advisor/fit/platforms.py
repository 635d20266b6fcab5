"""Whether the platform supports the combination at all (facts: model-fit, sections 4.2 and 4.3)."""

from advisor.catalog.records import Accelerator
from advisor.fit.request import FitRequest
from advisor.fit.versions import version_key
from advisor.reasons import Reason, error, info, warning

_FP8_COMPUTE = 8.9
_FP8_MARLIN = 7.5
_NVFP4_COMPUTE = 10.0
_GATES = "vLLM source: capability gates of the quantisation and attention backends"


def computes_fp8(accelerator: Accelerator) -> bool | None:
    """Whether its arithmetic knows FP8; None for a chip that states no compute capability."""
    capability = accelerator.compute_capability
    return None if capability is None else capability >= _FP8_COMPUTE


def platform_reasons(request: FitRequest) -> list[Reason]:
    """Support gates and cautions of engine, accelerator and checkpoint; any error makes the verdict unsupported."""
    accelerator = request.accelerator
    if accelerator is None:
        return [error("no_accelerator", request.instance.origin.default.source, instance=request.instance.id)]
    if accelerator.kind != request.engine.accelerators:
        return [error("engine_accelerator", engine=request.engine.name, accelerator=accelerator.name)]
    if accelerator.kind == "neuron":
        return _neuron(request)
    return [*_gpu(request, accelerator), *_version(request)]


def _gpu(request: FitRequest, accelerator: Accelerator) -> list[Reason]:
    capability = accelerator.compute_capability or 0.0
    weights = request.checkpoint.weight_format
    found: list[Reason] = []
    if weights == "fp8" and capability < _FP8_MARLIN:
        found.append(error("fp8_unsupported", _GATES, accelerator=accelerator.name, compute_capability=capability))
    elif weights == "fp8" and capability < _FP8_COMPUTE:
        found.append(warning("fp8_weight_only", _GATES, accelerator=accelerator.name, compute_capability=capability))
    if weights == "nvfp4" and capability < _NVFP4_COMPUTE:
        found.append(
            error("nvfp4_needs_blackwell", _GATES, accelerator=accelerator.name, compute_capability=capability)
        )
    if request.kv_dtype == "fp8" and capability < _FP8_COMPUTE:
        found.append(error("fp8_kv_unsupported", _GATES, accelerator=accelerator.name, compute_capability=capability))
    if not request.engine.can_serve:
        found.append(error("engine_cannot_serve", engine=request.engine.name))
    return found


def _version(request: FitRequest) -> list[Reason]:
    if version_key(request.engine_version) > version_key(request.engine.newest_known):
        return [
            warning(
                "engine_newer_than_known",
                request.engine.origin.default.source,
                engine=request.engine.name,
                version=request.engine_version,
                newest_known=request.engine.newest_known,
            )
        ]
    return []


def _neuron(request: FitRequest) -> list[Reason]:
    engine, family = request.engine, request.instance.family
    source = engine.origin.default.source
    if family not in engine.supported_families:
        return [
            error(
                "neuron_family_unsupported",
                source,
                engine=engine.name,
                family=family,
                supported=engine.supported_families,
            )
        ]
    found: list[Reason] = []
    weights = request.checkpoint.weight_format
    if weights == "fp8":
        found.append(error("neuron_fp8_undocumented", source, model=request.model.short_name))
    elif weights != "bf16":
        found.append(error("neuron_format", source, weight_format=weights))
    if engine.max_context_tokens is not None and request.context_tokens > engine.max_context_tokens:
        found.append(
            error(
                "neuron_context", source, context_tokens=request.context_tokens, limit_tokens=engine.max_context_tokens
            )
        )
    documented = engine.documented_context_tokens
    if documented is not None and request.context_tokens > documented:
        found.append(
            warning(
                "neuron_context_undocumented", source, context_tokens=request.context_tokens, limit_tokens=documented
            )
        )
    if request.images and not engine.vision:
        found.append(error("no_vision", source, engine=engine.name))
    found.append(warning("neuron_legacy" if engine.documented else "neuron_community", source, engine=engine.name))
    found.append(info("neuron_overheads_unknown", source))
    return found
