"""Recomputes what a report claims: from its own numbers, from physics, from the catalogue.

The claims of a report name their check; every throughput and latency that it states as a figure is checked
against physics without being asked (facts: sizing, section 1).
"""

from collections.abc import Callable, Mapping
from math import isfinite

from advisor.catalog.load import Catalog
from advisor.errors import InputError, UnknownIdError
from advisor.evidence.audit import commands, cost, differences, facts, figures, fits, rates
from advisor.evidence.audit.values import Asked, Room
from advisor.evidence.audit.verdicts import AuditedClaim, Finding
from advisor.evidence.reports import Claim, Report


def audit(report: Report, catalog: Catalog) -> list[AuditedClaim]:
    """Every claim of a report, and every figure that physics limits, with a verdict."""
    for scenario in report.scenarios.values():
        if scenario.instance not in catalog.instances:
            raise UnknownIdError("instance", scenario.instance, catalog.instances, key=f"scenario.{scenario.id}")
    room = Room(report, catalog)
    found = [_audited(claim, report, _checked(Asked(claim, room))) for claim in report.claims]
    return [*found, *figures.audit_figures(room)]


_TOO_LARGE = "its numbers are so large or small that nothing can be computed"


def _checked(asked: Asked) -> Finding:
    check = _CHECKS.get(asked.claim.check)
    if check is None:
        raise InputError(
            f"there is no check '{asked.claim.check}'",
            hint=f"Use one of {', '.join(sorted(_CHECKS))}.",
            key=f"claim {asked.claim.id}",
        )
    try:
        finding = check(asked)
    except InputError as error:  # an id that the catalogue does not hold knows nothing of the claim that names it
        error.key = error.key or f"claim {asked.claim.id}"
        raise
    except ArithmeticError as error:  # what the numbers of a report come to is not known before
        raise InputError(_TOO_LARGE, key=f"claim {asked.claim.id}") from error
    numbers = [*finding.also.values(), *([] if finding.recomputed is None else [finding.recomputed])]
    if not all(map(isfinite, numbers)):
        raise InputError(_TOO_LARGE, key=f"claim {asked.claim.id}")
    return finding


def _audited(claim: Claim, report: Report, finding: Finding) -> AuditedClaim:
    return AuditedClaim(
        id=claim.id,
        report=report.id,
        text=claim.text,
        inputs=finding.inputs,
        formula=finding.formula,
        claimed=claim.value,
        recomputed=finding.recomputed,
        unit=claim.unit,
        verdict=finding.verdict,
        source_line=claim.line,
        section=claim.section,
        check=claim.check,
        also=finding.also,
        reasons=finding.reasons,
        note=claim.note,
        looked_up=finding.looked_up,
    )


_CHECKS: Mapping[str, Callable[[Asked], Finding]] = {
    "usd_per_million": cost.usd_per_million,
    "cost_delta_percent": cost.cost_delta_percent,
    "delta_percent": differences.delta_percent,
    "ratio_percent": differences.ratio_percent,
    "ratio": differences.ratio,
    "arithmetic": differences.arithmetic,
    "streams": rates.streams,
    "roofline": rates.roofline,
    "memory_bound": rates.memory_bound,
    "little": rates.little,
    "request_rate": rates.request_rate,
    "list_price": facts.list_price,
    "specification": facts.specification,
    "instance_exists": facts.instance_exists,
    "fact": facts.fact,
    "architecture": facts.architecture,
    "parameters": facts.parameter_count,
    "max_context": facts.max_context,
    "fits": fits.fits,
    "command": commands.command,
    "none": differences.nothing,
}
CHECKS = tuple(_CHECKS)
