"""Which evidence answers a performance question, and what contradicts it (facts: sizing, section 3.7).

A sweep measured here wins and is averaged with nothing. Below it the smallest doubt wins; doubts within
5 % of each other count as equal, and then the better level wins. Everything else is a cross-check.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from math import log, sqrt

from advisor.catalog.load import Catalog
from advisor.evidence.calibration import CALIBRATED_SIGMA, PUBLISHED_SIGMA, Calibrated, by_version, fitted, is_possible
from advisor.evidence.points import EvidencePoint, steady_throughputs
from advisor.evidence.stack import Stack
from advisor.evidence.sweep import measured_prefill, measured_sweep, published_prefill
from advisor.performance.efficiency import PREFILL_PRIOR, Efficiency, decode_prior
from advisor.performance.replica_model import ReplicaModel, RequestShape
from advisor.quantities.provenance import Level, Provenance

_EQUAL_DOUBT = 1.05
_COMPARED_AT_STREAMS = 16
"""Efficiencies are compared by the step time that they give at so many requests in flight."""


@dataclass(frozen=True, slots=True)
class Conflict:
    """Two sources that differ by more than their doubts allow. ratio is the other's speed over the chosen one's."""

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
    """The best evidence for this stack and request shape among all points.

    Simulated points never count, nor do those of a model or checkpoint that the catalogue does not hold.
    """
    related = [point for point in points if _counts(point, stack, catalog)]
    near = [
        point for point in related if stack.is_of(point) and point.near_shape(shape.input_tokens, shape.output_tokens)
    ]
    here = [point for point in near if point.level is Level.MEASURED]
    sweep = measured_sweep(stack, here, catalog)
    offers = [Calibrated(decode_prior(stack.accelerator), ())]
    offers += _published(stack, near, catalog)
    offers += _calibrated(stack, related, catalog)
    chosen = sweep if sweep is not None else _choose(offers)
    others = tuple(offer.efficiency for offer in offers if _is_another(offer, chosen))
    return Basis(
        decode=chosen.efficiency,
        prefill=measured_prefill(stack, here) or published_prefill(stack, related) or PREFILL_PRIOR,
        others=others,
        conflicts=tuple(_conflicts(stack, shape, chosen.efficiency, others)),
        points=chosen.points,
        most_streams=None if sweep is None else 2 * max(round(point.load_value or 1) for point in sweep.points),
    )


def _counts(point: EvidencePoint, stack: Stack, catalog: Catalog) -> bool:
    """Whether a point says anything about this engine on this accelerator, and something that can be."""
    same = (point.engine, point.accelerator) == (stack.engine.id, stack.accelerator.id)
    if not same or point.level not in (Level.MEASURED, Level.PUBLISHED):
        return False
    model = catalog.models.get(point.model)
    return model is not None and point.checkpoint in model.checkpoints and is_possible(point, catalog)


def _published(stack: Stack, near: Iterable[EvidencePoint], catalog: Catalog) -> Iterator[Calibrated]:
    """This very stack at about this shape, by somebody else: one offer for each engine version."""
    steady = steady_throughputs(point for point in near if point.level is Level.PUBLISHED)
    for group in by_version(steady):
        yield fitted(group, stack, catalog, Level.PUBLISHED, PUBLISHED_SIGMA)


def _calibrated(stack: Stack, related: Sequence[EvidencePoint], catalog: Catalog) -> Iterator[Calibrated]:
    """The roofline at the efficiency of other figures of this engine and accelerator.

    Figures of one level and version are fitted together, never those of several. What was measured here on
    this very stack, at another shape or at too few loads for a curve, is not diluted by its siblings.
    """
    steady = steady_throughputs(related)
    measured = [point for point in steady if point.level is Level.MEASURED]
    own = [point for point in measured if stack.is_of(point)]
    published = [point for point in steady if point.level is Level.PUBLISHED]
    for level in (own or measured, published):
        for group in by_version(level):
            yield fitted(group, stack, catalog, Level.CALIBRATED, CALIBRATED_SIGMA)


def _choose(offers: Sequence[Calibrated]) -> Calibrated:
    least = min(offer.efficiency.sigma for offer in offers)
    equal = [offer for offer in offers if offer.efficiency.sigma <= least * _EQUAL_DOUBT]
    return min(equal, key=lambda offer: offer.efficiency.provenance.level.rank or 9)


def _is_another(offer: Calibrated, chosen: Calibrated) -> bool:
    """Whether an offer rests on anything that the chosen one does not; a prior rests on no points."""
    return offer is not chosen and (not offer.points or not set(offer.points) <= set(chosen.points))


def _conflicts(
    stack: Stack, shape: RequestShape, chosen: Efficiency, others: Iterable[Efficiency]
) -> Iterator[Conflict]:
    """Those of the others whose speed differs from the chosen one's by more than both doubts allow."""
    for other in others:
        ratio = _step_ms(stack, shape, chosen) / _step_ms(stack, shape, other)
        if abs(log(ratio)) > 2 * sqrt(chosen.sigma**2 + other.sigma**2):
            yield Conflict(chosen.provenance, other.provenance, ratio)


def _step_ms(stack: Stack, shape: RequestShape, decode: Efficiency) -> float:
    return ReplicaModel(stack.replica, shape, decode, PREFILL_PRIOR).step_ms(_COMPARED_AT_STREAMS)
