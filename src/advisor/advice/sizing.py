"""How many replicas and instances carry the peak, and what they deliver (facts: sizing, section 3.5)."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import ceil, log
from statistics import NormalDist

from advisor.advice.candidates import Candidate
from advisor.advice.workload import Redundancy, Workload
from advisor.evidence.best import Basis
from advisor.fit.check import check_fit
from advisor.fit.memory.budget import scheduler_limits
from advisor.performance.efficiency import spread_of
from advisor.performance.occupancy import MAX_UTILISATION, Occupancy, replicas_for
from advisor.performance.replica_model import ReplicaModel, RequestShape
from advisor.performance.roofline import Replica
from advisor.slo import Slo

_MULTI_AZ_ZONES = 3
_BISECTIONS = 16
_MEETS, _MISSES = 0.9, 0.1


@dataclass(frozen=True, slots=True)
class Estimate:
    """A predicted latency: value with 80 % bounds, against its limit where there is one."""

    slo: Slo
    value_ms: float
    sigma: float

    @property
    def low_ms(self) -> float:
        return self.value_ms / spread_of(self.sigma)

    @property
    def high_ms(self) -> float:
        return self.value_ms * spread_of(self.sigma)

    @property
    def probability_met(self) -> float:
        """Probability that the true value is within the limit."""
        return NormalDist().cdf(log(self.slo.limit_ms / self.value_ms) / self.sigma)

    @property
    def status(self) -> str:
        """meets from 90 % on, misses up to 10 %, undecided between."""
        if self.probability_met >= _MEETS:
            return "meets"
        return "misses" if self.probability_met <= _MISSES else "undecided"

    @property
    def miss(self) -> float:
        """By how much of the limit the expected value is over it; negative where it is under."""
        return self.value_ms / self.slo.limit_ms - 1


@dataclass(frozen=True)
class Sizing:
    """One candidate sized for the peak.

    slots is how many requests one replica can run at once; rate_per_replica_rps what it carries while it
    meets every target that it can meet at all. instances includes redundancy, serving does not.
    """

    model: ReplicaModel
    slots: int
    rate_per_replica_rps: float
    replicas_needed: int
    serving: int
    instances: int
    replicas_per_instance: int
    at_peak: Occupancy

    @property
    def slo_tokens_per_s(self) -> float:
        """Output tokens per second of one instance while it meets the targets."""
        return self.rate_per_replica_rps * self.model.shape.output_tokens * self.replicas_per_instance

    @property
    def capacity_tokens_per_s(self) -> float:
        """Output tokens per second of one instance with every slot taken and no target."""
        return self.model.tokens_per_s(self.slots) * self.replicas_per_instance


def replica_model(candidate: Candidate, basis: Basis, workload: Workload) -> ReplicaModel:
    """The candidate's replica under the workload's typical request."""
    cache = candidate.fit.kv_cache
    replica = Replica(
        arch=candidate.model.architecture,
        checkpoint=candidate.checkpoint,
        accelerator=candidate.accelerator,
        tensor_parallel_size=candidate.tensor_parallel_size,
        hybrid_kv=cache is not None and cache.hybrid,
    )
    return ReplicaModel(replica, shape_of(workload), basis.decode, basis.prefill)


def shape_of(workload: Workload) -> RequestShape:
    return RequestShape(workload.input_tokens_p50, workload.output_tokens_p50, workload.shared_prefix_tokens)


def slots_of(candidate: Candidate, basis: Basis, workload: Workload) -> int:
    """Requests that one replica runs at once: engine limit, KV cache, and how far the evidence reaches.

    0 where the cache does not hold one.
    """
    request = replace(
        candidate.fit.request,
        context_tokens=workload.request_context_tokens,
        tensor_parallel_size=candidate.tensor_parallel_size,
    )
    cache = check_fit(request).kv_cache
    held = int(cache.max_concurrency_at_context) if cache is not None else 0
    engine_limit = candidate.engine.max_sequences or scheduler_limits(request, candidate.accelerator).max_num_seqs
    limits = (held, engine_limit, basis.most_streams)
    return min(limit for limit in limits if limit is not None)


def size_online(candidate: Candidate, model: ReplicaModel, slots: int, workload: Workload, rate_rps: float) -> Sizing:
    """Replicas and instances for the peak where one replica carries `rate_rps`."""
    peak = workload.peak_rps * workload.growth
    needed = replicas_for(peak, rate_rps)
    serving = ceil(needed / candidate.replicas_per_instance)
    at_peak = Occupancy(model, peak / (serving * candidate.replicas_per_instance), slots)
    return Sizing(
        model=model,
        slots=slots,
        rate_per_replica_rps=rate_rps,
        replicas_needed=needed,
        serving=serving,
        instances=with_redundancy(serving, workload.redundancy),
        replicas_per_instance=candidate.replicas_per_instance,
        at_peak=at_peak,
    )


def with_redundancy(serving: int, redundancy: Redundancy) -> int:
    """Instances to keep: one more for n+1, so that losing a whole instance loses no capacity; spread for multi-AZ.

    Replicas that share an instance fail together, so the spare is an instance, not a replica.
    """
    if redundancy == "n+1":
        return serving + 1
    if redundancy == "multi_az":
        return _MULTI_AZ_ZONES * ceil(serving / (_MULTI_AZ_ZONES - 1))
    return serving


def estimates(sizing: Sizing, slos: Sequence[Slo]) -> list[Estimate]:
    """Every target's figure at the peak, with its doubt."""
    return [Estimate(slo, _latency(sizing.at_peak, slo), latency_sigma(sizing.model, slo)) for slo in slos]


