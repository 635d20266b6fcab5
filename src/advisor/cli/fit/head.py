"""The two lines that say what was judged."""

from advisor.fit.result import FitResult
from advisor.quantities import text


def combination(result: FitResult) -> str:
    """Model, checkpoint and hardware: `Llama 4 Scout bf16 on p5.48xlarge, 8 × NVIDIA H100 80GB`."""
    request = result.request
    return f"{request.model.name} {request.checkpoint.id} on {_hardware(result)}"


def stack(result: FitResult) -> str:
    """Engine, degrees and context."""
    request = result.request
    return (
        f"{request.engine.name} {request.engine_version}   TP {result.parallelism.tensor_parallel_size}"
        f"{_stages(request.pipeline_parallel_size)}   context {text.tokens(request.context_tokens)}"
    )


def _hardware(result: FitResult) -> str:
    request = result.request
    if request.accelerator is None:
        return f"{request.instance.id}, no accelerator"
    return f"{request.instance.id}, {request.instance.accelerator_count} × {request.accelerator.name}"


def _stages(pipeline_parallel_size: int) -> str:
    return f" × PP {pipeline_parallel_size}" if pipeline_parallel_size > 1 else ""
