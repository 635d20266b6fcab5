"""One performance figure with everything that makes it comparable."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from advisor.quantities.provenance import Level, Provenance

Load = Literal["concurrency", "rate", "batch", "max_load", "slo_bound", "unstated"]
LOADS: tuple[Load, ...] = ("concurrency", "rate", "batch", "max_load", "slo_bound", "unstated")
"""Requests in flight; requests per second; one fixed batch from start to end; as many as the engine takes; as many
as the benchmark's own latency limits allow; or the source does not say. The first three have a value."""
OUTPUT_THROUGHPUT = "output_tokens_per_s"


@dataclass(frozen=True, slots=True)
class EvidencePoint:
    """A figure, keyed by what was run, on what, how, and under which load.

    What its source does not state is None (devices, tokens, load_value) or "unstated" (checkpoint, version,
    statistic); the built-in endpoint runs on 0 devices. load_value is requests in flight, of a batch, or per
    second. interval is the relative half-width of the run's own 95 % interval, None where the source states
    none. run_id names the benchmark for figures measured here; source_id is an entry of sources.toml and place
    a file or row within it for published ones. dataset names the prompts where they are not of one length.
    """

    model: str
    checkpoint: str
    accelerator: str
    devices: int | None
    tensor_parallel_size: int | None
    engine: str
    engine_version: str
    input_tokens: int | None
    output_tokens: int | None
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
    source_id: str = ""
    place: str = ""
    dataset: str = ""

    @property
    def level(self) -> Level:
        return self.provenance.level

    @property
    def shape(self) -> tuple[int, int]:
        """Tokens of prompt and answer of a figure that states both; no other is computed with."""
        assert self.input_tokens is not None and self.output_tokens is not None, "the source states no shape"
        return self.input_tokens, self.output_tokens

    @property
    def prompt_ratio(self) -> float:
        """Tokens in for each token out."""
        prompt, answer = self.shape
        return prompt / answer

    def same_stack(self, model: str, checkpoint: str, accelerator: str, engine: str) -> bool:
        """Whether it is about this model, precision, accelerator and engine."""
        mine = (self.model, self.checkpoint, self.accelerator, self.engine)
        return mine == (model, checkpoint, accelerator, engine)

    def near_shape(self, input_tokens: float, output_tokens: float) -> bool:
        """Whether prompt and answer are within 25 % of these (facts: sizing, section 3.7)."""
        return _near(self.input_tokens, input_tokens) and _near(self.output_tokens, output_tokens)


def _near(stated: float | None, wanted: float) -> bool:
    return stated is not None and abs(stated - wanted) <= 0.25 * wanted


def steady_throughputs(points: Iterable[EvidencePoint]) -> list[EvidencePoint]:
    """Throughputs at a known number of requests in flight: what a step time can be computed from.

    A max-load figure never supports one: how many requests were in flight is not known.
    """
    return [
        point
        for point in points
        if point.metric == OUTPUT_THROUGHPUT and point.load == "concurrency" and point.load_value is not None
    ]
