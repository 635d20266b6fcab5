"""Predicted against observed, line by line: what a fit verdict says of a server, and what the server says.

A line holds where prediction and observation are no further apart than its limit. For all that hangs on the
engine's overheads the limit is the band of the prediction, in the unit of the line; weights and blocks are
arithmetic and have limits of their own. Settings are compared as well: one that somebody states and the
server denies is a finding, one that nobody states is taken from the server.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum

from advisor.fit.proof.implied import kv_dtype_of
from advisor.fit.proof.observed import Observed
from advisor.fit.result import FitResult, KvCache, PerDevice
from advisor.quantities.units import GIB
from advisor.reasons import Reason, error, info, warning

WEIGHTS_TOLERANCE = 0.005
"""Small replicated parts and padding that the arithmetic leaves out; measured: 0.3 % at TP 4."""

USABLE_TOLERANCE_BYTES = GIB / 2
"""Drivers differ by 0.2 GiB in what they leave of the same GPU; other GPUs by more than this."""

_PRINTED_BYTES = GIB / 100
"""Logs print memory in GiB with two decimals."""

_CACHE_LINES = frozenset({"kv_cache_bytes", "kv_cache_blocks", "kv_cache_tokens", "max_concurrency"})


class Outcome(StrEnum):
    AGREES = "agrees"
    DIFFERS = "differs"
    PROVES_NOTHING = "proves_nothing"


@dataclass(frozen=True, slots=True)
class Line:
    """One quantity, predicted and observed. limit is how far apart they may be, in the same unit."""

    quantity: str
    unit: str
    predicted: float
    observed: float
    limit: float

    @property
    def error(self) -> float:
        """By how much the prediction is too high."""
        return self.predicted - self.observed

    @property
    def relative_error(self) -> float | None:
        """The error as a share of what is observed; None where that is 0."""
        return self.error / self.observed if self.observed else None

    @property
    def within(self) -> bool:
        return abs(self.error) <= self.limit


Value = str | int | float | bool


@dataclass(frozen=True, slots=True)
class Setting:
    """One setting: what somebody states, what the server tells, and what the prediction was made with."""

    name: str
    stated: Value | None
    told: Value | None
    used: Value | None

    @property
    def is_denied(self) -> bool:
        """Whether the server contradicts what is stated."""
        return self.stated is not None and self.told is not None and self.stated != self.told

    @property
    def is_taken(self) -> bool:
        """Whether the prediction took it from the server."""
        return self.stated is None and self.told is not None


@dataclass(frozen=True, slots=True)
class Comparison:
    """What comes of it. reasons say why, the gravest first."""

    outcome: Outcome
    lines: tuple[Line, ...]
    settings: tuple[Setting, ...] = ()
    reasons: tuple[Reason, ...] = ()

    def line(self, quantity: str) -> Line | None:
        return next((line for line in self.lines if line.quantity == quantity), None)


def compare(result: FitResult, observed: Observed, settings: Sequence[Setting] = ()) -> Comparison:
    """A verdict beside an observation; the verdict's request must have the server's settings and length."""
    lines = tuple(_lines(result, observed))
    start = _start_reason(result, observed)
    against = [*(_denial(setting) for setting in settings if setting.is_denied), *start]
    off = [line for line in lines if not line.within]
    outcome, why = _outcome(observed, lines, off, against)
    reasons = (*against, *why, *_explanations(result, observed, lines, settings), *observed.reasons)
    return Comparison(outcome, lines, tuple(settings), reasons)


def _outcome(
    observed: Observed, lines: Sequence[Line], off: Sequence[Line], against: Sequence[Reason]
) -> tuple[Outcome, list[Reason]]:
    if observed.simulated:
        return Outcome.PROVES_NOTHING, [warning("compared_simulated")]
    if _is_of_unknown_dtype(observed) and not against:
        return Outcome.PROVES_NOTHING, [warning("compared_dtype_unknown", cache_dtype=observed.cache_dtype or "")]
    if off or against:
        return Outcome.DIFFERS, []
    if observed.failure in ("memory_taken", "other"):
        code = "compared_memory_taken" if observed.failure == "memory_taken" else "compared_start_failed"
        return Outcome.PROVES_NOTHING, [warning(code)]
    if observed.kv_pinned:
        return Outcome.PROVES_NOTHING, [warning("compared_pinned")]
    if any(line.quantity in _CACHE_LINES for line in lines):
        return Outcome.AGREES, []
    return Outcome.PROVES_NOTHING, [] if observed.reasons else [warning("compared_cache_untold")]


def _is_of_unknown_dtype(observed: Observed) -> bool:
    """Whether the cache holds numbers of a size that we do not know."""
    return observed.cache_dtype is not None and kv_dtype_of(observed) is None


def _lines(result: FitResult, observed: Observed) -> Iterator[Line]:
    device, cache = result.per_device, result.kv_cache
    if device is None or cache is None:
        return
    yield from _device_lines(device, observed)
    if observed.kv_pinned:
        yield from _pinned_lines(cache, observed)
    else:
        yield from _cache_lines(result, device, cache, observed)


def _device_lines(device: PerDevice, observed: Observed) -> Iterator[Line]:
    weights = device.loaded_bytes
    band = device.band_bytes
    graphs = device.cuda_graph_bytes or None  # 0 where the version does not count them in its budget
    parts = (
        ("usable_bytes", device.usable_bytes, observed.usable_bytes, USABLE_TOLERANCE_BYTES),
        ("weights_bytes", weights, observed.weights_bytes, WEIGHTS_TOLERANCE * weights + _PRINTED_BYTES),
        ("activation_bytes", device.activation_bytes, observed.activation_bytes, band),
        ("non_torch_bytes", device.non_torch_bytes, observed.non_torch_bytes, band),
        ("cuda_graph_bytes", graphs, observed.cuda_graph_bytes, band),
    )
    for quantity, predicted, seen, limit in parts:
        if predicted is not None and seen is not None:
            yield Line(quantity, "B", predicted, seen, limit)


def _cache_lines(result: FitResult, device: PerDevice, cache: KvCache, observed: Observed) -> Iterator[Line]:
    """The cache in bytes, blocks, tokens and requests: one band, in four units."""
    if observed.kv_needed_bytes is not None:
        needed = device.kv_needed_bytes / max(1, result.request.concurrency)
        limit = _PRINTED_BYTES + (cache.block_bytes or 0)
        yield Line("kv_needed_bytes", "B", needed, observed.kv_needed_bytes, limit)
    if observed.kv_cache_bytes is not None:
        limit = device.band_bytes + _PRINTED_BYTES
        yield Line("kv_cache_bytes", "B", device.kv_cache_bytes, observed.kv_cache_bytes, limit)
    if device.kv_cache_bytes <= 0 or result.request.engine.accelerators == "neuron":
        return  # a Neuron server's blocks are sequences of the compiled length, and its tokens no measure of memory
    share = device.band_bytes / device.kv_cache_bytes
    length, requests = observed.max_model_len, observed.kv_cache_max_concurrency
    figures = (
        ("kv_cache_blocks", "blocks", cache.blocks, observed.blocks),
        ("kv_cache_tokens", "tokens", cache.capacity_tokens, observed.kv_cache_tokens if length else None),
        ("max_concurrency", "requests", cache.max_concurrency_at_context, requests if length else None),
    )
    for quantity, unit, predicted, seen in figures:
        if predicted is not None and seen is not None:
            yield Line(quantity, unit, predicted, seen, share * predicted)


def _pinned_lines(cache: KvCache, observed: Observed) -> Iterator[Line]:
    """A cache of a stated size says nothing of overheads; its blocks are arithmetic all the same."""
    if observed.kv_cache_bytes is not None and observed.blocks is not None and cache.block_bytes:
        yield Line("pinned_blocks", "blocks", observed.kv_cache_bytes // cache.block_bytes, observed.blocks, 1)


def _start_reason(result: FitResult, observed: Observed) -> list[Reason]:
    """Where it speaks against the verdict that the server came up, or that it did not.

    A server that runs need not hold one request of its length: vLLM 0.10 to 0.18 let many such start. So only
    weights that leave nothing for a cache are denied by a running server; its cache tells the rest.
    """
    device = result.per_device
    if device is None:
        verdict = result.verdict.value.replace("_", " ")
        return [error("compared_runs_nevertheless", verdict=verdict)] if observed.started else []
    if observed.started and device.kv_cache_bytes < -device.band_bytes:
        return [error("compared_starts_nevertheless", short_bytes=-device.kv_cache_bytes)]
    margin = device.kv_cache_bytes - device.kv_needed_bytes / max(1, result.request.concurrency)
    if observed.failure in ("kv_cache_short", "no_memory_for_cache", "out_of_memory") and margin > device.band_bytes:
        return [error("compared_fails_nevertheless", margin_bytes=margin)]
    return []


def _denial(setting: Setting) -> Reason:
    stated, told = shown_setting(setting.stated), shown_setting(setting.told)
    return error("compared_setting_denied", setting=setting.name, stated=stated, told=told)


def shown_setting(value: Value | None) -> str:
    """A setting's value as text."""
    if isinstance(value, bool):
        return "on" if value else "off"
    return f"{value:,}" if isinstance(value, int) else f"{value:g}" if isinstance(value, float) else str(value)


