"""Dollars, three figures always together: at capacity, at the SLO, at the stated traffic (facts: sizing, 3.6)."""

from dataclasses import dataclass
from math import ceil

from advisor.quantities.units import HOURS_PER_MONTH

_SECONDS_PER_MONTH = HOURS_PER_MONTH * 3600


@dataclass(frozen=True, slots=True)
class OnlineCost:
    """Cost of capacity that stands all month."""

    usd_per_month: float
    usd_per_million_output_tokens_at_capacity: float
    usd_per_million_output_tokens_at_slo: float
    usd_per_million_output_tokens_at_traffic: float
    usd_per_request: float
    utilisation_at_mean_load: float


def online_cost(
    *,
    usd_per_instance_hour: float,
    instances: int,
    paid_instances: int,
    output_tokens: float,
    mean_rps: float,
    capacity_tokens_per_s: float,
    slo_tokens_per_s: float,
) -> OnlineCost:
    """The three costs of a fleet.

    capacity_tokens_per_s and slo_tokens_per_s are per instance: everything it can deliver, and what it
    delivers while it meets the SLO. paid_instances leaves out those that are already paid for.
    """
    per_month = usd_per_instance_hour * paid_instances * HOURS_PER_MONTH
    requests = mean_rps * _SECONDS_PER_MONTH
    tokens = requests * output_tokens
    fleet_tokens_per_s = instances * slo_tokens_per_s
    return OnlineCost(
        usd_per_month=per_month,
        usd_per_million_output_tokens_at_capacity=usd_per_million_tokens(usd_per_instance_hour, capacity_tokens_per_s),
        usd_per_million_output_tokens_at_slo=usd_per_million_tokens(usd_per_instance_hour, slo_tokens_per_s),
        usd_per_million_output_tokens_at_traffic=per_month / tokens * 1e6,
        usd_per_request=per_month / requests,
        utilisation_at_mean_load=mean_rps * output_tokens / fleet_tokens_per_s,
    )


def usd_per_million_tokens(usd_per_hour: float, tokens_per_s: float) -> float:
    """Dollars for a million tokens of a machine at this price and throughput."""
    return usd_per_hour * 1e6 / (3600 * tokens_per_s)


@dataclass(frozen=True, slots=True)
class BatchCost:
    """Cost of capacity that stands only while the job runs."""

    instances: int
    work_hours: float
    run_hours: float
    usd_per_run: float
    usd_per_month: float
    usd_per_million_output_tokens: float


def batch_cost(
    *,
    usd_per_instance_hour: float,
    input_tokens: float,
    output_tokens: float,
    prefill_tokens_per_s: float,
    decode_tokens_per_s: float,
    ready_hours: float,
    deadline_hours: float | None,
    runs_per_month: float,
    owned_instances: int = 0,
) -> BatchCost | None:
    """The cheapest run: the smallest count of instances that meets the deadline, one where there is none.

    The rates are per instance; owned_instances of them are already paid for. None when start-up alone takes
    longer than the deadline.
    """
    hours_alone = input_tokens / (prefill_tokens_per_s * 3600) + output_tokens / (decode_tokens_per_s * 3600)
    instances = 1
    if deadline_hours is not None:
        usable = deadline_hours - ready_hours
        if usable <= 0:
            return None
        instances = max(1, ceil(hours_alone / usable))
    work = hours_alone / instances
    per_run = usd_per_instance_hour * max(0, instances - owned_instances) * (ready_hours + work)
    return BatchCost(
        instances=instances,
        work_hours=work,
        run_hours=ready_hours + work,
        usd_per_run=per_run,
        usd_per_month=per_run * runs_per_month,
        usd_per_million_output_tokens=per_run / output_tokens * 1e6,
    )
