"""One candidate judged: evidence, size, latency, cost; or the reason why it drops out."""

from collections.abc import Hashable, Sequence
from dataclasses import dataclass, field

from advisor.advice.batch import size_batch
from advisor.advice.candidates import Candidate, Removal
from advisor.advice.offers import Offer
from advisor.advice.sizing import (
    Estimate,
    Sizing,
    estimates,
    rate_within,
    replica_model,
    shape_of,
    size_online,
    slots_of,
)
from advisor.advice.workload import Workload
from advisor.catalog.load import Catalog
from advisor.evidence.best import Basis, best_basis
from advisor.evidence.points import EvidencePoint
from advisor.evidence.stack import Stack
from advisor.fit.memory.measured import MeasuredMemory
from advisor.performance.cost import BatchCost, OnlineCost, online_cost
from advisor.performance.replica_model import ReplicaModel
from advisor.reasons import error


@dataclass(frozen=True)
class Assessment:
    """A candidate that could serve. Exactly one of (sizing, online) and batch is set, by the workload's mode."""

    candidate: Candidate
    basis: Basis
    offer: Offer
    slots: int
    model: ReplicaModel
    estimates: tuple[Estimate, ...]
    sizing: Sizing | None
    online: OnlineCost | None
    batch: BatchCost | None

    @property
    def instance_type(self) -> str:
        return self.candidate.instance.id

    @property
    def instances(self) -> int:
        if self.sizing is not None:
            return self.sizing.instances
        assert self.batch is not None, "an assessment is either sized online or a batch"
        return self.batch.instances

    @property
    def usd(self) -> float:
        """Dollars a month for online work, dollars a run for a batch."""
        if self.online is not None:
            return self.online.usd_per_month
        assert self.batch is not None, "an assessment is either sized online or a batch"
        return self.batch.usd_per_run

    @property
    def evidence_rank(self) -> int:
        """1 is measured here; the decode efficiency's level decides."""
        return self.basis.decode.provenance.level.rank or 9


@dataclass(frozen=True)
class Assessor:
    """What judging needs besides the candidate.

    A replica is the same in every instance size that has its chips, so each is worked out once.
    """

    catalog: Catalog
    points: Sequence[EvidencePoint]
    workload: Workload
    memory: tuple[MeasuredMemory, ...] = ()
    _replicas: dict[tuple[Hashable, ...], tuple[Basis, ReplicaModel]] = field(
        default_factory=dict, init=False, repr=False, compare=False
    )
    _rates: dict[tuple[ReplicaModel, int], float | None] = field(
        default_factory=dict, init=False, repr=False, compare=False
    )

    def assess(self, candidate: Candidate, offer: Offer) -> Assessment | Removal:
        """Judge one candidate at the expected speed."""
        basis, model = self._replica(candidate)
        slots = slots_of(candidate, basis, self.workload)
        return self.judge(candidate, offer, basis, model, slots)

    def _replica(self, candidate: Candidate) -> tuple[Basis, ReplicaModel]:
        cache = candidate.fit.kv_cache
        key = (
            candidate.model.id,
            candidate.checkpoint.id,
            candidate.accelerator.id,
            candidate.engine.id,
            candidate.engine_version,
            candidate.tensor_parallel_size,
            cache is not None and cache.hybrid,
        )
        if key not in self._replicas:
            basis = self.basis(candidate)
            self._replicas[key] = basis, replica_model(candidate, basis, self.workload)
        return self._replicas[key]

    def _rate(self, model: ReplicaModel, slots: int) -> float | None:
        if (model, slots) not in self._rates:
            self._rates[model, slots] = rate_within(model, slots, self.workload.slos)
        return self._rates[model, slots]

    def basis(self, candidate: Candidate) -> Basis:
        stack = Stack(
            candidate.model,
            candidate.checkpoint,
            candidate.accelerator,
            candidate.engine,
            candidate.engine_version,
            candidate.tensor_parallel_size,
        )
        return best_basis(stack, shape_of(self.workload), self.points, self.catalog)

    def judge(
        self, candidate: Candidate, offer: Offer, basis: Basis, model: ReplicaModel, slots: int
    ) -> Assessment | Removal:
        """Judge with a given model: the expected one, or a faster or slower one for bounds."""
        if slots < 1:
            return Removal(candidate.instance.id, "latency", error("cannot_hold_one_request"))
        if self.workload.mode == "batch":
            return self._batch(candidate, offer, basis, model, slots)
        return self._online(candidate, offer, basis, model, slots)

    def _online(
        self, candidate: Candidate, offer: Offer, basis: Basis, model: ReplicaModel, slots: int
    ) -> Assessment | Removal:
        workload = self.workload
        rate = self._rate(model, slots)
        if rate is None:
            return Removal(candidate.instance.id, "latency", error("cannot_carry_one_request"))
        sizing = size_online(candidate, model, slots, workload, rate)
        found = tuple(estimates(sizing, workload.slos))
        missed = [estimate for estimate in found if estimate.status == "misses"]
        if missed:
            worst = max(missed, key=lambda estimate: estimate.miss)
            reason = error(
                "slo_missed",
                basis.decode.provenance.source,
                target=worst.slo.key,
                value_ms=worst.value_ms,
                limit_ms=worst.slo.limit_ms,
            )
            return Removal(candidate.instance.id, "latency", reason, worst.miss)
        cost = online_cost(
            usd_per_instance_hour=_known(offer),
            instances=sizing.serving,
            paid_instances=paid(sizing.instances, candidate, workload),
            output_tokens=workload.output_tokens_p50,
            mean_rps=workload.mean_rps,
            capacity_tokens_per_s=sizing.capacity_tokens_per_s,
            slo_tokens_per_s=sizing.slo_tokens_per_s,
        )
        return Assessment(candidate, basis, offer, slots, model, found, sizing, cost, None)

    def _batch(
        self, candidate: Candidate, offer: Offer, basis: Basis, model: ReplicaModel, slots: int
    ) -> Assessment | Removal:
        owned = dict(self.workload.owned).get(candidate.instance.id, 0)
        run = size_batch(candidate, model, slots, self.workload, _known(offer), owned)
        if run is None:
            deadline = self.workload.deadline_hours or 0.0
            return Removal(candidate.instance.id, "latency", error("deadline_before_ready", deadline_hours=deadline))
        return Assessment(candidate, basis, offer, slots, model, (), None, None, run)


def paid(instances: int, candidate: Candidate, workload: Workload) -> int:
    """Instances that cost money: those beyond what the workload already owns."""
    return max(0, instances - dict(workload.owned).get(candidate.instance.id, 0))


def _known(offer: Offer) -> float:
    assert offer.usd_per_hour is not None, "only priced offers are assessed"
    return offer.usd_per_hour
