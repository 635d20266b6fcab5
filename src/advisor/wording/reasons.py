"""From a reason's code and parameters to its sentence."""

from collections.abc import Callable, Mapping

from advisor.quantities import text
from advisor.reasons import Parameter, Reason
from advisor.wording import advice, audit, charts, compared, fit, observed, remedies, serve, verify
from advisor.wording.figures import name_of

_ROOMS = (fit, remedies, serve, observed, compared, advice, verify, audit, charts)
_SENTENCES: Mapping[str, str] = {code: words for room in _ROOMS for code, words in room.SENTENCES.items()}

_WRITERS: tuple[tuple[str, Callable[[float], str]], ...] = (
    ("_bytes", text.gib),
    ("_tokens", text.tokens),
    ("_ms", text.milliseconds),
    ("usd_per_hour", text.usd_per_hour),
    ("usd", text.usd),
    ("_gb_per_s", lambda number: f"{number:,g}"),
    ("_per_s", text.rate),
    ("compute_capability", lambda number: f"{number:.1f}"),
    ("native_from", lambda number: f"{number:.1f}"),
    ("share", text.percent),
)


def sentence(reason: Reason) -> str:
    """The reason in one English sentence. KeyError for a code that nobody has put into words."""
    return _SENTENCES[reason.code].format_map({key: _written(key, value) for key, value in reason.params.items()})


def codes() -> frozenset[str]:
    """Every code that has a sentence."""
    return frozenset(_SENTENCES)


def _written(key: str, value: Parameter) -> str:
    """A parameter by the unit in its key; lists joined; other numbers with separators."""
    if isinstance(value, tuple) and key == "changes":
        return remedies.as_flags((field, wanted) for field, _, wanted in (str(item).partition("=") for item in value))
    if isinstance(value, tuple):
        return ", ".join(str(item) for item in value)
    if isinstance(value, str):
        return name_of(value) if key == "target" else value
    for suffix, write in _WRITERS:
        if key.endswith(suffix):
            return write(value)
    return f"{value:,}" if isinstance(value, int) and abs(value) >= 10_000 else f"{value:g}"
