"""`vllm serve` in the words of a version: flags that it knows, none that it has dropped.

Read in the wheels of 0.8.3, 0.8.5, 0.9.2, 0.10.0, 0.10.1.1, 0.10.2, 0.12.0, 0.13.0, 0.16.0, 0.17.1, 0.19.1, 0.21.0
and 0.33.0: a flag holds from the first of them that has it.
"""

import json
from collections.abc import Iterator

from advisor.fit.memory.kv import context_limit
from advisor.fit.request import FitRequest
from advisor.fit.result import KvCache, Parallelism, ServeCommand, ServeFlag
from advisor.fit.serve.parts import assembled, flag, split_reason, switch
from advisor.fit.serve.places import CUDA_DEVICES, head_settings, node_copies, ray_cluster, replica_copies
from advisor.fit.versions import behaviour, reaches
from advisor.reasons import Reason, info, warning

_SOURCE = "vLLM's argument parser, in the wheels of the versions"

IMAGES_PER_REQUEST = 10
"""What a command that serves images allows in one request; vLLM sizes its memory profile by it."""

_JSON_LIMITS = "0.8.5"
_DROPPED_BY_LIMIT = "0.10.1"
_ENCODER_TP_MODE = "0.10.2"
_ENCODER_DATA_PARALLEL = "0.9.2"
_LANGUAGE_MODEL_ONLY = "0.17.1"


def vllm_command(request: FitRequest, parallelism: Parallelism, cache: KvCache) -> ServeCommand:
    """The server, or its parts where it spans instances or is one of several in an instance."""
    program = ("vllm", "serve", request.checkpoint.repository)
    settings = tuple(_settings(request, parallelism, cache))
    return assembled(
        program,
        (*settings, *head_settings(request, parallelism)),
        before=ray_cluster(request, parallelism),
        cautions=_cautions(request),
        copies=(
            *node_copies(request, parallelism, program, settings),
            *replica_copies(request, parallelism, program, settings, CUDA_DEVICES),
        ),
    )


def _settings(request: FitRequest, parallelism: Parallelism, cache: KvCache) -> Iterator[ServeFlag]:
    if request.checkpoint.revision:
        yield flag("--revision", request.checkpoint.revision, info("serve_revision"))
    yield from _parallel(request, parallelism)
    yield _context(request, cache)
    yield from _cache(request)
    yield from _scheduler(request)
    yield from _vision(request)


def _parallel(request: FitRequest, parallelism: Parallelism) -> Iterator[ServeFlag]:
    tp, pp, dp = parallelism.tensor_parallel_size, request.pipeline_parallel_size, request.data_parallel_size
    yield flag("--tensor-parallel-size", tp, split_reason(parallelism))
    if pp > 1:
        yield flag("--pipeline-parallel-size", pp, info("serve_pipeline_parallel", stages=pp))
    if dp > 1:
        yield flag("--data-parallel-size", dp, info("serve_data_parallel", ranks=dp))
    if request.expert_parallel:
        yield switch("--enable-expert-parallel", info("serve_expert_parallel"))


def _context(request: FitRequest, cache: KvCache) -> ServeFlag:
    """Always stated: the default is what the model allows, which few devices hold."""
    limit, longest = context_limit(request), cache.max_context_tokens
    if 0 < longest < limit:
        reason = info("serve_context_refused", limit=limit, longest=longest)
    else:
        reason = info("serve_context", limit=limit)
    return flag("--max-model-len", request.context_tokens, reason)


def _cache(request: FitRequest) -> Iterator[ServeFlag]:
    if request.kv_dtype != "auto":
        yield flag("--kv-cache-dtype", request.kv_dtype, info("serve_kv_dtype", dtype=request.kv_dtype))
    if request.block_tokens is not None:
        yield flag("--block-size", request.block_tokens, info("serve_block_size"))
    version = behaviour(request.engine, request.engine_version)
    default = version.hybrid_kv if version is not None else "unavailable"
    if request.hybrid_kv is False and default == "on":
        yield switch("--disable-hybrid-kv-cache-manager", info("serve_hybrid_off"))
    if request.hybrid_kv is True and default == "off":
        reason = info("serve_hybrid_on", _SOURCE, version=request.engine_version)
        yield flag("VLLM_ALLOW_CHUNKED_LOCAL_ATTN_WITH_HYBRID_KV_CACHE", 1, reason)


def _scheduler(request: FitRequest) -> Iterator[ServeFlag]:
    if request.gpu_memory_utilization is not None:
        version = behaviour(request.engine, request.engine_version)
        usual = version.gpu_memory_utilization if version is not None else 0.0
        reason = info("serve_memory_utilization", usual=usual)
        yield flag("--gpu-memory-utilization", request.gpu_memory_utilization, reason)
    if request.max_num_seqs is not None:
        yield flag("--max-num-seqs", request.max_num_seqs, info("serve_max_num_seqs"))
    if request.max_num_batched_tokens is not None:
        yield flag("--max-num-batched-tokens", request.max_num_batched_tokens, info("serve_max_num_batched_tokens"))


def _vision(request: FitRequest) -> Iterator[ServeFlag]:
    version = request.engine_version
    if request.mm_encoder == "none":
        if reaches(version, _LANGUAGE_MODEL_ONLY):
            yield switch("--language-model-only", info("serve_text_only"))
        else:
            yield flag("--limit-mm-per-prompt", _limit(version, 0), info("serve_text_only"))
    elif request.images:
        reason = info("serve_images", images=IMAGES_PER_REQUEST)
        yield flag("--limit-mm-per-prompt", _limit(version, IMAGES_PER_REQUEST), reason)
    if request.mm_encoder == "data":
        if reaches(version, _ENCODER_TP_MODE):
            yield flag("--mm-encoder-tp-mode", "data", info("serve_whole_encoder"))
        elif reaches(version, _ENCODER_DATA_PARALLEL):
            yield switch("--enable-multimodal-encoder-data-parallel", info("serve_whole_encoder"))


def _limit(version: str, images: int) -> str:
    """JSON, which 0.33 takes only; the oldest versions took only the other form."""
    return json.dumps({"image": images}) if reaches(version, _JSON_LIMITS) else f"image={images}"


def _cautions(request: FitRequest) -> Iterator[Reason]:
    version = request.engine_version
    if request.mm_encoder == "none" and not reaches(version, _DROPPED_BY_LIMIT):
        yield warning("serve_encoder_stays", _SOURCE, version=version, since=_DROPPED_BY_LIMIT)
    if request.mm_encoder == "data" and not reaches(version, _ENCODER_DATA_PARALLEL):
        yield warning("serve_no_whole_encoder", _SOURCE, version=version, since=_ENCODER_DATA_PARALLEL)
