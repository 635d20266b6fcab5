"""What an architect knows about her workload, with every default named."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, fields, replace
from math import isfinite
from typing import Any, Literal, get_args

from advisor.catalog.load import Catalog
from advisor.errors import InputError, UnknownIdError, near
from advisor.fit.versions import behaviour
from advisor.slo import METRICS, PERCENTILES, Slo

Mode = Literal["online", "batch"]
Stack = Literal["vllm_nvidia", "any_nvidia", "neuron_too", "portable"]
PrecisionFloor = Literal["bf16", "fp8", "int4"]
Purchase = Literal["on_demand", "plan_1y", "plan_3y", "reserved", "capacity_block", "spot"]
Objective = Literal["cheapest", "lowest_latency", "tokens_per_dollar", "strongest_evidence"]
Redundancy = Literal["single", "n+1", "multi_az"]
Period = Literal["month", "run"]

BOTH = "both"
UNSURE = "unsure"
_PEAK_OVER_MEAN = 4.0
_LONGEST_TAIL_TOKENS = 8192
"""An unstated p95 prompt is twice the usual one, but at most this much longer: a typed document is that long."""
_BATCH_SHAPE_TOLERANCE = 0.1
"""Stated lengths of a batch's prompt and answer may miss the ratio of its totals by so much."""


@dataclass(frozen=True, slots=True)
class Workload:
    """A workload. Tokens are per request unless the name says batch; rates are requests per second.

    model is a catalogue id, "both" (two pools) or "unsure" (compare). defaulted names the fields that
    nobody stated: they are assumptions and every export lists them.
    """

    model: str = "llama-4-scout"
    mode: Mode = "online"
    input_tokens_p50: int = 512
    input_tokens_p95: int = 1024
    output_tokens_p50: int = 256
    shared_prefix_tokens: int = 0
    images: bool = False
    peak_rps: float = 1.0
    mean_rps: float = 0.25
    batch_input_tokens: int = 0
    batch_output_tokens: int = 0
    runs_per_month: float = 30.0
    deadline_hours: float | None = None
    slos: tuple[Slo, ...] = ()
    context_tokens: int = 8192
    stack: Stack = "vllm_nvidia"
    engine: str | None = None
    allow_unsupported: bool = False
    precision_floor: PrecisionFloor = "fp8"
    purchase_allowed: tuple[Purchase, ...] = ("on_demand",)
    owned: tuple[tuple[str, int], ...] = ()
    regions_allowed: tuple[str, ...] = ("us-east-1",)
    residency: str = ""
    objective: Objective = "cheapest"
    redundancy: Redundancy = "n+1"
    growth: float = 1.0
    budget_usd: float | None = None
    budget_period: Period = "month"
    out_of_scope: bool = False
    defaulted: tuple[str, ...] = ()

    @property
    def request_context_tokens(self) -> int:
        """Context of a long but ordinary request: what decides how many fit at once."""
        return min(self.input_tokens_p95 + self.output_tokens_p50, self.context_tokens)

    @property
    def wants_eu(self) -> bool:
        """Whether the workload touches the European Union by region or residency."""
        return self.residency == "eu" or any(
            region.startswith("eu-") or region == "eu" for region in self.regions_allowed
        )


_TARGETS = [Slo(metric, percentile, 0.0) for metric in METRICS for percentile in PERCENTILES]
_SLO_KEYS = {target.setting: target for target in _TARGETS}
SETTINGS = tuple(item.name for item in fields(Workload) if item.name not in ("defaulted", "slos")) + tuple(_SLO_KEYS)
"""Every key that a file, a flag or an answer may set; latency targets are spelled `slo_ttft_ms_p95`."""
_EMPTY = (None, "", (), 0, False)
_ONLINE_ONLY = {"peak_rps", "mean_rps", "redundancy", "growth"}
_BATCH_ONLY = {"batch_input_tokens", "batch_output_tokens", "runs_per_month", "deadline_hours"}
_ALWAYS = {item.name for item in fields(Workload)} - {"defaulted", "out_of_scope", "slos"} - _ONLINE_ONLY - _BATCH_ONLY
_ASSUMABLE: Mapping[Mode, frozenset[str]] = {
    "online": frozenset(_ALWAYS | _ONLINE_ONLY),
    "batch": frozenset(_ALWAYS | _BATCH_ONLY),
}
_POSITIVE = (
    "input_tokens_p50",
    "output_tokens_p50",
    "peak_rps",
    "mean_rps",
    "context_tokens",
    "growth",
    "runs_per_month",
    "deadline_hours",
    "budget_usd",
)
_CHOICES: Mapping[str, tuple[str, ...]] = {
    "mode": get_args(Mode),
    "stack": get_args(Stack),
    "precision_floor": get_args(PrecisionFloor),
    "objective": get_args(Objective),
    "redundancy": get_args(Redundancy),
    "budget_period": get_args(Period),
    "residency": ("", "us", "eu"),
}


