"""How a figure with a unit is written for people, and the names of figures and gates."""

from collections.abc import Mapping

from advisor.quantities import text

NAMES: Mapping[str, str] = {
    "kv_margin_bytes_per_device": "KV cache margin, per device",
    "output_tokens_per_s": "fleet output, targets met",
    "usd_per_month": "cost per month",
    "usd_per_run": "cost per run",
    "run_hours": "time of one run",
    "peak_rps": "requests per second at peak",
    "output_tokens_p50": "answer tokens",
    "input_tokens_p50": "prompt tokens",
    "deadline_hours": "deadline",
}

GATES: Mapping[str, str] = {
    "stack": "serving stack",
    "precision": "precision",
    "memory": "memory",
    "region": "region",
    "purchase": "way of buying",
    "latency": "latency",
    "budget": "budget",
}

_METRICS = {"ttft": "first token", "itl": "between tokens", "tpot": "time per token", "e2e": "whole answer"}

PURCHASES: Mapping[str, str] = {
    "on_demand": "on demand",
    "plan_1y": "1-year savings plan",
    "plan_3y": "3-year savings plan",
    "reserved": "reserved",
    "capacity_block": "Capacity Block",
    "spot": "spot",
    "savings_plan": "savings plan",
}


def name_of(figure: str) -> str:
    """`ttft_p95_ms` as "first token, p95"; an unknown key as it stands, with spaces."""
    if figure in NAMES:
        return NAMES[figure]
    if figure.startswith("usd_per_hour:"):
        return f"the price of {figure.partition(':')[2]}"
    metric, _, rest = figure.partition("_p")
    if metric in _METRICS and rest.endswith("_ms"):
        return f"{_METRICS[metric]}, p{rest.removesuffix('_ms')}"
    return figure.replace("_", " ")


def written(value: float | None, unit: str) -> str:
    """A value with its unit: `214 ms`, `38.5 GiB`, `$50,065`, `2,650 tokens/s`."""
    if value is None:
        return text.NO_DATA
    match unit:
        case "ms":
            return text.milliseconds(value)
        case "bytes":
            return text.gib(value)
        case "USD/month" | "USD/run" | "USD":
            return text.usd(value)
        case "USD/h":
            return text.usd_per_hour(value)
        case "hours":
            return f"{value:,.1f} h"
        case _:
            return f"{text.rate(value)} {unit}".strip()


def spread(low: float | None, high: float | None, unit: str) -> str:
    """`134–341 ms`, the unit once, or nothing for an exact value."""
    if low is None or high is None or low == high:
        return ""
    first, last = written(low, unit), written(high, unit)
    same = first.rpartition(" ")[2] == last.rpartition(" ")[2] and " " in first
    return f"{first.rpartition(' ')[0] if same else first}–{last}"


def unit_of_variable(variable: str) -> str:
    """The unit in which a flip variable is written."""
    if variable.endswith("_ms"):
        return "ms"
    if "usd_per_hour" in variable:
        return "USD/h"
    if variable.endswith("_hours"):
        return "hours"
    return "tokens" if "tokens" in variable else "req/s" if variable.endswith("_rps") else ""
