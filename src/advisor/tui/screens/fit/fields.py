"""The fields of Fit: what each offers, how its words become a value of the question, and what stands beside it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from advisor.catalog.load import Catalog
from advisor.catalog.records.engines import Engine
from advisor.fit.result import FitResult
from advisor.quantities import text
from advisor.workflows.fit_question import FitQuestion

AUTO = "auto"
_CONTEXTS = (*(2**power for power in range(10, 24)), 10_485_760)
_CONCURRENCIES = tuple(2**power for power in range(11))
_STAGES = (1, 2, 3, 4, 6, 8)
_NODES = (1, 2, 3, 4, 6, 8)
_SHARES = (0.80, 0.85, 0.90, 0.92, 0.95)
_STATES = {"on": True, "off": False}


@dataclass(frozen=True, slots=True)
class Setting:
    """What a field depends on. result is None where the question cannot be judged."""

    catalog: Catalog
    question: FitQuestion
    result: FitResult | None


@dataclass(frozen=True, slots=True)
class Field:
    """One line of the form, for one key of the question.

    offered gives the words to choose from; read turns one into the value, write the value into one; remark
    says beside it what the value leads to.
    """

    key: str
    label: str
    offered: Callable[[Setting], Sequence[str]]
    read: Callable[[str], object] = str
    write: Callable[[Any], str] = str
    remark: Callable[[Setting], str] = lambda _: ""

    def value(self, question: FitQuestion) -> str:
        """The word that stands for the question's value."""
        return self.write(getattr(question, self.key))

    def words(self, setting: Setting) -> tuple[str, ...]:
        """The words on offer, with the question's own among them in its place."""
        offered = tuple(self.offered(setting))
        own = self.value(setting.question)
        if own in offered:
            return offered
        try:
            return tuple(sorted((*offered, own), key=_size))
        except ValueError:
            return (*offered, own)


def _size(words: str) -> float:
    """For the order of numbers; `auto` comes first. ValueError for words that are no number."""
    return 0.0 if words == AUTO else float(words.replace(",", ""))


def _count(words: str) -> int:
    return int(words.replace(",", ""))


def _written(number: int) -> str:
    return f"{number:,}"


def _or_auto(read: Callable[[str], object]) -> Callable[[str], object]:
    return lambda words: None if words == AUTO else read(words)


def _auto_or(write: Callable[[Any], str]) -> Callable[[Any], str]:
    return lambda value: AUTO if value is None else write(value)


def _degrees(setting: Setting) -> Sequence[str]:
    sizes = setting.result.parallelism.valid_tensor_parallel_sizes if setting.result is not None else ()
    return AUTO, *map(str, sizes)


def _engines(setting: Setting) -> Sequence[str]:
    """Every engine for the kind of accelerator, in each version from which it behaves differently, newest first."""
    accelerator = setting.catalog.accelerator_of(setting.catalog.instance(setting.question.instance))
    kind = accelerator.kind if accelerator is not None else "gpu"
    engines = (engine for engine in setting.catalog.engines.values() if engine.accelerators == kind)
    return AUTO, *(version for engine in engines for version in engine_versions(engine))


def engine_versions(engine: Engine) -> tuple[str, ...]:
    """`vllm@0.33.0` for each version from which an engine behaves differently, newest first."""
    return tuple(f"{engine.id}@{record.since}" for record in reversed(engine.versions)) or (engine.id,)


def _hardware(setting: Setting) -> str:
    instance = setting.catalog.instance(setting.question.instance)
    return f"{instance.accelerator_count}×{instance.accelerator}" if instance.accelerator else "no accelerator"


def _longest(setting: Setting) -> str:
    cache = setting.result.kv_cache if setting.result is not None else None
    return f"up to {text.big(cache.max_context_at_concurrency_tokens)}" if cache is not None else ""


def _most(setting: Setting) -> str:
    cache = setting.result.kv_cache if setting.result is not None else None
    return f"up to {int(cache.max_concurrency_at_context):,}" if cache is not None else ""


def _defaulted(key: str, told: Callable[[FitResult], str]) -> Callable[[Setting], str]:
    """What a default comes to; nothing beside a value that was stated."""

    def remark(setting: Setting) -> str:
        if setting.result is None or getattr(setting.question, key) is not None:
            return ""
        return told(setting.result)

    return remark


def _degree(result: FitResult) -> str:
    return str(result.parallelism.tensor_parallel_size)


def _engine(result: FitResult) -> str:
    return f"{result.request.engine.id} {result.request.engine_version}"


def _hybrid(result: FitResult) -> str:
    if result.kv_cache is None or result.hybrid_on is None:
        return ""
    return "on" if result.kv_cache.hybrid else "off"


def _share(result: FitResult) -> str:
    device = result.per_device
    if device is None or not result.request.engine.versions:
        return ""
    return f"{device.budget_bytes / device.usable_bytes:.2f}"


FIELDS = (
    Field("model", "model", lambda setting: tuple(setting.catalog.models)),
    Field("checkpoint", "checkpoint", lambda setting: tuple(setting.catalog.model(setting.question.model).checkpoints)),
    Field("instance", "instance", lambda setting: tuple(setting.catalog.instances), remark=_hardware),
    Field("context_tokens", "context", lambda _: [f"{size:,}" for size in _CONTEXTS], _count, _written, _longest),
    Field("concurrency", "concurrency", lambda _: [f"{size:,}" for size in _CONCURRENCIES], _count, _written, _most),
    Field(
        "tensor_parallel_size",
        "TP",
        _degrees,
        _or_auto(int),
        _auto_or(str),
        _defaulted("tensor_parallel_size", _degree),
    ),
    Field("pipeline_parallel_size", "PP", lambda _: tuple(map(str, _STAGES)), int),
    Field("nodes", "instances", lambda _: tuple(map(str, _NODES)), int),
    Field("kv_dtype", "KV cache", lambda _: (AUTO, "fp8")),
    Field(
        "hybrid_kv",
        "hybrid KV",
        lambda _: (AUTO, *_STATES),
        lambda words: _STATES.get(words),
        lambda value: AUTO if value is None else "on" if value else "off",
        _defaulted("hybrid_kv", _hybrid),
    ),
    Field("engine", "engine", _engines, _or_auto(str), _auto_or(str), _defaulted("engine", _engine)),
    Field(
        "gpu_memory_utilization",
        "memory share",
        lambda _: (AUTO, *(f"{share:.2f}" for share in _SHARES)),
        _or_auto(float),
        _auto_or(lambda share: f"{share:.3f}".rstrip("0").ljust(4, "0")),
        _defaulted("gpu_memory_utilization", _share),
    ),
)
BY_KEY = {field.key: field for field in FIELDS}

FOLLOWERS: dict[str, tuple[str, ...]] = {
    "instance": ("tensor_parallel_size", "engine", "logical_core_config"),
    "engine": ("hybrid_kv",),
}
"""What goes back to its default when a field changes, because the new value may not allow it."""