def _explanations(
    result: FitResult, observed: Observed, lines: Sequence[Line], settings: Sequence[Setting]
) -> Iterator[Reason]:
    """What a reader needs to judge the figures."""
    yield from _why_off(result, lines)
    requests = observed.kv_cache_max_concurrency
    if requests is not None and requests < 1:
        yield warning("compared_holds_no_request", concurrency=requests)
    if observed.starts > 1:
        yield info("compared_last_start", starts=observed.starts)
    if observed.engines > 1:
        yield info("compared_one_engine", engines=observed.engines)
    if not observed.simulated:
        yield from _assumptions(result, settings)
        yield from _unnamed(result, observed, settings)


def _assumptions(result: FitResult, settings: Sequence[Setting]) -> Iterator[Reason]:
    """What neither the question nor the server states, and the figures hang on."""
    assumed = {setting.name for setting in settings if setting.stated is None and setting.told is None}
    request = result.request
    if "engine" in assumed:
        yield info("compared_engine_assumed", engine=request.engine.name, version=request.engine_version)
    if "tensor_parallel_size" in assumed:
        yield info("compared_tp_assumed", tensor_parallel_size=result.parallelism.tensor_parallel_size)
    if "checkpoint" in assumed:
        yield info("compared_checkpoint_assumed", checkpoint=request.checkpoint.id)
    if untold := tuple(name for name in ("max_num_seqs", "max_num_batched_tokens") if name in assumed):
        yield info("compared_scheduler_assumed", settings=untold)


def _unnamed(result: FitResult, observed: Observed, settings: Sequence[Setting]) -> Iterator[Reason]:
    """That the server's name for its model is no repository of the catalogue, where a checkpoint is stated of it."""
    stated = {setting.name for setting in settings if setting.stated is not None}
    if observed.served_model is not None and "checkpoint" in stated and "model" not in stated:
        model, checkpoint = result.request.model.id, result.request.checkpoint.id
        yield info("compared_model_untold", served=observed.served_model, model=model, checkpoint=checkpoint)


def _why_off(result: FitResult, lines: Sequence[Line]) -> Iterator[Reason]:
    """What lines beyond their limits point to; where the memory agrees, its use by requests does not."""
    within = {line.quantity: line.within for line in lines}
    off = {name for name, is_within in within.items() if not is_within}
    if "usable_bytes" in off:
        yield warning("compared_other_device", instance=result.request.instance.id)
    elif off & _CACHE_LINES and (within.get("kv_cache_blocks") or within.get("kv_cache_bytes")):
        yield warning("compared_concurrency_differs")
    elif off & _CACHE_LINES:
        yield warning("compared_cache_differs")
    if "weights_bytes" in off:
        yield warning("compared_weights_differ")
