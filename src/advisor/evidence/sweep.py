"""What was measured here on the very stack that is asked about: a step-time curve, a prefill efficiency."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from math import log, sqrt

from advisor.catalog.load import Catalog
from advisor.evidence.calibration import CALIBRATED_SIGMA, Calibrated, drift, mean_efficiency
from advisor.evidence.points import EvidencePoint, steady_throughputs
from advisor.evidence.repetitions import STANDARD_NORMAL_95, UNREPEATED_SIGMA
from advisor.evidence.stack import Stack
from advisor.performance.efficiency import PREFILL_PRIOR, Efficiency
from advisor.performance.roofline import all_reduce_s, prefill_compute_s, prefill_floor_s
from advisor.quantities.provenance import AsOf, Level, Provenance
from advisor.stepcurve import StepCurve, fit_step_curve

_FEWEST_LOADS = 3
"""A step time has three parameters: with fewer loads the curve beyond them would be invented."""
_MEASURED_FLOOR = 0.03
_PREFILL_SIGMA = 0.1


def measured_sweep(stack: Stack, near: Iterable[EvidencePoint], catalog: Catalog) -> Calibrated | None:
    """The curve through the loads measured on this stack at about the shape that is asked about.

    near holds only such points. Each load counts once, by its newest run. None with fewer than three loads:
    such points calibrate the roofline, but tell no curve.
    """
    newest: dict[float, EvidencePoint] = {}
    for point in sorted(_same_version(stack, steady_throughputs(near)), key=_age):
        newest[point.load_value or 1.0] = point
    if len(newest) < _FEWEST_LOADS:
        return None
    sweep = tuple(newest[load] for load in sorted(newest))
    curve = _curve(sweep, stack.model.architecture.experts)
    share, _ = mean_efficiency(sweep, catalog)
    efficiency = Efficiency(
        value=share,
        sigma_shared=0.0,
        sigma_own=max(_MEASURED_FLOOR, _misfit(curve, sweep), *(_sigma(point) for point in sweep)),
        provenance=_origin(sweep),
        prompt_ratio=min(point.prompt_ratio for point in sweep),
        curve=curve,
    )
    return Calibrated(efficiency, sweep)


def measured_prefill(stack: Stack, near: Sequence[EvidencePoint]) -> Efficiency | None:
    """Prefill efficiency from the first token of one request in flight, less one decode step.

    None where no run measured both at one request in flight, or where the prompt took no longer than the
    floor allows: then reading the weights was what took the time.
    """
    single = [point for point in _same_version(stack, near) if (point.load, point.load_value) == ("concurrency", 1)]
    alone = sorted(single, key=_age, reverse=True)
    for first in alone:
        step = next((p for p in alone if p.run_id == first.run_id and p.metric == "itl_ms"), None)
        if first.metric == "ttft_ms" and step is not None:
            return _prefill(stack, first, (first.value - step.value) / 1e3)
    return None


def published_prefill(stack: Stack, related: Sequence[EvidencePoint]) -> Efficiency | None:
    """Prefill efficiency from what somebody published of this stack at one request in flight, at any shape."""
    alone = [
        point
        for point in related
        if stack.is_of(point)
        and point.level is Level.PUBLISHED
        and (point.load, point.load_value) == ("concurrency", 1)
    ]
    for first in sorted(alone, key=_age, reverse=True):
        step = next((each for each in alone if each.metric == "itl_ms" and _setting(each) == _setting(first)), None)
        if first.metric == "ttft_ms" and step is not None:
            fitted = _prefill(stack, first, (first.value - step.value) / 1e3)
            shared = drift(stack.engine_version, first.engine_version)
            return None if fitted is None else replace(fitted, sigma_shared=shared, sigma_own=CALIBRATED_SIGMA)
    return None


def _setting(point: EvidencePoint) -> tuple[object, ...]:
    """What two figures of one run have in common."""
    return point.provenance, point.place, point.engine_version, point.input_tokens, point.output_tokens


def _prefill(stack: Stack, first: EvidencePoint, measured_s: float) -> Efficiency | None:
    """The efficiency at which the model's own prefill takes this long."""
    replica, prompt = stack.replica, first.shape[0]
    alone_s = measured_s - all_reduce_s(replica, prompt)
    if alone_s <= prefill_floor_s(replica, prompt):
        return None
    source = f"prefill efficiency from the first token of {first.provenance.source}"
    return replace(
        PREFILL_PRIOR,
        value=prefill_compute_s(replica, prompt) / alone_s,
        sigma_shared=0.0,
        sigma_own=_PREFILL_SIGMA,
        provenance=first.provenance.but(Level.CALIBRATED, source),
    )


def _same_version(stack: Stack, points: Iterable[EvidencePoint]) -> list[EvidencePoint]:
    return [point for point in points if drift(stack.engine_version, point.engine_version) == 0]


def _age(point: EvidencePoint) -> tuple[str, str]:
    """Oldest first; run ids begin with their time."""
    return str(point.provenance.as_of), point.run_id or ""


def _curve(sweep: Sequence[EvidencePoint], experts: int) -> StepCurve:
    streams = [float(point.load_value or 1) for point in sweep]
    return fit_step_curve(streams, [n * 1e3 / point.value for n, point in zip(streams, sweep, strict=True)], experts)


def _misfit(curve: StepCurve, sweep: Sequence[EvidencePoint]) -> float:
    """Root mean square of the logarithm of measured over fitted throughput."""
    squares = [log(point.value / curve.tokens_per_s(point.load_value or 1)) ** 2 for point in sweep]
    return sqrt(sum(squares) / len(squares))


def _sigma(point: EvidencePoint) -> float:
    return UNREPEATED_SIGMA if point.interval is None else point.interval / STANDARD_NORMAL_95


def _origin(sweep: Sequence[EvidencePoint]) -> Provenance:
    runs = dict.fromkeys(point.provenance.source for point in sweep)
    as_of = AsOf.spanning(point.provenance.as_of for point in sweep)
    loads = ", ".join(f"{point.load_value:g}" for point in sweep)
    source = f"step-time curve through {loads} requests in flight, {'; '.join(runs)}"
    return Provenance(Level.MEASURED, source, as_of, sweep[-1].provenance.layer)
