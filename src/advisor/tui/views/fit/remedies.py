"""What would make a combination fit: the change, what it leads to, and why, where there is room."""

from textual.content import Content

from advisor.fit.result import Remedy
from advisor.quantities.units import GIB
from advisor.tui.views.text import VERDICT_STYLES, heading, lines, muted
from advisor.wording.reasons import sentence

_LABELS = {
    "context_tokens": "context",
    "tensor_parallel_size": "TP",
    "pipeline_parallel_size": "PP",
    "data_parallel_size": "DP",
    "nodes": "instances",
    "kv_dtype": "KV cache",
    "hybrid_kv": "hybrid KV",
    "gpu_memory_utilization": "memory share",
    "mm_encoder": "vision encoder",
    "logical_core_config": "LNC",
    "expert_parallel": "expert parallel",
}


def head() -> Content:
    return Content.assemble(heading("What would make it fit"), muted("  ⏎ applies"))


def remedy(found: Remedy, *, wide: bool) -> Content:
    """`checkpoint w4a16  fits, +17.4 GiB`; below it the reason."""
    verdict = found.verdict.value.replace("_", " ")
    told = Content.assemble(
        (change(found), "bold"),
        (f"  {verdict}, {found.margin_bytes / GIB:+,.1f} GiB", VERDICT_STYLES[found.verdict.value]),
    )
    return lines(told, muted(f"  {sentence(found.reason)}")) if wide else told


def change(found: Remedy) -> str:
    """`instances 2, PP 2`; a field that only goes back to its default is not named."""
    changes = [(key, value) for key, value in found.changes if value is not None]
    return ", ".join(f"{_LABELS.get(key, key)} {_written(value)}" for key, value in changes)


def _written(value: str | float | bool) -> str:
    if isinstance(value, bool):
        return "on" if value else "off"
    return f"{value:,}" if isinstance(value, int) else f"{value:g}" if isinstance(value, float) else value
