"""One performance figure in words, the same in a table of the command line and of the app."""

from advisor.evidence.points import EvidencePoint
from advisor.quantities import text

_SHORT = {"output_tokens_per_s": "output", "ttft_ms": "TTFT", "itl_ms": "ITL", "tpot_ms": "TPOT", "e2e_ms": "E2E"}


def figure_name(point: EvidencePoint) -> str:
    """`TTFT`, `output`; a metric without a short name as it stands."""
    return _SHORT.get(point.metric, point.metric)


def figure_value(point: EvidencePoint) -> str:
    """Three digits and a unit; documents hold every digit."""
    return text.milliseconds(point.value) if point.unit == "ms" else f"{text.rate(point.value)} tok/s"


def model_of(point: EvidencePoint) -> str:
    """`scout fp8`; the built-in endpoint has no checkpoint."""
    name = point.model.removeprefix("llama-4-")
    return f"{name} {point.checkpoint}" if point.devices else name


def hardware_of(point: EvidencePoint) -> str:
    """`8 × H100-80GB`; the built-in endpoint runs on no accelerator."""
    return f"{point.devices} × {point.accelerator}" if point.devices else point.accelerator


def load_of(point: EvidencePoint) -> str:
    """`8`, `2 req/s` or `max`."""
    if point.load_value is None:
        return "max"
    return f"{point.load_value:g}" + (" req/s" if point.load == "rate" else "")
