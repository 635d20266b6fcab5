"""SGLang and TensorRT-LLM: fewer settings than vLLM, and those that were read in their parsers or documents.

SGLang: `server_args` of the 0.5.23 wheel. TensorRT-LLM: its documents of trtllm-serve, 0.18.2 to 1.1.
"""

from collections.abc import Iterator

from advisor.fit.platforms.others import chunk_tokens, local_cache
from advisor.fit.request import FitRequest
from advisor.fit.result import Parallelism, ServeCommand, ServeCopy, ServeFlag
from advisor.fit.serve.parts import HEAD_NODE, assembled, copy_of, flag, split_reason, switch
from advisor.fit.serve.places import CUDA_DEVICES, instances_spanned, replica_copies
from advisor.reasons import info

_RENDEZVOUS_PORT = 50000
_SGLANG = "SGLang 0.5.23, server_args"
_TRTLLM = "TensorRT-LLM documents, trtllm-serve"
_TRTLLM_OPTIONS = "llm-api-options.yaml"


def sglang_command(request: FitRequest, parallelism: Parallelism) -> ServeCommand:
    """`sglang.launch_server`, always with a context length: the model's own makes a request table of 80 GiB."""
    program = ("python", "-m", "sglang.launch_server", "--model-path", request.checkpoint.repository)
    settings = tuple(_sglang_settings(request, parallelism))
    nodes = instances_spanned(request, parallelism)
    head = _sglang_node(nodes, 0) if nodes > 1 else ()
    copies = (
        tuple(_sglang_nodes(program, settings, nodes))
        if nodes > 1
        else tuple(replica_copies(request, parallelism, program, settings, CUDA_DEVICES))
    )
    return assembled(program, (*settings, *head), copies=copies)


def _sglang_settings(request: FitRequest, parallelism: Parallelism) -> Iterator[ServeFlag]:
    tp, ranks = parallelism.tensor_parallel_size, request.data_parallel_size
    if request.checkpoint.revision:
        yield flag("--revision", request.checkpoint.revision, info("serve_revision"))
    if ranks > 1:  # SGLang counts the devices of all data-parallel ranks as its tensor parallelism
        reason = info("serve_sglang_dp_attention", _SGLANG, gpus=tp, ranks=ranks)
        yield flag("--tp-size", tp * ranks, reason)
        yield flag("--dp-size", ranks, reason)
        yield switch("--enable-dp-attention", reason)
    else:
        yield flag("--tp-size", tp, split_reason(parallelism))
    if request.pipeline_parallel_size > 1:
        stages = request.pipeline_parallel_size
        yield flag("--pp-size", stages, info("serve_pipeline_parallel", stages=stages))
    if request.expert_parallel:
        yield flag("--ep-size", tp * ranks, info("serve_expert_parallel"))
    yield flag("--context-length", request.context_tokens, info("serve_sglang_context", _SGLANG))
    yield from _sglang_memory(request)
    yield from _sglang_local_layers(request)
    if request.images:
        yield switch("--enable-multimodal", info("serve_sglang_images", _SGLANG))


def _sglang_local_layers(request: FitRequest) -> Iterator[ServeFlag]:
    """What chunked-local layers keep, where it is stated: the setting has changed its name and its meaning."""
    by_default = local_cache(request).default_share < 1
    if request.hybrid_kv is False and by_default:
        yield switch("--disable-hybrid-swa-memory", info("serve_hybrid_off"))
    if not request.hybrid_kv:
        return
    if by_default:
        share = min(1.0, chunk_tokens(request) / request.context_tokens)
        yield flag("--swa-full-tokens-ratio", f"{share:.4f}", info("serve_sglang_chunk", _SGLANG))
    else:
        yield flag("--hybrid-kvcache-ratio", "1.0", info("serve_sglang_chunk", "SGLang 0.4.9, server_args"))


def _sglang_memory(request: FitRequest) -> Iterator[ServeFlag]:
    if request.kv_dtype != "auto":
        yield flag("--kv-cache-dtype", "fp8_e4m3", info("serve_kv_dtype", dtype=request.kv_dtype))
    if request.gpu_memory_utilization is not None:
        yield flag("--mem-fraction-static", request.gpu_memory_utilization, info("serve_memory_fraction", _SGLANG))
    if request.max_num_seqs is not None:
        yield flag("--max-running-requests", request.max_num_seqs, info("serve_max_num_seqs"))
    if request.max_num_batched_tokens is not None:
        yield flag("--chunked-prefill-size", request.max_num_batched_tokens, info("serve_max_num_batched_tokens"))


def _sglang_nodes(program: tuple[str, ...], settings: tuple[ServeFlag, ...], nodes: int) -> Iterator[ServeCopy]:
    for rank in range(nodes):
        place = info("serve_node", number=rank + 1, nodes=nodes)
        yield copy_of(program, settings, place, _sglang_node(nodes, rank))


def _sglang_node(nodes: int, rank: int) -> tuple[ServeFlag, ...]:
    return (
        flag("--nnodes", nodes, info("serve_nodes", nodes=nodes)),
        flag("--node-rank", rank, info("serve_node_rank")),
        flag("--dist-init-addr", f"{HEAD_NODE}:{_RENDEZVOUS_PORT}", info("serve_head_address")),
    )


def tensorrt_llm_command(request: FitRequest, parallelism: Parallelism) -> ServeCommand | None:
    """`trtllm-serve` in one instance; over several it needs an MPI launcher, whose command is not known here."""
    if instances_spanned(request, parallelism) > 1:
        return None
    program = ("trtllm-serve", request.checkpoint.repository)
    settings = tuple(_trtllm_settings(request, parallelism))
    return assembled(program, settings, copies=replica_copies(request, parallelism, program, settings, CUDA_DEVICES))


def _trtllm_settings(request: FitRequest, parallelism: Parallelism) -> Iterator[ServeFlag]:
    tp = parallelism.tensor_parallel_size
    yield flag("--backend", "pytorch", info("serve_trtllm_backend", _TRTLLM))
    yield flag("--tp_size", tp, split_reason(parallelism))
    if request.pipeline_parallel_size > 1:
        stages = request.pipeline_parallel_size
        yield flag("--pp_size", stages, info("serve_pipeline_parallel", stages=stages))
    if request.expert_parallel:
        yield flag("--ep_size", tp, info("serve_expert_parallel"))
    yield flag("--max_seq_len", request.context_tokens, info("serve_context_bound"))
    if request.gpu_memory_utilization is not None:
        share = request.gpu_memory_utilization
        yield flag("--kv_cache_free_gpu_memory_fraction", share, info("serve_trtllm_share", _TRTLLM))
    if request.kv_dtype != "auto":
        yield flag("--extra_llm_api_options", _TRTLLM_OPTIONS, info("serve_trtllm_kv_dtype", _TRTLLM))
    if request.max_num_seqs is not None:
        yield flag("--max_batch_size", request.max_num_seqs, info("serve_max_num_seqs"))
    if request.max_num_batched_tokens is not None:
        yield flag("--max_num_tokens", request.max_num_batched_tokens, info("serve_max_num_batched_tokens"))
