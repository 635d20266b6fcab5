"""One performance figure with everything that makes it comparable."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from advisor.quantities.provenance import Level, Provenance

Load = Literal["concurrency", "rate", "max_load"]
LOADS: tuple[Load, ...] = ("concurrency", "rate", "max_load")
OUTPUT_THROUGHPUT = "output_tokens_per_s"


@dataclass(frozen=True, slots=True)
class EvidencePoint:
    """A figure, keyed by what was run, on what, how, and under which load.

    load_value is requests in flight or requests per second; None for max_load. interval is the relative
    half-width of the run's own 95 % interval, None where the source states none. run_id names the
    benchmark for figures measured here.
    """

    model: str
    checkpoint: str
    accelerator: str
    devices: int
    tensor_parallel_size: int | None
    engine: str
    engine_version: str
    input_tokens: int
    output_tokens: int
    load: Load
    load_value: float | None
    metric: str
    value: float
    unit: str
    statistic: str
    provenance: Provenance
    note: str = ""
    run_id: str | None = None
    interval: float | None = None

    @property
    def level(self) -> Level:
        return self.provenance.level

    def same_stack(self, model: str, checkpoint: str, accelerator: str, engine: str) -> bool:
        """Whether it is about this model, precision, accelerator and engine."""
        mine = (self.model, self.checkpoint, self.accelerator, self.engine)
        return mine == (model, checkpoint, accelerator, engine)

    def near_shape(self, input_tokens: float, output_tokens: float) -> bool:
        """Whether prompt and answer are within 25 % of these (facts: sizing, section 3.7)."""
        return _near(self.input_tokens, input_tokens) and _near(self.output_tokens, output_tokens)


def _near(stated: float, wanted: float) -> bool:
    return abs(stated - wanted) <= 0.25 * wanted


def steady_throughputs(points: Iterable[EvidencePoint]) -> list[EvidencePoint]:
    """Throughputs at a known number of requests in flight: what a step time can be computed from.

    A max-load figure never supports one: how many requests were in flight is not known.
    """
    return [
        point
        for point in points
        if point.metric == OUTPUT_THROUGHPUT and point.load == "concurrency" and point.load_value is not None
    ]
