"""Observations of an engine's memory, made by hand."""

from advisor.fit.memory.measured import MeasuredMemory, MemoryStack
from advisor.quantities.provenance import AsOf, Level, Provenance
from advisor.quantities.units import GIB

STACK = MemoryStack(
    model="llama-4-scout",
    checkpoint="bf16",
    accelerator="H100-80GB",
    instance="p5.48xlarge",
    engine="vllm",
    engine_version="0.33.0",
    tensor_parallel_size=8,
    max_num_seqs=1024,
    max_num_batched_tokens=8192,
    max_model_len=131072,
    gpu_memory_utilization=0.92,
    block_tokens=16,
    hybrid_kv=True,
)
BLOCK = 98_304.0


def seen(
    stack: MemoryStack = STACK,
    beside_gib: float = 6.0,
    day: str = "2026-11-20",
    *,
    doubt: float = BLOCK,
    level: Level = Level.MEASURED,
) -> MeasuredMemory:
    return MeasuredMemory(
        stack=stack,
        blocks=400_000,
        kv_cache_tokens=None,
        kv_cache_bytes=400_000 * BLOCK,
        beside_bytes=beside_gib * GIB,
        doubt_bytes=doubt,
        provenance=Provenance(level, "http://10.0.0.7:8000", AsOf.parse(day), "ledger"),
        observed_at=f"{day}T12:00:00Z",
    )
