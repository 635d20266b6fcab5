"""Private discounts: a percentage off list prices, as a contract grants it, from `discounts.toml` of an overlay.

A discount holds for what AWS lists. A price that somebody wrote by hand is the price she pays, and is
left as it is.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date

from advisor.catalog.build import build
from advisor.catalog.layers import Layers, Table
from advisor.catalog.prices import DISCOUNTS
from advisor.catalog.records.hardware import PURCHASE_OPTIONS, Instance, PurchaseOption
from advisor.catalog.records.origin import Origin
from advisor.catalog.records.prices import Price
from advisor.quantities.provenance import Level, Provenance

_WHOLE_PERCENT = 100.0


@dataclass(frozen=True, slots=True)
class Discount:
    """Percent off the list price. An empty tuple of families, instances or regions means every one of them.

    valid_until is the last day on which it holds; None where no end is stated.
    """

    id: str
    percent: float
    origin: Origin
    options: tuple[PurchaseOption, ...] = ("on_demand",)
    families: tuple[str, ...] = ()
    instances: tuple[str, ...] = ()
    regions: tuple[str, ...] = ()
    valid_until: date | None = None

    def holds_on(self, day: date) -> bool:
        return self.valid_until is None or day <= self.valid_until

    def covers(self, price: Price) -> bool:
        """Whether it is granted for this instance, region and way of buying."""
        family = price.instance_type.partition(".")[0]
        named = price.instance_type in self.instances or family in self.families
        return (
            (named or not (self.instances or self.families))
            and (not self.regions or price.region in self.regions)
            and price.option in self.options
        )

    def on(self, price: Price) -> Price:
        """The list price less the discount, derived, with the list price beneath it."""
        origin, listed = self.origin.default, price.provenance
        usd = price.usd_per_hour * (1 - self.percent / _WHOLE_PERCENT)
        source = f"{price.usd_per_hour:g} × (1 − {self.percent:g} %), {self.id}: {origin.source}; list: {listed.source}"
        provenance = Provenance(Level.DERIVED, source, listed.as_of, origin.layer)
        beneath = (replace(price, beneath=()),)
        return replace(price, usd_per_hour=usd, provenance=provenance, beneath=beneath, discount=self.id)


def load_discounts(layers: Layers, instances: Callable[[], Mapping[str, Instance]], day: date) -> list[Discount]:
    """The discounts of the overlays that hold on this day; InputError for one that says what cannot be, or for two
    that cover the same price, since nobody could say which of them a contract means."""
    tables = layers.tables(DISCOUNTS)
    found: list[Discount] = []
    for key, table in tables.items():
        with layers.complaints.skipping():
            discount = build(Discount, table, {"id": key, "origin": table.origin()})
            _check(discount, table, instances())
            if discount.holds_on(day):
                _refuse_second(discount, table, found, instances())
                found.append(discount)
    return found


def _refuse_second(
    discount: Discount, table: Table, before: Iterable[Discount], instances: Mapping[str, Instance]
) -> None:
    for first in before:
        if _meet(first, discount, instances):
            raise table.error(
                f"this discount and '{first.id}' cover the same price",
                hint="Narrow one of them by families, instances, regions or options, or give it valid_until.",
            )


def _check(discount: Discount, table: Table, instances: Mapping[str, Instance]) -> None:
    if not 0 < discount.percent < _WHOLE_PERCENT:
        raise table.error(f"a discount is between 0 and 100 percent, got {discount.percent:g}", "percent")
    families = {instance.family for instance in instances.values()}
    regions = {region for each in instances.values() for region in (*each.regions, *each.capacity_block_regions)}
    named: tuple[tuple[str, str, Iterable[str], Iterable[str]], ...] = (
        ("instance", "instances", discount.instances, instances),
        ("family", "families", discount.families, families),
        ("region", "regions", discount.regions, regions),
        ("purchase option", "options", discount.options, PURCHASE_OPTIONS),
    )
    for kind, key, stated, known in named:
        for name in stated:
            if name not in known:
                raise table.unknown(kind, name, tuple(known), key)


def _meet(first: Discount, second: Discount, instances: Mapping[str, Instance]) -> bool:
    """Whether some price is covered by both."""
    if not set(first.options) & set(second.options):
        return False
    if first.regions and second.regions and not set(first.regions) & set(second.regions):
        return False
    return bool(_instances(first, instances) & _instances(second, instances))


def _instances(discount: Discount, instances: Mapping[str, Instance]) -> set[str]:
    if not (discount.instances or discount.families):
        return set(instances)
    return {name for name, each in instances.items() if name in discount.instances or each.family in discount.families}
