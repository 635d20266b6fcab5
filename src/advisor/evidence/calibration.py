"""Efficiency fitted on measurements: measured throughput over the roofline of the same run."""

from collections.abc import Sequence
from math import exp, log

from advisor.catalog.load import Catalog
from advisor.errors import InputError
from advisor.evidence.points import EvidencePoint
from advisor.fit.versions import behaviour
from advisor.performance.roofline import Replica, decode_limit_tokens_per_s


def replica_of(point: EvidencePoint, catalog: Catalog) -> Replica:
    """The replica that a point was measured on."""
    model = catalog.model(point.model)
    accelerator = catalog.accelerator(point.accelerator)
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
    context = point.input_tokens + point.output_tokens / 2
    return point.value / decode_limit_tokens_per_s(replica_of(point, catalog), point.load_value, context)


def mean_efficiency(points: Sequence[EvidencePoint], catalog: Catalog) -> tuple[float, float]:
    """Geometric mean of the points' efficiencies, and the standard deviation of their logarithms."""
    logs = [log(decode_efficiency(point, catalog)) for point in points]
    mean = sum(logs) / len(logs)
    spread = (sum((value - mean) ** 2 for value in logs) / len(logs)) ** 0.5
    return exp(mean), spread


def _hybrid(point: EvidencePoint, catalog: Catalog) -> bool:
    engine = catalog.engine(point.engine)
    try:
        version = behaviour(engine, point.engine_version)
    except InputError:
        return False
    return version is not None and version.hybrid_kv == "on"
