"""GET /metrics: what the engine did, as Prometheus text under vLLM's names and with its buckets.

Counters move when a token leaves the engine, not when a client reads it. A prompt counts once, with its
first token. Every prompt is looked up in the prefix cache and none is found there.
"""

from bisect import bisect_left
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from advisor.simulator.core import Emission, Engine, FinishReason, Stream
from advisor.simulator.profile import BLOCK_TOKENS

CONTENT_TYPE = "text/plain; version=1.0.0; charset=utf-8"

_FIRST_TOKEN_S = (
    0.001, 0.005, 0.01, 0.02, 0.04, 0.06, 0.08, 0.1, 0.25, 0.5, 0.75,
    1.0, 2.5, 5.0, 7.5, 10.0, 20.0, 40.0, 80.0, 160.0, 640.0, 2560.0,
)  # fmt: skip
_TOKEN_GAP_S = (
    0.01, 0.025, 0.05, 0.075, 0.1, 0.15, 0.2, 0.3, 0.4, 0.5, 0.75, 1.0, 2.5, 5.0, 7.5, 10.0, 20.0, 40.0, 80.0,
)  # fmt: skip
_REQUEST_S = (
    0.3, 0.5, 0.8, 1.0, 1.5, 2.0, 2.5, 5.0, 10.0, 15.0, 20.0, 30.0,
    40.0, 50.0, 60.0, 120.0, 240.0, 480.0, 960.0, 1920.0, 7680.0,
)  # fmt: skip
"""Buckets of vLLM 0.32, in seconds."""


@dataclass(frozen=True, slots=True)
class _Kind:
    """A histogram's name without its prefix, its help text, and the upper bounds of its buckets."""

    name: str
    help: str
    bounds: tuple[float, ...]


def _token_bounds(max_model_len: int) -> tuple[float, ...]:
    """1, 2, 5, 10 … up to the longest request, as vLLM builds them."""
    steps = (mantissa * 10.0**exponent for exponent in range(12) for mantissa in (1, 2, 5))
    return tuple(bound for bound in steps if bound <= max_model_len)


def _kinds(max_model_len: int) -> tuple[_Kind, ...]:
    tokens = _token_bounds(max_model_len)
    return (
        _Kind("request_prompt_tokens", "Number of prefill tokens processed.", tokens),
        _Kind("request_generation_tokens", "Number of generation tokens processed.", tokens),
        _Kind("time_to_first_token_seconds", "Histogram of time to first token in seconds.", _FIRST_TOKEN_S),
        _Kind("inter_token_latency_seconds", "Histogram of inter-token latency in seconds.", _TOKEN_GAP_S),
        _Kind(
            "request_time_per_output_token_seconds",
            "Histogram of time_per_output_token_seconds per request.",
            _TOKEN_GAP_S,
        ),
        _Kind("e2e_request_latency_seconds", "Histogram of e2e request latency in seconds.", _REQUEST_S),
        _Kind("request_queue_time_seconds", "Histogram of time spent in WAITING phase for request.", _REQUEST_S),
        _Kind("request_inference_time_seconds", "Histogram of time spent in RUNNING phase for request.", _REQUEST_S),
        _Kind("request_prefill_time_seconds", "Histogram of time spent in PREFILL phase for request.", _REQUEST_S),
        _Kind("request_decode_time_seconds", "Histogram of time spent in DECODE phase for request.", _REQUEST_S),
    )


@dataclass(slots=True)
class Histogram:
    """Counts by bucket; the last is everything above the highest bound."""

    bounds: Sequence[float]
    total: float = 0.0
    counts: list[int] = field(init=False)

    def __post_init__(self) -> None:
        self.counts = [0] * (len(self.bounds) + 1)

    def observe(self, value: float) -> None:
        self.counts[bisect_left(self.bounds, value)] += 1
        self.total += value

    def lines(self, name: str, labels: str) -> Iterator[str]:
        """Cumulative buckets, count and sum, as Prometheus has them."""
        seen = 0
        for bound, count in zip((*map(str, self.bounds), "+Inf"), self.counts, strict=True):
            seen += count
            yield f'{name}_bucket{{{labels},le="{bound}"}} {float(seen)}'
        yield f"{name}_count{{{labels}}} {float(seen)}"
        yield f"{name}_sum{{{labels}}} {self.total}"


