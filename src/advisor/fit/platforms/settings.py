"""Settings that a question may state and that an engine's path to Llama 4 does not have.

Memory would be counted as if they held, and no command could say so: they are refused, never dropped.
"""

from advisor.fit.request import FitRequest
from advisor.reasons import Reason, error

USUAL: dict[str, str | int | bool | None] = {
    "nodes": 1,
    "pipeline_parallel_size": 1,
    "data_parallel_size": 1,
    "expert_parallel": False,
    "mm_encoder": "weights",
    "kv_dtype": "auto",
    "gpu_memory_utilization": None,
    "hybrid_kv": None,
    "max_num_batched_tokens": None,
    "block_tokens": None,
    "logical_core_config": None,
}
"""What a request says of each where nobody states it."""

_COMPILED = (
    "nodes",
    "pipeline_parallel_size",
    "data_parallel_size",
    "expert_parallel",
    "mm_encoder",
    "kv_dtype",
    "gpu_memory_utilization",
    "hybrid_kv",
    "max_num_batched_tokens",
    "block_tokens",
)
_ABSENT: dict[str, tuple[str, ...]] = {
    "neuron": _COMPILED,
    "optimum-neuron": (*_COMPILED, "logical_core_config"),
    "sglang": ("mm_encoder", "block_tokens"),
    "tensorrt-llm": ("data_parallel_size", "mm_encoder", "block_tokens"),
    "llama-models": (
        "pipeline_parallel_size",
        "data_parallel_size",
        "expert_parallel",
        "mm_encoder",
        "kv_dtype",
        "gpu_memory_utilization",
        "max_num_batched_tokens",
        "block_tokens",
    ),
}
"""By engine. Neuron: shape and precision are compiled, by recipes of one instance. SGLang 0.5.23 refuses
--language-model-only for Llama 4 (server_args, LANGUAGE_MODEL_ONLY_ARCHITECTURES)."""

_NAMED = {
    "nodes": "a replica over several instances",
    "pipeline_parallel_size": "pipeline stages",
    "data_parallel_size": "data-parallel ranks",
    "expert_parallel": "expert parallelism",
    "mm_encoder": "a choice of how the vision encoder is loaded",
    "kv_dtype": "an FP8 KV cache",
    "gpu_memory_utilization": "a share of the memory",
    "hybrid_kv": "a choice of what local layers keep",
    "max_num_batched_tokens": "a limit of tokens in one step",
    "block_tokens": "a size of KV blocks",
    "logical_core_config": "a choice of logical cores",
}


def absent_settings(request: FitRequest) -> tuple[str, ...]:
    """Fields of the request that state what its engine has no setting for."""
    absent = _ABSENT.get(request.engine.id, ())
    return tuple(field for field in absent if getattr(request, field) != USUAL[field])


def setting_reasons(request: FitRequest) -> list[Reason]:
    """The refusal that names them; nothing where there are none."""
    engine, absent = request.engine, absent_settings(request)
    if not absent:
        return []
    named = tuple(_NAMED[field] for field in absent)
    return [error("settings_absent", engine.origin.default.source, engine=engine.name, settings=named)]
