"""What the KV cache allows, with the hybrid manager on and off beside each other."""

from textual.content import Content

from advisor.fit.result import FitResult, KvCache
from advisor.quantities import text
from advisor.quantities.provenance import Level
from advisor.tui.views.text import badge, lines, muted
from advisor.wording.fit import cache_name

LATENCY = "on: decode about 2 ms or 12 % slower"


def capacity(result: FitResult) -> Content:
    """Longest context for the concurrency, and most requests at the context, by state; the one in force is marked."""
    if result.kv_cache is None or result.per_device is None:
        return Content("")
    if result.per_device.kv_cache_bytes <= 0:
        return muted("No memory is left for a KV cache.")
    states = [("hybrid on", result.hybrid_on), ("hybrid off", result.hybrid_off)]
    are_two = all(cache is not None for _, cache in states)
    if result.hybrid_on is None and result.hybrid_off is None:
        states = [(cache_name(result.request.engine), result.kv_cache)]
    head = muted(f"{'KV cache':<13}{'longest':>10}{'requests':>10}")
    shown = [_state(label, cache, cache == result.kv_cache) for label, cache in states if cache is not None]
    return lines(head, *shown, *([muted(LATENCY)] if are_two else []))


def _state(label: str, cache: KvCache, used: bool) -> Content:
    mark = "▸ " if used else "  "
    longest, requests = text.tokens(cache.max_context_at_concurrency_tokens), f"{cache.max_concurrency_at_context:,.1f}"
    return Content.assemble(f"{mark}{label:<11}{longest:>10}{requests:>10} ", badge(Level.MODELLED, word=False))
