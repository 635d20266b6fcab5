"""Whether a model fits where a report puts it: the fit checker's own answer."""

from advisor.anatomy.parameters import checkpoint_bytes, parameters
from advisor.errors import InputError
from advisor.evidence.audit.values import Asked
from advisor.evidence.audit.verdicts import AuditVerdict, Finding
from advisor.fit.check import check_fit
from advisor.fit.request import DEFAULT_CONTEXT_TOKENS, FitRequest
from advisor.fit.result import Verdict as FitVerdict
from advisor.quantities.units import GB, GIB

_VERDICTS = {
    (FitVerdict.FITS, 1.0): AuditVerdict.OK,
    (FitVerdict.FITS, 0.0): AuditVerdict.FALSE_FACT,
    (FitVerdict.TIGHT, 1.0): AuditVerdict.OK,
    (FitVerdict.DOES_NOT_FIT, 1.0): AuditVerdict.IMPOSSIBLE,
    (FitVerdict.DOES_NOT_FIT, 0.0): AuditVerdict.OK,
    (FitVerdict.INVALID, 1.0): AuditVerdict.WRONG,
    (FitVerdict.INVALID, 0.0): AuditVerdict.OK,
}
"""Anything else is within the doubt, or not supported: nobody has shown it either way."""


def fits(asked: Asked) -> Finding:
    """value = 1: it fits; value = 0: it does not."""
    claim, catalog = asked.claim, asked.catalog
    if claim.value not in (0.0, 1.0):
        raise InputError("it fits (value = 1) or it does not (value = 0)", key=f"claim {claim.id}")
    model, instance = catalog.model(asked.word("model")), catalog.instance(asked.word("instance"))
    accelerator = catalog.accelerator_of(instance)
    own = "neuron" if accelerator is not None and accelerator.kind == "neuron" else "vllm"
    engine = catalog.engine(asked.word("engine") if asked.has("engine") else own)
    checkpoint = catalog.checkpoint(model, asked.word("checkpoint"))
    result = check_fit(
        FitRequest(
            model=model,
            checkpoint=checkpoint,
            instance=instance,
            accelerator=accelerator,
            engine=engine,
            engine_version=engine.default_version,
            context_tokens=asked.count("context_tokens", DEFAULT_CONTEXT_TOKENS),
            concurrency=asked.count("concurrency", 1),
            tensor_parallel_size=asked.count("tensor_parallel_size", 0) or None,
        )
    )
    inputs = {key: value for key, value in claim.parameters.items() if isinstance(value, str | int | float)}
    weights = checkpoint_bytes(model.architecture, checkpoint)
    also = {
        "parameters": float(parameters(model.architecture).total),
        "GB of weights": weights / GB,
        "GiB of weights": weights / GIB,
    }
    if result.per_device is not None:
        also["GiB of margin per device"] = result.per_device.margin_bytes / GIB
    verdict = _VERDICTS.get((result.verdict, claim.value), AuditVerdict.UNVERIFIABLE)
    formula = f"fit checker, {engine.name} {engine.default_version}: {result.verdict.value}"
    return Finding(inputs, formula, float(result.verdict.runs), verdict, also, result.reasons)
