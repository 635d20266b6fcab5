"""What an instance-hour costs, bought one way in one region; and what a managed service asks per token."""

from dataclasses import dataclass

from advisor.catalog.records.hardware import PurchaseOption
from advisor.catalog.records.origin import Origin
from advisor.quantities.provenance import Provenance
from advisor.quantities.quantity import Quantity


@dataclass(frozen=True, slots=True)
class Price:
    """One price: what one instance-hour costs, bought one way, in one region, on one day.

    statistic is "list" for a price that AWS states, "min" and "max" for the cheapest and dearest
    availability zone of a spot market, "mean" for an estimate of it. beneath holds the prices of lower
    layers, and the list price below a discount, where they differ from this one.
    """

    instance_type: str
    region: str
    option: PurchaseOption
    usd_per_hour: float
    provenance: Provenance
    term: str = ""
    payment: str = ""
    statistic: str = "list"
    beneath: tuple["Price", ...] = ()
    discount: str = ""
    """The id of the private discount that made it of the list price beneath."""

    @property
    def quantity(self) -> Quantity:
        return Quantity(self.usd_per_hour, "USD/h", self.provenance)


@dataclass(frozen=True, slots=True)
class ManagedRate:
    """Per-token price of a managed service for one model."""

    id: str
    service: str
    model: str
    usd_per_million_input_tokens: float
    usd_per_million_output_tokens: float
    region_group: str
    regions: tuple[str, ...]
    origin: Origin
