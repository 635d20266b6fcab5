"""Published reports as data: scenarios, figures and claims, each tied to its line in the source."""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any, TypeVar

from advisor.catalog.layers import read_toml
from advisor.catalog.load import Catalog
from advisor.catalog.toml_lines import line_of
from advisor.errors import InputError, UnknownIdError, near

E = TypeVar("E", "Figure", "Guide")


@dataclass(frozen=True, slots=True)
class Figure:
    """A number that a report states as a result."""

    id: str
    scenario: str
    model: str
    metric: str
    value: float
    unit: str
    concurrency: int | None = None
    line: int | None = None


@dataclass(frozen=True, slots=True)
class Claim:
    """A statement that can be recomputed from the report's own numbers, or looked up.

    check names how; parameters are what that check needs: ids of other entries, or catalogue ids.
    """

    id: str
    text: str
    check: str
    value: float
    unit: str
    line: int | None = None
    parameters: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Guide:
    """One line of a selection guide: what the report would pick. Empty objective or model: it does not ask."""

    text: str
    pick: str
    objective: str = ""
    model: str = ""
    line: int | None = None


@dataclass(frozen=True, slots=True)
class Report:
    """One document's figures and claims, at level `claimed`."""

    id: str
    title: str
    author: str
    as_of: str
    location: str
    note: str
    checkpoint: str
    input_tokens: int
    output_tokens: int
    scenarios: Mapping[str, str]
    figures: tuple[Figure, ...]
    claims: tuple[Claim, ...]
    guides: tuple[Guide, ...] = ()

    def value_of(self, wanted: str) -> float:
        """The stated number of a figure or claim by id."""
        values = {figure.id: figure.value for figure in self.figures}
        values |= {claim.id: claim.value for claim in self.claims}
        if wanted not in values:
            raise UnknownIdError(f"figure or claim in {self.id}", wanted, values)
        return values[wanted]


def load_reports(catalog: Catalog) -> dict[str, Report]:
    """Every report of the catalogue by id."""
    return {path.stem: read_report(path) for _, path in catalog.layers.files("reports/*.toml")}


def read_report(path: Path) -> Report:
    """A report file. InputError naming file, line and key for one that cannot be used."""
    if not path.is_file():
        raise InputError("there is no such file", file=path)
    document = read_toml(path)
    head = _table(document, "report", path)
    scenarios = {name: _known(part, "instance", path) for name, part in _table(document, "scenario", path).items()}
    figures = tuple(_entry(Figure, part, path) for part in document.get("figure", []))
    claims = tuple(_claim(part, path) for part in document.get("claim", []))
    guides = tuple(_entry(Guide, part, path) for part in document.get("guide", []))
    for figure in figures:
        if figure.scenario not in scenarios:
            raise UnknownIdError("scenario", figure.scenario, scenarios, key=figure.id)
    try:
        return Report(
            id=path.stem,
            title=head["title"],
            author=head.get("author", "unknown"),
            as_of=str(head.get("as_of", "")),
            location=head.get("location", ""),
            note=head.get("note", ""),
            checkpoint=head.get("checkpoint", "bf16"),
            input_tokens=int(head["input_tokens"]),
            output_tokens=int(head["output_tokens"]),
            scenarios=scenarios,
            figures=figures,
            claims=claims,
            guides=guides,
        )
    except KeyError as error:
        raise InputError(
            "a key is missing", file=path, line=_line(path, ["report"]), key=f"report.{error.args[0]}"
        ) from error


def _table(document: Mapping[str, Any], key: str, path: Path) -> Mapping[str, Any]:
    part = document.get(key)
    if not isinstance(part, Mapping):
        raise InputError(f"the table [{key}] is missing", file=path, key=key)
    return part


def _known(part: Mapping[str, Any], key: str, path: Path) -> str:
    if key not in part:
        raise InputError(f"a scenario needs {key} =", file=path, key=key)
    return str(part[key])


def _entry(record: type[E], part: Mapping[str, Any], path: Path) -> E:
    """A figure or guide line; a key that it does not know is refused with the nearest ones."""
    known = {item.name for item in fields(record)}
    name = f"{record.__name__.lower()} {part.get('id', part.get('text', ''))}"
    for key in part:
        if key not in known:
            options = near(key, known)
            hint = f"Did you mean {' or '.join(options)}?" if options else None
            raise InputError("unknown key", file=path, key=f"{name}.{key}", hint=hint)
    try:
        return record(**part)
    except TypeError as error:
        raise InputError(str(error).partition(") ")[2], file=path, key=name) from error


def _claim(part: Mapping[str, Any], path: Path) -> Claim:
    stated = {item.name for item in fields(Claim)} - {"parameters"}
    try:
        return Claim(
            **{key: value for key, value in part.items() if key in stated},
            parameters={key: value for key, value in part.items() if key not in stated},
        )
    except TypeError as error:
        raise InputError(str(error).partition(") ")[2], file=path, key=f"claim {part.get('id', '')}") from error


def _line(path: Path, place: list[str]) -> int | None:
    return line_of(path.read_text(encoding="utf-8"), place)
