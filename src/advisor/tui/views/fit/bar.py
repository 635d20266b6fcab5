"""The memory of one device as the parts of a bar."""

from collections.abc import Iterator

from advisor.fit.result import FitResult, PerDevice
from advisor.quantities.text import NO_DATA
from advisor.quantities.units import GIB
from advisor.tui.widgets.membar import Part

_OVERHEADS = (
    ("activation", "activation_bytes", "▒"),
    ("non-torch", "non_torch_bytes", "▚"),
    ("graphs", "cuda_graph_bytes", "▌"),
)
_SMALLEST_BYTES = GIB / 20
"""What would stand as 0.0 in the legend is left out of it."""


def parts(result: FitResult) -> list[Part]:
    """What the engine and the requests need, what stays free, and what lies above the budget."""
    device = result.per_device
    if device is None:
        return []
    needed = [
        _part("weights", device.weights_bytes, "█", "$primary"),
        *([_part("RoPE", device.rope_table_bytes, "▓", "$secondary")] if device.rope_table_bytes else []),
        *_overheads(result, device),
        _part("KV needed", device.kv_needed_bytes, "░", "$success"),
    ]
    if device.margin_bytes < 0:
        return needed
    return [
        *needed,
        _part("free", device.margin_bytes, "·", "$secondary"),
        _part("above", device.usable_bytes - device.budget_bytes, "╱", "$secondary"),
    ]


def _overheads(result: FitResult, device: PerDevice) -> Iterator[Part]:
    """The engine's own parts; as one where a measurement of the whole says that they come to something else."""
    budgeted = device.budget_bytes - device.kv_cache_bytes - device.loaded_bytes
    if device.correction_bytes is not None:
        yield _part("overheads", budgeted, "▒", "$warning")
        return
    known = [(name, getattr(device, key), pattern) for name, key, pattern in _OVERHEADS]
    if any(amount is None for _, amount, _ in known) and not any(amount for _, amount, _ in known):
        yield Part(f"overheads {NO_DATA}", 0.0, "?", "$error", is_unknown=True)
    for name, amount, pattern in known:
        if amount:
            yield _part(name, amount, pattern, "$warning")
    rest = budgeted - sum(amount or 0.0 for _, amount, _ in known)
    if rest > _SMALLEST_BYTES:
        has_tables = result.overheads is not None and result.overheads.counted_table_bytes > 0
        yield _part("tables" if has_tables else "kept back", rest, "▘", "$warning")


def limit(result: FitResult) -> Part:
    """The budget, which the parts before the free memory may not exceed."""
    return _part("budget", result.per_device.budget_bytes if result.per_device is not None else 0.0, "┃", "bold")


def over(result: FitResult) -> Part | None:
    """What is needed beyond the budget; None where it is kept."""
    device = result.per_device
    if device is None or device.margin_bytes >= 0:
        return None
    return _part("over", -device.margin_bytes, "×", "bold $error")


def caption(result: FitResult) -> str:
    """What the bar is of: `GiB per GPU`."""
    unit = "core" if result.request.engine.accelerators == "neuron" else "GPU"
    return f"GiB per {unit}:"


def _part(name: str, amount_bytes: float, pattern: str, style: str) -> Part:
    return Part(f"{name} {amount_bytes / GIB:,.1f}", amount_bytes, pattern, style)
