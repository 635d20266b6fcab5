"""What Fit says: the verdict, where the memory goes, what it allows, and why."""

import shlex

from textual.content import Content

from advisor.export.fit_document import fit_provenance, overhead_origin
from advisor.fit.result import FitResult, KvCache
from advisor.quantities import text
from advisor.quantities.provenance import Level
from advisor.tui.views.text import VERDICT_STYLES, badge, heading, lines, muted, row
from advisor.tui.widgets.membar import Part
from advisor.wording.reasons import sentence

_MARKS = {"error": ("×", "$error"), "warning": ("!", "$warning"), "info": ("·", "$secondary")}


def headline(result: FitResult) -> Content:
    """The verdict and what it is about."""
    request = result.request
    words = result.verdict.value.replace("_", " ").upper()
    hardware = "no accelerator"
    if request.accelerator is not None:
        hardware = f"{request.instance.accelerator_count} × {request.accelerator.name}"
    about = f"{request.model.short_name} {request.checkpoint.id} on {request.instance.id}, {hardware}"
    return Content.assemble((f" {words} ", f"bold reverse {VERDICT_STYLES[result.verdict.value]}"), f"  {about}")


def parts(result: FitResult) -> list[Part]:
    """The bar's parts, with what the requests need, and what stays free where that leaves something."""
    device = result.per_device
    if device is None:
        return []
    overheads = sum(part or 0.0 for part in (device.activation_bytes, device.non_torch_bytes, device.cuda_graph_bytes))
    free = max(0.0, device.kv_cache_bytes - device.kv_needed_bytes)
    reserve = device.usable_bytes - device.budget_bytes
    return [
        Part(f"weights {text.gib(device.weights_bytes)}", device.weights_bytes, "█", "$primary"),
        Part(f"RoPE {text.gib(device.rope_table_bytes)}", device.rope_table_bytes, "▓", "$secondary"),
        Part(f"runtime {text.gib(overheads)}", overheads, "▒", "$warning"),
        Part(f"KV needed {text.gib(device.kv_needed_bytes)}", device.kv_needed_bytes, "░", "$success"),
        Part(f"free {text.gib(free)}", free, "·", "$secondary"),
        *([Part(f"reserve {text.gib(reserve)}", reserve, "#", "$secondary")] if device.margin_bytes >= 0 else []),
    ]


def limit(result: FitResult) -> Part:
    """The budget, which the parts before the free memory may not exceed."""
    device = result.per_device
    budget = device.budget_bytes if device is not None else 0.0
    return Part(f"budget {text.gib(budget)}", budget, "┃", "bold")


def over(result: FitResult) -> Part | None:
    """What is needed beyond the budget; None where it is kept."""
    device = result.per_device
    if device is None or device.margin_bytes >= 0:
        return None
    return Part(f"over {text.gib(-device.margin_bytes)}", -device.margin_bytes, "×", "bold $error")


def capacity(result: FitResult) -> Content:
    """What the cache holds, hybrid on and off beside each other."""
    if result.kv_cache is None or result.per_device is None:
        return Content("")
    if result.per_device.kv_cache_bytes <= 0:
        return muted("No memory is left for a KV cache.")
    head = muted(f"{'KV cache':<14}{'longest':>10}{'requests':>10}")
    states = [("hybrid on", result.hybrid_on), ("hybrid off", result.hybrid_off)]
    if result.hybrid_on is None and result.hybrid_off is None:
        states = [("contiguous", result.kv_cache)]
    shown = [_cache(label, cache, cache == result.kv_cache) for label, cache in states if cache is not None]
    return lines(head, *shown, muted("longest context, and requests at the asked one"))


def _cache(label: str, cache: KvCache, used: bool) -> Content:
    mark = "▸ " if used else "  "
    longest, requests = text.tokens(cache.max_context_tokens), f"{cache.max_concurrency_at_context:,.1f}"
    return Content.assemble(f"{mark}{label:<12}{longest:>10}{requests:>10}  ", badge(Level.MODELLED, word=False))


def reasons(result: FitResult) -> Content:
    """Every reason, the deciding ones first."""
    shown = []
    for reason in sorted(result.reasons, key=lambda reason: list(_MARKS).index(reason.severity.value)):
        mark, style = _MARKS[reason.severity.value]
        shown.append(Content.assemble((f"{mark} ", style), sentence(reason)))
    return lines(*shown)


def ledger(result: FitResult) -> Content:
    """Memory per device line by line, each with its level."""
    device = result.per_device
    if device is None:
        return Content("")
    unit = "logical core" if result.request.engine.accelerators == "neuron" else "device"
    levels = {key: entry["level"] for key, entry in fit_provenance(result).as_document().items()}
    overhead = overhead_origin(result).level.value
    shown: list[Content | str] = [heading(f"Memory per {unit}")]
    for label, key in (
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
    ):
        amount = getattr(device, key)
        level = Level(levels.get(f"/per_device/{key}", overhead)) if amount is not None else Level.UNKNOWN
        shown.append(Content.assemble((f"{label:<13}", "$secondary"), f"{text.gib(amount):>11}  ", badge(level)))
    shown.append(muted(f"the margin is known to ± {text.gib(device.band_bytes)}"))
    return lines(*shown)


def serve(result: FitResult) -> str:
    """The serve command on one line; empty where there is none."""
    return shlex.join(result.serve_argv)


def sources(result: FitResult) -> Content:
    """Where each number comes from, by JSON pointer, as `advisor fit --json` says it."""
    shown = []
    for pointer, entry in fit_provenance(result).as_document().items():
        when = f", {entry['as_of']}" if "as_of" in entry else ""
        shown.append(row(pointer, Content.assemble(badge(Level(entry["level"])), f"  {entry['source']}{when}"), 30))
    return lines(*shown)
