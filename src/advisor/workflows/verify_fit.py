"""A fit question put under a server's own settings, judged, and compared with what the server says.

What nobody states is taken from the server; what somebody states and the server denies is a finding, and the
comparison is made under the server's word, so that figures of like are compared.
"""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from advisor.catalog.load import Catalog
from advisor.fit.proof.compare import Comparison, Setting, Value, compare
from advisor.fit.proof.identify import BATCHED_TOKENS, explains_concurrency
from advisor.fit.proof.implied import settings_told
from advisor.fit.proof.observed import Observed
from advisor.fit.proof.served import served_as
from advisor.fit.result import FitResult
from advisor.fit.versions import release_of
from advisor.workflows.fit import judged
from advisor.workflows.fit_question import FitQuestion

DEFAULTED = frozenset(
    {"checkpoint", "context_tokens", "pipeline_parallel_size", "data_parallel_size", "kv_dtype", "expert_parallel"}
)
"""Fields of a question that always hold a value: only their names in `stated` say that somebody chose it."""

_SETTINGS = (
    "engine",
    "checkpoint",
    "tensor_parallel_size",
    "pipeline_parallel_size",
    "data_parallel_size",
    "expert_parallel",
    "kv_dtype",
    "gpu_memory_utilization",
    "block_tokens",
    "hybrid_kv",
    "max_num_batched_tokens",
    "max_num_seqs",
)


@dataclass(frozen=True, slots=True)
class Verified:
    """The verdict under the server's settings, what the server says, and how they compare."""

    result: FitResult
    observed: Observed
    comparison: Comparison


def verify_fit(
    catalog: Catalog, question: FitQuestion, observed: Observed, stated: Collection[str] = DEFAULTED
) -> Verified:
    """Judge the question as the server is set up, and compare.

    stated names the fields of `DEFAULTED` that somebody chose. UnknownIdError and InputError for a question
    that cannot be asked, or an engine version from before Llama 4.
    """
    told = _told(catalog, question, observed)
    wanted = _stated(question, stated)
    asked = replace(question, **{**told, "concurrency": 1})
    result = judged(catalog, asked)
    if asked.max_num_batched_tokens is None and (tokens := _batched_tokens(result, observed)) is not None:
        told["max_num_batched_tokens"] = tokens
        asked = replace(asked, max_num_batched_tokens=tokens)
        result = judged(catalog, asked)
    settings = tuple(_settings(wanted, told, result, asked))
    return Verified(result, observed, compare(result, observed, (*_identity(catalog, question, observed), *settings)))


def _told(catalog: Catalog, question: FitQuestion, observed: Observed) -> dict[str, Any]:
    """What the server tells, under the names of a question's fields."""
    told = settings_told(observed)
    if (engine := _engine(catalog, question, observed)) is not None:
        told["engine"] = engine
    served = served_as(catalog.models.values(), observed.served_model, observed.model_root)
    if served is not None and served[0].id == catalog.model(question.model).id:
        told["checkpoint"] = served[1].id
    return told


def _batched_tokens(result: FitResult, observed: Observed) -> int | None:
    """The limit of batched tokens that the server's own concurrency gives away; None where it leaves several open.

    With the hybrid cache a request holds a chunk and what one step may add to it (facts: model-fit, section 2.1).
    """
    request = result.request
    if result.kv_cache is None or not result.kv_cache.hybrid:
        return None
    tried = (replace(request, max_num_batched_tokens=tokens) for tokens in BATCHED_TOKENS)
    explaining = [each.max_num_batched_tokens for each in tried if explains_concurrency(each, observed)]
    is_open = len(explaining) > 1 and explains_concurrency(request, observed)
    return explaining[0] if explaining and not is_open else None


def _engine(catalog: Catalog, question: FitQuestion, observed: Observed) -> str | None:
    """Engine and version as the server tells them.

    None where it is simulated, and on Neuron, where vLLM is only the front of the engine in question.
    """
    release = release_of(observed.engine_version)
    accelerator = catalog.accelerator_of(catalog.instance(question.instance))
    on_neuron = accelerator is not None and accelerator.kind == "neuron"
    if release is None or observed.engine not in catalog.engines or observed.simulated or on_neuron:
        return None
    return f"{observed.engine}@{release}"


def _stated(question: FitQuestion, stated: Collection[str]) -> dict[str, Any]:
    found = {name: getattr(question, name) for name in (*_SETTINGS, "context_tokens")}
    return {
        name: value for name, value in found.items() if value is not None and (name not in DEFAULTED or name in stated)
    }


def _identity(catalog: Catalog, question: FitQuestion, observed: Observed) -> Iterator[Setting]:
    """The model itself, where the server names one that the catalogue knows."""
    served = served_as(catalog.models.values(), observed.served_model, observed.model_root)
    if served is not None:
        model = catalog.model(question.model).id
        yield Setting("model", model, served[0].id, model)


def _settings(
    stated: Mapping[str, Any], told: Mapping[str, Any], result: FitResult, asked: FitQuestion
) -> Iterator[Setting]:
    for name in _SETTINGS:
        own, others = stated.get(name), told.get(name)
        if name == "engine" and own is not None and others is not None and _names(own, others):
            own = others
        yield Setting(name, own, others, _used(name, result, asked))
    length, wanted = told.get("context_tokens"), stated.get("context_tokens")
    is_longer = wanted is not None and length is not None and wanted > length
    yield Setting("max_model_len", wanted if is_longer else None, length, asked.context_tokens)


def _names(stated: str, told: str) -> bool:
    """Whether `vllm` or `vllm@0.33` names what `vllm@0.33.1` is."""
    return told == stated or told.startswith((f"{stated}@", f"{stated}."))


def _used(name: str, result: FitResult, asked: FitQuestion) -> Value | None:
    request = result.request
    if name == "engine":
        return f"{request.engine.id}@{request.engine_version}"
    if name == "tensor_parallel_size":
        return result.parallelism.tensor_parallel_size
    if name == "hybrid_kv" and result.kv_cache is not None:
        return result.kv_cache.hybrid
    value: Value | None = getattr(asked, name)
    return value
