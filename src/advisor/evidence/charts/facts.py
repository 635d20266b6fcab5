"""What the catalogue knows of facts that a chart states and no claim of its report does: by name, with origins."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from advisor.anatomy.parameters import active_parameters
from advisor.catalog.load import Catalog
from advisor.catalog.records.hardware import Accelerator, Instance
from advisor.catalog.records.models import Model
from advisor.quantities.provenance import Level, Provenance

_CONFIG = "the released config.json"
_BILLION = 1e9
_ROUNDED = 0.02
"""Billions of parameters are published in whole ones."""


@dataclass(frozen=True, slots=True)
class Fact:
    """A figure of the catalogue, a number or a word. tolerance is by how much a rounded one may differ."""

    provenance: Provenance
    value: float | None = None
    words: str = ""
    tolerance: float = 0.0


def _both_ways(_: Instance, accelerator: Accelerator) -> Fact | None:
    if accelerator.link_gb_per_s is None:
        return None
    origin = accelerator.origin.of("link_gb_per_s")
    source = f"2 × {accelerator.link_gb_per_s:g} GB/s each way; {origin.source}"
    return Fact(origin.but(Level.DERIVED, source), 2 * accelerator.link_gb_per_s)


_HARDWARE: Mapping[str, Callable[[Instance, Accelerator], Fact | None]] = {
    "memory_type": lambda _, chip: Fact(chip.origin.of("memory_type"), words=chip.memory_type),
    "interconnect": lambda _, chip: Fact(chip.origin.of("interconnect_name"), words=chip.interconnect_name),
    "link_gb_per_s_both_ways": _both_ways,
}


def _active_parameters(model: Model) -> Fact:
    origin = model.origin.default.but(Level.DERIVED, f"what one text token uses, from the dimensions of {_CONFIG}")
    return Fact(origin, active_parameters(model.architecture) / _BILLION, tolerance=_ROUNDED)


def _shared_experts(model: Model) -> Fact:
    return Fact(model.origin.default, 1.0 if model.architecture.shared_expert_intermediate_size else 0.0)


def _position_encoding(model: Model) -> Fact:
    """Llama 4's interleaved attention: every n-th layer without rotary positions is what iRoPE names."""
    arch = model.architecture
    words = f"iRoPE: RoPE in {arch.local_layers} layers, none in {arch.global_layers}"
    return Fact(model.origin.default.but(Level.DERIVED, f"layer kinds of {_CONFIG}"), words=words)


def _fp8_checkpoint(model: Model) -> Fact:
    found = next((each for each in model.checkpoints.values() if each.weight_format == "fp8"), None)
    if found is None:
        return Fact(model.origin.default, words="none released")
    return Fact(found.origin.default, words=f"available from {found.publisher}")


_MODEL: Mapping[str, Callable[[Model], Fact]] = {
    "active_parameters": _active_parameters,
    "shared_experts": _shared_experts,
    "position_encoding": _position_encoding,
    "fp8_checkpoint": _fp8_checkpoint,
}

FACTS = frozenset((*_HARDWARE, *_MODEL))
"""Every fact that a chart may name: of a scenario's instance, or of a model."""


def fact_of_instance(name: str, instance: Instance, catalog: Catalog) -> Fact | None:
    """None for an instance without accelerator, for a figure that nobody knows, and for a fact of models."""
    accelerator = catalog.accelerator_of(instance)
    read = _HARDWARE.get(name)
    return None if accelerator is None or read is None else read(instance, accelerator)


def fact_of_model(name: str, model: Model) -> Fact | None:
    """None for a fact that is one of hardware."""
    read = _MODEL.get(name)
    return None if read is None else read(model)
