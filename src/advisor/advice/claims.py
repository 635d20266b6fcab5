"""The figures that a recommendation stands on, each with bounds, limit, status and where it comes from."""

from advisor.advice.assessment import Assessment
from advisor.advice.batch import READY_ORIGIN
from advisor.advice.choice import CostBounds
from advisor.advice.recommendation import Claim
from advisor.advice.sizing import Estimate, latency_sigma
from advisor.advice.workload import Workload
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


def _latency(estimate: Estimate, assessment: Assessment) -> Claim:
    slo = estimate.slo
    evidence = _latency_evidence(slo.metric, assessment)
    stated = slo.limit_ms != float("inf")
    return Claim(
        slo.key,
        estimate.value_ms,
        estimate.low_ms,
        estimate.high_ms,
        "ms",
        slo.limit_ms if stated else None,
        estimate.status if stated else None,
        _computed(evidence),
        evidence.level,
    )


def _latency_evidence(metric: str, assessment: Assessment) -> Provenance:
    """A first token rests on prefill and decode, so on the weaker of the two; what follows, on decode."""
    decode, prefill = assessment.basis.decode.provenance, assessment.basis.prefill.provenance
    if metric != "ttft" or (decode.level.rank or 9) >= (prefill.level.rank or 9):
        return decode
    return prefill


def _computed(evidence: Provenance) -> Provenance:
    """The origin of a figure under the planned load.

    Nobody measured or published that load on that fleet: the figure is computed from evidence about single
    loads, so it is calibrated at best.
    """
    if evidence.level in (Level.MEASURED, Level.PUBLISHED):
        return evidence.but(Level.CALIBRATED, f"occupancy chain on {evidence.source}")
    return evidence


def _free_latency(slo: Slo, assessment: Assessment) -> Claim:
    assert assessment.sizing is not None, "latency is claimed for online work only"
    peak = assessment.sizing.at_peak
    value = peak.ttft_ms(slo.share) if slo.metric == "ttft" else peak.itl_ms(slo.share)
    return _latency(Estimate(slo, value, latency_sigma(assessment.model, slo)), assessment)


def _capacity(assessment: Assessment) -> Claim:
    """Output tokens per second of the serving instances within the targets."""
    sizing, decode = assessment.sizing, assessment.basis.decode
    assert sizing is not None, "capacity is claimed for online work only"
    value, spread = sizing.slo_tokens_per_s * sizing.serving, decode.spread
    origin = _computed(decode.provenance)
    return Claim(
        "output_tokens_per_s",
        value,
        value / spread,
        value * spread,
        "tokens/s",
        None,
        None,
        origin,
        decode.provenance.level,
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
        Level.MODELLED,
    )


def _run_hours(assessment: Assessment, workload: Workload) -> Claim:
    run, decode = assessment.batch, assessment.basis.decode
    assert run is not None, "run time is claimed for batches only"
    ready = run.run_hours - run.work_hours
    low, high = ready + run.work_hours / decode.spread, ready + run.work_hours * decode.spread
    limit = workload.deadline_hours
    status = None if limit is None else "meets" if high <= limit else "undecided" if low <= limit else "misses"
    origin = _computed(decode.provenance)
    origin = origin.but(origin.level, f"{origin.source}; {READY_ORIGIN.source}")
    return Claim("run_hours", run.run_hours, low, high, "hours", limit, status, origin, decode.provenance.level)


def _cost(assessment: Assessment, bounds: CostBounds, workload: Workload) -> Claim:
    unit = "USD/run" if assessment.batch is not None else "USD/month"
    name = "usd_per_run" if assessment.batch is not None else "usd_per_month"
    limit = workload.budget_usd
    status = None if limit is None else "meets" if bounds.usd_high <= limit else "undecided"
    price = assessment.offer.price
    assert price is not None, "only priced offers are picked"
    origin = Provenance(Level.DERIVED, f"instances × price; {price.source}", price.as_of)
    return Claim(name, assessment.usd, bounds.usd_low, bounds.usd_high, unit, limit, status, origin, Level.DERIVED)
