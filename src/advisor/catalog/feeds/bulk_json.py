"""The official bulk price list of EC2 as JSON, where there is no CSV: products first, then terms, read as a stream."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

from advisor.catalog.feeds.bulk_offers import BulkOffers
from advisor.catalog.feeds.json_events import JsonEvents
from advisor.catalog.feeds.reading import FeedError, Reading

_ATTRIBUTES: Mapping[str, str] = {
    "instanceType": "Instance Type",
    "tenancy": "Tenancy",
    "operatingSystem": "Operating System",
    "licenseModel": "License Model",
    "preInstalledSw": "Pre Installed S/W",
    "capacitystatus": "CapacityStatus",
    "marketoption": "MarketOption",
    "regionCode": "Region Code",
}
"""Attributes of a product, and the CSV's columns that say the same."""

_TERMS = ("OnDemand", "Reserved")
_OF_RATE = ((".pricePerUnit.USD", "PricePerUnit"), (".unit", "Unit"))
_OF_TERM = ("LeaseContractLength", "OfferingClass", "PurchaseOption")
_PRODUCT_DEPTH, _SKU_DEPTH = 2, 3
"""Parts of the path of a product, and of the offers of a SKU: the keys within hold dots themselves."""


@dataclass(slots=True)
class BulkJsonReader:
    """Takes the file in pieces and keeps the wanted prices; of products it holds the wanted ones only."""

    region: str
    wanted: Collection[str]
    _offers: BulkOffers = field(init=False)
    _json: JsonEvents = field(init=False)
    _products: dict[str, dict[str, str]] = field(default_factory=dict)
    _open: dict[str, str] = field(default_factory=dict)
    _terms: dict[str, dict[str, str]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._offers = BulkOffers(self.region, self.wanted)
        self._json = JsonEvents(self._offers.name)

    def feed(self, piece: bytes) -> None:
        """Read on. FeedError naming the field for what is not as expected."""
        for event in self._json.feed(piece):
            self._take(*event)

    def close(self) -> Reading:
        """The prices, after the last piece. FeedError for a file that ends early."""
        for event in self._json.close():
            self._take(*event)
        return self._offers.close()

    def _take(self, path: str, event: str, value: Any) -> None:
        if path in ("publicationDate", "version"):
            setattr(self._offers.found, {"publicationDate": "published", "version": "version"}[path], str(value))
        elif path.startswith("products."):
            self._product(path, event, value)
        elif path.startswith("terms."):
            self._term(path, event, value)

    def _product(self, path: str, event: str, value: Any) -> None:
        parts = path.split(".")
        if len(parts) == _PRODUCT_DEPTH and event == "end_map":
            if self._open.get("Instance Type") in self.wanted:
                self._products[parts[1]] = self._open
            self._open = {}
        elif event == "string" and parts[-1] == "productFamily":
            self._open["Product Family"] = value
        elif event == "string" and parts[-1] in _ATTRIBUTES:
            self._open[_ATTRIBUTES[parts[-1]]] = value

    def _term(self, path: str, event: str, value: Any) -> None:
        """Rates and conditions of one SKU are gathered until its offers end: conditions follow the rates."""
        _, kind, *rest = path.split(".")
        if kind not in _TERMS or not rest:
            return
        if not self._products:
            raise FeedError(self._offers.name, "terms", "come before any wanted product, or there is none")
        sku = rest[0]
        if sku not in self._products:
            return
        if len(rest) == _SKU_DEPTH - _PRODUCT_DEPTH and event == "end_map":
            self._close_sku(kind, sku)
        elif event == "string":
            self._gather(".".join(rest[1:]), value)

    def _gather(self, path: str, value: str) -> None:
        """One value: of a rate, by the offer and the rate; or a condition of the whole offer."""
        offer, inside, tail = path.partition(".priceDimensions.")
        for ending, name in _OF_RATE:
            if inside and tail.endswith(ending):
                self._terms.setdefault(f"{offer} {tail.removesuffix(ending)}", {})[name] = value
        offer, inside, name = path.partition(".termAttributes.")
        if inside and name in _OF_TERM:
            for key, row in self._terms.items():
                if key.startswith(f"{offer} "):
                    row[name] = value

    def _close_sku(self, kind: str, sku: str) -> None:
        for key, row in self._terms.items():
            place = f"terms.{kind}.{sku}.{key}"
            for name in ("Unit", "PricePerUnit"):
                if name not in row:
                    raise FeedError(self._offers.name, place, f"has no {name}")
            whole = {"SKU": sku, "TermType": kind, "Currency": "USD", **self._products[sku], **row}
            self._offers.take(whole, place)
        self._terms = {}
