"""From a benchmark result to the figures that it proves, and to its entry in the ledger.

Only valid points become evidence. Those of the built-in endpoint stay `simulated` and name no
accelerator, so that no question about an instance can find them.
"""

from collections.abc import Iterator
from datetime import date
from pathlib import Path

from advisor.bench.result import BenchmarkResult, Point, Verdict
from advisor.evidence.ledger import RunRecord
from advisor.evidence.points import OUTPUT_THROUGHPUT, EvidencePoint
from advisor.evidence.repetitions import relative_interval
from advisor.evidence.subject import Subject
from advisor.quantities.provenance import AsOf, Level, Provenance

_SIMULATED_ENDPOINT = "built-in endpoint"


def run_record(result: BenchmarkResult, path: Path) -> RunRecord:
    """The run as the ledger lists it."""
    return RunRecord(
        id=result.run_id,
        path=str(path),
        started_at=result.started,
        state=result.state.value,
        simulated=result.simulated,
        endpoint=result.endpoint,
        served_model=result.model,
        plan_hash=result.plan_hash,
        subject=dict(result.subject),
        verdicts=tuple(point.verdict.value for point in result.points),
    )


def evidence_of(result: BenchmarkResult) -> list[EvidencePoint]:
    """The figures of every valid point. None for a live run whose subject nobody states, or the server denies."""
    subject = _subject(result)
    if subject is None:
        return []
    valid = [point for point in result.points if point.verdict is Verdict.VALID]
    return [figure for point in valid for figure in _figures(result, subject, point)]


def level_of(result: BenchmarkResult) -> Level:
    """What a valid figure of this run is."""
    return Level.SIMULATED if result.simulated else Level.MEASURED


def origin_of(result: BenchmarkResult) -> Provenance:
    """Who vouches for a valid figure of this run."""
    return Provenance(level_of(result), f"run {result.run_id}", AsOf.on(date.fromisoformat(result.started[:10])))


def _subject(result: BenchmarkResult) -> Subject | None:
    if result.simulated:
        return Subject(
            model=result.model,
            checkpoint="none",
            instance="none",
            accelerator=_SIMULATED_ENDPOINT,
            devices=0,
            tensor_parallel_size=0,
            engine="simulator",
            engine_version=result.engine_version or "unstated",
            vouched_by="user",
        )
    subject = Subject.from_document(result.subject)
    return None if subject is None or subject.vouched_by == "contradicted" else subject


def _figures(result: BenchmarkResult, subject: Subject, point: Point) -> Iterator[EvidencePoint]:
    repetitions = len(point.repetitions)
    over = f"median of {repetitions} repetitions" if repetitions > 1 else "one repetition"

    def figure(metric: str, value: float, unit: str, statistic: str, interval: float | None) -> EvidencePoint:
        return EvidencePoint(
            model=subject.model,
            checkpoint=subject.checkpoint,
            accelerator=subject.accelerator,
            devices=subject.devices,
            tensor_parallel_size=subject.tensor_parallel_size or None,
            engine=subject.engine,
            engine_version=subject.engine_version,
            input_tokens=round(point.input_tokens or _planned(result, "input_tokens")),
            output_tokens=round(point.output_tokens or _planned(result, "output_tokens")),
            load=point.load.kind,
            load_value=float(point.load.value),
            metric=metric,
            value=value,
            unit=unit,
            statistic=statistic,
            provenance=origin_of(result),
            run_id=result.run_id,
            interval=interval,
        )

    rate = point.figures.output_tokens_per_s
    if rate is not None:
        yield figure(OUTPUT_THROUGHPUT, rate, "tokens/s", over, _interval(point))
    for metric, summary in (("ttft_ms", point.figures.ttft_ms), ("itl_ms", point.figures.itl_ms)):
        # The median says how fast the server is; a tail says as much about how it was loaded.
        if summary is not None and summary.p50 is not None:
            yield figure(metric, summary.p50, "ms", f"p50, {over}", None)


def _interval(point: Point) -> float | None:
    rates = [each.figures.output_tokens_per_s for each in point.repetitions]
    return relative_interval([rate for rate in rates if rate])


def _planned(result: BenchmarkResult, key: str) -> int:
    return int(str(result.plan[key]))
