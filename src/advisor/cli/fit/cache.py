"""The KV cache as the engine would print it at its start, with the hybrid manager on and off."""

from collections.abc import Iterator

from advisor.cli.output import Output
from advisor.cli.prose import write_text
from advisor.cli.table import Column, write_table
from advisor.fit.result import FitResult, KvCache
from advisor.quantities import text
from advisor.wording.fit import cache_name
from advisor.wording.reasons import sentence

_SAID_HERE = ("tables_bound_context", "hybrid_kv")
"""Reasons that stand below this table instead of among the others."""


def write_cache(result: FitResult, output: Output) -> None:
    """Blocks, tokens, longest contexts and requests; both states, since the choice is one of memory against latency."""
    if not holds_any(result):
        return
    assert result.kv_cache is not None, "memory comes with its cache"
    states = [("hybrid on", result.hybrid_on), ("hybrid off", result.hybrid_off)]
    only = [(cache_name(result.request.engine), result.kv_cache)]
    offered = [(label, cache) for label, cache in states if cache is not None] or only
    several = result.request.concurrency > 1
    columns = list(_columns(result, several=several))
    rows = []
    for label, cache in offered:
        used = ", used" if len(offered) > 1 and cache == result.kv_cache else ""
        rows.append((label + used, *_cells(cache, several=several)))
    write_table(columns, rows, output)
    for reason in result.reasons:
        if said_with_cache(result, reason.code):
            write_text(sentence(reason), output, indent="  ")


def holds_any(result: FitResult) -> bool:
    """Whether anything is left for a cache at all."""
    return result.per_device is not None and result.per_device.kv_cache_bytes > 0


def said_with_cache(result: FitResult, code: str) -> bool:
    """Whether a reason is told below the table, or left out with it."""
    return result.kv_cache is not None and code in _SAID_HERE


def _columns(result: FitResult, *, several: bool) -> Iterator[Column]:
    yield Column("KV cache")
    if result.kv_cache is not None and result.kv_cache.blocks is not None:
        yield Column("blocks", right=True)
    yield Column("tokens", right=True)
    yield Column(f"requests × {text.count(result.request.context_tokens)}", right=True)
    yield Column("longest context", right=True)
    if several:
        yield Column(f"longest × {result.request.concurrency}", right=True)


def _cells(cache: KvCache, *, several: bool) -> Iterator[str]:
    """Whole numbers, since they are compared with a log."""
    if cache.blocks is not None:
        yield text.count(cache.blocks)
    yield text.count(cache.capacity_tokens)
    yield f"{cache.max_concurrency_at_context:,.2f}"
    yield text.count(cache.max_context_tokens)
    if several:
        yield text.count(cache.max_context_at_concurrency_tokens)
