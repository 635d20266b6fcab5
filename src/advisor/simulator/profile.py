"""Profiles: the step times and limits that a simulated engine is told to have.

Every profile is invented. None describes an instance, an accelerator or a measured engine, and no
name here may suggest that one does.
"""

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from types import MappingProxyType

from advisor.errors import InputError, near, printable
from advisor.stepcurve import StepCurve

BLOCK_TOKENS = 16
"""Tokens of one KV-cache block; vLLM's usual block size on GPUs."""


@dataclass(frozen=True, slots=True)
class Profile:
    """One engine to simulate. The defaults are the profile `default`.

    base_ms, expert_ms and stream_ms are t0, te and tl of the step-time curve
    T(N) = t0 + te * hit(N) / E + tl * N: the floor of a step, the time to read all routed experts, and
    the cost of each stream in flight. InputError where no engine could be so.
    """

    name: str
    """The text that `parse_profile` reads back to this profile."""
    model: str = "llama-4-scout-simulated"
    """Id under which the model is served."""
    base_ms: float = 8.0
    expert_ms: float = 12.0
    stream_ms: float = 0.15
    experts: int = 16
    """Routed experts E; 0 for a dense model."""
    prefill_tokens_per_s: float = 20_000.0
    max_num_seqs: int = 64
    """Streams that may run at once; further requests wait."""
    kv_capacity_tokens: int = 262_144
    """Tokens that the KV cache holds, in whole blocks of BLOCK_TOKENS."""
    max_model_len: int = 32_768
    """Prompt and output tokens of one request together, at most."""
    seed: int = 0
    max_num_batched_tokens: int = 2_048
    """Tokens of one step, decoded and prefilled together: the size of a prefill chunk."""

    def __post_init__(self) -> None:
        for key, (lowest, highest) in _BOUNDS.items():
            value = getattr(self, key)
            if not lowest <= value <= highest:  # false for NaN too
                stated = printable(str(value))
                raise InputError(f"a profile's {key} must be {lowest:g} to {highest:,.0f}, not {stated}", key=key)
        if not self.model.strip() or self.model != printable(self.model):
            raise InputError("a profile's model must be a printable name", key="model")
        self._check_limits()

    def _check_limits(self) -> None:
        """What vLLM refuses to start with, for the same reasons."""
        if self.step_curve.step_ms(1) <= 0:
            raise InputError("a decode step must take time", hint="Set base_ms, expert_ms or stream_ms above 0.")
        if self.num_blocks * BLOCK_TOKENS < self.max_model_len:
            raise InputError(
                f"a KV cache of {self.kv_capacity_tokens} tokens cannot hold one request of {self.max_model_len}",
                hint="Raise kv_capacity_tokens or lower max_model_len.",
                key="kv_capacity_tokens",
            )
        if self.max_num_batched_tokens < self.max_num_seqs:
            raise InputError(
                f"a step of {self.max_num_batched_tokens} tokens cannot serve {self.max_num_seqs} streams",
                hint="Raise max_num_batched_tokens or lower max_num_seqs.",
                key="max_num_batched_tokens",
            )

    @property
    def step_curve(self) -> StepCurve:
        return StepCurve(self.base_ms, self.expert_ms, self.stream_ms, self.experts)

    @property
    def num_blocks(self) -> int:
        """Blocks of the KV cache; a part of a block does not count."""
        return self.kv_capacity_tokens // BLOCK_TOKENS


_BOUNDS: Mapping[str, tuple[float, float]] = MappingProxyType(
    {
        "base_ms": (0, 60_000),
        "expert_ms": (0, 60_000),
        "stream_ms": (0, 60_000),
        "experts": (0, 10_000),
        "prefill_tokens_per_s": (0.1, 1e9),
        "max_num_seqs": (1, 10_000),
        "kv_capacity_tokens": (BLOCK_TOKENS, 10**9),
        "max_model_len": (2, 10**8),
        "seed": (0, 2**63),
        "max_num_batched_tokens": (1, 10**8),
    }
)
"""Lowest and highest value of each figure: wide enough for any engine, narrow enough to be one."""

_DEFAULT = Profile("default")

PROFILES: Mapping[str, Profile] = MappingProxyType(
    {
        profile.name: profile
        for profile in (
            _DEFAULT,
            replace(_DEFAULT, name="fast", base_ms=1.0, expert_ms=2.0, stream_ms=0.05, prefill_tokens_per_s=400_000.0),
            replace(_DEFAULT, name="slow-prefill", prefill_tokens_per_s=2_000.0),
            replace(_DEFAULT, name="few-slots", max_num_seqs=4),
            replace(_DEFAULT, name="small-cache", kv_capacity_tokens=2_048, max_model_len=2_048),
        )
    }
)
"""Invented engines by name: an everyday one, one with tiny steps for tests, and one for each limit."""

_ALIASES: Mapping[str, str] = MappingProxyType(
    {"t0_ms": "base_ms", "per_expert_ms": "expert_ms", "per_stream_ms": "stream_ms"}
)
"""Names of the curve's parameters on the command line. per_expert_ms is te, the time of *all* experts."""

_TYPES: Mapping[str, type] = MappingProxyType(
    {field.name: type(getattr(_DEFAULT, field.name)) for field in fields(Profile) if field.name != "name"}
)


def parse_profile(text: str) -> Profile:
    """A profile by name, with figures replaced: `default,t0_ms=5,max_num_seqs=64`.

    The result is named by the text, so that a changed profile never passes for the one it came from.
    InputError for a name, key or value that cannot be used.
    """
    name, *changes = (part.strip() for part in text.split(","))
    base = PROFILES.get(name)
    if base is None:
        raise InputError(f"there is no profile '{printable(name)}'", hint=_did_you_mean(name, PROFILES), key="profile")
    changed: dict[str, float | str] = {}
    for change in changes:
        key, field, value = _parse_change(change)
        if field in changed:
            raise InputError(f"the profile states {key} twice", key="profile")
        changed[field] = value
    return replace(base, name=",".join([name, *changes]), **changed)  # type: ignore[arg-type] # by _TYPES


def _parse_change(change: str) -> tuple[str, str, float | str]:
    """One `key=value`: the key as written, its field, and the value in the field's type."""
    key, equals, value = (part.strip() for part in change.partition("="))
    field = _ALIASES.get(key, key)
    kind = _TYPES.get(field)
    if not equals or kind is None:
        what = "has no key" if equals else "cannot read"
        known = [*_TYPES, *_ALIASES]
        raise InputError(
            f"a profile {what} '{printable(key)}'", hint=_did_you_mean(key, known, "key=value"), key="profile"
        )
    if kind is str:
        return key, field, value
    try:
        return key, field, kind(value)
    except ValueError:
        wanted = "a whole number" if kind is int else "a number"
        raise InputError(f"a profile's {key} must be {wanted}, not '{printable(value)}'", key="profile") from None


def _did_you_mean(wanted: str, known: Mapping[str, object] | list[str], form: str | None = None) -> str:
    found = near(wanted, known)
    names = " or ".join(found) if found else ", ".join(known)
    ask = f"Did you mean {names}?" if found else f"There are {names}."
    return f"{ask} Changes are written {form}." if form else ask
