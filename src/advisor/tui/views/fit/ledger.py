"""Memory of one device line by line, and where each figure of the answer comes from."""

from collections.abc import Iterator

from textual.content import Content

from advisor.export.fit_document import fit_provenance, overhead_origin
from advisor.fit.memory.weights import ComponentBytes
from advisor.fit.result import FitResult
from advisor.quantities import text
from advisor.quantities.provenance import Level
from advisor.quantities.units import MIB
from advisor.tui.views.fit.verdict import unit
from advisor.tui.views.text import badge, heading, lines, muted, row

_LINES = (
    ("usable", "usable_bytes"),
    ("budget", "budget_bytes"),
    ("weights", "weights_bytes"),
    ("RoPE table", "rope_table_bytes"),
    ("activation", "activation_bytes"),
    ("non-torch", "non_torch_bytes"),
    ("CUDA graphs", "cuda_graph_bytes"),
    ("block tables", "block_table_bytes"),
    ("correction", "correction_bytes"),
    ("KV available", "kv_cache_bytes"),
    ("KV needed", "kv_needed_bytes"),
    ("margin", "margin_bytes"),
)
_ONLY_WHERE_THERE = frozenset({"block_table_bytes", "correction_bytes"})
_NOT_AS_ZERO = frozenset({"rope_table_bytes", "non_torch_bytes", "cuda_graph_bytes"})
"""Nothing where the engine has none, or counts it elsewhere."""
_COMPONENTS = {
    "routed_experts": "routed experts",
    "shared_experts": "shared expert",
    "dense_ffn": "dense layers",
    "lm_head": "output head",
}
_SMALL_BYTES = 10 * MIB
"""Components below this, like norms and routers, are told together."""


def ledger(result: FitResult, *, wide: bool) -> Content:
    """Each amount with the level of its provenance, as a glyph alone where there is no room for words.

    Weights by component too, and over how many devices each is split.
    """
    device = result.per_device
    if device is None:
        return Content("")
    levels = {key: entry["level"] for key, entry in fit_provenance(result).as_document().items()}
    overhead = overhead_origin(result).level.value
    shown: list[Content | str] = [heading(f"Memory per {unit(result)}")]
    for label, key in _LINES:
        amount = getattr(device, key)
        if (key in _ONLY_WHERE_THERE and not amount) or (key in _NOT_AS_ZERO and amount == 0):
            continue
        level = Level(levels.get(f"/per_device/{key}", overhead)) if amount is not None else Level.UNKNOWN
        shown.append(
            Content.assemble((f"{label:<15}", "$secondary"), f"{text.gib(amount):>10}  ", badge(level, word=wide))
        )
        if key == "weights_bytes" and result.weights is not None:
            shown += _components(result.weights.parts)
    shown.append(muted(f"the margin is known to ± {text.gib(device.band_bytes)}"))
    return lines(*shown)


def _components(parts: tuple[ComponentBytes, ...]) -> Iterator[Content]:
    small = sum(part.bytes for part in parts if part.bytes < _SMALL_BYTES)
    for part in sorted(parts, key=lambda part: -part.bytes):
        if part.bytes >= _SMALL_BYTES:
            name = _COMPONENTS.get(part.component, part.component)
            split = f"1/{part.devices}" if part.devices > 1 else "whole"
            yield muted(f"  {name:<15}{text.gib(part.bytes):>10}  {split}")
    if small:
        yield muted(f"  {'others':<15}{text.gib(small):>10}")


def sources(result: FitResult) -> Content:
    """Where each number comes from, by JSON pointer, as `advisor fit --json` says it."""
    shown = []
    for pointer, entry in fit_provenance(result).as_document().items():
        when = f", {entry['as_of']}" if "as_of" in entry else ""
        shown.append(row(pointer, Content.assemble(badge(Level(entry["level"])), f"  {entry['source']}{when}"), 30))
    return lines(*shown)
