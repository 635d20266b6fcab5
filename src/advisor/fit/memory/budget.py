"""Where one device's memory goes beside weights and cache, by engine version, each part with its doubt."""

from dataclasses import dataclass
from math import inf
from typing import TYPE_CHECKING

from advisor.catalog.records.engines import EngineVersion, Overhead
from advisor.catalog.records.hardware import Accelerator
from advisor.fit.memory.kv import BLOCK_TOKENS
from advisor.fit.platforms.parallelism import replica_devices
from advisor.fit.request import FitRequest
from advisor.fit.versions import behaviour, minor
from advisor.quantities.provenance import Level, Provenance
from advisor.quantities.units import GIB

if TYPE_CHECKING:
    from advisor.fit.memory.measured import Chosen

MEASURED_BAND_BYTES = 1 * GIB
UNMEASURED_BAND_BYTES = 2 * GIB
_LARGE_DEVICE_GIB = 160
_MEDIUM_DEVICE_GIB = 70
_TABLE_ENTRY_BYTES = 4


@dataclass(frozen=True, slots=True)
class SchedulerLimits:
    """max_num_batched_tokens and max_num_seqs in force, stated or vLLM's default for the device."""

    max_num_batched_tokens: int
    max_num_seqs: int


def scheduler_limits(request: FitRequest, accelerator: Accelerator) -> SchedulerLimits:
    """The limits of a server of this version on this device, where nothing is stated (facts: model-fit, section 3)."""
    version = behaviour(request.engine, request.engine_version)
    tokens, sequences = _default_limits(accelerator, request.device_memory_gib, version)
    sequences = request.max_num_seqs or sequences
    if request.max_num_batched_tokens is None:
        tokens = min(tokens, sequences * request.context_tokens)
    else:
        tokens = request.max_num_batched_tokens
    return SchedulerLimits(tokens, sequences if request.max_num_seqs else min(sequences, tokens))


def _default_limits(accelerator: Accelerator, memory_gib: float, version: EngineVersion | None) -> tuple[int, int]:
    """max_num_batched_tokens and max_num_seqs of vLLM's API server."""
    rule = version.scheduler_defaults if version else "memory_large"
    if rule == "hopper":
        return (8192 if accelerator.id.startswith(("H100", "H200")) else 2048), 1024
    if rule == "memory_large" and memory_gib >= _LARGE_DEVICE_GIB:
        return 16384, 1024
    is_small = accelerator.id.startswith("A100") and rule != "memory"
    return (8192, 1024) if memory_gib >= _MEDIUM_DEVICE_GIB and not is_small else (2048, 256)


@dataclass(frozen=True, slots=True)
class Part:
    """One overhead: the bytes expected, the range that they may lie in, and who vouches for them."""

    bytes: float
    low: float
    high: float
    origin: Provenance


@dataclass(frozen=True, slots=True)
class Overheads:
    """What an engine keeps per device beside weights and cache.

    None: nobody has published that part. cuda_graphs is 0 where the version captures them outside its budget;
    late_bytes then counts them. correction is what a measurement of the whole adds to the modelled parts.
    headroom_bytes is left outside the budget for what is allocated after the cache has its size, late_bytes what
    that is (block tables, graphs); band_bytes the doubt of the whole.
    """

    activation: Part | None
    non_torch: Part | None
    cuda_graphs: Part | None
    block_table_bytes: float
    counted_table_bytes: float
    late_bytes: float
    headroom_bytes: float
    band_bytes: float
    correction: Part | None = None
    late_graph_bytes: float = 0.0
    """The part of late_bytes that no context changes."""
    measured: "Chosen | None" = None
    """The observation that these rest on, where one counts for the stack."""

    @property
    def parts(self) -> tuple[Part | None, ...]:
        return (self.activation, self.non_torch, self.cuda_graphs, self.correction)

    @property
    def budgeted_bytes(self) -> float:
        """All that the engine subtracts from its budget before it sizes the cache."""
        return self.counted_table_bytes + sum(part.bytes for part in self.parts if part is not None)


def tokens_in_headroom(
    request: FitRequest, version: EngineVersion, limits: SchedulerLimits, overheads: Overheads, groups: int
) -> float:
    """The longest context whose block tables the headroom holds; infinite where it is not they that decide."""
    entry = _late_tables(version, groups) * limits.max_num_seqs * _TABLE_ENTRY_BYTES
    left = overheads.headroom_bytes - overheads.late_graph_bytes
    if left <= 0 or not entry:
        return inf
    return left // entry * (request.block_tokens or BLOCK_TOKENS)


