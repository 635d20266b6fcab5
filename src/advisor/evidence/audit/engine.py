"""Recomputes what a report claims: from its own numbers, from physics, from the catalogue.

Four checks work on any benchmark: price over throughput, throughput against N / ITL, throughput against
the roofline, and differences. The rest look a fact up (facts: sizing, section 1).
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from advisor.anatomy.parameters import parameters
from advisor.catalog.load import Catalog
from advisor.errors import InputError
from advisor.evidence.audit.verdicts import AuditedClaim, AuditVerdict
from advisor.evidence.reports import Claim, Figure, Report
from advisor.fit.check import check_fit
from advisor.fit.request import FitRequest
from advisor.fit.result import Verdict as FitVerdict
from advisor.performance.roofline import Replica, decode_limit_tokens_per_s, hardest_limit_tokens_per_s

_COST_TOLERANCE = 0.02
_FACT_TOLERANCE = 0.001
_TYPO_TOLERANCE = 0.01


@dataclass(frozen=True, slots=True)
class _Finding:
    inputs: Mapping[str, float | str]
    formula: str
    recomputed: float | None
    verdict: AuditVerdict


def audit(report: Report, catalog: Catalog) -> list[AuditedClaim]:
    """Every claim of a report, and every throughput it states, with a verdict."""
    found = [_audited(claim, report, _CHECKS[_known(claim)](claim, report, catalog)) for claim in report.claims]
    for figure in report.figures:
        if figure.metric == "output_tokens_per_s" and figure.concurrency:
            found += _throughput_checks(figure, figure.concurrency, report, catalog)
    return found


def _known(claim: Claim) -> str:
    if claim.check not in _CHECKS:
        raise InputError(
            f"there is no check '{claim.check}'",
            hint=f"Use one of {', '.join(sorted(_CHECKS))}.",
            key=f"claim {claim.id}",
        )
    return claim.check


def _audited(claim: Claim, report: Report, finding: _Finding) -> AuditedClaim:
    return AuditedClaim(
        claim.id,
        report.id,
        claim.text,
        finding.inputs,
        finding.formula,
        claim.value,
        finding.recomputed,
        claim.unit,
        finding.verdict,
        claim.line,
    )


def _usd_per_million(claim: Claim, report: Report, _: Catalog) -> _Finding:
    price = _referenced(claim, report, "price")
    throughput = _referenced(claim, report, "throughput")
    value = price / (throughput * 3600) * 1e6
    return _Finding(
        {"usd_per_hour": price, "tokens_per_s": throughput},
        "usd_per_hour / (tokens_per_s * 3600) * 1e6",
        value,
        _relative(claim.value, value, _COST_TOLERANCE, AuditVerdict.WRONG),
    )


def _delta_percent(claim: Claim, report: Report, _: Catalog) -> _Finding:
    value, base = _referenced(claim, report, "of"), _referenced(claim, report, "base")
    delta = (value / base - 1) * 100
    return _Finding({"value": value, "base": base}, "(value / base - 1) * 100", delta, _percentage(claim.value, delta))


def _cost_delta_percent(claim: Claim, report: Report, _: Catalog) -> _Finding:
    inputs = {key: _referenced(claim, report, key) for key in ("price", "throughput", "base_price", "base_throughput")}
    cost, base = inputs["price"] / inputs["throughput"], inputs["base_price"] / inputs["base_throughput"]
    delta = (cost / base - 1) * 100
    formula = "((price / throughput) / (base_price / base_throughput) - 1) * 100"
    return _Finding(inputs, formula, delta, _percentage(claim.value, delta))


def _ratio_percent(claim: Claim, report: Report, _: Catalog) -> _Finding:
    value, base = _referenced(claim, report, "of"), _referenced(claim, report, "base")
    share = value / base * 100
    return _Finding({"value": value, "base": base}, "value / base * 100", share, _percentage(claim.value, share))


def _ratio(claim: Claim, report: Report, _: Catalog) -> _Finding:
    value, base = _referenced(claim, report, "of"), _referenced(claim, report, "base")
    verdict = _relative(claim.value, value / base, _COST_TOLERANCE, AuditVerdict.WRONG)
    return _Finding({"value": value, "base": base}, "value / base", value / base, verdict)


def _list_price(claim: Claim, _: Report, catalog: Catalog) -> _Finding:
    instance, region = _word(claim, "instance"), _word(claim, "region")
    price = catalog.prices.find(catalog.instance(instance).id, region, "on_demand")
    inputs = {"instance": instance, "region": region}
    if price is None:
        return _Finding(inputs, "no on-demand list price exists", None, AuditVerdict.FALSE_FACT)
    verdict = _relative(claim.value, price.usd_per_hour, _FACT_TOLERANCE, AuditVerdict.FALSE_FACT)
    formula = f"on-demand list price, {price.provenance.as_of}"
    return _Finding(inputs, formula, price.usd_per_hour, verdict)


def _architecture(claim: Claim, _: Report, catalog: Catalog) -> _Finding:
    model, key = catalog.model(_word(claim, "model")), _word(claim, "key")
    actual = getattr(model.architecture, key, None)
    if not isinstance(actual, int):
        raise InputError(f"a model has no dimension '{key}'", key=f"claim {claim.id}")
    verdict = AuditVerdict.OK if actual == claim.value else AuditVerdict.FALSE_FACT
    return _Finding({"model": model.id, "key": key}, "the released config.json", float(actual), verdict)


def _max_context(claim: Claim, _: Report, catalog: Catalog) -> _Finding:
    model = catalog.model(_word(claim, "model"))
    actual = float(model.max_context_tokens)
    verdict = AuditVerdict.OK if abs(claim.value / actual - 1) < 0.05 else AuditVerdict.FALSE_FACT
    return _Finding({"model": model.id}, "max_position_embeddings of the released config.json", actual, verdict)


def _fits(claim: Claim, _: Report, catalog: Catalog) -> _Finding:
    model, instance = catalog.model(_word(claim, "model")), catalog.instance(_word(claim, "instance"))
    accelerator = catalog.accelerator_of(instance)
    engine = catalog.engine("neuron" if accelerator is not None and accelerator.kind == "neuron" else "vllm")
    result = check_fit(
        FitRequest(
            model=model,
            checkpoint=catalog.checkpoint(model, _word(claim, "checkpoint")),
            instance=instance,
            accelerator=accelerator,
            engine=engine,
            engine_version=engine.default_version,
            context_tokens=int(claim.parameters.get("context_tokens", 8192)),
        )
    )
    inputs = {key: value for key, value in claim.parameters.items() if isinstance(value, str | int | float)}
    if claim.value not in (0.0, 1.0):
        raise InputError("it fits (value = 1) or it does not (value = 0)", key=f"claim {claim.id}")
    verdict = {
        (FitVerdict.FITS, 1.0): AuditVerdict.OK,
        (FitVerdict.FITS, 0.0): AuditVerdict.FALSE_FACT,
        (FitVerdict.DOES_NOT_FIT, 1.0): AuditVerdict.IMPOSSIBLE,
        (FitVerdict.DOES_NOT_FIT, 0.0): AuditVerdict.OK,
    }.get((result.verdict, claim.value), AuditVerdict.UNVERIFIABLE)
    formula = f"fit checker, {engine.name} {engine.default_version}: {result.verdict.value}"
    weights = parameters(model.architecture).total
    return _Finding({**inputs, "parameters": float(weights)}, formula, float(result.verdict.runs), verdict)


def _nothing(_: Claim, __: Report, ___: Catalog) -> _Finding:
    return _Finding({}, "nothing to compute it from", None, AuditVerdict.UNVERIFIABLE)


_Check = Callable[[Claim, Report, Catalog], _Finding]
_CHECKS: Mapping[str, _Check] = {
    "usd_per_million": _usd_per_million,
    "delta_percent": _delta_percent,
    "cost_delta_percent": _cost_delta_percent,
    "ratio_percent": _ratio_percent,
    "ratio": _ratio,
    "list_price": _list_price,
    "architecture": _architecture,
    "max_context": _max_context,
    "fits": _fits,
    "none": _nothing,
}


def _throughput_checks(figure: Figure, concurrency: int, report: Report, catalog: Catalog) -> list[AuditedClaim]:
    found = []
    itl = _stated_itl(figure, report)
    if itl is not None and concurrency == 1:
        limit = concurrency * 1e3 / itl
        verdict = AuditVerdict.OK if figure.value <= limit * (1 + _COST_TOLERANCE) else AuditVerdict.IMPOSSIBLE
        inputs: dict[str, float | str] = {"concurrency": concurrency, "itl_ms": itl}
        found.append(_of_figure(figure, report, "streams", inputs, "concurrency * 1000 / itl_ms", limit, verdict))
    replica = _replica(figure, report, catalog)
    if replica is not None and report.input_tokens is not None and report.output_tokens is not None:
        context = report.input_tokens + report.output_tokens / 2
        limit = decode_limit_tokens_per_s(replica, concurrency, context)
        extreme = hardest_limit_tokens_per_s(replica, concurrency, context)
        verdict = AuditVerdict.OK if figure.value <= limit else AuditVerdict.SUSPICIOUS
        if figure.value > extreme:
            verdict = AuditVerdict.IMPOSSIBLE
        inputs = {"concurrency": concurrency, "context_tokens": context, "same_expert_limit": round(extreme, 1)}
        formula = "memory bandwidth / bytes read per step, uniform routing"
        found.append(_of_figure(figure, report, "roofline", inputs, formula, limit, verdict))
    return found


def _of_figure(
    figure: Figure,
    report: Report,
    check: str,
    inputs: Mapping[str, float | str],
    formula: str,
    limit: float,
    verdict: AuditVerdict,
) -> AuditedClaim:
    text = f"{figure.value:,.0f} {figure.unit} at {figure.concurrency} requests, scenario {figure.scenario}"
    return AuditedClaim(
        f"{figure.id}/{check}", report.id, text, inputs, formula, figure.value, limit, figure.unit, verdict, figure.line
    )


def _stated_itl(figure: Figure, report: Report) -> float | None:
    for other in report.figures:
        if other.metric == "itl_ms" and (other.scenario, other.model) == (figure.scenario, figure.model):
            return other.value
    return None


def _replica(figure: Figure, report: Report, catalog: Catalog) -> Replica | None:
    """The whole instance as one replica, at the report's precision; None without a chip of known rates."""
    instance = catalog.instance(report.scenarios[figure.scenario].instance)
    accelerator = catalog.accelerator_of(instance)
    if accelerator is None or accelerator.unknown_rates:
        return None
    model = catalog.model(figure.model)
    devices = instance.accelerator_count * accelerator.logical_cores
    checkpoint = catalog.checkpoint(model, report.checkpoint)
    return Replica(model.architecture, checkpoint, accelerator, devices, hybrid_kv=False)


def _referenced(claim: Claim, report: Report, key: str) -> float:
    return report.value_of(_word(claim, key))


def _word(claim: Claim, key: str) -> str:
    value = claim.parameters.get(key)
    if not isinstance(value, str):
        raise InputError(f"the check '{claim.check}' needs {key} = \"…\"", key=f"claim {claim.id}")
    return value


def _relative(claimed: float, actual: float, tolerance: float, otherwise: AuditVerdict) -> AuditVerdict:
    off = abs(claimed / actual - 1)
    if off <= tolerance:
        return AuditVerdict.OK
    return AuditVerdict.ROUNDING if off <= _TYPO_TOLERANCE else otherwise


def _percentage(claimed: float, actual: float) -> AuditVerdict:
    if round(actual) == claimed:
        return AuditVerdict.OK
    return AuditVerdict.ROUNDING if abs(claimed - actual) <= 1 else AuditVerdict.WRONG
