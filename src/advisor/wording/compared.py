"""Words for a prediction beside what a server says: the names of the quantities, and what comes of it."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from advisor.quantities.units import GIB

if TYPE_CHECKING:  # every command has these sentences, and only some of them compare anything
    from advisor.fit.memory.measured import MeasuredMemory
    from advisor.fit.proof.compare import Comparison, Line, Value
    from advisor.fit.proof.observed import Observed

_LEAST_SHARE = 5e-5
_CACHE = ("kv_cache_blocks", "kv_cache_tokens", "kv_cache_bytes", "max_concurrency")

SENTENCES = {
    "evidence_not_written": "It could not be kept as evidence: {complaint}",
    "compared_setting_denied": "{setting} is stated as {stated}, and it is {told}.",
    "compared_runs_nevertheless": "The verdict is {verdict}, and yet the server runs.",
    "compared_starts_nevertheless": (
        "Weights and overheads should exceed the budget by {short_bytes} per device, and yet the server came up."
    ),
    "compared_fails_nevertheless": (
        "One request of its length should leave {margin_bytes} per device, and yet the server did not start."
    ),
    "compared_simulated": "The endpoint is simulated: it proves nothing about an instance.",
    "compared_dtype_unknown": "Its cache holds {cache_dtype}, whose size is not known here.",
    "compared_memory_taken": (
        "The server did not start because less memory was free on its devices than gpu_memory_utilization asks for: "
        "other processes hold it, or the share is too high. That says nothing about what the engine needs."
    ),
    "compared_start_failed": "The server did not start, and its log names no memory as the cause.",
    "compared_pinned": "A flag sets the size of the cache, so it says nothing of what memory the engine leaves for it.",
    "compared_cache_untold": "Nothing is told of the cache itself: neither its blocks, nor its tokens, nor its memory.",
    "compared_other_device": "The devices are of another size than those of {instance}.",
    "compared_cache_differs": (
        "The cache differs by more than the band: another accelerator, degree or checkpoint, other processes on the "
        "devices, or settings that the server does not tell (--expert-parallel, --mm-encoder). --identify lists the "
        "stacks that explain it."
    ),
    "compared_concurrency_differs": (
        "A request takes another number of blocks than predicted: other max_num_batched_tokens, or another hybrid "
        "state of the cache, than is stated."
    ),
    "compared_weights_differ": "Weights of another size were loaded: another checkpoint, or another degree.",
    "compared_holds_no_request": (
        "It runs, and yet its cache holds only {concurrency} requests of its full length: longer ones will fail."
    ),
    "compared_last_start": "The log holds {starts} starts; the last one is compared.",
    "compared_one_engine": "The server has {engines} data-parallel engines; the cache of one is compared.",
    "compared_engine_assumed": (
        "Neither you nor the server states engine and version: {engine} {version} is assumed (--engine)."
    ),
    "compared_tp_assumed": "Neither you nor the server states the degree: TP {tensor_parallel_size} is assumed (--tp).",
    "compared_checkpoint_assumed": (
        "Neither you nor the server's model name states the checkpoint: {checkpoint} is assumed (--checkpoint)."
    ),
    "compared_model_untold": (
        "It calls its model '{served}', which names no repository of the catalogue: that it is {model} {checkpoint} is "
        "your word."
    ),
    "compared_scheduler_assumed": (
        "Nobody states {settings}: the engine's default is taken. Stated as the server has it, what is measured "
        "narrows the doubt of later answers."
    ),
}

_QUANTITIES = {
    "usable_bytes": "usable per device",
    "weights_bytes": "weights and RoPE table",
    "activation_bytes": "activation",
    "non_torch_bytes": "non-torch",
    "cuda_graph_bytes": "CUDA graphs",
    "kv_needed_bytes": "KV cache needed",
    "kv_cache_bytes": "KV cache available",
    "kv_cache_blocks": "KV cache blocks",
    "pinned_blocks": "blocks of the stated size",
    "kv_cache_tokens": "KV cache tokens",
    "max_concurrency": "maximum concurrency",
}


def quantity(name: str) -> str:
    """What a line compares."""
    return _QUANTITIES[name]


def amount(value: float, unit: str) -> str:
    """A figure in its unit, to the digits that engines print."""
    if unit == "B":
        return f"{value / GIB:,.2f} GiB"
    return f"{value:,.2f}" if unit == "requests" else f"{value:,.0f}"


def apart(line: "Line") -> str:
    """The error of the prediction: as a share, or as it is where nothing was observed to compare it with."""
    share = line.relative_error
    if share is None:
        return amount(line.error, line.unit)
    return "0 %" if abs(share) < _LEAST_SHARE else f"{share * 100:+.2f} %"


def setting(name: str, value: "Value | None") -> str:
    """A setting as one would say it: `TP 8`, `gpu_memory_utilization 0.95`, `hybrid KV cache on`."""
    from advisor.fit.proof.compare import shown_setting

    shown = shown_setting(value)
    return {
        "engine": shown,
        "checkpoint": shown,
        "tensor_parallel_size": f"TP {shown}",
        "pipeline_parallel_size": f"PP {shown}",
        "data_parallel_size": f"DP {shown}",
        "hybrid_kv": f"hybrid KV cache {shown}",
        "kv_dtype": f"KV cache dtype {shown}",
        "block_tokens": f"blocks of {shown} tokens",
        "expert_parallel": f"expert parallel {shown}",
    }.get(name, f"{name} {shown}")


def taken(comparison: "Comparison") -> str:
    """The settings that the prediction took from the server; empty where it took none."""
    return ", ".join(setting(each.name, each.told) for each in comparison.settings if each.is_taken)


def whose(observed: "Observed") -> str:
    """What was observed."""
    return "server" if observed.source.startswith("http") else "log"


def verdict(comparison: "Comparison", observed: "Observed") -> str:
    """What comes of a comparison, in one sentence, with the error that says most."""
    from advisor.fit.proof.compare import Outcome

    if comparison.outcome is Outcome.PROVES_NOTHING:
        return "This proves nothing about the prediction."
    agrees = comparison.outcome is Outcome.AGREES
    named = {line.quantity: line for line in comparison.lines if line.within is agrees}
    telling = next((named[name] for name in (*_CACHE, *named) if name in named), None)
    how = "" if telling is None else f" (error of its {quantity(telling.quantity)}: {apart(telling)})"
    return f"The prediction {'agrees with' if agrees else 'differs from'} the {whose(observed)}{how}."


def kept(memory: "MeasuredMemory", replaced: "Sequence[MeasuredMemory]" = ()) -> str:
    """What was entered as evidence, on whose word, in whose place, and the way back."""
    from advisor.quantities.provenance import Level

    beside, undo = amount(memory.beside_bytes, "B"), f"advisor evidence forget {memory.id} removes it"
    if memory.provenance.level is Level.SIMULATED:
        return f"kept as simulated evidence {memory.id}, which no answer rests on; {undo}"
    return (
        f"kept as your own measurement, evidence {memory.id} ({beside} beside the weights): later answers about "
        f"{memory.stack.accelerator} rest on it, and that it ran on {memory.stack.instance} is your word. "
        f"If it is not your server, {undo} (--no-keep only compares)"
        + "".join(
            f". It takes the place of {old.id}, the same observation stated of {_stated(old)}" for old in replaced
        )
    )


def _stated(memory: "MeasuredMemory") -> str:
    return f"{memory.stack.checkpoint} at TP {memory.stack.tensor_parallel_size} on {memory.stack.instance}"
