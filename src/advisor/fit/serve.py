"""The command that serves what was checked: current flags only, defaults left out."""

import json

from advisor.fit.request import FitRequest
from advisor.fit.result import ServeCommand


def serve_command(request: FitRequest, tensor_parallel_size: int) -> ServeCommand:
    """argv and environment of the server process (facts: model-fit, section 5)."""
    if request.engine.id == "optimum-neuron":
        return ServeCommand(_optimum(request, tensor_parallel_size))
    argv = ["vllm", "serve", request.checkpoint.repository]
    if request.checkpoint.revision:
        argv += ["--revision", request.checkpoint.revision]
    argv += ["--tensor-parallel-size", str(tensor_parallel_size)]
    if request.engine.id == "neuron":
        argv += ["--max-model-len", str(request.context_tokens), "--max-num-seqs", str(max(1, request.concurrency))]
        argv += ["--limit-mm-per-prompt", json.dumps({"image": 5})]
        env = (("NEURON_COMPILED_ARTIFACTS", "/path/to/traced/model"), ("VLLM_RPC_TIMEOUT", "100000"))
        return ServeCommand(tuple(argv), env)
    return ServeCommand((*argv, *_vllm_flags(request)))


def _vllm_flags(request: FitRequest) -> tuple[str, ...]:
    """Flags whose value differs from the default, and the context, whose default no box holds."""
    stated: dict[str, str | None] = {
        "--pipeline-parallel-size": str(request.pipeline_parallel_size) if request.pipeline_parallel_size > 1 else None,
        "--max-model-len": str(request.context_tokens),
        "--kv-cache-dtype": None if request.kv_dtype == "auto" else request.kv_dtype,
        "--gpu-memory-utilization": _number(request.gpu_memory_utilization),
        "--max-num-seqs": _number(request.max_num_seqs),
        "--max-num-batched-tokens": _number(request.max_num_batched_tokens),
        "--limit-mm-per-prompt": json.dumps({"image": 10}) if request.images else None,
    }
    flags = tuple(part for flag, value in stated.items() if value is not None for part in (flag, value))
    return (*flags, "--disable-hybrid-kv-cache-manager") if request.hybrid_kv is False else flags


def _number(value: float | None) -> str | None:
    return None if value is None else str(value)


def _optimum(request: FitRequest, tensor_parallel_size: int) -> tuple[str, ...]:
    settings = {
        "--batch_size": max(1, request.concurrency),
        "--sequence_length": request.context_tokens,
        "--tensor_parallel_size": tensor_parallel_size,
    }
    argv = ["optimum-cli", "neuron", "serve", "-m", request.checkpoint.repository]
    return (*argv, *(part for flag, value in settings.items() for part in (flag, str(value))))
