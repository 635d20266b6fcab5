"""A report's claims as answers: what was stated, what the audit finds, and what follows from the best evidence."""

from collections.abc import Callable
from dataclasses import dataclass

from advisor.catalog.load import Catalog
from advisor.catalog.records.models import Model
from advisor.evidence.audit.formulas import names
from advisor.evidence.audit.verdicts import AuditedClaim
from advisor.evidence.charts.answers import Answer, unknown
from advisor.evidence.charts.arithmetic import as_percent, combined, evaluated
from advisor.evidence.charts.best import BestEvidence
from advisor.evidence.reports import Claim, Report
from advisor.fit.request import DEFAULT_CONTEXT_TOKENS
from advisor.quantities.provenance import Level, Provenance

_FITS = "fits"
_FACTS = ("specification", "architecture", "max_context", "parameters", "fact")
"""Checks that look a fact up: what the audit finds is the best evidence too."""


@dataclass(frozen=True)
class ClaimAnswers:
    """The columns of claims. best_of answers a reference: another claim, or a figure."""

    report: Report
    catalog: Catalog
    evidence: BestEvidence
    best_of: Callable[[str], Answer]

    def published(self, claim: Claim) -> Answer:
        """What the report states; that something fits is a word."""
        origin = Provenance(Level.CLAIMED, self.report.title)
        if claim.check == _FITS:
            return Answer(origin, words="fits" if claim.value else "does not fit")
        return Answer(origin, claim.value, unit=claim.unit)

    def recomputed(self, claim: Claim, audited: AuditedClaim) -> Answer:
        """What the audit finds: arithmetic on the report's numbers, or the catalogue's fact."""
        if audited.recomputed is None:
            return unknown(audited.formula, *audited.reasons)
        if claim.check == _FITS:
            origin = Provenance(Level.MODELLED, audited.formula)
            words = audited.formula.rpartition(": ")[2].replace("_", " ")
            return Answer(origin, words=words, formula=audited.formula, inputs=audited.inputs, reasons=audited.reasons)
        return Answer(
            self._origin(claim, audited),
            audited.recomputed,
            unit=claim.unit,
            formula=audited.formula,
            inputs=audited.inputs,
            reasons=audited.reasons,
        )

    def best(self, claim: Claim, audited: AuditedClaim) -> Answer:
        """The same question on the best evidence; unknown for a claim that nothing can be computed for."""
        if claim.check == "list_price":
            return self.evidence.price(_word(claim, "instance"))
        if claim.check in _FACTS:
            return self.recomputed(claim, audited)
        answers = {
            "usd_per_million": self._cost,
            "ratio": self._ratio,
            "ratio_percent": self._ratio_percent,
            "delta_percent": self._delta_percent,
            "cost_delta_percent": self._cost_delta_percent,
            "arithmetic": self._arithmetic,
            _FITS: self._fit,
        }
        answer = answers.get(claim.check)
        return unknown("nothing to compute it from") if answer is None else answer(claim)

    def scenario_of(self, reference: str) -> str:
        """The scenario that a figure or claim is about: its own, its instance's, or that of what it compares."""
        for figure in self.report.figures:
            if figure.id == reference:
                return figure.scenario
        claim = next((each for each in self.report.claims if each.id == reference), None)
        if claim is None or claim.check == _FITS:
            return ""
        if claim.check in ("list_price", "specification"):
            return self._machine(claim)
        named = claim.parameters.get("throughput") or claim.parameters.get("of")
        return self.scenario_of(named) if isinstance(named, str) and claim.check != "ratio" else ""

    def _machine(self, claim: Claim) -> str:
        """The scenario whose instance, or whose accelerator, a claim names."""
        wanted = (claim.parameters.get("instance"), claim.parameters.get("accelerator"))
        for name, scenario in self.report.scenarios.items():
            instance = self.catalog.instance(scenario.instance)
            if wanted in ((instance.id, None), (None, instance.accelerator)):
                return name
        return ""

    def _origin(self, claim: Claim, audited: AuditedClaim) -> Provenance:
        if claim.check == "parameters":
            return self._model(claim).origin.default.but(Level.DERIVED, audited.formula)
        return audited.looked_up or Provenance(Level.DERIVED, "the report's own numbers")

    def _cost(self, claim: Claim) -> Answer:
        return self._per_million(claim, "price", "throughput", claim.unit)

    def _per_million(self, claim: Claim, price: str, throughput: str, unit: str) -> Answer:
        wanted = (_word(claim, price), _word(claim, throughput))
        return combined("usd_per_million", wanted, [self.best_of(name) for name in wanted], unit)

    def _ratio(self, claim: Claim) -> Answer:
        wanted = (_word(claim, "of"), _word(claim, "base"))
        return combined("over", wanted, [self.best_of(name) for name in wanted], claim.unit)

    def _ratio_percent(self, claim: Claim) -> Answer:
        return as_percent(self._ratio(claim), less=False)

    def _delta_percent(self, claim: Claim) -> Answer:
        return as_percent(self._ratio(claim), less=True)

    def _cost_delta_percent(self, claim: Claim) -> Answer:
        costs = [
            self._per_million(claim, "price", "throughput", "USD/1M tokens"),
            self._per_million(claim, "base_price", "base_throughput", "USD/1M tokens"),
        ]
        return as_percent(combined("over", ("cost", "base_cost"), costs, "%"), less=True)

    def _arithmetic(self, claim: Claim) -> Answer:
        """The claim's own formula, each number that it names by the best evidence."""
        formula, inputs = _word(claim, "formula"), dict[str, Answer]()
        for name in names(formula):
            stated = claim.parameters.get(name)
            if isinstance(stated, str):
                inputs[name] = self.best_of(stated)
            elif isinstance(stated, int | float):
                inputs[name] = Answer(Provenance(Level.CLAIMED, self.report.title), float(stated))
            else:
                return unknown("nothing to compute it from")
        if any(answer.level is Level.CLAIMED for answer in inputs.values()):
            return unknown("it rests on a number that only the report states")
        return evaluated(formula, inputs, claim.unit)

    def _fit(self, claim: Claim) -> Answer:
        """A claim at a context of its own asks how much fits; any other, which checkpoints do."""
        model, instance = self._model(claim), self.catalog.instance(_word(claim, "instance"))
        context = int(claim.parameters.get("context_tokens", DEFAULT_CONTEXT_TOKENS))
        if context > DEFAULT_CONTEXT_TOKENS:
            return self.evidence.longest_context(model, _word(claim, "checkpoint"), instance)
        return self.evidence.checkpoints_that_fit(model, instance, context)

    def _model(self, claim: Claim) -> Model:
        return self.catalog.model(_word(claim, "model"))


def _word(claim: Claim, key: str) -> str:
    return str(claim.parameters.get(key, ""))
