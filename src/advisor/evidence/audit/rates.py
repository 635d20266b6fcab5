"""What no machine exceeds: N streams at their ITL, the memory's bandwidth, and Little's law."""

from advisor.errors import InputError
from advisor.evidence.audit.values import Asked, Room
from advisor.evidence.audit.verdicts import COST_TOLERANCE, AuditVerdict, Finding
from advisor.performance.roofline import (
    Replica,
    decode_limit_tokens_per_s,
    hardest_limit_tokens_per_s,
    same_expert_limit_tokens_per_s,
)
from advisor.quantities.units import GB, TERA

_MS = 1e3


def streams(asked: Asked) -> Finding:
    """N streams with that time between their tokens yield N / ITL together, and no more."""
    return streams_limit(asked.claim.value, asked.number("itl_ms"), asked.number("concurrency"), False, None)


def streams_limit(
    claimed: float, itl_ms: float, concurrency: float, is_at_lower_load: bool, most_streams: float | None
) -> Finding:
    """is_at_lower_load: the ITL was stated for fewer streams. More of them never speed a step up, so the limit
    holds, but what breaks it is a contradiction of the report rather than of physics.
    """
    limit = concurrency * _MS / itl_ms
    also = {"times the limit": claimed / limit, "streams that it takes at that ITL": claimed * itl_ms / _MS}
    if claimed:
        also["ms of ITL that the claim needs"] = concurrency * _MS / claimed
    if most_streams:
        also[f"tokens/s of {most_streams:g} streams at that ITL"] = most_streams * _MS / itl_ms
    verdict = AuditVerdict.OK
    if claimed > limit * (1 + COST_TOLERANCE):
        verdict = AuditVerdict.WRONG if is_at_lower_load else AuditVerdict.IMPOSSIBLE
    inputs: dict[str, float | str] = {"concurrency": concurrency, "itl_ms": itl_ms}
    return Finding(inputs, "concurrency * 1000 / itl_ms", limit, verdict, also)


def roofline(asked: Asked) -> Finding:
    replica = whole_instance(asked.room, asked.word("scenario"), asked.word("model"))
    context = stated_context(asked.room)
    if replica is None or context is None:
        return Finding({}, "no accelerator or no request shape is stated", None, AuditVerdict.UNVERIFIABLE)
    return roofline_limit(asked.claim.value, replica, asked.number("concurrency"), context)


def roofline_limit(claimed: float, replica: Replica, concurrency: float, context_tokens: float) -> Finding:
    """Above uniform routing a throughput is suspicious; above what one expert and the smallest cache allow, it
    cannot be."""
    limit = decode_limit_tokens_per_s(replica, concurrency, context_tokens)
    hardest = hardest_limit_tokens_per_s(replica, concurrency, context_tokens)
    same_expert = same_expert_limit_tokens_per_s(replica, concurrency, context_tokens)
    verdict = AuditVerdict.OK
    if claimed > limit:
        verdict = AuditVerdict.IMPOSSIBLE if claimed > hardest else AuditVerdict.SUSPICIOUS
    also = {
        "times the limit": claimed / limit,
        "tokens/s if every token took the same expert": same_expert,
        "tokens/s with the smallest cache too": hardest,
    }
    inputs: dict[str, float | str] = {
        "tokens_per_step": concurrency,
        "context_tokens": context_tokens,
        "bandwidth_tb_per_s": replica.bandwidth_bytes_per_s / TERA,
    }
    formula = "concurrency / (bytes read per step / memory bandwidth), uniform routing"
    return Finding(inputs, formula, limit, verdict, also)


def whole_instance(room: Room, scenario: str, model: str) -> Replica | None:
    """The instance of a scenario as one replica at the report's precision; None for a chip of unknown rates, a CPU,
    or a model that the catalogue does not hold."""
    if model not in room.catalog.models:
        return None
    instance = room.catalog.instance(room.report.scenarios[scenario].instance)
    accelerator = room.catalog.accelerator_of(instance)
    if accelerator is None or accelerator.unknown_rates:
        return None
    known = room.catalog.model(model)
    checkpoint = room.catalog.checkpoint(known, room.report.checkpoint)
    devices = instance.accelerator_count * accelerator.logical_cores
    return Replica(known.architecture, checkpoint, accelerator, devices, hybrid_kv=False)


