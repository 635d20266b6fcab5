"""Fit requests about Scout, and servers that report what was predicted for them."""

from dataclasses import replace

from advisor.catalog.load import Catalog, load_catalog
from advisor.fit.proof.observed import Observed
from advisor.fit.request import FitRequest
from advisor.fit.result import FitResult

CATALOG: Catalog = load_catalog()


def request(instance: str = "p5.48xlarge", checkpoint: str = "bf16", tp: int = 8, **more: object) -> FitRequest:
    """Scout under vLLM 0.33.0 at 131,072 tokens."""
    model, where = CATALOG.model("llama-4-scout"), CATALOG.instance(instance)
    asked = FitRequest(
        model=model,
        checkpoint=model.checkpoints[checkpoint],
        instance=where,
        accelerator=CATALOG.accelerator_of(where),
        engine=CATALOG.engine("vllm"),
        engine_version="0.33.0",
        context_tokens=131_072,
        tensor_parallel_size=tp,
    )
    return replace(asked, **more)  # type: ignore[arg-type]


def reported(result: FitResult, more_bytes: float = 0.0) -> Observed:
    """What a server of that stack publishes, whose cache is larger by so many bytes than predicted."""
    cache, device = result.kv_cache, result.per_device
    assert cache is not None and cache.blocks is not None and cache.block_bytes is not None and device is not None
    blocks = int((device.kv_cache_bytes + more_bytes) // cache.block_bytes)
    return Observed(
        source="http://10.0.0.7:8000",
        engine="vllm",
        engine_version=result.request.engine_version,
        max_model_len=result.request.context_tokens,
        blocks=blocks,
        block_tokens=16,
        cache_dtype="auto",
        gpu_memory_utilization=0.92,
        kv_cache_max_concurrency=cache.max_concurrency_at_context * blocks / cache.blocks,
    )
