"""From a checked combination to the command that serves it."""

from advisor.fit.request import FitRequest
from advisor.fit.result import KvCache, Parallelism, ServeCommand
from advisor.fit.serve.neuron import nxdi_command, optimum_command
from advisor.fit.serve.others import sglang_command, tensorrt_llm_command
from advisor.fit.serve.vllm import vllm_command

_BY_ENGINE = {
    "vllm": vllm_command,
    "neuron": nxdi_command,
    "optimum-neuron": optimum_command,
    "sglang": sglang_command,
    "tensorrt-llm": tensorrt_llm_command,
}


def serve_command(request: FitRequest, parallelism: Parallelism, cache: KvCache) -> ServeCommand | None:
    """The command of the request's engine; None for an engine whose command nobody has read."""
    write = _BY_ENGINE.get(request.engine.id)
    return None if write is None else write(request, parallelism, cache)
