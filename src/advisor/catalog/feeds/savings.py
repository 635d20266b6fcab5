"""Savings Plan rates of EC2: a JSON file per region, large enough to be read as a stream (facts: catalog, 3.4).

Unlike in the price list, plans and rates are lists here. A rate names the plan by SKU and the instance by
its usage type; rates of Windows, Dedicated hosts and unused reservations stand beside the wanted ones.
"""

import re
from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Any

from advisor.catalog.feeds.bulk_offers import PAYMENTS
from advisor.catalog.feeds.json_events import JsonEvents
from advisor.catalog.feeds.reading import FeedError, FeedPrice, Node, Reading, price_of
from advisor.catalog.prices import COMPUTE_PLAN
from advisor.errors import printable
from advisor.quantities.provenance import Level

INDEX = "/savingsPlan/v1.0/aws/AWSComputeSavingsPlan/current/region_index.json"

_PLANS = "products.item"
_RATES = "terms.savingsPlan.item.rates.item"
_RATE_PLAN = "terms.savingsPlan.item.sku"
_TERMS = {"1yr": "1y", "3yr": "3y"}
_KINDS = {"EC2InstanceSavingsPlans": "", "ComputeSavingsPlans": COMPUTE_PLAN}
"""Prefix of the payment."""
_BOX = re.compile(r"(?:[A-Z0-9]+-)?BoxUsage:(?P<type>[\w.-]+)")
_LINUX = "RunInstances"


def plan_path(document: Any, region: str) -> tuple[str, str] | None:
    """Path and version of a region's file as the region index names them; None for a region that it does not list."""
    for row in Node("region index of the savings plans", document).at("regions").rows():
        if row.at("regionCode").text() == region:
            url = row.at("versionUrl")
            path = url.text()
            parts = path.split("/")
            if not path.startswith("/") or len(parts) < 3 or not path.endswith((".json", ".csv")):
                raise url.error(
                    "is no path like /savingsPlan/v1.0/aws/AWSComputeSavingsPlan/<version>/<region>/index.json"
                )
            return f"{path.rpartition('.')[0]}.json", parts[-3]
    return None


@dataclass(slots=True)
class SavingsReader:
    """Takes the file in pieces and keeps the rates of the wanted instances."""

    region: str
    wanted: Collection[str]
    found: Reading = field(default_factory=Reading)
    _json: JsonEvents = field(init=False)
    _plans: dict[str, tuple[str, str]] = field(default_factory=dict)
    _rates: list[tuple[str, str, float]] = field(default_factory=list)
    _open: dict[str, Any] = field(default_factory=dict)
    _plan: str = ""

    def __post_init__(self) -> None:
        self._json = JsonEvents(self._name)

    @property
    def _name(self) -> str:
        return f"savings plans of {self.region}"

    def feed(self, piece: bytes) -> None:
        """Read on. FeedError naming the field for what is not as expected."""
        for event in self._json.feed(piece):
            self._take(*event)

    def close(self) -> Reading:
        """The prices, after the last piece. FeedError for a file that ends early, or whose rates name no plan."""
        for event in self._json.close():
            self._take(*event)
        for plan, instance_type, usd in self._rates:
            if plan not in self._plans:
                raise FeedError(self._name, _RATE_PLAN, f"'{printable(plan, 40)}' is none of the products")
            term, payment = self._plans[plan]
            if term:
                level = Level.SPECIFIED
                self.found.take(FeedPrice(instance_type, self.region, "savings_plan", usd, level, term, payment))
        return self.found

    def _take(self, path: str, event: str, value: Any) -> None:
        if path in ("publicationDate", "version"):
            setattr(self.found, {"publicationDate": "published", "version": "version"}[path], str(value))
        elif path == "regionCode" and value != self.region:
            raise FeedError(self._name, path, f"is '{printable(str(value), 40)}', another region's")
        elif path == _RATE_PLAN:
            self._plan = str(value)
        elif path in (_PLANS, _RATES) and event == "start_map":
            self._open = {}
        elif path == _PLANS and event == "end_map":
            self._keep_plan(Node(self._name, self._open, _PLANS))
        elif path == _RATES and event == "end_map":
            self._keep_rate(Node(self._name, self._open, _RATES))
        elif event in ("string", "number", "null", "boolean"):
            for root in (_PLANS, _RATES):
                if path.startswith(f"{root}."):
                    self._open[path.removeprefix(f"{root}.")] = value

    def _keep_plan(self, plan: Node) -> None:
        kind = plan.at("productFamily").text()
        if kind not in _KINDS:
            self.found.skipped["other_plan"] += 1
            self._plans[plan.at("sku").text()] = ("", "")
            return
        term, option = plan.at("attributes.purchaseTerm"), plan.at("attributes.purchaseOption")
        if term.text() not in _TERMS:
            raise term.error(f"is '{term.text()}', none of {', '.join(_TERMS)}")
        if option.text() not in PAYMENTS:
            raise option.error(f"is '{option.text()}', none of {', '.join(PAYMENTS)}")
        self._plans[plan.at("sku").text()] = (_TERMS[term.text()], f"{_KINDS[kind]}{PAYMENTS[option.text()]}")

    def _keep_rate(self, rate: Node) -> None:
        box = _BOX.fullmatch(rate.at("discountedUsageType").text())
        if box is None or box["type"] not in self.wanted:
            self.found.skipped["other_instance"] += 1
            return
        if rate.at("discountedOperation").text() != _LINUX:
            self.found.skipped["operating_system"] += 1
            return
        usd = price_of(rate.at("discountedRate.price").value, self._name, f"{_RATES}.discountedRate.price")
        if usd is None or rate.at("unit").text() != "Hrs" or rate.at("discountedRate.currency").text() != "USD":
            self.found.skipped["no_price"] += 1
        else:
            self._rates.append((self._plan, box["type"], usd))
