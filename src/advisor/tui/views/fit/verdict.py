"""The verdict, what it is about, what decided it, and every other reason."""

from textual.content import Content

from advisor.fit.result import FitResult, Verdict
from advisor.quantities import text
from advisor.quantities.text import counted
from advisor.reasons import Reason
from advisor.tui.views.text import VERDICT_STYLES, lines
from advisor.wording.reasons import sentence

MARKS = {"error": ("×", "$error"), "warning": ("!", "$warning"), "info": ("·", "$secondary")}


def headline(result: FitResult, width: int) -> Content:
    """The verdict and what it is about; the last words are left out where they have no room."""
    request = result.request
    about = [f"{request.model.short_name} {request.checkpoint.id} on {request.instance.id}"]
    if result.per_device is not None:
        about.append(spread(result))
        about.append(f"{request.engine.id} {request.engine_version}")
    if request.accelerator is not None:
        about.append(f"{request.instance.accelerator_count} × {request.accelerator.name}")
    told = Content.assemble((f" {words(result.verdict)} ", f"bold reverse {VERDICT_STYLES[result.verdict.value]}"), " ")
    for part in about:
        longer = Content.assemble(told, "" if part == about[0] else " · ", part)
        if longer.cell_length > width:
            break
        told = longer
    return told


def words(verdict: Verdict) -> str:
    """`DOES NOT FIT`."""
    return verdict.value.replace("_", " ").upper()


def spread(result: FitResult) -> str:
    """`TP 8 × PP 2 over 2 instances`, `TP 4, 2 replicas`."""
    parallel = result.parallelism
    told = f"TP {parallel.tensor_parallel_size}"
    if parallel.pipeline_parallel_size > 1:
        told += f" × PP {parallel.pipeline_parallel_size}"
    if parallel.data_parallel_size > 1:
        told += f" × DP {parallel.data_parallel_size}"
    if parallel.nodes > 1:
        told += f" over {parallel.nodes} instances"
    return f"{told}, {counted(parallel.replicas, 'replica')}"


def unit(result: FitResult) -> str:
    """What memory is counted by."""
    return "logical core" if result.request.engine.accelerators == "neuron" else "GPU"


def deciding(result: FitResult) -> Content:
    """Why the verdict is what it is, in one sentence."""
    device = result.per_device
    if result.verdict is Verdict.FITS and device is not None:
        spare, band = text.gib(device.margin_bytes), text.gib(device.band_bytes)
        return Content(f"{spare} per {unit(result)} to spare, known to ± {band}.")
    reason = _ordered(result)[0]
    mark, style = MARKS[reason.severity.value]
    return Content.assemble((f"{mark} ", style), sentence(reason))


def reasons(result: FitResult) -> Content:
    """Every reason but the one that decided, the graver ones first."""
    shown = []
    for reason in _ordered(result)[0 if result.verdict is Verdict.FITS else 1 :]:
        mark, style = MARKS[reason.severity.value]
        shown.append(Content.assemble((f"{mark} ", style), sentence(reason)))
    return lines(*shown)


def _ordered(result: FitResult) -> list[Reason]:
    return sorted(result.reasons, key=lambda reason: list(MARKS).index(reason.severity.value))
