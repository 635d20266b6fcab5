"""The managed alternative: the same model by the token, and where renting instances breaks even."""

from dataclasses import dataclass

from advisor.advice.assessment import Assessment
from advisor.advice.workload import Workload, expand_regions
from advisor.catalog.load import Catalog
from advisor.catalog.records.prices import ManagedRate
from advisor.quantities.units import HOURS_PER_MONTH
from advisor.reasons import Reason, info


@dataclass(frozen=True, slots=True)
class Managed:
    """A managed service for this workload. usd is a month for online work, a run for a batch.

    break_even_tokens_per_month: output tokens from which the recommended instances are cheaper; None where
    nothing is recommended. within_capacity says whether those instances carry as many at all; None for a
    batch, which takes as long as it takes. excluded says why it is not an option, where it is not.
    """

    service: str
    rate: ManagedRate | None
    usd: float | None
    break_even_tokens_per_month: float | None
    within_capacity: bool | None
    excluded: Reason | None


def managed_alternative(catalog: Catalog, model: str, workload: Workload, pick: Assessment | None) -> Managed | None:
    """The service's cost beside what the recommendation costs over the same time."""
    rates = [rate for rate in catalog.managed.values() if rate.model == model]
    if not rates:
        return None
    regions = set(expand_regions(workload, catalog.regions))
    here = [rate for rate in rates if regions & set(rate.regions)]
    if not here:
        known = tuple(sorted({rate.region_group for rate in rates}))
        excluded = info(
            "no_managed_price_here", rates[0].origin.default.source, regions=workload.regions_allowed, known_for=known
        )
        return Managed(rates[0].service, None, None, None, None, excluded)
    rate = here[0]
    input_tokens, output_tokens = _traffic(workload)
    cost = (input_tokens * rate.usd_per_million_input_tokens + output_tokens * rate.usd_per_million_output_tokens) / 1e6
    if pick is None or cost <= 0:
        return Managed(rate.service, rate, cost, None, None, None)
    break_even = output_tokens * pick.usd / cost * _runs(workload)
    return Managed(rate.service, rate, cost, break_even, _carried(pick, break_even), None)


def _carried(pick: Assessment, tokens_per_month: float) -> bool | None:
    """Whether the serving instances deliver as many output tokens a month within the targets."""
    if pick.sizing is None:
        return None
    fleet = pick.sizing.slo_tokens_per_s * pick.sizing.serving
    return tokens_per_month <= fleet * HOURS_PER_MONTH * 3600


def _traffic(workload: Workload) -> tuple[float, float]:
    """Input and output tokens of a month, or of one run."""
    if workload.mode == "batch":
        return float(workload.batch_input_tokens), float(workload.batch_output_tokens)
    requests = workload.mean_rps * HOURS_PER_MONTH * 3600
    return requests * workload.input_tokens_p50, requests * workload.output_tokens_p50


def _runs(workload: Workload) -> float:
    return workload.runs_per_month if workload.mode == "batch" else 1.0
