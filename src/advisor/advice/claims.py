"""The figures that a recommendation stands on, each with bounds, limit, status and where it comes from."""

from math import exp

from advisor.advice.assessment import Assessment
from advisor.advice.batch import READY_ORIGIN
from advisor.advice.choice import CostBounds
from advisor.advice.recommendation import Claim
from advisor.advice.sizing import Estimate, latency_sigma
from advisor.advice.workload import Workload
from advisor.performance.efficiency import EIGHTY_PERCENT
from advisor.quantities.provenance import Level, Provenance
from advisor.slo import Slo

_UNLIMITED = (Slo("ttft", 95, float("inf")), Slo("itl", 95, float("inf")))


def claims_of(assessment: Assessment, bounds: CostBounds, workload: Workload) -> tuple[Claim, ...]:
    """Latency, capacity, memory and cost claims of the pick."""
    found = [_memory(assessment)]
    if assessment.sizing is not None:
        found += [_latency(estimate, assessment) for estimate in assessment.estimates]
        stated = {slo.key for slo in workload.slos}
        found += [_free_latency(slo, assessment) for slo in _UNLIMITED if slo.key not in stated]
        found.append(_capacity(assessment))
    if assessment.batch is not None:
        found.append(_run_hours(assessment, workload))
    found.append(_cost(assessment, bounds, workload))
    return tuple(found)


def latency_origin(metric: str, assessment: Assessment) -> Provenance:
    """A first token rests on prefill and decode, so on the weaker of the two; what follows, on decode."""
    decode, prefill = assessment.basis.decode.provenance, assessment.basis.prefill.provenance
    if metric != "ttft" or (decode.level.rank or 9) >= (prefill.level.rank or 9):
        return decode
    return prefill


def _latency(estimate: Estimate, assessment: Assessment) -> Claim:
    return Claim(
        estimate.slo.key,
        estimate.value_ms,
        estimate.low_ms,
        estimate.high_ms,
        "ms",
        estimate.slo.limit_ms,
        estimate.status,
        latency_origin(estimate.slo.metric, assessment),
    )


def _free_latency(slo: Slo, assessment: Assessment) -> Claim:
    assert assessment.sizing is not None, "latency is claimed for online work only"
    peak = assessment.sizing.at_peak
    value = peak.ttft_ms(slo.share) if slo.metric == "ttft" else peak.itl_ms(slo.share)
    estimate = Estimate(slo, value, latency_sigma(assessment.model, slo))
    origin = latency_origin(slo.metric, assessment)
    return Claim(slo.key, value, estimate.low_ms, estimate.high_ms, "ms", None, None, origin)


def _capacity(assessment: Assessment) -> Claim:
    """Output tokens per second of the serving instances within the targets."""
    sizing = assessment.sizing
    assert sizing is not None, "capacity is claimed for online work only"
    efficiency = assessment.basis.decode.quantity
    value = sizing.slo_tokens_per_s * sizing.serving
    low, high = efficiency.low or efficiency.known, efficiency.high or efficiency.known
    return Claim(
        "output_tokens_per_s",
        value,
        value * low / efficiency.known,
        value * high / efficiency.known,
        "tokens/s",
        None,
        None,
        assessment.basis.decode.provenance,
    )


def _memory(assessment: Assessment) -> Claim:
    device = assessment.candidate.fit.per_device
    assert device is not None, "a candidate that fits has its memory computed"
    margin = device.margin_bytes
    status = "meets" if margin > device.band_bytes else "undecided"
    source = f"fit checker, {assessment.candidate.engine.name} {assessment.candidate.engine_version}"
    return Claim(
        "kv_margin_bytes_per_device",
        margin,
        margin - device.band_bytes,
        margin + device.band_bytes,
        "bytes",
        0.0,
        status,
        Provenance(Level.MODELLED, source),
    )


def _run_hours(assessment: Assessment, workload: Workload) -> Claim:
    run = assessment.batch
    assert run is not None, "run time is claimed for batches only"
    sigma = assessment.basis.decode.sigma
    spread = exp(EIGHTY_PERCENT * sigma)
    ready = run.run_hours - run.work_hours
    low, high = ready + run.work_hours / spread, ready + run.work_hours * spread
    limit = workload.deadline_hours
    status = None if limit is None else "meets" if high <= limit else "undecided" if low <= limit else "misses"
    source = f"{assessment.basis.decode.provenance.source}; {READY_ORIGIN.source}"
    origin = Provenance(assessment.basis.decode.provenance.level, source)
    return Claim("run_hours", run.run_hours, low, high, "hours", limit, status, origin)


def _cost(assessment: Assessment, bounds: CostBounds, workload: Workload) -> Claim:
    unit = "USD/run" if assessment.batch is not None else "USD/month"
    name = "usd_per_run" if assessment.batch is not None else "usd_per_month"
    limit = workload.budget_usd
    status = None if limit is None else "meets" if bounds.usd_high <= limit else "undecided"
    price = assessment.offer.price
    assert price is not None, "only priced offers are picked"
    origin = Provenance(Level.DERIVED, f"instances × price; {price.source}", price.as_of)
    return Claim(name, assessment.usd, bounds.usd_low, bounds.usd_high, unit, limit, status, origin)
