"""Which evidence answers a performance question, and what contradicts it (facts: sizing, section 3.7).

Measured here wins and is averaged with nothing. Below it the smallest doubt wins; doubts within 5 % of
each other count as equal, and then the better level wins. Everything else is a cross-check.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import log, sqrt

from advisor.catalog.load import Catalog
from advisor.catalog.records import Accelerator, Checkpoint, Engine, Model
from advisor.evidence.calibration import mean_efficiency
from advisor.evidence.points import EvidencePoint, steady_throughputs
from advisor.fit.versions import minor_distance
from advisor.performance.efficiency import PREFILL_PRIOR, Efficiency, decode_prior
from advisor.performance.replica_model import RequestShape
from advisor.performance.roofline import Replica, prefill_s
from advisor.quantities.provenance import AsOf, Level, Provenance
from advisor.stepcurve import StepCurve, fit_step_curve

_MEASURED_FLOOR = 0.03
_PUBLISHED_SIGMA = 0.05
_CALIBRATED_SIGMA = 0.15
_DRIFT_PER_ROOT_VERSION = 0.35
"""Llama 4 moved by -40 to +133 % between two engine versions on the same GPUs."""
_MOST_DRIFT = 0.5
_EQUAL_DOUBT = 1.05


@dataclass(frozen=True, slots=True)
class Stack:
    """What is asked about: one model at one precision on one accelerator under one engine version."""

    model: Model
    checkpoint: Checkpoint
    accelerator: Accelerator
    engine: Engine
    engine_version: str
    tensor_parallel_size: int


@dataclass(frozen=True, slots=True)
class Conflict:
    """Two sources that differ by more than their doubts allow. ratio is other over chosen."""

    chosen: Provenance
    other: Provenance
    ratio: float


@dataclass(frozen=True, slots=True)
class Basis:
    """The evidence that an estimate rests on: decode, prefill, what was set aside, and conflicts.

    most_streams bounds how far a measured sweep may be extrapolated: twice its largest concurrency.
    points are the figures behind the decode efficiency.
    """

    decode: Efficiency
    prefill: Efficiency
    others: tuple[Efficiency, ...]
    conflicts: tuple[Conflict, ...]
    points: tuple[EvidencePoint, ...]
    most_streams: int | None = None


def best_basis(stack: Stack, shape: RequestShape, points: Sequence[EvidencePoint], catalog: Catalog) -> Basis:
    """The best evidence for this stack and request shape among all points; simulated ones never count."""
    engine_points = [
        point
        for point in points
        if point.engine == stack.engine.id
        and point.accelerator == stack.accelerator.id
        and point.level in (Level.MEASURED, Level.PUBLISHED)
    ]
    own = [
        point
        for point in engine_points
        if point.same_stack(stack.model.id, stack.checkpoint.id, stack.accelerator.id, stack.engine.id)
    ]
    measured = _measured(stack, [point for point in own if point.level is Level.MEASURED])
    if measured is not None:
        return measured
    offers = [decode_prior(stack.accelerator)]
    behind: dict[Level, tuple[EvidencePoint, ...]] = {}
    steady = steady_throughputs(engine_points)
    published = [
        point for point in steady_throughputs(own) if point.near_shape(shape.input_tokens, shape.output_tokens)
    ]
    if published:
        offers.append(_fitted(published, stack, catalog, Level.PUBLISHED, _PUBLISHED_SIGMA))
        behind[Level.PUBLISHED] = tuple(published)
    if steady:
        offers.append(_fitted(steady, stack, catalog, Level.CALIBRATED, _CALIBRATED_SIGMA))
        behind[Level.CALIBRATED] = tuple(steady)
    chosen = _choose(offers)
    others = tuple(offer for offer in offers if offer is not chosen)
    conflicts = tuple(conflict for other in others if (conflict := _conflict(chosen, other)) is not None)
    return Basis(chosen, PREFILL_PRIOR, others, conflicts, behind.get(chosen.provenance.level, ()))


def drift(stack_version: str, evidence_version: str) -> float:
    """Doubt from the engine versions between evidence and plan: min(0.5, 0.35 * sqrt(minor versions))."""
    return min(_MOST_DRIFT, _DRIFT_PER_ROOT_VERSION * sqrt(minor_distance(stack_version, evidence_version)))


def _fitted(
    points: Sequence[EvidencePoint], stack: Stack, catalog: Catalog, level: Level, own_sigma: float
) -> Efficiency:
    value, spread = mean_efficiency(points, catalog)
    nearest = min(minor_distance(stack.engine_version, point.engine_version) for point in points)
    version = next(
        point.engine_version
        for point in points
        if minor_distance(stack.engine_version, point.engine_version) == nearest
    )
    sources = sorted({point.provenance.source for point in points})
    days = [point.provenance.as_of for point in points if point.provenance.as_of is not None]
    as_of = AsOf(min(days).start, max(days, key=lambda day: day.end).end) if days else None
    verb = "roofline × efficiency fitted on" if level is Level.CALIBRATED else ""
    source = f"{verb} {len(points)} points of {stack.engine.name} {version}: {'; '.join(sources)}".strip()
    return Efficiency(
        value=value,
        sigma_shared=drift(stack.engine_version, version),
        sigma_own=max(own_sigma, spread),
        provenance=Provenance(level, source, as_of),
        prompt_ratio=min(point.input_tokens / point.output_tokens for point in points),
    )


def _choose(offers: Sequence[Efficiency]) -> Efficiency:
    least = min(offer.sigma for offer in offers)
    equal = [offer for offer in offers if offer.sigma <= least * _EQUAL_DOUBT]
    return min(equal, key=lambda offer: offer.provenance.level.rank or 9)


def _conflict(chosen: Efficiency, other: Efficiency) -> Conflict | None:
    distance = abs(log(other.value / chosen.value))
    allowed = 2 * sqrt(chosen.sigma**2 + other.sigma**2)
    if distance <= allowed:
        return None
    return Conflict(chosen.provenance, other.provenance, other.value / chosen.value)


def _measured(stack: Stack, points: Sequence[EvidencePoint]) -> Basis | None:
    """A sweep measured here on this very stack: the curve itself, newest run first."""
    steady = [
        point
        for point in steady_throughputs(points)
        if point.tensor_parallel_size == stack.tensor_parallel_size
        and minor_distance(point.engine_version, stack.engine_version) == 0
    ]
    if not steady:
        return None
    newest = max(steady, key=lambda point: (str(point.provenance.as_of), point.run_id or ""))
    sweep = [point for point in steady if point.run_id == newest.run_id]
    curve = _curve(sweep, stack.model.architecture.experts)
    interval = max((point.interval or 0.0) / 1.96 for point in sweep)
    decode = Efficiency(
        value=1.0,
        sigma_shared=0.0,
        sigma_own=max(_MEASURED_FLOOR, interval),
        provenance=newest.provenance,
        prompt_ratio=newest.input_tokens / newest.output_tokens,
        curve=curve,
    )
    most = max(int(point.load_value or 1) for point in sweep)
    prefill = _measured_prefill(stack, curve, [point for point in points if point.run_id == newest.run_id])
    return Basis(decode, prefill or PREFILL_PRIOR, (decode_prior(stack.accelerator),), (), tuple(sweep), 2 * most)


def _curve(sweep: Sequence[EvidencePoint], experts: int) -> StepCurve:
    streams = [float(point.load_value or 1) for point in sweep]
    return fit_step_curve(streams, [n * 1e3 / point.value for n, point in zip(streams, sweep, strict=True)], experts)


def _measured_prefill(stack: Stack, curve: StepCurve, points: Sequence[EvidencePoint]) -> Efficiency | None:
    """Prefill efficiency from the time to first token at one request in flight, where it was measured."""
    alone = [point for point in points if point.metric == "ttft_ms" and point.load_value == 1]
    if not alone:
        return None
    point = alone[0]
    measured_s = (point.value - curve.step_ms(1)) / 1e3
    replica = Replica(
        stack.model.architecture, stack.checkpoint, stack.accelerator, stack.tensor_parallel_size, hybrid_kv=False
    )
    ideal_s = prefill_s(replica, point.input_tokens, 0.0, 1.0)
    if measured_s <= ideal_s:
        return None
    return replace(
        PREFILL_PRIOR, value=ideal_s / measured_s, sigma_shared=0.0, sigma_own=0.1, provenance=point.provenance
    )
