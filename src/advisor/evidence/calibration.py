"""Efficiency fitted on measurements: measured throughput over the roofline of the same run."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import exp, isfinite, log, sqrt

from advisor.catalog.load import Catalog
from advisor.errors import InputError
from advisor.evidence.points import OUTPUT_THROUGHPUT, EvidencePoint
from advisor.evidence.stack import Stack
from advisor.fit.versions import behaviour, minor_distance, version_key
from advisor.performance.efficiency import Efficiency
from advisor.performance.roofline import (
    MOST_TOKENS_PER_STEP,
    Replica,
    decode_limit_tokens_per_s,
    hardest_limit_tokens_per_s,
)
from advisor.quantities.provenance import AsOf, Level, Provenance

_DRIFT_PER_ROOT_VERSION = 0.35
"""Llama 4 moved by -40 to +133 % between two engine versions on the same GPUs."""
_MOST_DRIFT = 0.5
PUBLISHED_SIGMA, CALIBRATED_SIGMA = 0.05, 0.15
"""Doubt of a figure of the very stack and shape, and of one fitted at another (facts: sizing, section 3.7)."""


@dataclass(frozen=True, slots=True)
class Calibrated:
    """An efficiency and the figures that it was fitted on; a prior has none."""

    efficiency: Efficiency
    points: tuple[EvidencePoint, ...]


def replica_of(point: EvidencePoint, catalog: Catalog) -> Replica:
    """The replica that a point was measured on."""
    model = catalog.model(point.model)
    accelerator = catalog.accelerator(point.accelerator)
    assert point.devices is not None, "a figure on an unknown number of devices is computed with nowhere"
    return Replica(
        arch=model.architecture,
        checkpoint=catalog.checkpoint(model, point.checkpoint),
        accelerator=accelerator,
        tensor_parallel_size=point.devices * accelerator.logical_cores,
        hybrid_kv=_hybrid(point, catalog),
    )


def decode_efficiency(point: EvidencePoint, catalog: Catalog) -> float:
    """measured / roofline at the point's requests in flight, context = prompt + half the answer."""
    assert point.load_value is not None, "only points at a known concurrency are calibrated on"
    prompt, answer = point.shape
    context = prompt + answer / 2
    return point.value / decode_limit_tokens_per_s(replica_of(point, catalog), point.load_value, context)


def mean_efficiency(points: Sequence[EvidencePoint], catalog: Catalog) -> tuple[float, float]:
    """Geometric mean of the points' efficiencies, and the standard deviation of their logarithms."""
    logs = [log(decode_efficiency(point, catalog)) for point in points]
    mean = sum(logs) / len(logs)
    spread = sqrt(sum((value - mean) ** 2 for value in logs) / len(logs))
    return exp(mean), spread


def is_possible(point: EvidencePoint, catalog: Catalog) -> bool:
    """Whether a figure can be computed with: shape and devices stated, above zero, not above what the hardware can."""
    numbers = (point.value, point.input_tokens, point.output_tokens, point.devices, point.load_value or 1.0)
    if not all(number is not None and isfinite(number) and number > 0 for number in numbers) or point.load_value == 0:
        return False
    if point.metric != OUTPUT_THROUGHPUT or point.load != "concurrency" or point.load_value is None:
        return True
    limit = hardest_limit_tokens_per_s(replica_of(point, catalog), point.load_value, point.shape[0])
    return point.value <= MOST_TOKENS_PER_STEP * limit


def by_version(points: Iterable[EvidencePoint]) -> list[list[EvidencePoint]]:
    """The points of each engine version together: those of several drift apart by more than they scatter."""
    groups: dict[str, list[EvidencePoint]] = {}
    for point in points:
        groups.setdefault(point.engine_version, []).append(point)
    return list(groups.values())


def fitted(
    points: Sequence[EvidencePoint], stack: Stack, catalog: Catalog, level: Level, own_sigma: float
) -> Calibrated:
    """One efficiency for points of one engine version, with the doubt of that version being another than planned."""
    value, spread = mean_efficiency(points, catalog)
    version = points[0].engine_version
    sources = sorted({point.provenance.source for point in points})
    as_of = AsOf.spanning(point.provenance.as_of for point in points)
    verb = "roofline × efficiency fitted on " if level is Level.CALIBRATED else ""
    number = "1 point" if len(points) == 1 else f"{len(points)} points"
    efficiency = Efficiency(
        value=value,
        sigma_shared=drift(stack.engine_version, version),
        sigma_own=max(own_sigma, spread),
        provenance=Provenance(level, f"{verb}{number} of {stack.engine.name} {version}: {'; '.join(sources)}", as_of),
        prompt_ratio=min(point.prompt_ratio for point in points),
    )
    return Calibrated(efficiency, tuple(points))


def drift(stack_version: str, evidence_version: str) -> float:
    """Doubt from the engine versions between evidence and plan: min(0.5, 0.35 * sqrt(minor versions)).

    A version that a source does not state may be any: it has the most doubt.
    """
    try:
        version_key(evidence_version)
    except InputError:
        return _MOST_DRIFT
    return min(_MOST_DRIFT, _DRIFT_PER_ROOT_VERSION * sqrt(minor_distance(stack_version, evidence_version)))


def _hybrid(point: EvidencePoint, catalog: Catalog) -> bool:
    engine = catalog.engine(point.engine)
    try:
        version = behaviour(engine, point.engine_version)
    except InputError:
        return False
    return version is not None and version.hybrid_kv == "on"