def stated_context(room: Room) -> float | None:
    """Tokens of context in the middle of an answer of the report's shape."""
    asked, answered = room.report.input_tokens, room.report.output_tokens
    return None if asked is None or answered is None else asked + answered / 2


def memory_bound(asked: Asked) -> Finding:
    """A dense model reads all its weights for each token of a stream."""
    instance, weights_gb = asked.catalog.instance(asked.word("instance")), asked.number("weights_gb")
    accelerator = asked.catalog.accelerator_of(instance)
    bandwidth = instance.memory_bandwidth_gb_per_s
    if accelerator is not None and accelerator.memory_bandwidth_gb_per_s is not None:
        bandwidth = accelerator.memory_bandwidth_gb_per_s * instance.accelerator_count
    inputs: dict[str, float | str] = {"instance": instance.id, "weights_gb": weights_gb}
    if bandwidth is None:
        return Finding(inputs, "the memory bandwidth is not known", None, AuditVerdict.UNVERIFIABLE)
    limit = bandwidth / weights_gb
    needed = asked.claim.value * weights_gb
    also = {"TB/s that the claim needs": needed * GB / TERA, "times the machine": needed / bandwidth}
    verdict = AuditVerdict.OK if asked.claim.value <= limit else AuditVerdict.IMPOSSIBLE
    inputs["bandwidth_gb_per_s"] = bandwidth
    return Finding(inputs, "bandwidth_gb_per_s / weights_gb", limit, verdict, also)


def little(asked: Asked) -> Finding:
    """Little's law, N = rate * latency, for the one of the three that the claim states.

    In flight may be fewer than there is room for, a percentile higher than the mean, and a rate lower than could
    be; the other way round it cannot be.
    """
    rate, inputs = _request_rate(asked)
    match asked.word("of"):
        case "latency_ms":
            inputs["concurrency"] = asked.number("concurrency")
            needed, formula = inputs["concurrency"] / rate * _MS, "concurrency / requests_per_s * 1000"
            is_possible = asked.claim.value >= needed * (1 - COST_TOLERANCE)
        case "concurrency":
            inputs["latency_ms"] = asked.number("latency_ms")
            needed, formula = rate * inputs["latency_ms"] / _MS, "requests_per_s * latency_ms / 1000"
            is_possible = asked.claim.value >= needed * (1 - COST_TOLERANCE)
        case "requests_per_s":
            inputs |= {key: asked.number(key) for key in ("concurrency", "latency_ms")}
            needed = inputs["concurrency"] / inputs["latency_ms"] * _MS
            formula = "concurrency / latency_ms * 1000"
            is_possible = asked.claim.value <= needed * (1 + COST_TOLERANCE)
        case other:
            hint = "Use latency_ms, concurrency or requests_per_s."
            raise InputError(f"Little's law has no '{other}'", hint=hint, key=f"claim {asked.claim.id}, of")
    verdict = AuditVerdict.OK if is_possible else AuditVerdict.IMPOSSIBLE
    return Finding({**inputs}, formula, needed, verdict)


def _request_rate(asked: Asked) -> tuple[float, dict[str, float]]:
    """Requests a second, stated or from the tokens that they share; 0 where the claim itself states it."""
    if asked.word("of") == "requests_per_s":
        return 0.0, {}
    if asked.has("requests_per_s"):
        rate = asked.number("requests_per_s")
        return rate, {"requests_per_s": rate}
    throughput, tokens = asked.number("throughput"), asked.number("output_tokens")
    return throughput / tokens, {
        "tokens_per_s": throughput,
        "output_tokens": tokens,
        "requests_per_s": throughput / tokens,
    }


def request_rate(asked: Asked) -> Finding:
    """As many answers a second as their tokens allow."""
    throughput, tokens = asked.number("throughput"), asked.number("output_tokens")
    limit = throughput / tokens
    verdict = AuditVerdict.OK if asked.claim.value <= limit * (1 + COST_TOLERANCE) else AuditVerdict.IMPOSSIBLE
    also = {"tokens/s that the claim needs": asked.claim.value * tokens, "times the limit": asked.claim.value / limit}
    inputs: dict[str, float | str] = {"tokens_per_s": throughput, "output_tokens": tokens}
    return Finding(inputs, "tokens_per_s / output_tokens", limit, verdict, also)
