"""From workload to recommendation: generate, narrow, judge, choose, and say what would change it."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import partial

from advisor.advice.assessment import Assessment, Assessor
from advisor.advice.candidates import Candidate, Funnel, Removal, generate
from advisor.advice.choice import Choice, budgeted_usd, choose, cost_bounds, over_budget, rank
from advisor.advice.claims import claims_of
from advisor.advice.flips import PriceFlip, break_even, flips, price_flip
from advisor.advice.managed import managed_alternative
from advisor.advice.market import Market, apply_market
from advisor.advice.notices import licence_notices, purchase_notices, review_by, serving_notices
from advisor.advice.offers import Offer
from advisor.advice.published import ReportPick, judge_published
from advisor.advice.recommendation import Alternative, Claim, PoolAdvice, Recommendation, Status
from advisor.advice.workload import BOTH, UNSURE, Workload
from advisor.catalog.load import Catalog
from advisor.catalog.records.models import Model
from advisor.evidence.points import EvidencePoint
from advisor.fit.memory.measured import MeasuredMemory
from advisor.quantities.provenance import Level, Provenance
from advisor.quantities.quantity import Quantity
from advisor.reasons import error, info, warning


@dataclass(frozen=True)
class Knowledge:
    """Everything a recommendation rests on besides the workload."""

    catalog: Catalog
    points: Sequence[EvidencePoint]
    report_picks: Sequence[ReportPick] = ()
    memory: tuple[MeasuredMemory, ...] = ()
    """What engines were measured to use beside weights and cache."""

    @property
    def as_of(self) -> date | None:
        """The newest price day of the catalogue."""
        stated = self.catalog.prices_as_of
        return None if stated is None else date.fromisoformat(stated)


def advise(workload: Workload, knowledge: Knowledge) -> Recommendation:
    """The recommendation for a workload. Pure: the same inputs give the same answer."""
    catalog = knowledge.catalog
    if workload.out_of_scope:
        return _answer(workload, Status.OUT_OF_SCOPE, (), knowledge)
    names = list(catalog.models) if workload.model in (BOTH, UNSURE) else [workload.model]
    pools = list(_pools(names, workload, knowledge))
    if workload.model == UNSURE:
        return _compared(workload, pools, knowledge)
    pools = _within_common_budget(workload, pools)
    found = {pool.status for pool in pools}
    status = next(status for status in (Status.NONE, Status.NOT_DISTINGUISHABLE, Status.RECOMMENDED) if status in found)
    return _answer(workload, status, tuple(pools), knowledge)


def _pools(names: Sequence[str], workload: Workload, knowledge: Knowledge) -> Iterator[PoolAdvice]:
    """A pool for each model. What one of two pools takes of the owned instances, the other has not."""
    owned = dict(workload.owned)
    for name in names:
        left = tuple(sorted((instance, count) for instance, count in owned.items() if count > 0))
        pool = _pool(knowledge.catalog.model(name), replace(workload, model=name, owned=left), knowledge)
        if workload.model == BOTH and pool.pick is not None:
            taken = pool.pick.instance_type
            owned[taken] = owned.get(taken, 0) - pool.pick.instances
        yield pool


def _within_common_budget(workload: Workload, pools: list[PoolAdvice]) -> list[PoolAdvice]:
    """Pools that each keep within the budget may break it together: then none is recommended."""
    costs = [budgeted_usd(pool.pick, workload) for pool in pools if pool.pick is not None]
    if workload.budget_usd is None or len(costs) < 2:
        return pools
    if sum(costs) <= workload.budget_usd:
        return _undecided_together(workload.budget_usd, pools)
    reason = warning(
        "pools_over_budget", cost_usd=sum(costs), budget_usd=workload.budget_usd, period=workload.budget_period
    )
    return [replace(pool, status=Status.NONE, notices=(reason, *pool.notices)) for pool in pools]


def _undecided_together(budget_usd: float, pools: list[PoolAdvice]) -> list[PoolAdvice]:
    """A budget that the high ends break together is kept by no pool for certain."""
    highs = [claim.high or claim.value for pool in pools for claim in pool.claims if _is_budgeted(claim)]
    if sum(highs) <= budget_usd:
        return pools
    return [
        replace(
            pool,
            claims=tuple(replace(claim, status="undecided") if _is_budgeted(claim) else claim for claim in pool.claims),
        )
        for pool in pools
    ]


def _is_budgeted(claim: Claim) -> bool:
    return claim.id in ("usd_per_month", "usd_per_run") and claim.limit is not None


def _answer(
    workload: Workload,
    status: Status,
    pools: tuple[PoolAdvice, ...],
    knowledge: Knowledge,
    compared: tuple[PoolAdvice, ...] = (),
) -> Recommendation:
    return Recommendation(workload, status, pools, review_by(knowledge.as_of), knowledge.catalog.prices_as_of, compared)


def _compared(workload: Workload, pools: list[PoolAdvice], knowledge: Knowledge) -> Recommendation:
    """The model is open: the pool that serves the objective best wins, the others are shown beside it."""
    answered = [pool for pool in pools if pool.pick is not None]
    if not answered:
        return _answer(workload, Status.NONE, tuple(pools), knowledge)
    best = min(answered, key=lambda pool: rank(pool.pick, workload.objective) if pool.pick is not None else ())
    rest = tuple(pool for pool in pools if pool is not best)
    return _answer(workload, best.status, (best,), knowledge, rest)


def _pool(model: Model, workload: Workload, knowledge: Knowledge) -> PoolAdvice:
    catalog = knowledge.catalog
    assessor = Assessor(catalog, knowledge.points, workload, knowledge.memory)
    funnel = generate(catalog, model, workload, knowledge.memory)
    market = apply_market(catalog, funnel, workload)
    unpriced = _set_aside(funnel)
    assessments = _judge(funnel, market, assessor)
    if not assessments:
        return _nothing(model, workload, knowledge, funnel)
    choice = choose(assessments, assessor)
    pick = choice.winner
    bounds = cost_bounds(pick, assessor)
    status = Status.NOT_DISTINGUISHABLE if len(choice.tied) > 1 else Status.RECOMMENDED
    wins_below = _wins_below(market, unpriced, choice, assessor)
    waiting = {flip.instance_type for flip in wins_below}
    rejected = tuple(removal for removal in funnel.removals if removal.instance_type not in waiting)
    near = [removal for removal in rejected if removal.is_near_miss]
    notices = [*purchase_notices(pick, workload, knowledge.as_of), *serving_notices(pick, workload)]
    return PoolAdvice(
        model=model.id,
        status=status,
        pick=pick,
        bounds=bounds,
        claims=claims_of(pick, bounds, workload),
        alternatives=_alternatives(choice),
        tied=tuple(each.instance_type for each in choice.tied),
        rejected=rejected,
        near_misses=tuple(sorted(near, key=lambda removal: removal.margin or 0.0)),
        funnel=tuple(funnel.steps),
        find_flips=partial(flips, choice, assessor, partial(_winner, model, knowledge)),
        break_even=break_even(assessments, choice, assessor),
        wins_below=wins_below,
        managed=managed_alternative(catalog, model.id, workload, pick),
        notices=tuple(notices),
        licence=tuple(licence_notices(model, workload)),
        published_advice=judge_published(knowledge.report_picks, workload, pick, rejected),
    )


def _winner(model: Model, knowledge: Knowledge, workload: Workload) -> Assessment | None:
    """The pick for a workload, and nothing beside it."""
    assessor = Assessor(knowledge.catalog, knowledge.points, workload, knowledge.memory)
    funnel = generate(knowledge.catalog, model, workload, knowledge.memory)
    market = apply_market(knowledge.catalog, funnel, workload)
    assessments = _judge(funnel, market, assessor)
    return choose(assessments, assessor).winner if assessments else None


def _set_aside(funnel: Funnel) -> dict[str, Removal]:
    """Instances that are sold as the workload allows but whose price nobody knows."""
    return {removal.instance_type: removal for removal in funnel.removals if removal.reason.code == "price_unknown"}


def _judge(funnel: Funnel, market: Market, assessor: Assessor) -> list[Assessment]:
    kept: list[Assessment] = []
    removed: list[Removal] = []
    for candidate in funnel.candidates:
        judged = assessor.assess(candidate, market.best[candidate.instance.id])
        if isinstance(judged, Removal):
            removed.append(judged)
        else:
            kept.append(judged)
    funnel.narrow("latency", [each.candidate for each in kept], removed)
    affordable = [each for each in kept if over_budget(each, assessor.workload) is None]
    beyond = [_unaffordable(each, assessor.workload) for each in kept if each not in affordable]
    funnel.narrow("budget", [each.candidate for each in affordable], beyond)
    return affordable


def _unaffordable(assessment: Assessment, workload: Workload) -> Removal:
    over = over_budget(assessment, workload)
    reason = error(
        "over_budget",
        cost_usd=budgeted_usd(assessment, workload),
        budget_usd=workload.budget_usd or 0.0,
        period=workload.budget_period,
    )
    return Removal(assessment.instance_type, "budget", reason, over)


def _alternatives(choice: Choice) -> tuple[Alternative, ...]:
    tied = {each.instance_type for each in choice.tied}
    return tuple(
        Alternative(each, each.instance_type in choice.dominated, each.instance_type in tied)
        for each in choice.ranked[1:]
    )


def _wins_below(
    market: Market, unpriced: Mapping[str, Removal], choice: Choice, assessor: Assessor
) -> tuple[PriceFlip, ...]:
    """For each instance without a price: the hourly price below which it would be the pick."""
    waiting = {offer.instance_type: offer for offer in reversed(market.unpriced) if offer.instance_type in unpriced}
    if not waiting:
        return ()
    workload, catalog = assessor.workload, assessor.catalog
    candidates = generate(catalog, catalog.model(workload.model), workload, assessor.memory).candidates
    found = [_threshold(offer, candidates, choice, assessor) for offer in waiting.values()]
    return tuple(flip for flip in found if flip is not None)


def _threshold(offer: Offer, candidates: Sequence[Candidate], choice: Choice, assessor: Assessor) -> PriceFlip | None:
    one = Quantity(1.0, "USD/h", Provenance(Level.ASSUMED, "one dollar an hour, to find the price that ties"))
    judged = [
        assessor.assess(candidate, replace(offer, price=one))
        for candidate in candidates
        if candidate.instance.id == offer.instance_type
    ]
    serving = [each for each in judged if isinstance(each, Assessment)]
    paid = [each.usd for each in serving if each.usd > 0]
    if not paid or choice.winner.usd <= 0:
        return None
    price = price_flip(serving, choice.winner.usd / min(paid), choice, assessor)
    return None if price is None else PriceFlip(offer.instance_type, price)


def _nothing(model: Model, workload: Workload, knowledge: Knowledge, funnel: Funnel) -> PoolAdvice:
    """No candidate is left: the reasons, and those that came furthest before they missed."""
    gates = {step.gate: number for number, step in enumerate(funnel.steps)}
    missed = [removal for removal in funnel.removals if removal.margin is not None]
    missed.sort(key=lambda removal: (-gates[removal.gate], removal.margin))
    return PoolAdvice(
        model=model.id,
        status=Status.NONE,
        pick=None,
        bounds=None,
        claims=(),
        alternatives=(),
        tied=(),
        rejected=tuple(funnel.removals),
        near_misses=tuple(missed[:3]),
        funnel=tuple(funnel.steps),
        find_flips=tuple,
        break_even=None,
        wins_below=(),
        managed=managed_alternative(knowledge.catalog, model.id, workload, None),
        notices=(info("nothing_feasible"),),
        licence=tuple(licence_notices(model, workload)),
        published_advice=judge_published(knowledge.report_picks, workload, None, tuple(funnel.removals)),
    )
