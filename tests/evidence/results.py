"""Benchmark results made by hand, for tests of what is concluded from them."""

from collections.abc import Mapping, Sequence
from typing import Any

from advisor.bench.plan import Plan
from advisor.bench.records import Load, RunState
from advisor.bench.result import (
    BenchmarkResult,
    ClientCertificate,
    Figures,
    Gate,
    LatencySummary,
    Point,
    Repetition,
    RequestCounts,
    SloResult,
    TokenSource,
    Verdict,
)

RUN_ID = "20261118T140000Z-0a1b2c"
SCOUT_FP8 = "RedHatAI/Llama-4-Scout-17B-16E-Instruct-FP8-dynamic"

SUBJECT: Mapping[str, Any] = {
    "model": "llama-4-scout",
    "checkpoint": "fp8",
    "instance": "p5.48xlarge",
    "accelerator": "H100-80GB",
    "devices": 8,
    "tensor_parallel_size": 8,
    "engine": "vllm",
    "engine_version": "0.33.0",
    "vouched_by": "user",
    "contradictions": [],
}


def latency(p50: float, n: int = 60) -> LatencySummary:
    return LatencySummary(mean=p50, p50=p50, p90=1.1 * p50, p95=1.2 * p50, p99=None, min=0.9 * p50, max=1.3 * p50, n=n)


def figures(tokens_per_s: float, ttft_ms: float = 40.0, itl_ms: float = 12.0) -> Figures:
    return Figures(
        ttft_ms=latency(ttft_ms),
        itl_ms=latency(itl_ms, 1_860),
        tpot_ms=latency(itl_ms),
        e2e_ms=latency(ttft_ms + 31 * itl_ms),
        output_tokens_per_s=tokens_per_s,
        total_tokens_per_s=5 * tokens_per_s,
        requests_per_s=tokens_per_s / 32,
        achieved_concurrency=1.0,
    )


def point(
    concurrency: int = 1,
    rates: Sequence[float] = (79.0, 80.0, 81.0),
    *,
    verdict: Verdict = Verdict.VALID,
    slos: Sequence[SloResult] = (),
    gates: Sequence[Gate] = (),
    ttft_ms: float = 40.0,
) -> Point:
    """One load; rates are the output tokens per second of its repetitions, their median the headline."""
    counts = RequestCounts(planned=60, completed=60, failed=0, cancelled=0, unsent=0, censored=0)
    headline = sorted(rates)[len(rates) // 2]
    return Point(
        load=Load("concurrency", concurrency),
        requests=counts,
        duration_s=24.0,
        figures=figures(headline, ttft_ms, 1e3 * concurrency / headline),
        goodput=None,
        slos=tuple(slos),
        token_source=TokenSource.SERVER,
        input_tokens=128.0,
        output_tokens=32.0,
        tokens_per_event=1.0,
        failures=(),
        repetitions=tuple(
            Repetition(index, is_complete=True, requests=counts, duration_s=8.0, figures=figures(rate))
            for index, rate in enumerate(rates)
        ),
        gates=tuple(gates),
        verdict=verdict,
    )


def result(
    *points: Point,
    subject: Mapping[str, Any] = SUBJECT,
    simulated: bool = False,
    state: RunState = RunState.FINISHED,
) -> BenchmarkResult:
    plan = Plan(SCOUT_FP8, requests_per_cell=20, input_tokens=128, output_tokens=32)
    return BenchmarkResult(
        run_id=RUN_ID,
        plan_hash=plan.plan_hash,
        plan=plan.to_dict(),
        state=state,
        reason="user" if state is RunState.CANCELLED else "",
        is_partial=state is not RunState.FINISHED,
        started="2026-11-18T14:00:00+00:00",
        ended="2026-11-18T14:01:00+00:00",
        endpoint="http://127.0.0.1:8000",
        model="llama-4-scout-simulated" if simulated else SCOUT_FP8,
        engine=None if simulated else "vllm",
        engine_version="0.1.0+simulated" if simulated else "0.33.0",
        simulated=simulated,
        accepted=("ignore_eos", "stream_options"),
        refused=(),
        subject={} if simulated else subject,
        client=ClientCertificate("kernel", 85.0, 900.0, 12.0, 0.08, 0),
        points=points or (point(),),
    )
