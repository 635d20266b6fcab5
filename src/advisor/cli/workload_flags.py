"""The flags that describe a workload, and the settings that they and a workload file make together."""

import argparse
from collections.abc import Mapping
from typing import Any, get_args

from advisor.advice.workload import Purchase
from advisor.cli.parser import Parser, positive_float, positive_int, token_count, words
from advisor.errors import InputError, printable
from advisor.slo import parse_slos
from advisor.workflows.recommend import settings_from_file

_WAYS = ", ".join(get_args(Purchase))
_SETTINGS: Mapping[str, str] = {
    "model": "model",
    "mode": "mode",
    "input_tokens": "input_tokens_p50",
    "input_tokens_p95": "input_tokens_p95",
    "output_tokens": "output_tokens_p50",
    "prefix_tokens": "shared_prefix_tokens",
    "images": "images",
    "peak_rps": "peak_rps",
    "mean_rps": "mean_rps",
    "context": "context_tokens",
    "batch_input_tokens": "batch_input_tokens",
    "batch_output_tokens": "batch_output_tokens",
    "deadline": "deadline_hours",
    "runs_per_month": "runs_per_month",
    "region": "regions_allowed",
    "residency": "residency",
    "buy": "purchase_allowed",
    "stack": "stack",
    "engine": "engine",
    "allow_unsupported": "allow_unsupported",
    "precision_floor": "precision_floor",
    "redundancy": "redundancy",
    "growth": "growth",
    "objective": "objective",
}
"""Which setting a flag makes, for those that need no more reading."""

_READ_MORE = ("slo", "owned", "budget_usd")
_OF_MODE: Mapping[str, tuple[str, ...]] = {
    "batch": ("batch_input_tokens", "batch_output_tokens", "deadline", "runs_per_month"),
    "online": ("peak_rps", "mean_rps", "redundancy", "growth"),
}
"""Flags that say something only in one mode."""


def add_workload_flags(parser: Parser) -> None:
    """Every flag that describes the workload, in groups."""
    _request_flags(parser)
    _batch_flags(parser)
    _constraint_flags(parser)


def stated_flags(arguments: argparse.Namespace) -> list[str]:
    """The workload flags that were given, as they are written."""
    given = [name for name in (*_SETTINGS, *_READ_MORE) if getattr(arguments, name) is not None]
    return [_flag(name) for name in given]


def workload_settings(arguments: argparse.Namespace) -> dict[str, Any]:
    """The settings of the workload file, if one is named, with the flags over them.

    InputError for flags of another mode than the workload's.
    """
    settings = settings_from_file(arguments.workload) if arguments.workload is not None else {}
    settings |= {
        setting: value for flag, setting in _SETTINGS.items() if (value := getattr(arguments, flag)) is not None
    }
    if arguments.budget_usd is not None:
        settings["budget_usd"], settings["budget_period"] = arguments.budget_usd
    if arguments.owned is not None:
        settings["owned"] = arguments.owned
    settings |= {slo.setting: slo.limit_ms for slo in parse_slos(arguments.slo or "")}
    _check_mode(arguments, settings)
    return settings


def _check_mode(arguments: argparse.Namespace, settings: Mapping[str, Any]) -> None:
    mode = settings.get("mode", "online")
    other = "online" if mode == "batch" else "batch"
    for name in _OF_MODE[other]:
        if getattr(arguments, name) is not None:
            flag = _flag(name)
            raise InputError(
                f"it says something about {_ABOUT[other]} only, and this is {_ABOUT[mode]}",
                key=flag,
                hint=f"Add --mode {other}, or leave it out.",
            )
    if mode == "batch":
        missing = [name for name in ("batch_input_tokens", "batch_output_tokens") if not settings.get(name)]
        if missing:
            raise InputError(
                "a batch needs the totals of one run",
                key=missing[0],
                hint=f"Add {' N and '.join(map(_flag, missing))} N.",
            )


def _flag(name: str) -> str:
    return f"--{name.replace('_', '-')}"


_ABOUT = {"online": "an online workload", "batch": "a batch"}


