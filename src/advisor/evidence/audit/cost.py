"""Costs per token: price over throughput, and how two of them differ."""

from advisor.evidence.audit.values import Asked
from advisor.evidence.audit.verdicts import AuditVerdict, Finding, judge_cost, judge_percentage
from advisor.performance.cost import usd_per_million_tokens
from advisor.quantities.units import HOURS_PER_MONTH

_SECONDS_PER_HOUR = 3600


def usd_per_million(asked: Asked) -> Finding:
    """USD per million tokens from a price and a throughput, or from a month's bill and a month's tokens.

    least_price instead of price: nothing sells that machine for less, so a claim below the result cannot be.
    """
    claimed = asked.claim.value
    price, price_input = _hourly(asked)
    rate, rate_input = _throughput(asked)
    value = usd_per_million_tokens(price, rate)
    also = {"USD/h that the claim implies": claimed / usd_per_million_tokens(1, rate)}
    if claimed:
        needed = usd_per_million_tokens(price, 1) / claimed
        also = {"times as high": value / claimed, "tokens/s that the claim needs": needed, **also}
    if asked.has("tokens_per_month"):
        also["tokens/s on average"] = rate
    for reference in asked.references("at"):
        also[f"USD/1M at {reference}"] = usd_per_million_tokens(price, asked.resolve(reference, "at"))
    verdict = judge_cost(claimed, value)
    if asked.has("least_price") and verdict is AuditVerdict.WRONG:
        verdict = AuditVerdict.IMPOSSIBLE if claimed < value else AuditVerdict.OK
    inputs = {**price_input, **rate_input}
    per_hour = f"usd_per_month / {HOURS_PER_MONTH}" if "usd_per_month" in inputs else "usd_per_hour"
    seconds = f"{HOURS_PER_MONTH} * {_SECONDS_PER_HOUR}"
    per_second = f"(tokens_per_month / ({seconds}))" if "tokens_per_month" in inputs else "tokens_per_s"
    return Finding(inputs, f"{per_hour} / ({per_second} * {_SECONDS_PER_HOUR}) * 1e6", value, verdict, also)


def _hourly(asked: Asked) -> tuple[float, dict[str, float | str]]:
    if asked.has("usd_per_month"):
        monthly = asked.number("usd_per_month")
        return monthly / HOURS_PER_MONTH, {"usd_per_month": monthly}
    price = asked.number("least_price" if asked.has("least_price") else "price")
    return price, {"usd_per_hour": price}


def _throughput(asked: Asked) -> tuple[float, dict[str, float | str]]:
    if asked.has("tokens_per_month"):
        tokens = asked.number("tokens_per_month")
        return tokens / (HOURS_PER_MONTH * _SECONDS_PER_HOUR), {"tokens_per_month": tokens}
    rate = asked.number("throughput")
    return rate, {"tokens_per_s": rate}


def cost_delta_percent(asked: Asked) -> Finding:
    """How much two costs per token differ, each as price over throughput; also from the costs as published."""
    keys = ("price", "throughput", "base_price", "base_throughput")
    price, rate, base_price, base_rate = (asked.number(key) for key in keys)
    delta = _delta(price / rate, base_price / base_rate)
    also = {}
    if asked.has("stated"):
        also["% from the published costs"] = _delta(asked.number("stated"), asked.number("base_stated"))
    if asked.has("at"):
        name = asked.claim.parameters["at"]
        also[f"% at {name}"] = _delta(price / asked.number("at"), base_price / asked.number("base_at"))
    formula = "((price / throughput) / (base_price / base_throughput) - 1) * 100"
    inputs = dict(zip(keys, (price, rate, base_price, base_rate), strict=True))
    return Finding(inputs, formula, delta, judge_percentage(asked.claim.value, delta), also)


def _delta(value: float, base: float) -> float:
    return (value / base - 1) * 100
