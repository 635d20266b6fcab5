"""Whether the platform supports the combination at all (facts: model-fit, sections 4.2 and 4.3)."""

from advisor.fit.gates import gpu_reasons
from advisor.fit.host import cpu_reasons, host_memory_reasons
from advisor.fit.request import FitRequest
from advisor.fit.versions import version_key
from advisor.reasons import Reason, error, info, warning


def platform_reasons(request: FitRequest) -> list[Reason]:
    """Support gates and cautions of engine, accelerator and checkpoint; any error makes the verdict unsupported."""
    accelerator = request.accelerator
    if accelerator is None:
        return cpu_reasons(request)
    if accelerator.kind != request.engine.accelerators:
        return [error("engine_accelerator", engine=request.engine.name, accelerator=accelerator.name)]
    found = _neuron(request) if accelerator.kind == "neuron" else _gpu(request)
    return [*found, *host_memory_reasons(request)]


def _gpu(request: FitRequest) -> list[Reason]:
    assert request.accelerator is not None
    found = [*gpu_reasons(request, request.accelerator), *_version(request)]
    if not request.engine.advised:
        found.append(warning("engine_not_advised", request.engine.origin.default.source, engine=request.engine.name))
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