def workload_from(
    settings: Mapping[str, Any],
    catalog: Catalog,
    defaulted: Iterable[str] | None = None,
    assumed: Collection[str] = (),
) -> Workload:
    """A workload from stated settings; what follows from them is filled in, the rest is a named default.

    defaulted overrides which fields count as assumptions: a file that states them all remembers which were.
    assumed names settings that are defaults though they are given, as the answer "I do not know" gives them.

    InputError naming the key for a value that cannot be; UnknownIdError with near names for one unknown.
    """
    for key in settings:
        if key not in SETTINGS:
            options = near(key, SETTINGS)
            hint = f"Did you mean {' or '.join(options)}?" if options else None
            raise InputError("unknown workload key", key=key, hint=hint)
    values = {key: value for key, value in settings.items() if key not in _SLO_KEYS}
    if isinstance(values.get("owned"), Mapping):
        values["owned"] = tuple(sorted(values["owned"].items()))
    stated = [key for key in settings if key in _SLO_KEYS and settings[key]]
    values["slos"] = tuple(sorted(_target(key, settings[key]) for key in stated))
    _fill(values)
    workload = Workload(**values)
    _check(workload, catalog)
    if defaulted is None:
        unstated = [name for name in _ASSUMABLE[workload.mode] if name not in settings or name in assumed]
        defaulted = [name for name in unstated if getattr(workload, name) not in _EMPTY]
        defaulted += [key for key in _SLO_KEYS if key in assumed and settings.get(key)]
        if workload.budget_usd is None and "budget_period" in defaulted:
            defaulted.remove("budget_period")
    return replace(workload, defaulted=tuple(sorted(defaulted)))


def settings_of(workload: Workload) -> dict[str, Any]:
    """The settings that make this workload again, with plain values; empty ones are left out."""
    found: dict[str, Any] = {}
    for item in fields(Workload):
        value = getattr(workload, item.name)
        if item.name == "slos":
            found |= {slo.setting: slo.limit_ms for slo in workload.slos}
        elif item.name == "owned":
            found |= {"owned": dict(value)} if value else {}
        elif value not in _EMPTY and item.name in _ASSUMABLE[workload.mode] | {"defaulted", "out_of_scope"}:
            found[item.name] = list(value) if isinstance(value, tuple) else value
    return found


def _target(key: str, limit_ms: float) -> Slo:
    if not 0 < limit_ms < float("inf"):
        raise InputError(f"{limit_ms:g} is not a number of milliseconds above 0", key=key)
    return replace(_SLO_KEYS[key], limit_ms=float(limit_ms))


def _fill(values: dict[str, Any]) -> None:
    """What follows from stated values: p95 from p50, mean from peak, the shape of a batch from its totals."""
    if values.get("mode") == "batch" and values.get("batch_input_tokens") and values.get("batch_output_tokens"):
        _fill_batch(values)
    if "input_tokens_p50" in values:
        usual = values["input_tokens_p50"]
        values.setdefault("input_tokens_p95", usual + min(usual, _LONGEST_TAIL_TOKENS))
    if "peak_rps" in values:
        values.setdefault("mean_rps", values["peak_rps"] / _PEAK_OVER_MEAN)
    longest = values.get("input_tokens_p95", 1024) + values.get("output_tokens_p50", 256)
    if "context_tokens" not in values:
        values["context_tokens"] = max(8192, longest)
    elif values["context_tokens"] < values.get("input_tokens_p50", 512) + values.get("output_tokens_p50", 256):
        raise InputError(
            f"a context of {values['context_tokens']:,} tokens does not hold the prompt and the answer",
            key="context_tokens",
            hint="Raise it, or shorten the prompt.",
        )
    else:
        values["input_tokens_p95"] = min(
            values.get("input_tokens_p95", 1024), values["context_tokens"] - values.get("output_tokens_p50", 256)
        )


def _fill_batch(values: dict[str, Any]) -> None:
    """Prompt and answer of a batch stand to each other as its totals do; one follows from the other."""
    ratio = values["batch_input_tokens"] / values["batch_output_tokens"]
    if "input_tokens_p50" in values and "output_tokens_p50" not in values:
        values["output_tokens_p50"] = max(1, round(values["input_tokens_p50"] / ratio))
    output = values.setdefault("output_tokens_p50", Workload.__dataclass_fields__["output_tokens_p50"].default)
    follows = max(1, round(output * ratio))
    usual = values.setdefault("input_tokens_p50", follows)
    if abs(usual - follows) > max(1 + ratio, _BATCH_SHAPE_TOLERANCE * follows):
        raise InputError(
            f"prompts of {usual:,} tokens with answers of {output:,} do not add up to the totals of the batch",
            key="input_tokens_p50",
            hint=f"With these totals an answer of {output:,} tokens has a prompt of {follows:,}; or leave both out.",
        )


