"""Published reports as data: scenarios, figures and claims, each tied to its line in the source."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

from advisor.catalog.layers import read_toml
from advisor.catalog.load import Catalog
from advisor.catalog.toml_lines import line_of, place_in, written
from advisor.errors import InputError, UnknownIdError, near, printable

TOPICS = (
    "environment",
    "architecture",
    "moe",
    "methodology",
    "results",
    "selection",
    "trade-offs",
    "availability",
    "deployment",
    "observability",
    "tuning",
    "operations",
    "security",
    "cost",
    "purchasing",
    "power",
    "training",
    "references",
)
"""What an entry is about, for all reports alike, so that advice and the serving plan can look it up."""


METRICS = (
    "output_tokens_per_s",
    "ttft_ms",
    "itl_ms",
    "tpot_ms",
    "e2e_ms",
    "requests_per_s",
    "concurrent_requests",
    "usd_per_hour",
    "usd_per_month",
    "power_w",
)
"""What a figure may be of."""


@dataclass(frozen=True, slots=True)
class Scenario:
    """A machine that a report speaks of: a number of instances of one type."""

    id: str
    instance: str
    count: int = 1
    text: str = ""
    line: int | None = None


@dataclass(frozen=True, slots=True)
class Figure:
    """A number that a report states as a result.

    statistic says which one it is ("median", "p99"); empty where the report does not say.
    """

    id: str
    scenario: str
    model: str
    metric: str
    value: float
    unit: str
    concurrency: int | None = None
    line: int | None = None
    section: str = ""
    statistic: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True)
class Claim:
    """A statement that can be recomputed from the report's own numbers, or looked up.

    check names how; parameters are what that check needs: numbers, ids of other claims and figures, catalogue
    ids. A statement without a number has the value 1: it is so. note is ours, not the report's.
    """

    id: str
    text: str
    check: str
    value: float = 1.0
    unit: str = ""
    line: int | None = None
    section: str = ""
    note: str = ""
    parameters: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Entry:
    """What a report says beside its numbers, in short words, tied to its line.

    topic is one of TOPICS. claims are those of the same report that judge it; note is ours: what is known of it.
    """

    id: str
    topic: str
    text: str
    line: int | None = None
    section: str = ""
    claims: tuple[str, ...] = ()
    note: str = ""


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
    """One document's figures, claims and other content, at level `claimed`.

    input_tokens and output_tokens are the request shape of its figures; None where it states none.
    """

    id: str
    title: str
    author: str
    as_of: str
    location: str
    note: str
    checkpoint: str
    input_tokens: int | None
    output_tokens: int | None
    scenarios: Mapping[str, Scenario]
    figures: tuple[Figure, ...]
    claims: tuple[Claim, ...]
    guides: tuple[Guide, ...] = ()
    entries: tuple[Entry, ...] = ()

    def about(self, topic: str) -> tuple[Entry, ...]:
        """Its entries on a topic, in the report's order."""
        return tuple(entry for entry in self.entries if entry.topic == topic)

    @property
    def sections(self) -> tuple[str, ...]:
        """The sections that its content names, in order of first appearance."""
        parts: list[Figure | Claim | Entry] = [*self.figures, *self.claims, *self.entries]
        return tuple(dict.fromkeys(part.section for part in parts if part.section))


def load_reports(catalog: Catalog) -> dict[str, Report]:
    """Every report of the catalogue by id."""
    found: dict[str, Report] = {}
    for layer, path in catalog.layers.files("reports/*.toml"):
        with catalog.complaints.skipping():
            is_tried = catalog.layers.validates(layer)
            found[path.stem] = read_report(path) if is_tried else _report(read_toml(path), path)
    return found


def read_report(path: Path) -> Report:
    """A report file of a user's. InputError naming file, line and key for one that cannot be used."""
    if not path.is_file():
        raise InputError("there is no such file", file=path)
    document = _checked(read_toml(path), path)
    report = _report(document, path)
    _check_claims(document, path)
    return report


