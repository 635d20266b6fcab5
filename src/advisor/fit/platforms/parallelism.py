"""Which tensor-parallel degrees an engine accepts for Llama 4 (facts: model-fit, section 4)."""

from functools import lru_cache

from advisor.anatomy.cache import kv_heads_per_device
from advisor.catalog.records.models import Architecture
from advisor.fit.request import FitRequest
from advisor.reasons import Reason, error, info, warning

_VLLM_RULE = "vLLM 0.33 source: head, KV-head and vocabulary divisibility"
_VLLM_PRACTICE = "vLLM documentation, parallelism and scaling: tensor parallel within a node, pipeline parallel across"
_VLLM_BLOCKS = "vLLM source: supported kernel block sizes of FlashAttention, FlashInfer and Triton"
_NEURON_RULE = "NxD Inference gqa.py: query heads are padded, KV heads replicated"

BLOCK_STEP_TOKENS = 16
"""Every attention kernel for these heads takes blocks of a multiple of it."""


@lru_cache(maxsize=256)
def accepted_by_vllm(arch: Architecture, tensor_parallel_size: int) -> bool:
    """Whether vLLM's own checks pass. For Llama 4 that is exactly 1, 2, 4 and 8."""
    return not vllm_objections(arch, tensor_parallel_size)


def vllm_objections(arch: Architecture, tensor_parallel_size: int) -> list[Reason]:
    """Each check of vLLM that refuses this degree."""
    tp = tensor_parallel_size
    found = []
    if arch.attention_heads % tp:
        found.append(error("tp_heads", _VLLM_RULE, tensor_parallel_size=tp, attention_heads=arch.attention_heads))
    if arch.kv_heads % tp and tp % arch.kv_heads:
        found.append(error("tp_kv_heads", _VLLM_RULE, tensor_parallel_size=tp, kv_heads=arch.kv_heads))
    if arch.vocabulary_size % tp:
        found.append(error("tp_vocabulary", _VLLM_RULE, tensor_parallel_size=tp, vocabulary_size=arch.vocabulary_size))
    if arch.expert_intermediate_size % tp:
        size = arch.expert_intermediate_size
        found.append(error("tp_intermediate", _VLLM_RULE, tensor_parallel_size=tp, intermediate_size=size))
    return found


def valid_sizes(request: FitRequest) -> tuple[int, ...]:
    """Degrees for which the instances have devices, ascending; on GPUs within one instance."""
    devices = request.device_count // (request.pipeline_parallel_size * request.data_parallel_size)
    if request.engine.accelerators == "gpu":
        arch = request.model.architecture
        sizes = range(1, min(devices, request.devices_per_instance) + 1)
        return tuple(size for size in sizes if accepted_by_vllm(arch, size) and not _experts(request, size))
    return tuple(size for size in range(1, devices + 1) if request.device_count % size == 0)


def most_stages(request: FitRequest, tensor_parallel_size: int) -> int:
    """Pipeline stages for which the instances have devices; one where the engine does not make stages of Llama 4."""
    if request.engine.accelerators != "gpu":
        return 1
    each = tensor_parallel_size * request.data_parallel_size
    return min(request.model.architecture.layers, request.device_count // each)


def replica_devices(request: FitRequest, tensor_parallel_size: int) -> int:
    """Devices of one replica: every data-parallel rank has its own stages of tensor-parallel shards."""
    return tensor_parallel_size * request.pipeline_parallel_size * request.data_parallel_size


def objections(request: FitRequest, tensor_parallel_size: int) -> list[Reason]:
    """Why this degree cannot run, and what it costs where it can."""
    tp = tensor_parallel_size
    used = replica_devices(request, tp)
    found = _tensor_parallel(request, tp)
    if used > request.device_count:
        found.append(
            error(
                "too_few_devices",
                request.instance.origin.of("accelerator_count").source,
                needed=used,
                devices=request.device_count,
                instance=request.instance.id,
            )
        )
    found += _stages(request)
    idle = request.device_count - used
    if idle > 0 and not found:
        say = warning if request.engine.accelerators == "neuron" else info
        found.append(
            say("idle_devices", idle=idle, devices=request.device_count, replicas=request.device_count // used)
        )
    return found


def _tensor_parallel(request: FitRequest, tp: int) -> list[Reason]:
    arch = request.model.architecture
    if request.engine.accelerators == "gpu":
        found = [*vllm_objections(arch, tp), *_experts(request, tp), *_blocks(request)]
        if tp > request.devices_per_instance and request.nodes > 1 and not found:
            each = request.devices_per_instance
            found.append(warning("tp_spans_instances", _VLLM_PRACTICE, tensor_parallel_size=tp, devices=each))
        return found
    if request.device_count % tp:
        return [error("tp_cores", _NEURON_RULE, tensor_parallel_size=tp, devices=request.device_count)]
    if tp % arch.kv_heads and tp > arch.kv_heads:
        heads = padded_heads(arch, tp)
        return [warning("neuron_full_mha", _NEURON_RULE, tensor_parallel_size=tp, padded_heads=heads)]
    return []


def _experts(request: FitRequest, tp: int) -> list[Reason]:
    """Without expert parallelism every rank of all data-parallel ranks holds a slice of each expert."""
    ranks = tp * request.data_parallel_size
    if request.expert_parallel or request.data_parallel_size == 1:
        return []
    size, group = request.model.architecture.expert_intermediate_size, request.checkpoint.scale_group or 1
    if size % ranks == 0 and size // ranks % group == 0:
        return []
    return [error("dp_intermediate", _VLLM_RULE, ranks=ranks, intermediate_size=size, scale_group=group)]


def _stages(request: FitRequest) -> list[Reason]:
    pp, layers = request.pipeline_parallel_size, request.model.architecture.layers
    if pp > layers or (layers % pp and request.engine.accelerators != "gpu"):
        return [error("pp_layers", _VLLM_RULE, pipeline_parallel_size=pp, layers=layers)]
    return []


def _blocks(request: FitRequest) -> list[Reason]:
    tokens = request.block_tokens
    if tokens is None or tokens % BLOCK_STEP_TOKENS == 0:
        return []
    return [error("block_size", _VLLM_BLOCKS, block_size=tokens, step=BLOCK_STEP_TOKENS)]


def attention_heads_per_device(request: FitRequest, tensor_parallel_size: int) -> tuple[int, int]:
    """Query and KV heads on one device. Past 8 devices each keeps one whole KV head: replication, no saving."""
    arch = request.model.architecture
    if request.engine.accelerators == "neuron":
        padded = padded_heads(arch, tensor_parallel_size)
        return padded // tensor_parallel_size, neuron_kv_heads(arch, tensor_parallel_size)
    queries = max(1, arch.attention_heads // tensor_parallel_size)
    return queries, kv_heads_per_device(arch, tensor_parallel_size)


def padded_heads(arch: Architecture, tensor_parallel_size: int) -> int:
    """Query heads after Neuron pads them to a multiple of the degree."""
    return -(-arch.attention_heads // tensor_parallel_size) * tensor_parallel_size


def neuron_kv_heads(arch: Architecture, tensor_parallel_size: int) -> int:
    """KV heads that one logical core holds: replicated to one, or full multi-head attention where 8 does not divide."""
    tp = tensor_parallel_size
    if tp % arch.kv_heads == 0 or arch.kv_heads % tp == 0:
        return max(1, arch.kv_heads // tp)
    return padded_heads(arch, tp) // tp