def _check(workload: Workload, catalog: Catalog) -> None:
    for key, choices in _CHOICES.items():
        value = getattr(workload, key)
        if value not in choices:
            raise InputError(f"'{value}' is none of {', '.join(choice or 'empty' for choice in choices)}", key=key)
    if workload.model not in {*catalog.models, BOTH, UNSURE}:
        raise UnknownIdError("model", workload.model, [*catalog.models, BOTH, UNSURE], key="model")
    _check_words("purchase_allowed", workload.purchase_allowed, get_args(Purchase))
    _check_words("regions_allowed", workload.regions_allowed, [*catalog.regions, *REGION_GROUPS])
    if not expand_regions(workload, catalog.regions):
        raise InputError(
            f"no allowed region lies where data may be processed, in the {workload.residency.upper()}",
            key="residency",
            hint=f"Allow the regions '{workload.residency}', or drop the residency.",
        )
    _check_owned(workload, catalog)
    _check_engine(workload, catalog)
    _check_numbers(workload)
    _check_lengths(workload)
    _check_mode(workload)


def _check_numbers(workload: Workload) -> None:
    for key in _POSITIVE:
        value = getattr(workload, key)
        if value is not None and not (value > 0 and isfinite(value)):
            raise InputError(f"{key} must be a number above 0, got {value}", key=key)
    if workload.mean_rps > workload.peak_rps:
        raise InputError(f"the mean rate {workload.mean_rps:g} is above the peak {workload.peak_rps:g}", key="mean_rps")


def _check_mode(workload: Workload) -> None:
    if workload.mode == "online" and workload.budget_usd is not None and workload.budget_period == "run":
        raise InputError(
            "a budget for one run is for a batch", key="budget_period", hint="Give the budget of a month instead."
        )
    if workload.mode == "batch" and not (workload.batch_input_tokens > 0 and workload.batch_output_tokens > 0):
        raise InputError(
            "a batch needs its totals",
            key="batch_output_tokens",
            hint="Give batch_input_tokens and batch_output_tokens, the tokens of one run.",
        )


def _check_lengths(workload: Workload) -> None:
    usual, long = workload.input_tokens_p50, workload.input_tokens_p95
    if long < usual:
        raise InputError(
            f"the long prompts are shorter ({long:,} tokens, p95) than the usual ones ({usual:,}, p50)",
            key="input_tokens_p95",
            hint="Raise it, or leave it out.",
        )
    if not 0 <= workload.shared_prefix_tokens < usual:
        raise InputError("the shared prefix must be shorter than the prompt", key="shared_prefix_tokens")


def _check_owned(workload: Workload, catalog: Catalog) -> None:
    for instance, count in workload.owned:
        if instance not in catalog.instances:
            raise UnknownIdError("instance", instance, catalog.instances, key="owned")
        if count < 1:
            raise InputError(f"{count} of {instance} is none", key="owned", hint="Give at least 1, or leave it out.")


def _check_engine(workload: Workload, catalog: Catalog) -> None:
    if workload.engine:
        name, _, version = workload.engine.partition("@")
        engine = catalog.engine(name)
        if version:
            behaviour(engine, version)


_WORDS = {"purchase_allowed": "way of buying", "regions_allowed": "region"}


def _check_words(key: str, words: Iterable[str], known: Collection[str]) -> None:
    chosen = tuple(words)
    if not chosen:
        raise InputError("at least one is needed", key=key)
    for word in chosen:
        if word not in known:
            raise UnknownIdError(_WORDS[key], word, known, key=key)


REGION_GROUPS = ("us", "eu", "any")


def expand_regions(workload: Workload, regions: Iterable[str]) -> tuple[str, ...]:
    """The regions that the workload allows, groups spelled out; government regions only by name."""
    found: list[str] = []
    for region in regions:
        named = region in workload.regions_allowed
        grouped = any(_in_group(region, group) for group in workload.regions_allowed)
        kept = not workload.residency or _in_group(region, workload.residency)
        if (named or grouped) and kept:
            found.append(region)
    return tuple(found)


def _in_group(region: str, group: str) -> bool:
    public = "-gov-" not in region
    return public and (group == "any" or (group in REGION_GROUPS and region.startswith(f"{group}-")))