def _request_flags(parser: Parser) -> None:
    group = parser.add_argument_group("requests")
    group.add_argument("--model", metavar="ID", help="llama-4-scout, llama-4-maverick, both or unsure (llama-4-scout)")
    group.add_argument("--mode", choices=("online", "batch"), help="online or batch (online)")
    group.add_argument("--input-tokens", type=positive_int, metavar="N", help="prompt tokens, p50 (512)")
    group.add_argument("--input-tokens-p95", type=positive_int, metavar="N", help="prompt tokens, p95 (from p50)")
    group.add_argument("--output-tokens", type=positive_int, metavar="N", help="answer tokens, p50 (256)")
    group.add_argument("--prefix-tokens", type=positive_int, metavar="N", help="prompt tokens repeated across requests")
    group.add_argument("--images", action="store_true", default=None, help="requests carry images")
    group.add_argument("--peak-rps", type=positive_float, metavar="R", help="requests per second at peak (1)")
    group.add_argument("--mean-rps", type=positive_float, metavar="R", help="on average (a quarter of the peak)")
    group.add_argument("--slo", metavar="TARGETS", help="like ttft_p95_ms=500,itl_p95_ms=30 (none)")
    group.add_argument("--context", type=positive_int, metavar="N", help="longest request, prompt and answer (8192)")


def _batch_flags(parser: Parser) -> None:
    group = parser.add_argument_group("batch (totals of one run)")
    group.add_argument("--batch-input-tokens", type=token_count, metavar="N", help="prompt tokens, like 1.8e9")
    group.add_argument("--batch-output-tokens", type=token_count, metavar="N", help="answer tokens")
    group.add_argument("--deadline", type=_hours, metavar="H", help="finished within, like 12h")
    group.add_argument("--runs-per-month", type=positive_float, metavar="N", help="(30)")


def _constraint_flags(parser: Parser) -> None:
    group = parser.add_argument_group("constraints")
    group.add_argument("--region", type=words, metavar="R,…", help="regions, or us, eu, any (us-east-1)")
    group.add_argument("--residency", choices=("us", "eu"), help="where data may be processed")
    group.add_argument("--buy", type=words, metavar="WAY,…", help=f"any of {_WAYS}")
    group.add_argument(
        "--owned", type=_owned, metavar="TYPE=N,…", help="instances already paid for, like p4d.24xlarge=4"
    )
    group.add_argument(
        "--stack",
        choices=("vllm_nvidia", "any_nvidia", "neuron_too", "portable"),
        metavar="S",
        help="vllm_nvidia, any_nvidia, neuron_too or portable (vllm_nvidia)",
    )
    group.add_argument("--engine", metavar="ID@VERSION", help="one engine, like vllm@0.33")
    group.add_argument("--allow-unsupported", action="store_true", default=None, help="undocumented Neuron paths too")
    group.add_argument("--precision-floor", choices=("bf16", "fp8", "int4"), help="lowest precision of weights (fp8)")
    group.add_argument("--redundancy", choices=("single", "n+1", "multi_az"), help="(n+1)")
    group.add_argument("--growth", type=positive_float, metavar="F", help="plan for this multiple of the peak (1)")
    group.add_argument("--budget-usd", type=_budget, metavar="N/month|N/run", help="most that it may cost")
    group.add_argument(
        "--objective",
        choices=("cheapest", "lowest_latency", "tokens_per_dollar", "strongest_evidence"),
        metavar="WHAT",
        help="what wins among those that meet everything: cheapest, lowest_latency, tokens_per_dollar or "
        "strongest_evidence (cheapest)",
    )


def _owned(text: str) -> dict[str, int]:
    from advisor.advice.tree import read_owned

    return read_owned(text)


def _hours(text: str) -> float:
    return positive_float(text.strip().lower().removesuffix("h"))


def _budget(text: str) -> tuple[float, str]:
    amount, _, period = text.partition("/")
    if period not in ("month", "run"):
        raise argparse.ArgumentTypeError(f"'{printable(text)}' does not say its period: write 3000/run or 60000/month")
    return positive_float(amount.lstrip("$")), period
