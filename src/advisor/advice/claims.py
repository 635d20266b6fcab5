"""The figures that a recommendation stands on, each with bounds, limit, status and where it comes from."""

from advisor.advice.assessment import Assessment
from advisor.advice.batch import READY_ORIGIN
from advisor.advice.choice import CostBounds
from advisor.advice.recommendation import Claim
from advisor.advice.sizing import Estimate, latency_sigma
from advisor.advice.workload import Workload
from advisor.performance.efficiency import spread_of
from advisor.performance.replica_model import PREFILL_COUNTS
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


def _throughput_evidence(assessment: Assessment) -> Provenance:
    """Tokens per second rest on decode, and where prefill takes a part of the time that counts, on it as well."""
    decode, prefill = assessment.basis.decode.provenance, assessment.basis.prefill.provenance
    counts = assessment.model.prefill_share(assessment.slots) > PREFILL_COUNTS
    return prefill if counts and (prefill.level.rank or 9) > (decode.level.rank or 9) else decode


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
    sizing = assessment.sizing
    assert sizing is not None, "capacity is claimed for online work only"
    value = sizing.slo_tokens_per_s * sizing.serving
    spread = spread_of(sizing.model.throughput_sigma(sizing.slots))
    evidence = _throughput_evidence(assessment)
    return Claim(
        "output_tokens_per_s",
        value,
        value / spread,
        value * spread,
        "tokens/s",
        None,
        None,
        _computed(evidence),
        evidence.level,
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
    run, evidence = assessment.batch, _throughput_evidence(assessment)
    assert run is not None, "run time is claimed for batches only"
    spread = spread_of(assessment.model.throughput_sigma(assessment.slots))
    ready = run.run_hours - run.work_hours
    low, high = ready + run.work_hours / spread, ready + run.work_hours * spread
    limit = workload.deadline_hours
    status = None if limit is None else "meets" if high <= limit else "undecided" if low <= limit else "misses"
    origin = _computed(evidence)
    origin = origin.but(origin.level, f"{origin.source}; {READY_ORIGIN.source}")
    return Claim("run_hours", run.run_hours, low, high, "hours", limit, status, origin, evidence.level)


def _cost(assessment: Assessment, bounds: CostBounds, workload: Workload) -> Claim:
    limit = workload.budget_usd
    monthly = assessment.batch is None or (limit is not None and workload.budget_period == "month")
    name, unit = ("usd_per_month", "USD/month") if monthly else ("usd_per_run", "USD/run")
    factor = workload.runs_per_month if monthly and assessment.batch is not None else 1.0
    low, high = bounds.usd_low * factor, bounds.usd_high * factor
    status = None if limit is None else "meets" if high <= limit else "undecided"
    price = assessment.offer.price
    assert price is not None, "only priced offers are picked"
    origin = Provenance(Level.DERIVED, f"instances × price; {price.source}", price.as_of)
    return Claim(name, assessment.usd * factor, low, high, unit, limit, status, origin, Level.DERIVED)
