"""One piece of evidence in words, the same in a table of the command line and of the app."""

from collections.abc import Mapping

from advisor.catalog.records.origin import Source
from advisor.evidence.points import EvidencePoint, Load
from advisor.fit.memory.measured import MeasuredMemory
from advisor.quantities import text

_SHORT = {
    "output_tokens_per_s": "output",
    "output_tokens_per_s_per_device": "output/device",
    "output_tokens_per_s_per_user": "output/user",
    "total_tokens_per_s": "in + out",
    "requests_per_s": "requests",
    "ttft_ms": "TTFT",
    "itl_ms": "ITL",
    "tpot_ms": "TPOT",
    "e2e_ms": "E2E",
}
_WITH_UNIT = {
    "output_tokens_per_s": "out tok/s",
    "output_tokens_per_s_per_device": "tok/s/dev",
    "output_tokens_per_s_per_user": "tok/s/usr",
    "total_tokens_per_s": "all tok/s",
    "requests_per_s": "req/s",
}
_UNNAMED_STATISTICS = ("unstated", "aggregate")
_LOAD_CAVEATS: Mapping[Load, str] = {
    "max_load": "Max load: as many requests as the engine takes, under no latency limit. The same GPUs have given "
    "about nine times what they give at 64 in flight; it never supports a figure under an SLO.",
    "slo_bound": "The highest load within the benchmark's own latency limits, not within yours.",
    "batch": "One fixed batch from start to end, not requests that come and go.",
    "unstated": "The source does not state the load.",
}


def figure_name(point: EvidencePoint) -> str:
    """`TTFT`, `output`; a metric without a short name as it stands."""
    return _SHORT.get(point.metric, point.metric)


def column_figure(point: EvidencePoint) -> str:
    """`TTFT p99`, `out tok/s`: a figure's name in a table, with what its statistic or unit is."""
    if point.unit != "ms":
        return _WITH_UNIT.get(point.metric, point.metric)
    statistic, _, _ = point.statistic.partition(",")
    return figure_name(point) if statistic in _UNNAMED_STATISTICS else f"{figure_name(point)} {statistic}"


def column_value(point: EvidencePoint) -> str:
    """The value beside that name, in three digits; documents hold every digit."""
    return text.milliseconds(point.value) if point.unit == "ms" else text.rate(point.value)


def figure_value(point: EvidencePoint) -> str:
    """Three digits and a unit. The figure's name says what it is for each of."""
    if point.unit == "ms":
        return text.milliseconds(point.value)
    return f"{text.rate(point.value)} {'req/s' if point.unit == 'req/s' else 'tok/s'}"


def model_of(point: EvidencePoint) -> str:
    """`scout fp8`, `scout ?` where the source names no precision; the built-in endpoint has no checkpoint."""
    name = point.model.removeprefix("llama-4-")
    precision = "?" if point.checkpoint == "unstated" else point.checkpoint
    return name if point.devices == 0 else f"{name} {precision}"


def hardware_of(point: EvidencePoint) -> str:
    """`8 × H100-80GB`; the built-in endpoint runs on no accelerator."""
    if point.devices == 0:
        return point.accelerator
    return f"{'?' if point.devices is None else point.devices} × {point.accelerator}"


def shape_of(point: EvidencePoint) -> str:
    """`1000/250`, tokens in and out; the prompts' name where they are not of one length."""
    if point.input_tokens is None and point.output_tokens is None:
        return point.dataset or "?"
    return "/".join("?" if number is None else str(number) for number in (point.input_tokens, point.output_tokens))


def load_of(point: EvidencePoint) -> str:
    """`8`, `2/s`, `batch 4`, `max`, `limits`, or `?`."""
    if point.load_value is None:
        return {"max_load": "max", "slo_bound": "limits"}.get(point.load, "?")
    number = f"{point.load_value:g}"
    return {"rate": f"{number}/s", "batch": f"batch {number}"}.get(point.load, number)


def place_of(point: EvidencePoint, sources: Mapping[str, Source]) -> str:
    """Where the figure stands: the source's location, and the place within it."""
    source = sources.get(point.source_id)
    return ", ".join(part for part in (source.location if source else "", point.place) if part)


def caveats(point: EvidencePoint, sources: Mapping[str, Source]) -> tuple[str, ...]:
    """What must be known before this figure is compared with others: of the row, its load, and its source."""
    source = sources.get(point.source_id)
    own = point.note[:1].upper() + point.note[1:]
    return tuple(part for part in (own, _LOAD_CAVEATS.get(point.load, ""), source.note if source else "") if part)


def stack_of(memory: MeasuredMemory) -> str:
    """`scout bf16 TP 8`: whose memory was observed."""
    stack = memory.stack
    degrees = [f"TP {stack.tensor_parallel_size}"]
    degrees += [f"PP {stack.pipeline_parallel_size}"] if stack.pipeline_parallel_size > 1 else []
    degrees += [f"DP {stack.data_parallel_size}"] if stack.data_parallel_size > 1 else []
    return f"{stack.model.removeprefix('llama-4-')} {stack.checkpoint} {' × '.join(degrees)}"


def cache_of(memory: MeasuredMemory) -> str:
    """`421,159 blocks`; in GiB where nobody stated blocks."""
    return text.gib(memory.kv_cache_bytes) if memory.blocks is None else f"{memory.blocks:,} blocks"


def beside_of(memory: MeasuredMemory) -> str:
    """What the engine keeps beside weights and RoPE table, on each device."""
    return text.gib(memory.beside_bytes)


def settings_of(memory: MeasuredMemory) -> str:
    """The settings under which it was observed, in one line; what nobody told is marked as a default."""
    stack = memory.stack
    settings = {
        "max_num_seqs": f"max_num_seqs {stack.max_num_seqs:,}",
        "max_num_batched_tokens": f"max_num_batched_tokens {stack.max_num_batched_tokens:,}",
        "gpu_memory_utilization": f"{stack.gpu_memory_utilization:g} of memory",
    }
    shown = [f"{words} (the default)" if name in memory.assumed else words for name, words in settings.items()]
    cache = f"KV cache {'hybrid' if stack.hybrid_kv else 'full'} {stack.kv_dtype}"
    return ", ".join((f"context {text.tokens(stack.max_model_len)}", *shown, cache))
