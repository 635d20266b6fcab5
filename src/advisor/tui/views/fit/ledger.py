"""Memory of one device line by line, and where each figure of the answer comes from."""

from textual.content import Content

from advisor.export.fit_document import fit_provenance, overhead_origin
from advisor.fit.result import FitResult
from advisor.quantities import text
from advisor.quantities.provenance import Level
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
    ("KV available", "kv_cache_bytes"),
    ("KV needed", "kv_needed_bytes"),
    ("margin", "margin_bytes"),
)


def ledger(result: FitResult) -> Content:
    """Each amount with the level of its provenance."""
    device = result.per_device
    if device is None:
        return Content("")
    levels = {key: entry["level"] for key, entry in fit_provenance(result).as_document().items()}
    overhead = overhead_origin(result).level.value
    shown: list[Content | str] = [heading(f"Memory per {unit(result)}")]
    for label, key in _LINES:
        amount = getattr(device, key)
        level = Level(levels.get(f"/per_device/{key}", overhead)) if amount is not None else Level.UNKNOWN
        shown.append(Content.assemble((f"{label:<13}", "$secondary"), f"{text.gib(amount):>11}  ", badge(level)))
    shown.append(muted(f"the margin is known to ± {text.gib(device.band_bytes)}"))
    return lines(*shown)


def sources(result: FitResult) -> Content:
    """Where each number comes from, by JSON pointer, as `advisor fit --json` says it."""
    shown = []
    for pointer, entry in fit_provenance(result).as_document().items():
        when = f", {entry['as_of']}" if "as_of" in entry else ""
        shown.append(row(pointer, Content.assemble(badge(Level(entry["level"])), f"  {entry['source']}{when}"), 30))
    return lines(*shown)
