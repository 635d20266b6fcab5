"""What a GPU may be asked to run: compiled kernels, formats of weights and of the cache, by engine version.

The figures are data (`gates` in engines.toml), since they change with every few releases; each row names the
source that it was read in.
"""

from collections.abc import Iterator

from advisor.catalog.records.engines import Engine, Gate, GatedFormat
from advisor.catalog.records.hardware import Accelerator
from advisor.fit.request import FitRequest
from advisor.fit.versions import row_for, version_key
from advisor.reasons import Parameter, Reason, error, info, warning

_FP8_COMPUTE = 8.9
_EVERYWHERE = ("kernels", "bf16")
"""What an engine that serves Llama 4 at all runs on the GPUs that it is for."""

FORMAT_NAMES: dict[GatedFormat, str] = {
    "kernels": "kernels",
    "bf16": "BF16",
    "fp8": "FP8 weights",
    "int4": "4-bit integer weights",
    "nvfp4": "NVFP4 weights",
    "kv_fp8": "an FP8 KV cache",
}


def computes_fp8(accelerator: Accelerator) -> bool | None:
    """Whether its arithmetic knows FP8; None for a chip that states no compute capability."""
    capability = accelerator.compute_capability
    return None if capability is None else capability >= _FP8_COMPUTE


def gate_for(engine: Engine, version: str, wanted: GatedFormat) -> Gate | None:
    """The row that holds for a format in a version; None where nobody has read what the engine asks for."""
    return row_for([gate for gate in engine.gates if gate.format == wanted], version)


def gpu_reasons(request: FitRequest, accelerator: Accelerator) -> list[Reason]:
    """Gates that this request does not pass, and those that it passes with less than the format promises."""
    capability = accelerator.compute_capability
    if capability is None:
        return [warning("compute_capability_unknown", accelerator=accelerator.name)] if request.engine.gates else []
    return [reason for wanted in _wanted(request) for reason in _at(request, accelerator, capability, wanted)]


def _wanted(request: FitRequest) -> Iterator[GatedFormat]:
    """Every checkpoint keeps some weights in BF16."""
    yield "kernels"
    yield "bf16"
    if request.checkpoint.weight_format != "bf16":
        yield request.checkpoint.weight_format
    if request.kv_dtype == "fp8":
        yield "kv_fp8"


def _at(request: FitRequest, accelerator: Accelerator, capability: float, wanted: GatedFormat) -> Iterator[Reason]:
    gate = gate_for(request.engine, request.engine_version, wanted)
    if gate is None:
        if wanted not in _EVERYWHERE:
            yield info("format_unread", engine=request.engine.name, format=FORMAT_NAMES[wanted])
        return
    if not gate.runs(capability):
        yield _refused(request, accelerator, capability, gate)
    elif not gate.is_native(capability):
        yield _less_than_native(accelerator, capability, gate)


def _less_than_native(accelerator: Accelerator, capability: float, gate: Gate) -> Reason:
    """What happens below the capability whose arithmetic knows the format."""
    said: dict[str, Parameter] = {"accelerator": accelerator.name, "compute_capability": capability}
    match gate.format:
        case "bf16":
            return warning("bf16_as_fp16", gate.source, **said)
        case "fp8":
            return warning("fp8_weight_only", gate.source, **said)
        case "kv_fp8":
            return warning("fp8_kv_unverified", gate.source, **said, native_from=gate.native_from or 0.0)
        case _:
            return warning("nvfp4_weight_only", gate.source, **said)


def _refused(request: FitRequest, accelerator: Accelerator, capability: float, gate: Gate) -> Reason:
    """The refusal, and from which version on it would not be one."""
    engine, version = request.engine, request.engine_version
    later = [
        row
        for row in engine.gates
        if row.format == gate.format and row.runs(capability) and version_key(row.since) > version_key(version)
    ]
    if later:
        return error(
            "format_needs_newer_engine",
            gate.source,
            engine=engine.name,
            version=version,
            format=FORMAT_NAMES[gate.format],
            accelerator=accelerator.name,
            compute_capability=capability,
            since=later[0].since,
        )
    return error(
        "format_unsupported",
        gate.source,
        engine=engine.name,
        version=version,
        format=FORMAT_NAMES[gate.format],
        accelerator=accelerator.name,
        compute_capability=capability,
    )