def latency_sigma(model: ReplicaModel, slo: Slo) -> float:
    """Doubt of a latency: of decode alone between tokens; of prefill and decode by their shares up to the first."""
    return model.first_token_sigma if slo.metric == "ttft" else model.decode.sigma


def _latency(occupancy: Occupancy, slo: Slo) -> float:
    if slo.metric == "ttft":
        return occupancy.ttft_ms(slo.share)
    if slo.metric == "e2e":
        tokens = occupancy.model.shape.output_tokens
        return occupancy.ttft_ms(slo.share) + (tokens - 1) * occupancy.itl_ms(slo.share)
    return occupancy.itl_ms(slo.share)


def rate_within(model: ReplicaModel, slots: int, slos: Sequence[Slo]) -> float | None:
    """The highest rate of one replica at 80 % utilisation at most that meets the reachable targets.

    None where one replica cannot carry anything.
    """
    ceiling = _rate_at_utilisation(model, slots)
    if ceiling is None:
        return None
    idle = Occupancy(model, ceiling * 1e-6, slots)
    reachable = [slo for slo in slos if _latency(idle, slo) <= slo.limit_ms]
    if _all_met(model, ceiling, slots, reachable):
        return ceiling
    low, high = ceiling * 1e-6, ceiling
    for _ in range(_BISECTIONS):
        middle = (low + high) / 2
        if _all_met(model, middle, slots, reachable):
            low = middle
        else:
            high = middle
    return low


def _all_met(model: ReplicaModel, rate: float, slots: int, slos: Sequence[Slo]) -> bool:
    occupancy = Occupancy(model, rate, slots)
    return all(_latency(occupancy, slo) <= slo.limit_ms for slo in slos)


def _rate_at_utilisation(model: ReplicaModel, slots: int) -> float | None:
    """The rate at which decoding or prefill alone reaches 80 %: `Occupancy.utilisation` solved for the rate."""
    decode_s = model.shape.output_tokens * float(model.steps_ms(slots)[-1]) / 1e3 / slots
    stolen_s = model.uncounted_prefill_ms / 1e3
    rate = min(
        MAX_UTILISATION / (decode_s + MAX_UTILISATION * stolen_s),
        MAX_UTILISATION / (model.prefill_ms / 1e3),
    )
    return rate if rate > 0 else None
