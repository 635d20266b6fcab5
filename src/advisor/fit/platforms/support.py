"""Whether the platform supports the combination at all (facts: model-fit, sections 4.2 and 4.3)."""

from advisor.fit.platforms.gates import gpu_reasons
from advisor.fit.platforms.host import cpu_reasons, host_memory_reasons
from advisor.fit.platforms.neuron import neuron_reasons
from advisor.fit.platforms.settings import setting_reasons
from advisor.fit.request import FitRequest
from advisor.fit.versions import version_key
from advisor.reasons import Reason, error, warning


def platform_reasons(request: FitRequest) -> list[Reason]:
    """Support gates and cautions of engine, accelerator and checkpoint; any error makes the verdict unsupported."""
    accelerator, engine = request.accelerator, request.engine
    if accelerator is None:
        return cpu_reasons(request)
    if accelerator.kind != engine.accelerators:
        return [error("engine_accelerator", engine=engine.name, accelerator=accelerator.name)]
    judged = neuron_reasons if accelerator.kind == "neuron" else gpu_reasons
    return [
        *judged(request, accelerator),
        *setting_reasons(request),
        *_version(request),
        *_certainty(request),
        *host_memory_reasons(request),
    ]


def _certainty(request: FitRequest) -> list[Reason]:
    engine = request.engine
    return [] if engine.advised else [warning("engine_not_advised", engine.origin.default.source, engine=engine.name)]


def _version(request: FitRequest) -> list[Reason]:
    """Versions beyond those that were read; engines with tables by version refuse older ones themselves."""
    engine, version = request.engine, request.engine_version
    if not engine.is_versioned:
        return []
    oldest = min((gate.since for gate in engine.gates), key=version_key, default=version)
    if engine.memory_model == "free_share" and version_key(version) < version_key(oldest):
        source = engine.origin.default.source
        return [warning("engine_older_than_known", source, engine=engine.name, version=version, oldest_known=oldest)]
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
