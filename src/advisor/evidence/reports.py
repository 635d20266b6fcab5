"""Published reports as data: scenarios, figures and claims, each tied to its line in the source."""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

from advisor.catalog.layers import SHIPPED, read_toml
from advisor.catalog.load import Catalog
from advisor.catalog.toml_lines import line_of, place_in, written
from advisor.errors import InputError, UnknownIdError, near, printable


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
        """The stated number of a figure or claim by id. InputError for a zero, which nothing is computed from."""
        values = {figure.id: figure.value for figure in self.figures}
        values |= {claim.id: claim.value for claim in self.claims}
        if wanted not in values:
            raise UnknownIdError(f"figure or claim in {self.id}", wanted, values)
        if not values[wanted]:
            raise InputError("the value is 0, so nothing can be computed from it", key=wanted)
        return values[wanted]


def load_reports(catalog: Catalog) -> dict[str, Report]:
    """Every report of the catalogue by id."""
    return {
        path.stem: _report(read_toml(path), path) if layer.name == SHIPPED else read_report(path)
        for layer, path in catalog.layers.files("reports/*.toml")
    }


def read_report(path: Path) -> Report:
    """A report file of a user's. InputError naming file, line and key for one that cannot be used."""
    if not path.is_file():
        raise InputError("there is no such file", file=path)
    return _report(_checked(read_toml(path), path), path)


def _checked(document: Mapping[str, Any], path: Path) -> Mapping[str, Any]:
    """The document as its contract has it, its text safe to print."""
    from pydantic import ValidationError  # costs start-up time that only a report of one's own pays

    from advisor.evidence.report_contract import ReportFile, known_keys

    try:
        return ReportFile.model_validate(document).model_dump(exclude_unset=True)
    except ValidationError as error:
        # What is wrong says more than what is missing: a mistyped key is both.
        first = min(error.errors(), key=lambda each: each["type"] == "missing")
        place, hint = place_in(document, first["loc"]), None
        message = f"{first['msg'][0].lower()}{first['msg'][1:]}"
        if first["type"] == "missing":
            message = "the key is missing"
        elif first["type"] == "extra_forbidden":
            message = "unknown key"
            options = near(str(place[-1]), known_keys(place))
            hint = f"Did you mean {' or '.join(options)}?" if options else None
        else:
            message += f", got {printable(repr(first['input']), 60)}"
        line = line_of(path.read_text(encoding="utf-8"), place)
        raise InputError(message, file=path, line=line, key=written(place), hint=hint) from error


def _report(document: Mapping[str, Any], path: Path) -> Report:
    head = document["report"]
    scenarios = {name: part["instance"] for name, part in document["scenario"].items()}
    figures = tuple(Figure(**part) for part in document.get("figure", []))
    for index, figure in enumerate(figures):
        if figure.scenario not in scenarios:
            line = line_of(path.read_text(encoding="utf-8"), ("figure", index, "scenario"))
            raise UnknownIdError("scenario", figure.scenario, scenarios, key=figure.id, file=path, line=line)
    return Report(
        id=path.stem,
        title=head["title"],
        author=head.get("author", "unknown"),
        as_of=str(head.get("as_of", "")),
        location=head.get("location", ""),
        note=head.get("note", ""),
        checkpoint=head.get("checkpoint", "bf16"),
        input_tokens=head["input_tokens"],
        output_tokens=head["output_tokens"],
        scenarios=scenarios,
        figures=figures,
        claims=tuple(map(_claim, document.get("claim", []))),
        guides=tuple(Guide(**part) for part in document.get("guide", [])),
    )


def _claim(part: Mapping[str, Any]) -> Claim:
    stated = {item.name for item in fields(Claim)} - {"parameters"}
    return Claim(
        **{key: value for key, value in part.items() if key in stated},
        parameters={key: value for key, value in part.items() if key not in stated},
    )
