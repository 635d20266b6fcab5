"""The form of a report file, for those that a user brings; the shipped ones are checked by the tests."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from advisor.errors import CONTROLS, printable
from advisor.evidence.reports import METRICS, TOPICS

_LONGEST = 500
Text = Annotated[str, AfterValidator(lambda text: printable(text, _LONGEST))]
Finite = Annotated[float, Field(allow_inf_nan=False)]
Positive = Annotated[float, Field(gt=0, allow_inf_nan=False)]
Count = Annotated[int, Field(gt=0)]
Lines = Annotated[str, AfterValidator(lambda text: CONTROLS.sub("", text)), Field(max_length=2_000)]
"""A command may go on over several lines."""

Parameter = Lines | Finite | dict[Text, Text | Finite]


def known_metric(metric: str) -> str:
    if metric not in METRICS:
        raise ValueError(f"a metric is one of {', '.join(METRICS)}")
    return metric


def known_topic(topic: str) -> str:
    if topic not in TOPICS:
        raise ValueError(f"a topic is one of {', '.join(TOPICS)}")
    return topic


class Part(BaseModel):
    model_config = ConfigDict(strict=True, extra="forbid")


class Head(Part):
    title: Text
    author: Text = "unknown"
    as_of: date | Text = ""
    location: Text = ""
    note: Text = ""
    checkpoint: Text = "bf16"
    input_tokens: Count | None = None
    output_tokens: Count | None = None


class Scenario(Part):
    instance: Text
    count: Count = 1
    text: Text = ""
    line: Count | None = None


class Figure(Part):
    id: Text
    scenario: Text
    model: Text
    metric: Annotated[str, AfterValidator(known_metric)]
    value: Positive
    unit: Text
    concurrency: Count | None = None
    line: Count | None = None
    section: Text = ""
    statistic: Text = ""
    note: Text = ""


class Claim(BaseModel):
    """What else a claim states are the parameters of its check."""

    model_config = ConfigDict(strict=True, extra="allow")
    __pydantic_extra__: dict[str, Parameter | list[Parameter]]
    id: Text
    text: Text
    check: Text
    value: Finite = 1.0
    unit: Text = ""
    line: Count | None = None
    section: Text = ""
    note: Text = ""


class Entry(Part):
    id: Text
    topic: Annotated[str, AfterValidator(known_topic)]
    text: Text
    line: Count | None = None
    section: Text = ""
    claims: list[Text] = []
    note: Text = ""


class Guide(Part):
    text: Text
    pick: Text
    objective: Text = ""
    model: Text = ""
    line: Count | None = None


class ReportFile(Part):
    report: Head
    scenario: dict[Text, Scenario] = {}
    figure: list[Figure] = []
    claim: list[Claim] = []
    guide: list[Guide] = []
    entry: list[Entry] = []


def known_keys(place: Sequence[str | int]) -> set[str]:
    """The keys that may stand where the last of `place` stands."""
    forms: Mapping[str | int, type[BaseModel]] = {
        "report": Head,
        "scenario": Scenario,
        "figure": Figure,
        "claim": Claim,
        "guide": Guide,
        "entry": Entry,
    }
    form = ReportFile if len(place) == 1 else forms.get(place[0], ReportFile)
    return set(form.model_fields)
