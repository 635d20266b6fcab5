"""What a benchmark will do: the plan, its canonical form, and the hash that runs are compared by.

A plan holds no endpoint, header or secret, so that its hash names the workload alone. Times are in
the unit that the name says; lengths are in tokens.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from math import inf
from types import MappingProxyType
from typing import ClassVar, Literal

from advisor.bench.target import Secret as Secret
from advisor.bench.target import Target as Target
from advisor.bench.target import normalise_url as normalise_url
from advisor.errors import InputError, near, printable
from advisor.slo import Slo as Slo
from advisor.slo import parse_slos

Api = Literal["chat", "completions"]


@dataclass(frozen=True, slots=True)
class Plan:
    """One benchmark: closed loops at several concurrencies, each repeated.

    Exactly one of requests_per_cell and duration_s is given; a cell is one repetition at one
    concurrency. warmup_requests run before each cell, at its concurrency, and are not counted.
    ignore_eos asks for exactly output_tokens; without it answers end where the model ends them.
    output_tokens_per_s_limit is a physical bound that the caller worked out, if it has one.
    """

    __pydantic_config__: ClassVar = {"extra": "forbid"}

    model: str
    api: Api = "chat"
    concurrencies: tuple[int, ...] = (1, 4, 8)
    requests_per_cell: int | None = None
    duration_s: float | None = None
    input_tokens: int = 512
    output_tokens: int = 128
    repetitions: int = 3
    warmup_requests: int = 4
    timeout_s: float = 120.0
    seed: int = 1
    ignore_eos: bool = True
    slos: tuple[Slo, ...] = ()
    output_tokens_per_s_limit: float | None = None

    def __post_init__(self) -> None:
        _require(bool(self.model), "model", "a plan names the model as the server serves it")
        _require(self.api in ("chat", "completions"), "api", "the API is 'chat' or 'completions'")
        _require(
            (self.requests_per_cell is None) != (self.duration_s is None),
            "requests_per_cell",
            "a plan gives either requests_per_cell or duration_s",
        )
        levels = self.concurrencies
        _require(bool(levels) and all(1 <= level <= 4096 for level in levels), "concurrencies", "1 to 4096 each")
        _require(len(set(levels)) == len(levels), "concurrencies", "each concurrency is given once")
        for slo in self.slos:
            _require(1 <= slo.percentile <= 99 and 0 < slo.limit_ms < inf, "slos", f"'{slo}' is no objective")
        for key, low in _LOWEST.items():
            value = getattr(self, key)
            _require(value is None or value >= low, key, f"the value is at least {low}")
        for key in ("duration_s", "timeout_s", "output_tokens_per_s_limit"):
            value = getattr(self, key)
            if value is not None:
                _require(0 < value < inf, key, "the value is positive")
                object.__setattr__(self, key, float(value))  # 60 and 60.0 are one plan

    @property
    def plan_hash(self) -> str:
        """SHA-256 of the canonical JSON without the physical bound, in hexadecimal.

        The bound belongs to the hardware, and one workload on two instances is one plan.
        """
        return hashlib.sha256(canonical_json(replace(self, output_tokens_per_s_limit=None)).encode()).hexdigest()

    def to_dict(self) -> dict[str, object]:
        """Plain values, objectives as their text; what is not set is left out, so that older hashes stay."""
        values = {item.name: getattr(self, item.name) for item in fields(self)}
        values["slos"] = ",".join(map(str, self.slos)) or None
        return {key: value for key, value in values.items() if value is not None}

    @classmethod
    def from_dict(cls, values: Mapping[str, object]) -> "Plan":
        """A plan from outside data. InputError naming the key that is unknown, missing or wrong."""
        from pydantic import TypeAdapter, ValidationError  # costs 100 ms, and only outside data needs it

        known = {field.name for field in fields(cls)}
        for key in values:
            if key not in known:
                hint = ", ".join(near(key, known))
                raise InputError("the plan has an unknown key", hint=f"Near it: {hint}." if hint else None, key=key)
        slos = values.get("slos", "")
        if not isinstance(slos, str):
            raise InputError("the objectives of a plan are text such as ttft_p95_ms=500", key="slos")
        rest = {key: value for key, value in values.items() if key != "slos"}
        try:
            return replace(TypeAdapter(cls).validate_json(json.dumps(rest), strict=True), slos=parse_slos(slos))
        except ValidationError as wrong:
            first = wrong.errors(include_url=False, include_input=False)[0]
            key = ".".join(str(part) for part in first["loc"])
            raise InputError(f"the plan cannot be used: {first['msg'].lower()}", key=key) from None


_LOWEST = {
    "requests_per_cell": 1,
    "input_tokens": 1,
    "output_tokens": 1,
    "repetitions": 1,
    "warmup_requests": 0,
    "seed": 0,
}


def canonical_json(plan: Plan) -> str:
    """The plan as JSON with sorted keys and no spaces: equal plans give equal text."""
    return json.dumps(plan.to_dict(), sort_keys=True, separators=(",", ":"), ensure_ascii=True, allow_nan=False)


PRESETS: Mapping[str, Mapping[str, object]] = MappingProxyType(
    {
        # Under a minute at 10 ms a token; 60 pooled requests, the fewest that carry a p95.
        "quick": MappingProxyType(
            {
                "concurrencies": (1, 4, 8),
                "requests_per_cell": 20,
                "input_tokens": 128,
                "output_tokens": 32,
                "warmup_requests": 4,
            }
        ),
        # The shape of the audited report; 384 pooled requests carry a p99, and 128 are four waves of 32.
        "report": MappingProxyType(
            {
                "concurrencies": (1, 4, 8, 16, 32),
                "requests_per_cell": 128,
                "input_tokens": 512,
                "output_tokens": 128,
                "warmup_requests": 32,
            }
        ),
        # The shape of the audited article: one pass, a short question, its 30 s limit.
        "article": MappingProxyType(
            {
                "concurrencies": (50,),
                "requests_per_cell": 1000,
                "input_tokens": 32,
                "output_tokens": 150,
                "repetitions": 1,
                "warmup_requests": 50,
                "timeout_s": 30.0,
            }
        ),
    }
)
"""Plans by name, without the model: keyword arguments of `Plan`."""


def preset_plan(name: str, model: str, **changes: object) -> Plan:
    """The preset `name` for a model, with some values replaced. InputError for an unknown preset.

    A duration replaces the preset's count, and a count its duration.
    """
    if name not in PRESETS:
        raise InputError(f"there is no preset '{printable(name, 40)}'", hint=f"There are {', '.join(PRESETS)}.")
    values = dict(PRESETS[name])
    given = {key: value for key, value in changes.items() if value is not None}
    if "duration_s" in given:
        values.pop("requests_per_cell", None)
    merged = values | given | {"model": model}
    return Plan(**merged)  # type: ignore[arg-type]  # checked by the plan itself


def _require(holds: bool, key: str, rule: str) -> None:
    if not holds:
        raise InputError(f"the plan cannot be used: {rule}", key=key)
