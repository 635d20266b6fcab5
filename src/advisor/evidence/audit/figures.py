"""The figures of a report against physics: throughput has a ceiling, latency a floor."""

from collections.abc import Iterator

from advisor.errors import near
from advisor.evidence.audit.rates import roofline_limit, stated_context, streams_limit, whole_instance
from advisor.evidence.audit.values import Room
from advisor.evidence.audit.verdicts import AuditedClaim, AuditVerdict, Finding
from advisor.evidence.reports import Figure, Report
from advisor.performance.roofline import Replica, decode_floor_s, prefill_floor_s
from advisor.quantities.units import TERA
from advisor.reasons import Reason, info

_MS = 1e3


def audit_figures(room: Room) -> Iterator[AuditedClaim]:
    """Each figure with a limit of its own kind, as claims `FIGURE/streams`, `/roofline` and `/floor`."""
    for figure in room.report.figures:
        if figure.metric == "output_tokens_per_s":
            if figure.concurrency:
                yield from _throughput(figure, figure.concurrency, room)
            else:
                yield _unchecked(figure, room, "roofline", info("figure_without_load"))
        elif figure.metric in ("ttft_ms", "itl_ms"):
            yield from _latency(figure, room)


def _why_unchecked(figure: Figure, room: Room) -> Reason | None:
    """What is missing for a limit of physics; None where nothing is."""
    models = room.catalog.models
    if figure.model not in models:
        likely = near(figure.model, models, 1)
        return info("figure_model_unknown", model=figure.model, known=likely or tuple(models))
    if stated_context(room) is None:
        return info("figure_without_shape")
    if whole_instance(room, figure.scenario, figure.model) is None:
        return info("figure_without_rates", instance=room.report.scenarios[figure.scenario].instance)
    return None


def _unchecked(figure: Figure, room: Room, check: str, reason: Reason) -> AuditedClaim:
    finding = Finding({}, "not compared with the memory's bandwidth", None, AuditVerdict.UNVERIFIABLE, {}, (reason,))
    return _of_figure(figure, room, check, finding)


def _throughput(figure: Figure, concurrency: int, room: Room) -> Iterator[AuditedClaim]:
    itl = _stated_itl(figure, room.report)
    if itl is not None and (itl.concurrency or 1) <= concurrency:
        at_lower_load = (itl.concurrency or 1) < concurrency
        finding = streams_limit(figure.value, itl.value, concurrency, at_lower_load, _most_streams(figure, room.report))
        yield _of_figure(figure, room, "streams", finding)
    missing = _why_unchecked(figure, room)
    if missing is not None:
        yield _unchecked(figure, room, "roofline", missing)
    replica, context = whole_instance(room, figure.scenario, figure.model), stated_context(room)
    if replica is not None and context is not None:
        finding = roofline_limit(figure.value, replica, concurrency, context)
        yield _of_figure(figure, room, "roofline", finding)


def _latency(figure: Figure, room: Room) -> Iterator[AuditedClaim]:
    missing = _why_unchecked(figure, room)
    if missing is not None:
        yield _unchecked(figure, room, "floor", missing)
    replica, context = whole_instance(room, figure.scenario, figure.model), stated_context(room)
    if replica is None or context is None or room.report.input_tokens is None:
        return
    streams = figure.concurrency or 1
    if figure.metric == "itl_ms":
        floor_ms = decode_floor_s(replica, streams, context) * _MS
        formula = "bytes read per step / memory bandwidth"
    else:
        floor_ms = prefill_floor_s(replica, room.report.input_tokens, 0.0, 1.0) * _MS
        formula = "one read of all weights, or the prompt's arithmetic at peak rate"
    yield _of_figure(figure, room, "floor", _above(figure.value, floor_ms, streams, replica, formula))


def _above(claimed: float, floor: float, streams: float, replica: Replica, formula: str) -> Finding:
    verdict = AuditVerdict.OK if claimed >= floor else AuditVerdict.IMPOSSIBLE
    inputs: dict[str, float | str] = {
        "concurrency": streams,
        "bandwidth_tb_per_s": replica.bandwidth_bytes_per_s / TERA,
    }
    return Finding(inputs, formula, floor, verdict, {"times the floor": claimed / floor})


def _stated_itl(figure: Figure, report: Report) -> Figure | None:
    """The report's own ITL for the same machine and model."""
    for other in report.figures:
        if other.metric == "itl_ms" and (other.scenario, other.model) == (figure.scenario, figure.model):
            return other
    return None


def _most_streams(figure: Figure, report: Report) -> float | None:
    """The most streams for which the report states a throughput of this machine and model, if more than here."""
    counts = [
        other.concurrency or 0
        for other in report.figures
        if (other.metric, other.scenario, other.model) == (figure.metric, figure.scenario, figure.model)
    ]
    most = max(counts, default=0)
    return float(most) if most > (figure.concurrency or 0) else None


def _of_figure(figure: Figure, room: Room, check: str, finding: Finding) -> AuditedClaim:
    load = f" at {figure.concurrency} request{'s' if figure.concurrency > 1 else ''}" if figure.concurrency else ""
    known = room.catalog.models.get(figure.model)
    model = known.short_name if known is not None else figure.model
    return AuditedClaim(
        id=f"{figure.id}/{check}",
        report=room.report.id,
        text=f"{figure.value:,g} {figure.unit}{load}, scenario {figure.scenario}, {model}",
        inputs=finding.inputs,
        formula=finding.formula,
        claimed=figure.value,
        recomputed=finding.recomputed,
        unit=figure.unit,
        verdict=finding.verdict,
        source_line=figure.line,
        section=figure.section,
        check=check,
        also=finding.also,
        reasons=finding.reasons,
        note=figure.note,
        looked_up=finding.looked_up,
    )
