"""The memory of one device as the parts of a bar."""

from advisor.fit.result import FitResult
from advisor.quantities.text import NO_DATA
from advisor.quantities.units import GIB
from advisor.tui.widgets.membar import Part

_PATTERNS = (
    ("weights", "weights_bytes", "█", "$primary"),
    ("RoPE", "rope_table_bytes", "▓", "$secondary"),
    ("activation", "activation_bytes", "▒", "$warning"),
    ("non-torch", "non_torch_bytes", "▚", "$warning"),
    ("graphs", "cuda_graph_bytes", "▞", "$warning"),
    ("KV needed", "kv_needed_bytes", "░", "$success"),
)


def parts(result: FitResult) -> list[Part]:
    """What the engine and the requests need, what stays free, and what lies above the budget."""
    device = result.per_device
    if device is None:
        return []
    needed = [
        Part(_labelled(name, getattr(device, key)), getattr(device, key) or 0.0, pattern, style)
        for name, key, pattern, style in _PATTERNS
    ]
    if device.margin_bytes < 0:
        return needed
    reserve = device.usable_bytes - device.budget_bytes
    return [
        *needed,
        Part(_labelled("free", device.margin_bytes), device.margin_bytes, "·", "$secondary"),
        Part(_labelled("above", reserve), reserve, "╱", "$secondary"),
    ]


def limit(result: FitResult) -> Part:
    """The budget, which the parts before the free memory may not exceed."""
    budget = result.per_device.budget_bytes if result.per_device is not None else 0.0
    return Part(_labelled("budget", budget), budget, "┃", "bold")


def over(result: FitResult) -> Part | None:
    """What is needed beyond the budget; None where it is kept."""
    device = result.per_device
    if device is None or device.margin_bytes >= 0:
        return None
    return Part(_labelled("over", -device.margin_bytes), -device.margin_bytes, "×", "bold $error")


def caption(result: FitResult) -> str:
    """What the bar is of: `GiB per GPU`."""
    unit = "core" if result.request.engine.accelerators == "neuron" else "GPU"
    return f"GiB per {unit}:"


def _labelled(name: str, amount_bytes: float | None) -> str:
    return f"{name} {NO_DATA if amount_bytes is None else f'{amount_bytes / GIB:,.1f}'}"
