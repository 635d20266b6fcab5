"""Why something is so, as a value: a code and its parameters. Its words are made in `wording`."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

Parameter = str | int | float | tuple[str, ...] | tuple[int, ...]


class Severity(StrEnum):
    """How much a reason weighs: it decides a verdict, it cautions, or it informs."""

    ERROR = "error"
    WARNING = "warning"
    INFO = "info"


@dataclass(frozen=True, slots=True)
class Reason:
    """One reason. params hold plain values with their unit in the key; source says who vouches for it."""

    code: str
    severity: Severity
    params: Mapping[str, Parameter] = field(default_factory=dict)
    source: str = ""


def error(code: str, source: str = "", **params: Parameter) -> Reason:
    return Reason(code, Severity.ERROR, params, source)


def warning(code: str, source: str = "", **params: Parameter) -> Reason:
    return Reason(code, Severity.WARNING, params, source)


def info(code: str, source: str = "", **params: Parameter) -> Reason:
    return Reason(code, Severity.INFO, params, source)
