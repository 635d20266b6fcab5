"""Memory of the host: what loading a checkpoint asks for, and what an instance without accelerators could do.

Ranks of one instance map the same files, so that the page cache holds a checkpoint once, however many ranks
and replicas read it; a replica over several instances needs it on each of them.
"""

from advisor.anatomy.cache import kv_bytes_per_token
from advisor.anatomy.parameters import checkpoint_bytes
from advisor.fit.request import FitRequest
from advisor.quantities.units import GB, GIB
from advisor.reasons import Reason, error, info, warning

_LOADING = "vLLM issue 16916: Scout on 8 L40S ran out of host memory while it was loaded"


def host_memory_reasons(request: FitRequest) -> list[Reason]:
    """A caution where the checkpoint is larger than the instance's memory: slow storage would be read again."""
    size = checkpoint_bytes(request.model.architecture, request.checkpoint)
    memory = request.instance.memory_gib * GIB
    if memory >= size:
        return []
    return [
        warning(
            "host_memory_short",
            _LOADING,
            instance=request.instance.id,
            memory_bytes=memory,
            checkpoint_bytes=float(size),
        )
    ]


def cpu_reasons(request: FitRequest) -> list[Reason]:
    """Why an instance without accelerators is no serving choice: its memory, and the fastest it could decode."""
    instance = request.instance
    refusal = error("no_accelerator", instance.origin.default.source, instance=instance.id)
    return [refusal, _room(request), _decode_bound(request)]


def _room(request: FitRequest) -> Reason:
    weights = checkpoint_bytes(request.model.architecture, request.checkpoint)
    tokens = max(1, request.concurrency) * request.context_tokens
    cache = tokens * kv_bytes_per_token(request.model.architecture, request.kv_dtype)
    memory = request.instance.memory_gib * GIB
    return info(
        "cpu_memory_holds" if weights + cache <= memory else "cpu_memory_short",
        request.instance.origin.of("memory_gib").source,
        weights_bytes=float(weights),
        kv_bytes=float(cache),
        memory_bytes=memory,
    )


def _decode_bound(request: FitRequest) -> Reason:
    """An upper bound: one stream reads these bytes for each token, and nothing reads faster than the memory."""
    from advisor.anatomy.work import kv_read_bytes, weight_traffic  # for CPU instances only

    instance, arch = request.instance, request.model.architecture
    origin = instance.origin.of("memory_bandwidth_gb_per_s")
    cache = kv_read_bytes(arch, request.context_tokens, request.kv_dtype, hybrid=True)
    read = weight_traffic(arch, request.checkpoint).step_bytes(1) + cache
    if instance.memory_bandwidth_gb_per_s is None:
        return info("cpu_bandwidth_unknown", origin.source, instance=instance.id, read_bytes=read)
    return info(
        "cpu_decode_bound",
        f"modelled: bytes of one decode step by memory bandwidth; {origin.source}",
        read_bytes=read,
        memory_bandwidth_gb_per_s=instance.memory_bandwidth_gb_per_s,
        tokens_per_s=instance.memory_bandwidth_gb_per_s * GB / read,
    )
