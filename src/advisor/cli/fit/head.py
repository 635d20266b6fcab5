"""The two lines that say what was judged."""

from advisor.fit.platforms.neuron import release_of
from advisor.fit.result import FitResult, KvCache
from advisor.quantities import text
from advisor.quantities.units import GIB


def combination(result: FitResult) -> str:
    """Model, checkpoint and hardware: `Llama 4 Scout bf16 on p5.48xlarge, 8 × NVIDIA H100 80GB`."""
    request = result.request
    return f"{request.model.name} {request.checkpoint.id} on {_hardware(result)}"


def stack(result: FitResult) -> str:
    """Engine, degrees, replicas and context."""
    request = result.request
    return (
        f"{request.engine.name} {request.engine_version}   {_split(result)}"
        f"   context {text.tokens(request.context_tokens)}"
    )


def capacity(result: FitResult) -> str:
    """What the cache holds and what is left, for a combination that runs."""
    device, cache = result.per_device, result.kv_cache
    assert device is not None and cache is not None, "a verdict that runs has its memory"
    context = text.tokens(result.request.context_tokens)
    ranks = result.request.data_parallel_size
    over = f" over {ranks} ranks" if ranks > 1 else ""
    several = text.count(result.request.concurrency) if result.request.concurrency > 1 else "one"
    return (
        f"holds {cache.max_concurrency_at_context * ranks:,.1f} requests of {context} tokens{over}, "
        f"or {several} of {text.tokens(cache.max_context_at_concurrency_tokens)}{_undocumented(result, cache)}; "
        f"{device.margin_bytes / GIB:,.1f} ± {text.gib(device.band_bytes)} left"
    )


def _undocumented(result: FitResult, cache: KvCache) -> str:
    """That a length is one of arithmetic, where it exceeds what the vendor documents for the model."""
    if result.request.engine.accelerators != "neuron":
        return ""
    release = release_of(result.request)
    if release is None or cache.max_context_at_concurrency_tokens <= release.documented_context_tokens:
        return ""
    return f" by memory alone (AWS documents {text.tokens(release.documented_context_tokens)})"


def _hardware(result: FitResult) -> str:
    request = result.request
    several = f"{request.nodes} × " if request.nodes > 1 else ""
    if request.accelerator is None:
        return f"{several}{request.instance.id}, no accelerator"
    return f"{several}{request.instance.id}, {request.instance.accelerator_count} × {request.accelerator.name}"


def _split(result: FitResult) -> str:
    """Degrees that are not 1, and how often they fit: `TP 4, 2 replicas`."""
    parallel = result.parallelism
    degrees = (("PP", parallel.pipeline_parallel_size), ("DP", parallel.data_parallel_size))
    words = [f"TP {parallel.tensor_parallel_size}", *(f"{name} {size}" for name, size in degrees if size > 1)]
    experts = ", experts whole" if parallel.expert_parallel else ""
    replicas = f", {parallel.replicas} replicas" if parallel.replicas > 1 and result.verdict.runs else ""
    return " × ".join(words) + experts + replicas
