"""The memory of one device as a table: from what it has to what is left, each figure with its doubt and level."""

from typing import NamedTuple

from advisor.cli.output import Output
from advisor.cli.prose import write_text
from advisor.cli.table import LEVEL, Column, write_table
from advisor.export.fit_document import fit_provenance
from advisor.fit.memory.budget import Part
from advisor.fit.result import FitResult, PerDevice
from advisor.quantities import text
from advisor.quantities.provenance import Level
from advisor.quantities.units import GIB

_OMITTED = ("rope_table_bytes", "non_torch_bytes", "cuda_graph_bytes")
"""Where they are nothing: the engine has none, or they are part of what another row counts."""

_LEAST_NAMED = 0.01
"""A component below this share of the weights is counted among the rest."""


class _Entry(NamedTuple):
    label: str
    key: str
    amount: float | None
    low: float | None = None
    high: float | None = None


def write_ledger(result: FitResult, output: Output) -> None:
    """One row for each part of the budget, what the weights are made of, and what has to fit beside the budget."""
    device = result.per_device
    if device is None:
        return
    levels = fit_provenance(result).as_document()
    unit = "logical core" if result.request.engine.accelerators == "neuron" else "device"
    rows = []
    for entry in _entries(result, device):
        if entry.amount == 0 and entry.key in _OMITTED:
            continue
        level = Level(levels.get(f"/per_device/{entry.key}", levels["/per_device"])["level"])
        shown = level if entry.amount is not None else Level.UNKNOWN
        rows.append((entry.label, text.gib(entry.amount), _between(entry), output.glyph(shown), shown.value))
    columns = (Column("memory"), Column(f"one {unit}", right=True), Column("between, GiB", right=True, drop=2), *LEVEL)
    write_table(columns, rows, output)
    for line in (_weights(result), _beside(result, device)):
        if line:
            write_text(line, output, indent="  ")


def _entries(result: FitResult, device: PerDevice) -> list[_Entry]:
    parts = result.overheads
    share = device.budget_bytes / device.usable_bytes
    entries = [
        _Entry("usable", "usable_bytes", device.usable_bytes),
        _Entry(f"budget, {share:.2f} of it" if share < 1 else "budget", "budget_bytes", device.budget_bytes),
        _Entry("weights", "weights_bytes", device.weights_bytes),
        _Entry("RoPE table", "rope_table_bytes", device.rope_table_bytes),
        _part("activation", "activation_bytes", parts.activation if parts else None),
        _part("non-torch", "non_torch_bytes", parts.non_torch if parts else None),
        _part("CUDA graphs", "cuda_graph_bytes", parts.cuda_graphs if parts else None),
    ]
    if parts is not None and parts.correction is not None:
        entries.append(_part("correction, as measured", "correction_bytes", parts.correction))
    if parts is not None and parts.counted_table_bytes:
        entries.append(_Entry("block tables", "block_table_bytes", parts.counted_table_bytes))
    band, kept, margin = device.band_bytes, device.kv_cache_bytes, device.margin_bytes
    return [
        *entries,
        _Entry("KV cache, available", "kv_cache_bytes", kept, kept - band, kept + band),
        _Entry("KV cache, needed", "kv_needed_bytes", device.kv_needed_bytes),
        _Entry("margin", "margin_bytes", margin, margin - band, margin + band),
    ]


def _part(label: str, key: str, part: Part | None) -> _Entry:
    return _Entry(label, key, None) if part is None else _Entry(label, key, part.bytes, part.low, part.high)


def _between(entry: _Entry) -> str:
    if entry.low is None or entry.high is None:
        return ""
    low, high = f"{entry.low / GIB:,.1f}", f"{entry.high / GIB:,.1f}"
    return f"{low} – {high}" if low != high else ""


def _weights(result: FitResult) -> str:
    """What the weights are made of, the largest first."""
    if result.weights is None:
        return ""
    total, is_split = result.weights.total_bytes, result.parallelism.devices_used > 1
    parts = sorted(result.weights.parts, key=lambda part: -part.bytes)
    named = [part for part in parts if part.bytes >= total * _LEAST_NAMED]
    words = [
        f"{part.component.replace('_', ' ')} {part.bytes / GIB:,.1f}"
        + (", whole on each" if part.devices == 1 and is_split else "")
        for part in named
    ]
    rest = sum(part.bytes for part in parts) - sum(part.bytes for part in named)
    return f"weights, GiB: {'; '.join([*words, f'the rest {rest / GIB:,.2f}'])}"


def _beside(result: FitResult, device: PerDevice) -> str:
    """What has to fit beside the budget, once the cache has its size."""
    late = result.overheads.late_bytes if result.overheads else 0.0
    if not late:
        return ""
    free = text.gib(device.headroom_bytes)
    return f"beside the budget: {text.gib(late)} for block tables and the like; {free} are free there"