class Metrics:
    """Counters and histograms of one engine since it started."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self.prompt_tokens = 0
        self.generation_tokens = 0
        self.finished: dict[FinishReason, int] = dict.fromkeys(FinishReason, 0)
        self._kinds = _kinds(engine.profile.max_model_len)
        self._histograms: Mapping[str, Histogram] = {kind.name: Histogram(kind.bounds) for kind in self._kinds}
        self._first_token = self._histograms["time_to_first_token_seconds"]
        self._token_gap = self._histograms["inter_token_latency_seconds"]

    def observe(self, emission: Emission) -> None:
        """Count one token, and its request if it was the last."""
        self.generation_tokens += 1
        if emission.index:
            self._token_gap.observe(emission.gap_s)
        else:
            self.prompt_tokens += emission.stream.request.prompt_tokens
            self._first_token.observe(emission.gap_s)
        if emission.finish_reason is not None:
            self._finish(emission.stream, emission.finish_reason)

    def observe_abort(self) -> None:
        """Count a request that ended without its last token."""
        self.finished[FinishReason.ABORT] += 1

    def _finish(self, stream: Stream, reason: FinishReason) -> None:
        self.finished[reason] += 1
        admitted_s, first_s, last_s = stream.admitted_s, stream.first_token_s, stream.last_token_s
        assert admitted_s is not None, "a stream with a token was admitted"
        assert first_s is not None and last_s is not None, "a finished stream has tokens"
        observed = {
            "request_prompt_tokens": stream.request.prompt_tokens,
            "request_generation_tokens": stream.generated,
            "request_time_per_output_token_seconds": (last_s - first_s) / max(1, stream.generated - 1),
            "e2e_request_latency_seconds": last_s - stream.arrival_s,
            "request_queue_time_seconds": admitted_s - stream.arrival_s,
            "request_inference_time_seconds": last_s - admitted_s,
            "request_prefill_time_seconds": first_s - admitted_s,
            "request_decode_time_seconds": last_s - first_s,
        }
        for name, value in observed.items():
            self._histograms[name].observe(value)

    def render(self) -> str:
        """The whole page."""
        return "\n".join(self._lines()) + "\n"

    def _lines(self) -> Iterator[str]:
        engine, profile = self._engine, self._engine.profile
        labels = f'engine="0",model_name="{_escaped(profile.model)}"'
        usage = engine.used_blocks / profile.num_blocks
        waiting = len(engine.waiting)
        yield from _single("num_requests_running", "gauge", _RUNNING, labels, len(engine.running))
        yield from _single("num_requests_waiting", "gauge", _WAITING, labels, waiting)
        yield from _single("kv_cache_usage_perc", "gauge", _KV_USAGE, labels, usage)
        yield from _single("prefix_cache_queries_total", "counter", _QUERIES, labels, self.prompt_tokens)
        yield from _single("prefix_cache_hits_total", "counter", _HITS, labels, 0)
        yield from _single("num_preemptions_total", "counter", _PREEMPTIONS, labels, engine.preemptions)
        yield from _single("prompt_tokens_total", "counter", _PROMPT, labels, self.prompt_tokens)
        yield from _single("generation_tokens_total", "counter", _GENERATED, labels, self.generation_tokens)
        yield from _header("request_success_total", "counter", "Count of successfully processed requests.")
        for reason, count in self.finished.items():
            yield f'vllm:request_success_total{{{labels},finished_reason="{reason}"}} {float(count)}'
        for kind in self._kinds:
            yield from _header(kind.name, "histogram", kind.help)
            yield from self._histograms[kind.name].lines(f"vllm:{kind.name}", labels)
        yield from _header("cache_config_info", "gauge", "Information of the LLMEngine CacheConfig")
        yield f"vllm:cache_config_info{{{_cache_labels(engine)}}} 1.0"


_RUNNING = "Number of requests in model execution batches."
_WAITING = "Number of requests waiting to be processed."
_KV_USAGE = "KV-cache usage. 1 means 100 percent usage."
_QUERIES = "Prefix cache queries, in terms of number of queried tokens."
_HITS = "Prefix cache hits, in terms of number of cached tokens."
_PREEMPTIONS = "Cumulative number of preemption from the engine."
_PROMPT = "Number of prefill tokens processed."
_GENERATED = "Number of generation tokens processed."


def _header(name: str, kind: str, text: str) -> Iterator[str]:
    yield f"# HELP vllm:{name} {text}"
    yield f"# TYPE vllm:{name} {kind}"


def _single(name: str, kind: str, text: str, labels: str, value: float) -> Iterator[str]:
    yield from _header(name, kind, text)
    yield f"vllm:{name}{{{labels}}} {float(value)}"


def _cache_labels(engine: Engine) -> str:
    blocks = engine.profile.num_blocks
    labels = {
        "block_size": BLOCK_TOKENS,
        "cache_dtype": "auto",
        "enable_prefix_caching": True,
        "engine": 0,
        "kv_cache_size_tokens": blocks * BLOCK_TOKENS,
        "num_gpu_blocks": blocks,
    }
    return ",".join(f'{key}="{value}"' for key, value in labels.items())


def _escaped(label: str) -> str:
    return label.replace("\\", "\\\\").replace('"', '\\"')
