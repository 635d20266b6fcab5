"""The numbers that a check computes with: stated in the claim, by another entry of the report, or by the catalogue."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from advisor.catalog.known_facts import KnownFact, known_facts
from advisor.catalog.layers import REFRESHED, SHIPPED
from advisor.catalog.load import Catalog
from advisor.catalog.records.prices import Price
from advisor.errors import InputError, UnknownIdError
from advisor.evidence.reports import Claim, Report
from advisor.quantities.provenance import AsOf

HOME_REGION = "us-east-1"


@dataclass(frozen=True)
class Room:
    """What every check of one audit may look at."""

    report: Report
    catalog: Catalog

    @cached_property
    def stated(self) -> Mapping[str, float]:
        """The numbers that the report states, by id."""
        values = {figure.id: figure.value for figure in self.report.figures}
        return values | {claim.id: claim.value for claim in self.report.claims}

    @cached_property
    def facts(self) -> Mapping[str, KnownFact]:
        return known_facts(self.catalog.layers)

    def listed(self, instance: str, region: str) -> list[Price]:
        """What AWS listed on demand, oldest first; a price that a user wrote by hand or a discount is no list price."""
        rows = self.catalog.prices.rows(region)
        found = [row for row in rows if (row.instance_type, row.option) == (instance, "on_demand") and _is_listed(row)]
        return sorted(found, key=lambda row: _end(row.provenance.as_of))

    def fact(self, wanted: str) -> KnownFact:
        if wanted not in self.facts:
            raise UnknownIdError("fact", wanted, self.facts)
        return self.facts[wanted]


@dataclass(frozen=True)
class Asked:
    """One claim with the room it is audited in."""

    claim: Claim
    room: Room

    @property
    def report(self) -> Report:
        return self.room.report

    @property
    def catalog(self) -> Catalog:
        return self.room.catalog

    def has(self, key: str) -> bool:
        return key in self.claim.parameters

    def word(self, key: str) -> str:
        value = self.claim.parameters.get(key)
        if not isinstance(value, str):
            raise InputError(f"the check '{self.claim.check}' needs {key} = \"…\"", key=f"claim {self.claim.id}")
        return value

    def number(self, key: str) -> float:
        """The quantity under this key. InputError for none, and for a zero, which nothing is computed from."""
        value = self.claim.parameters.get(key)
        if value is None:
            raise InputError(f"the check '{self.claim.check}' needs {key} = …", key=f"claim {self.claim.id}")
        found = self.resolve(value, key)
        if not found:
            raise InputError("the value is 0, so nothing can be computed from it", key=self._place(key))
        return found

    def count(self, key: str, otherwise: int) -> int:
        return int(self.claim.parameters.get(key, otherwise))

    def references(self, key: str) -> tuple[str, ...]:
        return tuple(self.claim.parameters.get(key, ()))

    def resolve(self, value: Any, key: str) -> float:
        """A quantity as the report file writes it: a number, an id of its own, or a table naming a figure elsewhere."""
        if isinstance(value, int | float):
            return float(value)
        if isinstance(value, str):
            if value not in self.room.stated:
                raise UnknownIdError(
                    f"figure or claim in {self.report.id}", value, self.room.stated, key=self._place(key)
                )
            return self.room.stated[value]
        return self._looked_up(value, key)

    def _looked_up(self, table: Mapping[str, Any], key: str) -> float:
        """`{ list_price = ID, region = R }`, `{ specification = ID, key = K }` or `{ fact = ID }`."""
        if "list_price" in table:
            region = str(table.get("region", HOME_REGION))
            listed = self.room.listed(self.catalog.instance(str(table["list_price"])).id, region)
            if not listed:
                raise InputError(f"{table['list_price']} has no list price in {region}", key=self._place(key))
            return listed[-1].usd_per_hour
        if "fact" in table:
            values = self.room.fact(str(table["fact"])).values
            if len(values) == 1:
                return values[0]
            raise InputError("this fact is not one number", key=self._place(key))
        if "specification" in table:
            found = getattr(self.catalog.instance(str(table["specification"])), str(table.get("key")), None)
            if isinstance(found, int | float):
                return float(found)
        raise InputError(
            "this names no number of the catalogue",
            hint="Write { list_price = ID }, { specification = ID, key = KEY } or { fact = ID }.",
            key=self._place(key),
        )

    def _place(self, key: str) -> str:
        return f"claim {self.claim.id}, {key}"


def _is_listed(row: Price) -> bool:
    """Whether AWS stated it; a row of a user's own layer is what she pays."""
    return row.statistic == "list" and row.provenance.layer in (SHIPPED, REFRESHED)


def _end(as_of: AsOf | None) -> str:
    return as_of.end.isoformat() if as_of else ""