def sequences_in_headroom(
    request: FitRequest, version: EngineVersion, overheads: Overheads, groups: int, context_tokens: int
) -> int:
    """The most requests whose block tables, for a context of this length, the headroom holds; a power of two, or 0."""
    blocks = -(-context_tokens // (request.block_tokens or BLOCK_TOKENS))
    entry = _late_tables(version, groups) * blocks * _TABLE_ENTRY_BYTES
    most = int(max(0.0, overheads.headroom_bytes - overheads.late_graph_bytes) // entry)
    return 1 << most.bit_length() - 1 if most else 0


_NO_CUDA = Part(0.0, 0.0, 0.0, Provenance(Level.DERIVED, "CUDA graphs are of NVIDIA GPUs; this chip has none"))


def unknown_overheads(request: FitRequest, utilization: float) -> Overheads:
    """An engine of which nobody has published activation and runtime memory: the band has to cover them."""
    headroom = request.device_memory_gib * GIB * (1 - utilization)
    graphs = _NO_CUDA if request.engine.accelerators == "neuron" else None
    return Overheads(None, None, graphs, 0.0, 0.0, 0.0, headroom, UNMEASURED_BAND_BYTES)


def overheads_of(
    request: FitRequest,
    accelerator: Accelerator,
    version: EngineVersion,
    tensor_parallel_size: int,
    *,
    hybrid: bool,
    groups: int,
) -> Overheads:
    """vLLM's overheads: measured where an observation of the request counts for this stack, else modelled."""
    limits = scheduler_limits(request, accelerator)
    used = replica_devices(request, tensor_parallel_size)
    modelled = vllm_overheads(request, accelerator, version, limits, used, groups)
    if not request.measured:
        return modelled
    from advisor.fit.memory.recalibrate import recalibrated  # costs start-up time where nothing was measured

    return recalibrated(modelled, request, accelerator, version, tensor_parallel_size, hybrid=hybrid)


def vllm_overheads(
    request: FitRequest,
    accelerator: Accelerator,
    version: EngineVersion,
    limits: SchedulerLimits,
    devices_used: int,
    groups: int,
) -> Overheads:
    """vLLM's activation peak, NCCL and context, CUDA graphs and block tables, as its version counts them."""
    overhead: Overhead = request.engine.overheads[version.overhead]
    origin = overhead.origin.default
    band = _band(request, accelerator, overhead)
    graphs = _ranged(overhead.cuda_graph_gib, overhead.cuda_graph_range_gib, band, origin)
    table = block_table_bytes(request, limits)
    late_graphs = 0.0 if version.cuda_graphs_in_budget else graphs.bytes
    utilization = request.gpu_memory_utilization or version.gpu_memory_utilization
    return Overheads(
        activation=_ranged(_activation_gib(overhead, limits), (), band, origin),
        non_torch=_non_torch(overhead, devices_used, band, origin),
        cuda_graphs=graphs if version.cuda_graphs_in_budget else Part(0.0, 0.0, 0.0, origin),
        block_table_bytes=groups * version.block_table_copies * table,
        counted_table_bytes=version.block_tables_in_budget * table,
        late_bytes=_late_tables(version, groups) * table + late_graphs,
        headroom_bytes=_headroom(request, accelerator, overhead, utilization, devices_used),
        band_bytes=band,
        late_graph_bytes=late_graphs,
    )


def _late_tables(version: EngineVersion, groups: int) -> int:
    """Block tables that are made when the cache has its size already."""
    return max(0, groups * version.block_table_copies - version.block_tables_in_budget)


def block_table_bytes(request: FitRequest, limits: SchedulerLimits) -> int:
    """One block table: an entry for every block of every request that may run (vLLM source: block_table.py)."""
    blocks = -(-request.context_tokens // (request.block_tokens or BLOCK_TOKENS))
    return limits.max_num_seqs * blocks * _TABLE_ENTRY_BYTES


def _activation_gib(overhead: Overhead, limits: SchedulerLimits) -> float:
    return (
        overhead.activation_base_gib
        + overhead.activation_per_8192_tokens_gib * limits.max_num_batched_tokens / 8192
        + overhead.activation_per_1024_sequences_gib * limits.max_num_seqs / 1024
    )


def _non_torch(overhead: Overhead, devices_used: int, band_bytes: float, origin: Provenance) -> Part:
    if devices_used == 1:
        return _ranged(overhead.non_torch_single_gib, overhead.non_torch_single_range_gib, band_bytes, origin)
    return _ranged(overhead.non_torch_parallel_gib, overhead.non_torch_parallel_range_gib, band_bytes, origin)


def _ranged(expected_gib: float, range_gib: tuple[float, ...], band_bytes: float, origin: Provenance) -> Part:
    """A part with the range that was seen, or with the doubt of the whole budget; a part of 0 has none."""
    expected = expected_gib * GIB
    if range_gib:
        return Part(expected, range_gib[0] * GIB, range_gib[-1] * GIB, origin)
    doubt = band_bytes if expected else 0.0
    return Part(expected, max(0.0, expected - doubt), expected + doubt, origin)


def _band(request: FitRequest, accelerator: Accelerator, overhead: Overhead) -> float:
    measured = f"{minor(request.engine_version)}/{accelerator.id}" in overhead.measured_on
    return MEASURED_BAND_BYTES if measured else UNMEASURED_BAND_BYTES


def _headroom(
    request: FitRequest, accelerator: Accelerator, overhead: Overhead, utilization: float, devices_used: int
) -> float:
    """What stays outside the budget, less what is gone before the engine looks, where that was seen."""
    outside = request.device_memory_gib * GIB * (1 - utilization)
    seen = any(stack.partition("/")[2] == accelerator.id for stack in overhead.measured_on)
    return outside - overhead.startup_parallel_gib * GIB if seen and devices_used > 1 else outside