_TABLES = {
    "model_type": "this is one table, [name] in single brackets",
    "dict_type": "this is one table, [name] in single brackets",
    "list_type": "this is a list: of tables, each [[name]] in double brackets, or of values, [a, b]",
}
"""What to say where the validator misses a table or a list."""


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
        elif first["type"] in _TABLES:
            message = _TABLES[first["type"]]
        else:
            message = f"{message.removeprefix('value error, ')}, got {printable(repr(first['input']), 60)}"
        line = line_of(path.read_text(encoding="utf-8"), place)
        raise InputError(message, file=path, line=line, key=written(place), hint=hint) from error


def _report(document: Mapping[str, Any], path: Path) -> Report:
    head = document["report"]
    scenarios = {name: Scenario(id=name, **part) for name, part in document.get("scenario", {}).items()}
    figures = tuple(Figure(**part) for part in document.get("figure", []))
    claims = tuple(map(_claim, document.get("claim", [])))
    entries = tuple(map(_entry, document.get("entry", [])))
    _check_references(scenarios, figures, claims, entries, path)
    return Report(
        id=path.stem,
        title=head["title"],
        author=head.get("author", "unknown"),
        as_of=str(head.get("as_of", "")),
        location=head.get("location", ""),
        note=head.get("note", ""),
        checkpoint=head.get("checkpoint", "bf16"),
        input_tokens=head.get("input_tokens"),
        output_tokens=head.get("output_tokens"),
        scenarios=scenarios,
        figures=figures,
        claims=claims,
        guides=tuple(Guide(**part) for part in document.get("guide", [])),
        entries=entries,
    )


def _check_references(
    scenarios: Mapping[str, Scenario],
    figures: Sequence[Figure],
    claims: Sequence[Claim],
    entries: Sequence[Entry],
    path: Path,
) -> None:
    """No id twice, and none that names nothing. The line of a mistake is looked for only when there is one."""
    numbers: set[str] = set()  # a claim refers to figures and claims alike
    groups: list[tuple[str, Sequence[Figure | Claim | Entry], set[str]]] = [
        ("figure", figures, numbers),
        ("claim", claims, numbers),
        ("entry", entries, set()),
    ]
    for kind, parts, seen in groups:
        for index, part in enumerate(parts):
            if part.id in seen:
                line = _line(path, kind, index, "id")
                raise InputError("this id is given twice", file=path, line=line, key=f"{kind}[{index}].id = {part.id}")
            seen.add(part.id)
    for index, figure in enumerate(figures):
        if figure.scenario not in scenarios:
            line = _line(path, "figure", index, "scenario")
            raise UnknownIdError("scenario", figure.scenario, scenarios, key=figure.id, file=path, line=line)
    known = {claim.id for claim in claims}
    for index, entry in enumerate(entries):
        for wanted in entry.claims:
            if wanted not in known:
                line = _line(path, "entry", index, "claims")
                raise UnknownIdError("claim", wanted, known, key=entry.id, file=path, line=line)


def _check_claims(document: Mapping[str, Any], path: Path) -> None:
    """Each claim has what its check needs, and nothing else."""
    from advisor.evidence.audit.forms import objection  # only a report of one's own asks

    for index, part in enumerate(document.get("claim", [])):
        found = objection(part)
        if found is not None:
            key, message, hint = found
            place = ("claim", index, key) if key else ("claim", index)
            named = f"claim {part['id']}" + (f", {key}" if key else "")
            raise InputError(message, file=path, line=_line(path, *place), key=named, hint=hint)


def _line(path: Path, *place: str | int) -> int | None:
    return line_of(path.read_text(encoding="utf-8"), place)


def _entry(part: Mapping[str, Any]) -> Entry:
    return Entry(**{**part, "claims": tuple(part.get("claims", ()))})


def _claim(part: Mapping[str, Any]) -> Claim:
    stated = {item.name for item in fields(Claim)} - {"parameters"}
    return Claim(
        **{key: value for key, value in part.items() if key in stated},
        parameters={key: value for key, value in part.items() if key not in stated},
    )
