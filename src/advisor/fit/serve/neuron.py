"""Serving on Neuron: AWS's NxD Inference through vLLM by SDK release, and Hugging Face's optimum-neuron.

Both serve compiled models of fixed shape, so a step that compiles comes before. Read in aws-neuron-sdk (Llama 4
tutorials for vLLM V0 and V1, vLLM user guide 0.5.0) and optimum-neuron (`optimum/commands/neuron/serve.py`).
"""

import json
from collections.abc import Iterator

from advisor.fit.request import FitRequest
from advisor.fit.result import Parallelism, ServeCommand, ServeFlag
from advisor.fit.serve.parts import assembled, flag, switch
from advisor.fit.serve.places import NEURON_CORES, replica_copies, replicas_beside
from advisor.fit.versions import reaches
from advisor.reasons import Reason, info, warning

_TUTORIAL = "AWS Neuron SDK, Llama 4 tutorial"
_NO_RECIPE = "2.30"
"""First SDK whose own vLLM plug-in has no recipe for Llama 4: NxD Inference is in maintenance beside it."""

_PLUGIN = "2.27"
"""First SDK with the vLLM V1 plug-in; before it, AWS's fork of vLLM 0.9.1 with flags of its own."""

_DOCUMENTED_TP = 64
_DOCUMENTED_CONTEXT_PARALLEL = 16
_VISION_TP = 16
_DEFAULT_LNC = 2
_VISION_TOKENS = 8192
_IMAGES = 5
_RPC_TIMEOUT_MS = 100000


def nxdi_command(request: FitRequest, parallelism: Parallelism) -> ServeCommand:
    """AWS's documented path: compile with NxD Inference, then serve what was compiled."""
    tp = parallelism.tensor_parallel_size
    compiled = _folder(request, tp)
    plugin = reaches(request.engine_version, _PLUGIN)
    program, settings = _plugin_server(request, tp, compiled) if plugin else _fork_server(request, tp, compiled)
    return assembled(
        program,
        settings,
        before=(_compile(request, compiled),),
        cautions=_cautions(request, tp),
        copies=replica_copies(request, parallelism, program, settings, NEURON_CORES),
    )


def _plugin_server(request: FitRequest, tp: int, compiled: str) -> tuple[tuple[str, ...], tuple[ServeFlag, ...]]:
    config = json.dumps({"override_neuron_config": _neuron_config(request, tp)})
    sequences = _sequences(request)
    return ("vllm", "serve", request.checkpoint.repository), (
        *_environment(request, compiled),
        *_shape(request, tp),
        flag("--num-gpu-blocks-override", sequences, info("serve_neuron_blocks", _TUTORIAL)),
        flag("--limit-mm-per-prompt", json.dumps({"image": _IMAGES}), info("serve_images", images=_IMAGES)),
        flag("--additional-config", config, info("serve_neuron_config", _TUTORIAL)),
    )


def _fork_server(request: FitRequest, tp: int, compiled: str) -> tuple[tuple[str, ...], tuple[ServeFlag, ...]]:
    """SDK 2.26 and older: vLLM 0.9.1 in AWS's fork still has --device."""
    return ("python", "-m", "vllm.entrypoints.openai.api_server", "--model", request.checkpoint.repository), (
        *_environment(request, compiled),
        flag("VLLM_NEURON_FRAMEWORK", "neuronx-distributed-inference", info("serve_neuron_framework", _TUTORIAL)),
        *_shape(request, tp),
        flag("--device", "neuron", info("serve_neuron_device", _TUTORIAL)),
        switch("--use-v2-block-manager", info("serve_neuron_device", _TUTORIAL)),
        flag("--limit-mm-per-prompt", f"image={_IMAGES}", info("serve_images", images=_IMAGES)),
        flag("--override-neuron-config", "{}", info("serve_neuron_compiled", _TUTORIAL)),
    )


def _environment(request: FitRequest, compiled: str) -> Iterator[ServeFlag]:
    yield flag("NEURON_COMPILED_ARTIFACTS", compiled, info("serve_neuron_compiled", _TUTORIAL))
    yield flag("VLLM_RPC_TIMEOUT", _RPC_TIMEOUT_MS, info("serve_rpc_timeout", _TUTORIAL))
    yield from _logical_cores(request)


