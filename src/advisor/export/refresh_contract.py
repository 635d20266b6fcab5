"""The contract of `advisor.refresh/1`."""

from typing import Literal

from pydantic import BaseModel, Field

from advisor.export.catalog_contract import ListedPrice
from advisor.export.contracts import Document, Number


class FeedFile(BaseModel):
    """What became of one file of a feed."""

    name: str
    what: str
    state: Literal["read", "kept", "unchanged", "not_listed"]
    url: str | None
    published: str | None = Field(description="the publisher's own stamp, or the day its server says the file changed")
    version: str | None
    prices: int
    skipped: dict[str, int] = Field(description="rows left out, by reason")


class ChangedPrice(ListedPrice):
    before_usd_per_hour: Number | None
    percent: Number | None
    own_usd_per_hour: Number | None = Field(description="what the user wrote by hand; it stays in force")
    doubts: list[Literal["far", "off_family", "above_list"]]


class InterruptionBand(BaseModel):
    instance_type: str
    region: str
    band: str
    savings_percent: Number = Field(description="against on demand, averaged by AWS; negative where spot costs more")


class Refresh(Document):
    applied: bool
    feeds: list[FeedFile]
    added: list[ChangedPrice]
    changed: list[ChangedPrice]
    gone: list[ListedPrice]
    confirmed: int
    older: int = Field(description="stated before what is known, and left out")
    doubtful: int
    interruptions: list[InterruptionBand]
    written: list[str]
