"""From workload to recommendation: generate, narrow, judge, choose, and say what would change it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date

from advisor.advice.assessment import Assessment, Assessor
from advisor.advice.candidates import Candidate, Funnel, Removal, generate
from advisor.advice.choice import Choice, choose, cost_bounds, over_budget
from advisor.advice.claims import claims_of
from advisor.advice.flips import break_even, flips
from advisor.advice.managed import managed_alternative
from advisor.advice.market import Market, apply_market
from advisor.advice.notices import licence_notices, parallel_notices, purchase_notices, review_by
from advisor.advice.offers import Offer
from advisor.advice.published import ReportPick, judge_published
from advisor.advice.recommendation import Alternative, PoolAdvice, Recommendation, Status, WinsBelow
from advisor.advice.workload import BOTH, UNSURE, Workload
from advisor.catalog.load import Catalog
from advisor.catalog.records import Model
from advisor.evidence.points import EvidencePoint
from advisor.quantities.provenance import Level, Provenance
from advisor.quantities.quantity import Quantity
from advisor.reasons import error, info


@dataclass(frozen=True)
class Knowledge:
    """Everything a recommendation rests on besides the workload."""

    catalog: Catalog
    points: Sequence[EvidencePoint]
    report_picks: Sequence[ReportPick] = ()

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
    pools = [_pool(catalog.model(name), replace(workload, model=name), knowledge) for name in names]
    if workload.model == UNSURE:
        return _compared(workload, pools, knowledge)
    found = {pool.status for pool in pools}
    status = next(status for status in (Status.NONE, Status.NOT_DISTINGUISHABLE, Status.RECOMMENDED) if status in found)
    return _answer(workload, status, tuple(pools), knowledge)


def _answer(
    workload: Workload,
    status: Status,
    pools: tuple[PoolAdvice, ...],
    knowledge: Knowledge,
    compared: tuple[PoolAdvice, ...] = (),
) -> Recommendation:
    return Recommendation(workload, status, pools, review_by(knowledge.as_of), knowledge.catalog.prices_as_of, compared)


def _compared(workload: Workload, pools: list[PoolAdvice], knowledge: Knowledge) -> Recommendation:
    """The model is open: the cheapest pool wins, the others are shown beside it."""
    answered = [pool for pool in pools if pool.pick is not None]
    if not answered:
        return _answer(workload, Status.NONE, tuple(pools), knowledge)
    best = min(answered, key=lambda pool: pool.pick.usd if pool.pick is not None else float("inf"))
    rest = tuple(pool for pool in pools if pool is not best)
    return _answer(workload, best.status, (best,), knowledge, rest)


def _pool(model: Model, workload: Workload, knowledge: Knowledge) -> PoolAdvice:
    catalog = knowledge.catalog
    assessor = Assessor(catalog, knowledge.points, workload)
    funnel = generate(catalog, model, workload)
    market = apply_market(catalog, funnel, workload)
    unpriced = _set_aside(funnel)
    assessments = _judge(funnel, market, assessor)
    if not assessments:
        return _nothing(model, workload, knowledge, funnel)
    choice = choose(assessments, assessor)
    pick = choice.winner
    bounds = cost_bounds(pick, assessor)
    status = Status.NOT_DISTINGUISHABLE if len(choice.tied) > 1 else Status.RECOMMENDED
    rejected = tuple(removal for removal in funnel.removals if removal.instance_type not in unpriced)
    notices = [*purchase_notices(pick, workload, knowledge.as_of), *parallel_notices(pick)]
    return PoolAdvice(
        model=model.id,
        status=status,
        pick=pick,
        bounds=bounds,
        claims=claims_of(pick, bounds, workload),
        alternatives=_alternatives(choice),
        tied=tuple(each.instance_type for each in choice.tied),
        rejected=rejected,
        near_misses=tuple(removal for removal in rejected if removal.is_near_miss),
        funnel=tuple(funnel.steps),
        flips=tuple(flips(choice, assessor)),
        break_even=break_even(choice),
        wins_below=_wins_below(market, unpriced, pick, assessor),
        managed=managed_alternative(catalog, model.id, workload, pick.usd),
        notices=tuple(notices),
        licence=tuple(licence_notices(model, workload)),
        published_advice=judge_published(knowledge.report_picks, workload, pick, rejected),
    )


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
        cost_usd=assessment.usd,
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
    market: Market, unpriced: Mapping[str, Removal], pick: Assessment, assessor: Assessor
) -> tuple[WinsBelow, ...]:
    """For each instance without a price: the hourly price at which its fleet would cost what the pick costs."""
    waiting = {offer.instance_type: offer for offer in reversed(market.unpriced) if offer.instance_type in unpriced}
    thresholds = {name: _threshold(name, pick, assessor) for name in waiting}
    return tuple(WinsBelow(waiting[name], price) for name, price in thresholds.items() if price is not None)


def _threshold(instance_type: str, pick: Assessment, assessor: Assessor) -> float | None:
    workload, catalog = assessor.workload, assessor.catalog
    funnel = generate(catalog, catalog.model(workload.model), workload)
    best: float | None = None
    for candidate in funnel.candidates:
        if candidate.instance.id == instance_type:
            judged = assessor.assess(candidate, _at_one_dollar(candidate, pick))
            if not isinstance(judged, Removal) and judged.usd > 0:
                best = max(best or 0.0, pick.usd / judged.usd)
    return best


def _at_one_dollar(candidate: Candidate, pick: Assessment) -> Offer:
    one = Quantity(1.0, "USD/h", Provenance(Level.ASSUMED, "one dollar an hour, to find the price that ties"))
    return Offer(candidate.instance.id, pick.offer.region, pick.offer.purchase, one)


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
        flips=(),
        break_even=None,
        wins_below=(),
        managed=managed_alternative(knowledge.catalog, model.id, workload, None),
        notices=(info("nothing_feasible"),),
        licence=tuple(licence_notices(model, workload)),
        published_advice=judge_published(knowledge.report_picks, workload, None, tuple(funnel.removals)),
    )
