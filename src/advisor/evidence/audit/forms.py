"""What each check needs from a claim: the keys beside id, text, check, value, unit and line, and their kinds.

Reading a report asks this, so that a mistake is named by file, line and key before anything is computed.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from advisor.errors import near

Kind = Literal["quantity", "quantities", "word", "count"]

_WHAT: Mapping[Kind, str] = {
    "quantity": 'a number, the id of a figure or claim, or a table like { list_price = "p5.48xlarge" }',
    "quantities": "a list of ids or numbers",
    "word": "text in quotes",
    "count": "a whole number above 0",
}
_COMMON = ("id", "text", "check", "value", "unit", "line", "section", "note")


@dataclass(frozen=True, slots=True)
class Form:
    """The keys of one check. one_of: exactly one of each group. states: whether it judges a statement, not a number.

    free: any other key is a quantity that its formula names.
    """

    needs: Mapping[str, Kind] = field(default_factory=dict)
    may: Mapping[str, Kind] = field(default_factory=dict)
    one_of: tuple[tuple[str, ...], ...] = ()
    states: bool = False
    free: bool = False

    @property
    def keys(self) -> dict[str, Kind]:
        return {**self.needs, **self.may}


_PAIR: Mapping[str, Kind] = {"of": "quantity", "base": "quantity"}
_COSTS: Mapping[str, Kind] = dict.fromkeys(("price", "throughput", "base_price", "base_throughput"), "quantity")

FORMS: Mapping[str, Form] = {
    "usd_per_million": Form(
        may={
            "price": "quantity",
            "usd_per_month": "quantity",
            "throughput": "quantity",
            "tokens_per_month": "quantity",
            "at": "quantities",
            "least_price": "quantity",
        },
        one_of=(("price", "usd_per_month", "least_price"), ("throughput", "tokens_per_month")),
    ),
    "cost_delta_percent": Form(
        _COSTS, {"stated": "quantity", "base_stated": "quantity", "at": "quantity", "base_at": "quantity"}
    ),
    "delta_percent": Form(_PAIR, {"decimals": "count"}),
    "ratio_percent": Form(_PAIR),
    "ratio": Form(_PAIR),
    "arithmetic": Form({"formula": "word"}, free=True),
    "streams": Form({"itl_ms": "quantity", "concurrency": "quantity"}),
    "roofline": Form({"scenario": "word", "model": "word", "concurrency": "quantity"}),
    "memory_bound": Form({"instance": "word", "weights_gb": "quantity"}),
    "little": Form(
        {"of": "word"},
        {
            "concurrency": "quantity",
            "latency_ms": "quantity",
            "requests_per_s": "quantity",
            "throughput": "quantity",
            "output_tokens": "quantity",
        },
    ),
    "request_rate": Form({"throughput": "quantity", "output_tokens": "quantity"}),
    "list_price": Form({"instance": "word", "region": "word"}),
    "specification": Form({"key": "word"}, {"instance": "word", "accelerator": "word"}, (("instance", "accelerator"),)),
    "instance_exists": Form({"instance": "word"}, states=True),
    "fact": Form({"fact": "word"}),
    "architecture": Form({"model": "word", "key": "word"}),
    "parameters": Form({"model": "word", "key": "word"}),
    "max_context": Form({"model": "word"}),
    "fits": Form(
        {"model": "word", "checkpoint": "word", "instance": "word"},
        {"context_tokens": "count", "tensor_parallel_size": "count", "engine": "word", "concurrency": "count"},
        states=True,
    ),
    "command": Form({"command": "word"}, states=True),
    "none": Form(may={"formula": "word", "yields": "word"}, states=True, free=True),
}


def objection(part: Mapping[str, Any]) -> tuple[str, str, str | None] | None:
    """What is wrong with a claim for its check: key, what, and what would be right. None where nothing is."""
    return next(_objections(part), None)


def _objections(part: Mapping[str, Any]) -> Iterator[tuple[str, str, str | None]]:
    check = part["check"]
    form = FORMS.get(check)
    if form is None:
        likely = near(check, FORMS)
        hint = f"Did you mean {' or '.join(likely)}?" if likely else f"Use one of {', '.join(sorted(FORMS))}."
        yield "check", f"there is no check '{check}'", hint
        return
    given = {key: value for key, value in part.items() if key not in _COMMON}
    yield from _unknown(check, form, given)
    yield from _missing(check, form, given)
    for key, value in given.items():
        kind = form.keys.get(key, "quantity")
        if not _is(kind, value):
            yield key, f"this is {_WHAT[kind]}", None
    if not form.states and "value" not in part:
        yield "", f"the check '{check}' needs value = …, the number that is claimed", None


def _unknown(check: str, form: Form, given: Mapping[str, Any]) -> Iterator[tuple[str, str, str | None]]:
    for key in given.keys() - form.keys.keys():
        if not form.free:
            likely = near(key, [*form.keys, *_COMMON])
            yield key, f"the check '{check}' has no such key", f"Did you mean {likely[0]}?" if likely else _keys(form)


def _missing(check: str, form: Form, given: Mapping[str, Any]) -> Iterator[tuple[str, str, str | None]]:
    for key, kind in form.needs.items():
        if key not in given:
            yield "", f"the check '{check}' needs {key} = …, {_WHAT[kind]}", None
    for group in form.one_of:
        if sum(key in given for key in group) != 1:
            yield "", f"the check '{check}' needs one of {', '.join(group)}", None


def _keys(form: Form) -> str:
    return f"It has {', '.join(form.keys)}." if form.keys else "It has none."


def _is(kind: Kind, value: object) -> bool:
    match kind:
        case "word":
            return isinstance(value, str)
        case "count":
            return isinstance(value, int | float) and value > 0 and value == int(value)
        case "quantities":
            return isinstance(value, list | tuple) and all(isinstance(each, str | int | float) for each in value)
        case "quantity":
            return isinstance(value, str | int | float | dict)
