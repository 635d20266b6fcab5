"""What a benchmark was run on, who says so, and whether the server contradicts it.

An endpoint does not tell its hardware. What the user states makes a run evidence about an instance, as
long as nothing that the server says of itself speaks against it: its name, its version, and the size of
its KV cache, which follows from the memory of its devices.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any, Literal

from advisor.catalog.load import Catalog
from advisor.catalog.records.models import Checkpoint, Model
from advisor.errors import InputError
from advisor.fit.check import check_fit
from advisor.fit.proof.declared import Declaration, judge_declaration
from advisor.fit.proof.observed import Observed
from advisor.fit.proof.served import served_as
from advisor.fit.request import FitRequest
from advisor.fit.result import Verdict
from advisor.fit.versions import minor, minor_distance, release_of

VouchedBy = Literal["user", "server", "contradicted"]
"""user: stated, and nothing speaks against it; server: its own words and its KV cache agree with the statement."""

_CORROBORATED_ENGINE = "vllm"
_ADDED = frozenset({"blocks", "predicted_blocks"})
"""What the subjects of older runs lack."""

_NEEDED = "A run becomes evidence with an instance, a checkpoint and a tensor_parallel_size."


@dataclass(frozen=True, slots=True)
class Statement:
    """What the user says of the endpoint; engine may carry a version: `vllm@0.33.0`."""

    instance: str | None = None
    checkpoint: str | None = None
    tensor_parallel_size: int | None = None
    model: str | None = None
    engine: str | None = None

    @property
    def is_empty(self) -> bool:
        return all(getattr(self, name) is None for name in self.__slots__)


@dataclass(frozen=True, slots=True)
class Subject:
    """What a run is about. devices counts accelerators of one replica; contradictions are codes.

    blocks are those of the KV cache that the server reports, predicted_blocks those of the stated stack; None where
    the server reports none, or the run is from before they were compared.
    """

    model: str
    checkpoint: str
    instance: str
    accelerator: str
    devices: int
    tensor_parallel_size: int
    engine: str
    engine_version: str
    vouched_by: VouchedBy
    contradictions: tuple[str, ...] = ()
    blocks: int | None = None
    predicted_blocks: int | None = None

    def as_document(self) -> dict[str, Any]:
        return asdict(self) | {"contradictions": list(self.contradictions)}

    @classmethod
    def from_document(cls, values: Mapping[str, Any]) -> "Subject | None":
        """The subject that a run was started with; None where nobody stated one."""
        if not values:
            return None
        known = {name: values[name] for name in cls.__slots__ if name not in _ADDED or name in values}
        return cls(**{**known, "contradictions": tuple(values["contradictions"])})


def subject_of(
    statement: Statement,
    catalog: Catalog,
    *,
    served_model: str,
    engine: str | None,
    engine_version: str | None,
    observed: Observed | None = None,
) -> Subject | None:
    """What the run is about, from the user's words and the server's. None where the user says nothing.

    served_model, engine and engine_version are what the server calls itself, observed what it says of its memory.
    InputError for a statement that lacks something; UnknownIdError for ids that the catalogue does not hold.
    """
    if statement.is_empty:
        return None
    if statement.instance is None:
        raise InputError("nobody says which instance the endpoint runs on", hint=_NEEDED, key="instance")
    instance = catalog.instance(statement.instance)
    accelerator = catalog.accelerator_of(instance)
    if accelerator is None:
        raise InputError(f"{instance.id} has no accelerator to measure", key="instance")
    served = served_as(catalog.models.values(), served_model, observed.model_root if observed is not None else None)
    model = catalog.model(statement.model) if statement.model is not None else served[0] if served else None
    if model is None:
        raise InputError(
            f"the server calls its model '{served_model}', which is no repository that the catalogue knows",
            hint=f"Say which model it is: {' or '.join(catalog.models)}.",
            key="serves",
        )
    checkpoint = _checkpoint(statement, catalog, model, served)
    size = statement.tensor_parallel_size
    if size is None:
        raise InputError("the tensor_parallel_size of the endpoint is not stated", hint=_NEEDED, key="tp")
    devices = instance.accelerator_count * accelerator.logical_cores
    if size > devices:
        raise InputError(f"{instance.id} has {devices} devices, not {size}", key="tp")
    stated_engine, stated_version = _engine(statement, engine, engine_version)
    against = tuple(_contradictions(stated_engine, stated_version, engine, engine_version))
    request = FitRequest(
        model=model,
        checkpoint=checkpoint,
        instance=instance,
        accelerator=accelerator,
        engine=catalog.engine(stated_engine),
        engine_version=stated_version,
        tensor_parallel_size=size,
    )
    if _cannot_hold(request):
        against = (*against, "memory")
    if served is not None and (served[0].id, served[1].id) != (model.id, checkpoint.id):
        against = ("served_model", *against)
    stated = Subject(
        model=model.id,
        checkpoint=checkpoint.id,
        instance=instance.id,
        accelerator=accelerator.id,
        devices=-(-size // accelerator.logical_cores),
        tensor_parallel_size=size,
        engine=catalog.engine(stated_engine).id,
        engine_version=stated_version,
        vouched_by="contradicted" if against else "user",
        contradictions=against,
    )
    if against or observed is None:
        return stated
    return _corroborated(stated, catalog, observed, is_named=served is not None)


def _corroborated(stated: Subject, catalog: Catalog, observed: Observed, *, is_named: bool) -> Subject:
    """The subject as the server's KV cache vouches for it, or contradicts it; a server that is silent does neither.

    It vouches only where it names model and version too: the cache alone tells neither.
    """
    if stated.engine != _CORROBORATED_ENGINE or catalog.accelerator(stated.accelerator).kind != "gpu":
        return stated
    declaration = Declaration(
        instance=stated.instance,
        model=stated.model,
        checkpoint=stated.checkpoint,
        tensor_parallel_size=stated.tensor_parallel_size,
        pipeline_parallel_size=1,
        engine=f"{stated.engine}@{minor(stated.engine_version)}",
    )
    outcome, nearest = judge_declaration(catalog, observed, declaration)
    if nearest is None:
        return stated
    seen = replace(stated, blocks=nearest.implied.blocks, predicted_blocks=nearest.implied.predicted_blocks)
    if outcome == "contradicted":
        return replace(seen, vouched_by="contradicted", contradictions=("kv_capacity",))
    is_told = is_named and observed.engine_version is not None
    # A cache that only settings explain which nobody stated vouches for nothing.
    is_vouched = outcome == "corroborated" and is_told and not nearest.needs_settings
    return replace(seen, vouched_by="server") if is_vouched else seen


def _cannot_hold(request: FitRequest) -> bool:
    """Whether the stated devices cannot even hold the weights, whatever the server's settings.

    InputError for a degree that the engine refuses; engines whose rules nobody wrote down refuse none.
    """
    if not request.engine.versions:
        return False
    fit = check_fit(request)
    size = request.tensor_parallel_size
    if fit.verdict is Verdict.INVALID:
        valid = ", ".join(str(each) for each in fit.parallelism.valid_tensor_parallel_sizes)
        raise InputError(
            f"{request.engine.name} does not run {request.model.name} at a tensor_parallel_size of {size}",
            hint=f"On {request.instance.id} it runs at {valid}.",
            key="tp",
        )
    return fit.per_device is not None and fit.per_device.weights_bytes > fit.per_device.usable_bytes


def _checkpoint(
    statement: Statement, catalog: Catalog, model: Model, served: tuple[Model, Checkpoint] | None
) -> Checkpoint:
    if statement.checkpoint is not None:
        return catalog.checkpoint(model, statement.checkpoint)
    if served is not None and served[0].id == model.id:
        return served[1]
    raise InputError("the checkpoint that the endpoint serves is not stated", hint=_NEEDED, key="checkpoint")


def _engine(statement: Statement, told: str | None, told_version: str | None) -> tuple[str, str]:
    name, _, version = (statement.engine or "").partition("@")
    engine, engine_version = name or told, version or release_of(told_version)
    if engine is None or engine_version is None:
        raise InputError(
            "the server does not say which engine and version it is",
            hint="State it, like vllm@0.33.0: figures of different versions differ by up to twice.",
            key="engine",
        )
    return engine, engine_version


def _contradictions(engine: str, version: str, told: str | None, told_version: str | None) -> list[str]:
    if told is not None and told != engine:
        return ["engine"]
    release = release_of(told_version)
    if release is not None and minor_distance(version, release) != 0:
        return ["engine_version"]
    return []
