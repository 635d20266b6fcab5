"""The form of a report file, for those that a user brings; the shipped ones are checked by the tests."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from advisor.errors import printable

_LONGEST = 500
Text = Annotated[str, AfterValidator(lambda text: printable(text, _LONGEST))]
Finite = Annotated[float, Field(allow_inf_nan=False)]
Positive = Annotated[float, Field(gt=0, allow_inf_nan=False)]
Count = Annotated[int, Field(gt=0)]


class Entry(BaseModel):
    model_config = ConfigDict(strict=True, extra="forbid")


class Head(Entry):
    title: Text
    author: Text = "unknown"
    as_of: date | Text = ""
    location: Text = ""
    note: Text = ""
    checkpoint: Text = "bf16"
    input_tokens: Count
    output_tokens: Count


class Scenario(Entry):
    instance: Text


class Figure(Entry):
    id: Text
    scenario: Text
    model: Text
    metric: Text
    value: Positive
    unit: Text
    concurrency: Count | None = None
    line: int | None = None


class Claim(BaseModel):
    """What else a claim states are the parameters of its check."""

    model_config = ConfigDict(strict=True, extra="allow")
    __pydantic_extra__: dict[str, Text | Finite]
    id: Text
    text: Text
    check: Text
    value: Finite
    unit: Text
    line: int | None = None


class Guide(Entry):
    text: Text
    pick: Text
    objective: Text = ""
    model: Text = ""
    line: int | None = None


class ReportFile(Entry):
    report: Head
    scenario: dict[Text, Scenario]
    figure: list[Figure] = []
    claim: list[Claim] = []
    guide: list[Guide] = []


def known_keys(place: Sequence[str | int]) -> set[str]:
    """The keys that may stand where the last of `place` stands."""
    forms: Mapping[str | int, type[BaseModel]] = {
        "report": Head,
        "scenario": Scenario,
        "figure": Figure,
        "claim": Claim,
        "guide": Guide,
    }
    form = ReportFile if len(place) == 1 else forms.get(place[0], ReportFile)
    return set(form.model_fields)
