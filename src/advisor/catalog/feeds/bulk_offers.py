"""Which rows of the bulk price list are prices: filters and terms, whatever file they stand in.

One SKU is sold in many ways that cost nothing, cost more, or are not for sale: Capacity Blocks at $0,
Dedicated at 1.1 times the price, unused reservations, images with a database. The filters name the one
that a shared Linux instance costs (facts: catalog, section 3.3). A row is known by the names of the CSV's columns.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from advisor.catalog.feeds.reading import FeedPrice, Reading, price_of
from advisor.quantities.provenance import Level
from advisor.quantities.units import HOURS_PER_YEAR

PAYMENTS = {"No Upfront": "no_upfront", "Partial Upfront": "partial_upfront", "All Upfront": "all_upfront"}
_FAMILIES = ("Compute Instance", "Compute Instance (bare metal)")
_TERMS = {"1yr": ("1y", 1), "3yr": ("3y", 3)}
_UPFRONT = "Quantity"
_HOURLY = "Hrs"
_TRAPS = (
    ("product_family", "Product Family", _FAMILIES),
    ("operating_system", "Operating System", ("Linux",)),
    ("tenancy", "Tenancy", ("Shared",)),
    ("market_option", "MarketOption", ("OnDemand", "")),
    ("capacity_status", "CapacityStatus", ("Used",)),
    ("pre_installed_software", "Pre Installed S/W", ("NA", "")),
    ("license_model", "License Model", ("No License required",)),
    ("currency", "Currency", ("USD",)),
)
"""Reason, column, and the values that pass. Older files and Local Zones lack MarketOption, and mean on demand."""


@dataclass(slots=True)
class _Reserved:
    """The two rows of a reservation: what an hour costs, and what is paid up front."""

    instance_type: str
    term: str
    payment: str
    years: int
    hourly: float | None = None
    upfront: float | None = None


@dataclass(slots=True)
class BulkOffers:
    """Takes rows as they come and keeps the wanted prices."""

    region: str
    wanted: Collection[str]
    found: Reading = field(default_factory=Reading)
    _reserved: dict[tuple[str, str, str], _Reserved] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """What people call the file."""
        return f"bulk price list of {self.region}"

    def take(self, row: Mapping[str, str], place: str) -> None:
        """Keep the price of a row, or count why not. place: where it stands, for a FeedError."""
        if row.get("Instance Type") not in self.wanted:
            return
        if row.get("Region Code", "") not in (self.region, ""):  # older files do not say it
            self.found.skipped["other_region"] += 1
            return
        for reason, column, passing in _TRAPS:
            if row.get(column, "") not in passing:
                self.found.skipped[reason] += 1
                return
        if row["TermType"] == "OnDemand":
            self._on_demand(row, place)
        elif row["TermType"] == "Reserved":
            self._reservation(row, place)

    def close(self) -> Reading:
        """Everything that was kept, after the last row."""
        for each in self._reserved.values():
            self._take_reserved(each)
        return self.found

    def _on_demand(self, row: Mapping[str, str], place: str) -> None:
        usd = self._usd(row, place)
        if usd is None or row["Unit"] != _HOURLY:
            self.found.skipped["no_price"] += 1
        else:
            self.found.take(FeedPrice(row["Instance Type"], self.region, "on_demand", usd, Level.SPECIFIED))

    def _reservation(self, row: Mapping[str, str], place: str) -> None:
        length, option = row.get("LeaseContractLength", ""), row.get("PurchaseOption", "")
        if row.get("OfferingClass") != "standard":
            self.found.skipped["convertible"] += 1
            return
        if length not in _TERMS or option not in PAYMENTS:
            self.found.skipped["unknown_term"] += 1
            return
        term, years = _TERMS[length]
        fresh = _Reserved(row["Instance Type"], term, PAYMENTS[option], years)
        pair = self._reserved.setdefault((row["SKU"], term, option), fresh)
        if row["Unit"] == _UPFRONT:
            pair.upfront = self._usd(row, place) or 0.0
        else:
            pair.hourly = self._usd(row, place) or 0.0

    def _take_reserved(self, each: _Reserved) -> None:
        """Effective price of an hour: what is paid by the hour, and the upfront payment spread over the term."""
        pays_first = each.payment != "no_upfront"
        if each.hourly is None or (pays_first and each.upfront is None):
            self.found.skipped["incomplete_term"] += 1
            return
        usd = each.hourly + (each.upfront or 0.0) / (HOURS_PER_YEAR * each.years)
        if not usd:
            self.found.skipped["no_price"] += 1
            return
        level = Level.DERIVED if pays_first else Level.SPECIFIED
        price = FeedPrice(each.instance_type, self.region, "reserved", usd, level, each.term, each.payment)
        self.found.take(price)

    def _usd(self, row: Mapping[str, str], place: str) -> float | None:
        return price_of(row["PricePerUnit"], self.name, f"{place}, PricePerUnit")
