"""What a server can be, by what it reports, and whether what somebody declares of it agrees.

A declaration is corroborated by a cache within the doubt of the overheads, and contradicted by one that its
devices cannot have. What lies between is unexplained; silence says nothing.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Literal

from advisor.catalog.load import Catalog
from advisor.catalog.records.engines import Engine
from advisor.catalog.records.hardware import Instance
from advisor.errors import InputError
from advisor.fit.proof.identify import Identification, Match, Offer, Suspect, identify, tells_enough
from advisor.fit.proof.observed import Observed
from advisor.fit.proof.served import served_as
from advisor.fit.versions import minor_distance, release_of, version_key
from advisor.reasons import Reason, warning

Outcome = Literal["found", "nothing_consistent", "corroborated", "contradicted", "unexplained", "too_little"]
_ENGINE = "vllm"


@dataclass(frozen=True, slots=True)
class Declaration:
    """What somebody says of the endpoint, as far as it is stated. engine may carry a version: `vllm@0.33.0`."""

    instance: str | None = None
    model: str | None = None
    checkpoint: str | None = None
    tensor_parallel_size: int | None = None
    pipeline_parallel_size: int | None = None
    engine: str | None = None
    nodes: int = 1
    """Instances that a replica may span."""
    max_num_seqs: int | None = None
    max_num_batched_tokens: int | None = None
    expert_parallel: bool | None = None

    def with_settings(self, observed: Observed) -> Observed:
        """The observation, completed by the settings that somebody states and the server does not tell."""
        names = ("max_num_seqs", "max_num_batched_tokens", "expert_parallel")
        return replace(observed, **{name: getattr(self, name) for name in names if getattr(observed, name) is None})


@dataclass(frozen=True, slots=True)
class Identified:
    """What an endpoint can be. identification is None where it says too little, and reasons say why.

    declared holds what was found for the declared instance alone; None where none is declared.
    """

    observed: Observed
    declaration: Declaration
    engine_version: str | None
    outcome: Outcome
    identification: Identification | None = None
    declared: Identification | None = None
    reasons: tuple[Reason, ...] = ()

    @property
    def is_good(self) -> bool:
        """Whether combinations were found, or the declared one agrees."""
        return self.outcome in ("found", "corroborated")

    @property
    def nearest(self) -> Match | None:
        """The combination to show for a declaration: one that agrees, else the one that comes nearest."""
        found = self.declared or self.identification
        return None if found is None else found.matches[0] if found.matches else found.closest


def check_declaration(catalog: Catalog, declaration: Declaration) -> None:
    """InputError and UnknownIdError for a declaration that names what is not there, or no GPU under vLLM."""
    _offers(catalog, declaration)
    _suspects(catalog, Observed(""), declaration)
    _engine(catalog, Observed(""), declaration)


def identify_observed(catalog: Catalog, observed: Observed, declaration: Declaration = Declaration()) -> Identified:
    """The stacks that explain what a server reports, and what that means for the declaration.

    Errors as `check_declaration`.
    """
    observed = declaration.with_settings(observed)
    engine, version = _engine(catalog, observed, declaration)
    silence = tuple(_silence(observed, engine, version))
    if silence or version is None:
        return Identified(observed, declaration, version, "too_little", reasons=silence)
    suspects = _suspects(catalog, observed, declaration)
    found = identify(observed, suspects, _offers(catalog, Declaration()), engine, version)
    against = tuple(_against(catalog, observed, declaration))
    if declaration.instance is None and not against:
        outcome: Outcome = "found" if found.matches else "nothing_consistent"
        return Identified(observed, declaration, version, outcome, found)
    declared = _declared(catalog, observed, declaration, suspects, engine, version)
    outcome = "contradicted" if against else _judged(declared)
    return Identified(observed, declaration, version, outcome, found, declared, against)


def judge_declaration(catalog: Catalog, observed: Observed, declaration: Declaration) -> tuple[Outcome, Match | None]:
    """Whether a server agrees with a declared instance, and the layout of it that comes nearest; no other is tried.

    Errors as `identify_observed`.
    """
    engine, version = _engine(catalog, observed, declaration)
    if version is None or any(_silence(observed, engine, version)):
        return "too_little", None
    suspects = _suspects(catalog, observed, declaration)
    declared = _declared(catalog, observed, declaration, suspects, engine, version)
    outcome = "contradicted" if any(_against(catalog, observed, declaration)) else _judged(declared)
    return outcome, declared.matches[0] if declared.matches else declared.closest


def _declared(
    catalog: Catalog,
    observed: Observed,
    declaration: Declaration,
    suspects: Iterable[Suspect],
    engine: Engine,
    version: str,
) -> Identification:
    """What the declared instance and degrees explain."""
    told = replace(
        observed,
        tensor_parallel_size=declaration.tensor_parallel_size or observed.tensor_parallel_size,
        pipeline_parallel_size=declaration.pipeline_parallel_size or observed.pipeline_parallel_size,
    )
    return identify(told, tuple(suspects), _offers(catalog, declaration), engine, version, declaration.nodes)


def _judged(declared: Identification) -> Outcome:
    """A declaration is contradicted where none of its layouts can have the cache; another version may explain less."""
    if declared.matches:
        return "corroborated"
    closest = declared.closest
    return "contradicted" if closest is None or closest.implied.consistency.denies else "unexplained"


def _silence(observed: Observed, engine: Engine, version: str | None) -> Iterable[Reason]:
    """Why the endpoint cannot be identified."""
    source = observed.source
    if observed.simulated:
        yield warning("identify_simulated", source)
        return
    if observed.engine not in (None, _ENGINE):
        yield warning("identify_engine", source, engine=observed.engine or "?")
        return
    yield from observed.reasons
    if version is None:
        yield warning("identify_version_untold", source)
    elif version_key(version) < version_key(engine.versions[0].since):
        yield warning("identify_version_old", source, version=version, since=engine.versions[0].since)
    if observed.kv_pinned:
        yield warning("identify_pinned", source)
    elif not tells_enough(observed) and not observed.reasons:
        yield warning("identify_cache_untold", source, cache_dtype=observed.cache_dtype or "?")


def _against(catalog: Catalog, observed: Observed, declaration: Declaration) -> Iterable[Reason]:
    """What the server says of itself, cache aside, against what is declared."""
    told = release_of(observed.engine_version)
    _, _, stated = (declaration.engine or "").partition("@")
    if stated and told is not None and minor_distance(stated, told) != 0:
        yield warning("identify_version_denied", observed.source, told=told, stated=stated)
    served = served_as(catalog.models.values(), observed.served_model, observed.model_root)
    if served is not None:
        stated_ids = (declaration.model or served[0].id, declaration.checkpoint or served[1].id)
        if stated_ids != (served[0].id, served[1].id):
            name = observed.served_model or observed.model_root or "?"
            yield warning("identify_model_denied", observed.source, served=name, stated=" ".join(stated_ids))


def _engine(catalog: Catalog, observed: Observed, declaration: Declaration) -> tuple[Engine, str | None]:
    name, _, stated = (declaration.engine or _ENGINE).partition("@")
    engine = catalog.engine(name)
    if engine.id != _ENGINE:
        raise InputError(
            f"only vLLM's KV cache can be identified, not that of {engine.name}",
            hint="Its overheads are not known well enough to tell stacks apart.",
            key="--engine",
        )
    return engine, release_of(observed.engine_version) or stated or None


def _suspects(catalog: Catalog, observed: Observed, declaration: Declaration) -> tuple[Suspect, ...]:
    """The checkpoint that the server names; else all of the declared model, or of every model."""
    models = [catalog.model(declaration.model)] if declaration.model is not None else [*catalog.models.values()]
    served = served_as(models, observed.served_model, observed.model_root)
    if declaration.checkpoint is not None:
        if declaration.model is not None:
            catalog.checkpoint(models[0], declaration.checkpoint)
        held = [model for model in models if declaration.checkpoint in model.checkpoints]
        if not held:
            catalog.checkpoint(models[0], declaration.checkpoint)  # says which there are
        return tuple(Suspect(model, model.checkpoints[declaration.checkpoint]) for model in held)
    if served is not None:
        return (Suspect(*served),)
    return tuple(Suspect(model, checkpoint) for model in models for checkpoint in model.checkpoints.values())


def _offers(catalog: Catalog, declaration: Declaration) -> tuple[Offer, ...]:
    """GPUs of the catalogue with their instances; of a declared instance only its own."""
    if declaration.instance is not None:
        instance = catalog.instance(declaration.instance)
        accelerator = catalog.accelerator_of(instance)
        if accelerator is None or accelerator.kind != "gpu":
            raise InputError(f"{instance.id} has no GPU that vLLM could report on", key="--instance")
        return (Offer(accelerator, (instance,)),)
    held: dict[str, list[Instance]] = defaultdict(list)
    for instance in catalog.instances.values():
        if instance.accelerator is not None:
            held[instance.accelerator].append(instance)
    gpus = ((catalog.accelerator(name), instances) for name, instances in held.items())
    return tuple(Offer(gpu, tuple(instances)) for gpu, instances in gpus if gpu.kind == "gpu")
