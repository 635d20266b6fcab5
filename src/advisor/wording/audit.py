"""What an audit says: verdicts, numbers, and what there is to say beside them."""

from collections.abc import Mapping

from advisor.evidence.audit.forms import FORMS
from advisor.evidence.audit.verdicts import AuditedClaim, AuditVerdict
from advisor.quantities import text

SENTENCES: Mapping[str, str] = {
    "stale_price": "{usd_per_hour} was the list price on {seen}; by {changed} it was another.",
    "price_slip": "Within one per cent of the list price {usd_per_hour}: a slip of the pen.",
    "sold_as_capacity_block": "It is sold as a Capacity Block, in {region} for {usd_per_hour} an hour.",
    "sizes_that_exist": "The family {family} has the sizes {sizes}.",
    "known_fact": "{statement}",
    "command_unreadable": "The command cannot be read: {mistake}.",
    "command_unknown": "This is no serve or install command that the catalogue knows.",
    "extra_missing": "{package} {version} has no extra '{extra}'; it has {extras}.",
    "flag_removed": "{flag} is gone from {program} by version {by}. Instead: {instead}.",
    "flag_unknown": "{program} {version} has no flag {flag}; nearest is {likely}.",
    "model_unknown": "The catalogue does not hold the model '{model}': its TP rule and context are not checked.",
    "context_beyond_base": (
        "{model}'s base model holds {limit_tokens} tokens, the Instruct model more; {context_tokens} are asked for."
    ),
    "context_beyond_model": "{model} holds {limit_tokens} tokens; {context_tokens} are asked for.",
    "context_unset": "Without --max-model-len the engine plans for {limit_tokens} tokens: more than most machines hold.",
    "neuron_pads_heads": (
        "vLLM refuses TP {tensor_parallel_size}; the Neuron plug-ins pad the heads to {padded_heads} and take it."
    ),
}

VERDICTS: Mapping[AuditVerdict, str] = {
    AuditVerdict.OK: "ok",
    AuditVerdict.ROUNDING: "rounding",
    AuditVerdict.WRONG: "wrong",
    AuditVerdict.IMPOSSIBLE: "impossible",
    AuditVerdict.FALSE_FACT: "false fact",
    AuditVerdict.SUSPICIOUS: "suspicious",
    AuditVerdict.UNVERIFIABLE: "unverifiable",
}

MEANINGS: Mapping[AuditVerdict, str] = {
    AuditVerdict.OK: "follows from its inputs, or is the fact",
    AuditVerdict.ROUNDING: "follows, rounded more than it should be",
    AuditVerdict.WRONG: "does not follow from the report's own numbers",
    AuditVerdict.IMPOSSIBLE: "breaks a limit of physics or of the machine",
    AuditVerdict.FALSE_FACT: "the fact is another",
    AuditVerdict.SUSPICIOUS: "above what can be expected, below what cannot be",
    AuditVerdict.UNVERIFIABLE: "nobody has shown it, nor the opposite",
}


def claimed(claim: AuditedClaim) -> str:
    """The number that is claimed; yes or no for a statement."""
    return _answer(claim.claimed) if _is_statement(claim) else number(claim.claimed)


def recomputed(claim: AuditedClaim) -> str:
    """What follows instead, at four digits; documents hold every one."""
    if claim.recomputed is None:
        return text.NO_DATA
    return _answer(claim.recomputed) if _is_statement(claim) else number(claim.recomputed)


def number(value: float) -> str:
    """Four significant digits, thousands set apart: `42,000`, `98.32`, `6.503`."""
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.4g}"


def _is_statement(claim: AuditedClaim) -> bool:
    form = FORMS.get(claim.check)
    return (form is not None and form.states) or (claim.check == "fact" and claim.unit == "")


def _answer(value: float) -> str:
    return "yes" if value else "no"
