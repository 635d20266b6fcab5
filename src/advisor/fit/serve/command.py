"""From a checked combination to the command that serves it."""

from advisor.fit.request import FitRequest
from advisor.fit.result import KvCache, Parallelism, ServeCommand
from advisor.fit.serve.vllm import vllm_command


def serve_command(request: FitRequest, parallelism: Parallelism, cache: KvCache) -> ServeCommand | None:
    """The command of the request's engine; None for an engine whose command nobody has read."""
    match request.engine.id:
        case "vllm":
            return vllm_command(request, parallelism, cache)
        case "neuron" | "optimum-neuron":
            from advisor.fit.serve import neuron  # most questions are about vLLM, and need not wait for the others

            write = neuron.nxdi_command if request.engine.id == "neuron" else neuron.optimum_command
            return write(request, parallelism)
        case "sglang":
            from advisor.fit.serve.others import sglang_command

            return sglang_command(request, parallelism)
        case "tensorrt-llm":
            from advisor.fit.serve.others import tensorrt_llm_command

            return tensorrt_llm_command(request, parallelism)
        case _:
            return None
