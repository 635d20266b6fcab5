"""What would make a combination fit: a sentence for each remedy, and its flags on the command line."""

from collections.abc import Iterable
from typing import TYPE_CHECKING

if TYPE_CHECKING:  # the app has these sentences from its first paint on, and judges a fit later
    from advisor.fit.result import Remedy

SENTENCES = {
    "remedy_max_num_seqs": "At most {limit} requests run at once; block tables and activation take less memory.",
    "remedy_max_num_batched_tokens": "At most {limit} tokens in a step; activation takes less memory.",
    "remedy_hybrid_kv": "Three quarters of the layers keep only their chunk of the context.",
    "remedy_version": "With {engine} {version} it does.",
    "remedy_kv_fp8": "A token in the cache takes half the bytes.",
    "remedy_kv_auto": "The KV cache in the model's own data type.",
    "remedy_utilization": "vLLM may use {budget_share} of the memory.",
    "remedy_context": "The longest that fits.",
    "remedy_context_shared": "The longest that fits {concurrency} times.",
    "remedy_concurrency": "The most that fit at {context_tokens} tokens each; {replicas} such replicas hold {asked}.",
    "remedy_text_only": "Text only: the vision encoder is not loaded.",
    "remedy_valid_tp": "A valid degree.",
    "remedy_left_out": "What {engine} has no setting for is left out.",
    "remedy_no_split": "Without it, the devices are enough.",
    "remedy_larger_tp": "The weights are spread over {size} devices of this instance.",
    "remedy_stages": "The layers are spread over {stages} stages of {size} devices.",
    "remedy_checkpoint": "Its weights take {then_bytes} in all instead of {now_bytes}.",
    "remedy_block_size": "Blocks of the engine's own size.",
    "remedy_engine": "{engine} runs Llama 4 on this family.",
    "remedy_nodes": "{nodes} × {instance}, a stage of TP {size} on each.",
    "remedy_instance": "{accelerators} × {accelerator}, {memory_bytes} in all.",
    "no_single_remedy": "No single change makes it run.",
    "closest_remedy": "No single change makes it fit; {changes} comes closest, {short_bytes} per device short.",
}

_FLAGS = {
    "max_num_seqs": "--max-num-seqs",
    "max_num_batched_tokens": "--max-num-batched-tokens",
    "kv_dtype": "--kv-dtype",
    "gpu_memory_utilization": "--gpu-memory-utilization",
    "context_tokens": "--context",
    "concurrency": "--concurrency",
    "mm_encoder": "--mm-encoder",
    "tensor_parallel_size": "--tp",
    "pipeline_parallel_size": "--pp",
    "data_parallel_size": "--dp",
    "logical_core_config": "--lnc",
    "hybrid_kv": "--hybrid-kv",
    "expert_parallel": "--expert-parallel",
    "block_tokens": "--block-size",
    "checkpoint": "--checkpoint",
    "engine": "--engine",
    "nodes": "--nodes",
    "instance": "--instance",
}


_DROPPED = {("expert_parallel", "False")}
_SAID = {("hybrid_kv", "True"): "on", ("hybrid_kv", "False"): "off"}


def flags(remedy: "Remedy") -> str:
    """The changes as flags of `advisor fit`, and those to leave out: `--instance p5.48xlarge (without --tp)`."""
    return as_flags((field, str(value)) for field, value in remedy.changes)


def as_flags(changes: Iterable[tuple[str, str]]) -> str:
    """The same of fields and their values in words; None leaves a setting to the engine."""
    stated, dropped = list[str](), list[str]()
    for field, value in changes:
        if value == "None" or (field, value) in _DROPPED:
            dropped.append(_FLAGS[field])
        else:
            stated.append(f"{_FLAGS[field]} {_SAID.get((field, value), value)}")
    without = f"without {', '.join(dropped)}"
    if not stated or not dropped:
        return " ".join(stated) or without
    return f"{' '.join(stated)} ({without})"
