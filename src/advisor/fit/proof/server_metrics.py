"""What the page of metrics and the state of a serving engine say of its KV cache.

vLLM: the labels of `vllm:cache_config_info`, read in the sources of 0.8.3 to 0.33.0. They hold whatever
the engine's `CacheConfig` holds, so that each version has more of them. SGLang 0.5: gauges of its own, and
`/server_info`.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from advisor.errors import printable
from advisor.fit.proof.observed import Observed
from advisor.quantities.units import GIB
from advisor.reasons import Reason, warning

_CACHE_CONFIG = "vllm:cache_config_info"
_MODEL_GAUGE = "vllm:kv_cache_usage_perc"
_OLD_MODEL_GAUGE = "vllm:gpu_cache_usage_perc"
_SGLANG_GAUGES = ("sglang:max_total_num_tokens", "sglang:page_size", "sglang:context_len")
_WANTED = (_CACHE_CONFIG, _MODEL_GAUGE, _OLD_MODEL_GAUGE, *_SGLANG_GAUGES)
_PROMETHEUS = re.compile(r"# (HELP|TYPE|UNIT|EOF)\b|[a-zA-Z_:][\w:.]*(\{.*\})?\s+[-+0-9.NI]")
_MOST_ROWS = 4096


@dataclass(frozen=True, slots=True)
class Sample:
    """One line of a page of metrics."""

    name: str
    labels: Mapping[str, str]
    value: float


def read_samples(page: str) -> tuple[Sample, ...]:
    """The samples of a page that speak of a KV cache. ValueError where the page is not in Prometheus's format.

    Only those lines go through the parser: a page has thousands of others.
    """
    lines = [line for line in page.splitlines() if line.strip()]
    if lines and not _PROMETHEUS.match(lines[0]):
        raise ValueError("the first line is no metric")
    wanted = [line for line in lines if line.startswith(_WANTED)]
    return tuple(_parsed(wanted[:_MOST_ROWS]))


def _parsed(lines: Sequence[str]) -> Iterator[Sample]:
    from prometheus_client.parser import text_string_to_metric_families  # 30 ms that only a live server costs

    for family in text_string_to_metric_families("\n".join(lines) + "\n"):
        for sample in family.samples:
            yield Sample(sample.name, sample.labels, sample.value)


def model_named_by(samples: Sequence[Sample]) -> str | None:
    """The name of the model that the engine itself puts on its metrics."""
    names = {sample.labels["model_name"] for sample in samples if sample.labels.get("model_name")}
    return printable(min(names)) if names else None


def with_metrics(observed: Observed, samples: Sequence[Sample]) -> Observed:
    """What is known of a server, and what its metrics add."""
    rows = [sample.labels for sample in samples if sample.name == _CACHE_CONFIG]
    if rows:
        return _with_cache_config(observed, rows)
    if any(sample.name.startswith("sglang:") for sample in samples):
        return _with_sglang_gauges(observed, samples)
    return replace(observed, reasons=(*observed.reasons, warning("no_cache_metrics")))


def _with_cache_config(observed: Observed, rows: Sequence[Mapping[str, str]]) -> Observed:
    """One row for each data-parallel engine.

    The front end adds up num_gpu_blocks over the engines it manages and shows the sum in each of their rows
    (vLLM 0.10 and later); the other figures are those of one engine.
    """
    engines = len({row.get("engine", "") for row in rows})
    first = rows[0]
    pinned = _number(first.get("kv_cache_memory_bytes"))
    found = replace(
        observed,
        engine=observed.engine or "vllm",
        engines=engines,
        blocks=_blocks_per_engine(rows, engines),
        block_tokens=_count(first.get("block_size")),
        cache_dtype=_word(first.get("cache_dtype")),
        gpu_memory_utilization=_share(first.get("gpu_memory_utilization")),
        kv_cache_tokens=_least(rows, "kv_cache_size_tokens"),
        kv_cache_max_concurrency=_least_number(rows, "kv_cache_max_concurrency"),
        kv_cache_bytes=pinned if pinned is not None else observed.kv_cache_bytes,
        kv_pinned=pinned is not None or _count(first.get("num_gpu_blocks_override")) is not None,
        started=True,
    )
    return replace(found, reasons=(*found.reasons, *_cautions(rows, found)))


def _cautions(rows: Sequence[Mapping[str, str]], found: Observed) -> Iterator[Reason]:
    if found.blocks is None and found.kv_cache_tokens is None:
        yield warning("no_block_count", engine_metric=_CACHE_CONFIG)
    sums = {row.get("num_gpu_blocks") for row in rows}
    if found.engines > 1 and len(sums) == 1 and (_count(rows[0].get("num_gpu_blocks")) or 0) % found.engines:
        yield warning("engines_differ", engines=found.engines)


def _blocks_per_engine(rows: Sequence[Mapping[str, str]], engines: int) -> int | None:
    blocks = _least(rows, "num_gpu_blocks")
    if blocks is None or engines == 1:
        return blocks
    is_sum = len({row.get("num_gpu_blocks") for row in rows}) == 1
    return blocks // engines if is_sum else blocks


def _with_sglang_gauges(observed: Observed, samples: Sequence[Sample]) -> Observed:
    least = {
        name: min((sample.value for sample in samples if sample.name == name), default=None) for name in _SGLANG_GAUGES
    }
    tokens, page, context = (_count(least[name]) for name in _SGLANG_GAUGES)
    ranks = {sample.labels.get("dp_rank", "") for sample in samples if sample.name == _SGLANG_GAUGES[0]}
    return replace(
        observed,
        engine=observed.engine or "sglang",
        engines=max(1, len(ranks)),
        kv_cache_tokens=observed.kv_cache_tokens or tokens,
        block_tokens=observed.block_tokens or page,
        max_model_len=observed.max_model_len or context,
        started=True,
    )


def with_sglang_state(observed: Observed, state: Mapping[str, Any]) -> Observed:
    """What SGLang's `/server_info` (`/get_server_info` before 0.5) adds. Its other keys may hold secrets."""
    inner = state.get("internal_states")
    first = inner[0] if isinstance(inner, list) and inner and isinstance(inner[0], dict) else {}
    used = first.get("memory_usage")
    memory: Mapping[str, Any] = used if isinstance(used, dict) else {}
    version = state.get("version")
    return replace(
        observed,
        engine="sglang",
        engine_version=printable(version, 60) if isinstance(version, str) else observed.engine_version,
        engines=_count(state.get("dp_size")) or observed.engines,
        kv_cache_tokens=_count(state.get("max_total_num_tokens")) or observed.kv_cache_tokens,
        block_tokens=_count(state.get("page_size")) or observed.block_tokens,
        max_model_len=observed.max_model_len or _count(state.get("context_length")),
        cache_dtype=_word(state.get("kv_cache_dtype")),
        gpu_memory_utilization=_share(state.get("mem_fraction_static")),
        tensor_parallel_size=_count(state.get("tp_size")),
        pipeline_parallel_size=_count(state.get("pp_size")),
        max_num_seqs=_count(state.get("max_running_requests")),
        max_num_batched_tokens=_count(state.get("chunked_prefill_size")),
        weights_bytes=_gib(memory.get("weight")),
        kv_cache_bytes=_gib(memory.get("kvcache")),
        started=True,
    )


def _least(rows: Sequence[Mapping[str, str]], label: str) -> int | None:
    return min((count for row in rows if (count := _count(row.get(label))) is not None), default=None)


def _least_number(rows: Sequence[Mapping[str, str]], label: str) -> float | None:
    return min((number for row in rows if (number := _number(row.get(label))) is not None), default=None)


def _number(value: object) -> float | None:
    """A positive number; None for 'None', for nothing, and for what is no size of anything."""
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return None
    try:
        number = float(value)
    except (ValueError, OverflowError):
        return None
    return number if 0 < number < 1e18 else None


def _count(value: object) -> int | None:
    number = _number(value)
    return int(number) if number is not None and number.is_integer() else None


def _share(value: object) -> float | None:
    number = _number(value)
    return number if number is not None and number <= 1 else None


def _gib(value: object) -> float | None:
    number = _number(value)
    return number * GIB if number is not None else None


def _word(value: object) -> str | None:
    if not isinstance(value, str) or value in ("", "None"):
        return None
    return printable(value, 40)
