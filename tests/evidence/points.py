"""Evidence points and stacks for tests of what is concluded from them."""

from advisor.catalog.load import Catalog
from advisor.evidence.points import EvidencePoint
from advisor.evidence.stack import Stack
from advisor.quantities.provenance import AsOf, Level, Provenance


def stack(catalog: Catalog, accelerator: str, version: str = "0.33.0", checkpoint: str = "bf16") -> Stack:
    model = catalog.model("llama-4-scout")
    return Stack(
        model, model.checkpoints[checkpoint], catalog.accelerator(accelerator), catalog.engine("vllm"), version, 8
    )


def measured(
    streams: int,
    value: float,
    *,
    run: str = "run-1",
    day: str = "2026-11-18",
    metric: str = "output_tokens_per_s",
    input_tokens: int = 512,
    interval: float | None = 0.02,
) -> EvidencePoint:
    """A figure of Scout BF16 on eight L40S, measured here."""
    return EvidencePoint(
        model="llama-4-scout",
        checkpoint="bf16",
        accelerator="L40S-48GB",
        devices=8,
        tensor_parallel_size=8,
        engine="vllm",
        engine_version="0.33.0",
        input_tokens=input_tokens,
        output_tokens=256,
        load="concurrency",
        load_value=streams,
        metric=metric,
        value=value,
        unit="tokens/s",
        statistic="median",
        provenance=Provenance(Level.MEASURED, run, AsOf.parse(day), "ledger"),
        run_id=run,
        interval=interval,
    )