def _logical_cores(request: FitRequest) -> Iterator[ServeFlag]:
    """What is compiled for one size of logical core runs on no other: compiler and server are told alike."""
    lnc = request.logical_core_config
    if lnc is not None and lnc != _DEFAULT_LNC:
        yield flag("NEURON_LOGICAL_NC_CONFIG", lnc, info("serve_logical_cores", _TUTORIAL, usual=_DEFAULT_LNC))


def _shape(request: FitRequest, tp: int) -> Iterator[ServeFlag]:
    yield flag("--tensor-parallel-size", tp, info("serve_logical_core_count", cores=tp))
    yield flag("--max-model-len", request.context_tokens, info("serve_compiled_length"))
    yield flag("--max-num-seqs", _sequences(request), info("serve_compiled_batch"))


def _neuron_config(request: FitRequest, tp: int) -> dict[str, object]:
    """The compiled shape; context parallelism and the vision encoder's degrees as AWS documents them for TP 64."""
    text: dict[str, object] = {
        "batch_size": _sequences(request),
        "is_continuous_batching": True,
        "seq_len": request.context_tokens,
        "enable_bucketing": True,
        "torch_dtype": "float16",
        "world_size": tp,
        "tp_degree": tp,
    }
    vision: dict[str, object] = {"batch_size": 1, "seq_len": _VISION_TOKENS, "torch_dtype": "float16"}
    if tp == _DOCUMENTED_TP:
        text["cp_degree"] = _DOCUMENTED_CONTEXT_PARALLEL
    if tp % _VISION_TP == 0:
        vision |= {"tp_degree": _VISION_TP, "dp_degree": tp // _VISION_TP, "world_size": tp}
    else:
        vision |= {"tp_degree": tp, "world_size": tp}
    return {"text_config": text, "vision_config": vision}


def _compile(request: FitRequest, compiled: str) -> ServeCommand:
    words = ("--model-path", request.checkpoint.repository, "--traced-model-path", compiled)
    return assembled(
        ("python", "compile_llama4.py", *words, "--neuron-config-path", "neuron_config.json"),
        _logical_cores(request),
        cautions=(info("serve_compile_first", _TUTORIAL),),
    )


def _cautions(request: FitRequest, tp: int) -> Iterator[Reason]:
    if reaches(request.engine_version, _NO_RECIPE):
        yield warning("serve_neuron_pinned", _TUTORIAL, version=request.engine_version)
    if tp != _DOCUMENTED_TP:
        yield warning("serve_undocumented_degree", _TUTORIAL, tensor_parallel_size=tp, documented=_DOCUMENTED_TP)


def optimum_command(request: FitRequest, parallelism: Parallelism) -> ServeCommand:
    """optimum-neuron: export, then serve the exported folder; it starts several replicas by itself."""
    tp, replicas = parallelism.tensor_parallel_size, replicas_beside(request, parallelism)
    exported = _folder(request, tp)
    settings = (
        flag("--batch_size", _sequences(request), info("serve_compiled_batch")),
        flag("--sequence_length", request.context_tokens, info("serve_compiled_length")),
        flag("--tensor_parallel_size", tp, info("serve_logical_core_count", cores=tp)),
    )
    shape = assembled((), settings).argv
    export = assembled(
        ("optimum-cli", "export", "neuron", "--model", request.checkpoint.repository, *shape, exported),
        (),
        cautions=(info("serve_export_first"),),
    )
    spread = (
        (flag("--data-parallel-size", replicas, info("serve_optimum_replicas", replicas=replicas)),)
        if replicas > 1
        else ()
    )
    return assembled(("optimum-cli", "neuron", "serve", "-m", exported), (*settings, *spread), before=(export,))


def _sequences(request: FitRequest) -> int:
    return request.max_num_seqs or max(1, request.concurrency)


def _folder(request: FitRequest, tp: int) -> str:
    return f"./{request.model.id}-tp{tp}-{_sequences(request)}x{request.context_tokens}"
