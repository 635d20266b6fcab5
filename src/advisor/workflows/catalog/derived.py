"""What follows from an instance's price and hardware by arithmetic, each figure with the sum that gave it."""

from collections.abc import Mapping

from advisor.catalog.layers import SHIPPED
from advisor.catalog.records.hardware import Accelerator, Instance
from advisor.quantities.provenance import AsOf, Level, Provenance
from advisor.quantities.quantity import Quantity
from advisor.quantities.units import HOURS_PER_MONTH


def derived_of(instance: Instance, accelerator: Accelerator | None, price: Quantity | None) -> Mapping[str, Quantity]:
    """Totals over the accelerators and what a unit of each costs for an hour, by key.

    What has no accelerator has none of the totals, and what has no price none of the costs: such a key is absent.
    """
    found: dict[str, Quantity] = {}
    if accelerator is not None:
        found |= _totals(instance, accelerator)
    if price is not None and price.value is not None:
        found |= _costs(instance, accelerator, found, price)
    return found


_TOTALS = {
    "memory_total_gib": ("memory_gib", "GiB", "GiB each", 1.0),
    "memory_bandwidth_total_tb_per_s": ("memory_bandwidth_gb_per_s", "TB/s", "GB/s each ÷ 1,000", 1_000.0),
    "bf16_dense_total_pflops": ("bf16_dense_tflops", "PFLOP/s", "TFLOP/s each ÷ 1,000", 1_000.0),
    "fp8_dense_total_pflops": ("fp8_dense_tflops", "PFLOP/s", "TFLOP/s each ÷ 1,000", 1_000.0),
}
"""Total: the chip's figure, the unit of the total, and how it comes from that figure, in words and by a divisor."""


def _totals(instance: Instance, accelerator: Accelerator) -> dict[str, Quantity]:
    """Totals of what is published of the chip."""
    count, counted = instance.accelerator_count, instance.origin.of("accelerator_count")
    found: dict[str, Quantity] = {}
    for total, (key, unit, words, divisor) in _TOTALS.items():
        each: float | None = getattr(accelerator, key)
        if each is not None:
            inputs = {"accelerator_count": counted, key: accelerator.origin.of(key)}
            origin = _derived(f"accelerators × {words} = {count} × {each:,g}", inputs)
            found[total] = Quantity(count * each / divisor, unit, origin)
    return found


_PER = {
    "usd_per_gib_hour": ("memory_total_gib", "memory_gib"),
    "usd_per_tb_per_s_hour": ("memory_bandwidth_total_tb_per_s", "memory_bandwidth_gb_per_s"),
    "usd_per_dense_bf16_pflops_hour": ("bf16_dense_total_pflops", "bf16_dense_tflops"),
}
"""Ratio: the total that the price is divided by, and the chip's figure that the total is made of."""


def _costs(
    instance: Instance, accelerator: Accelerator | None, totals: Mapping[str, Quantity], price: Quantity
) -> dict[str, Quantity]:
    usd, origin = price.known, price.provenance

    def cost(factor: float, unit: str, sum_of: str, **others: Provenance) -> Quantity:
        low = None if price.low is None else price.low * factor
        high = None if price.high is None else price.high * factor
        return Quantity(usd * factor, unit, _derived(sum_of, {"price": origin, **others}), low, high)

    month = f"USD/h × {HOURS_PER_MONTH} hours = {usd:,.2f} × {HOURS_PER_MONTH}"
    found = {"usd_per_month": cost(HOURS_PER_MONTH, "USD/month", month)}
    if accelerator is None:
        return found
    count, counted = instance.accelerator_count, instance.origin.of("accelerator_count")
    each = f"USD/h ÷ accelerators = {usd:,.2f} ÷ {count}"
    found["usd_per_accelerator_hour"] = cost(1 / count, "USD/h per accelerator", each, accelerator_count=counted)
    for key, (total, figure) in _PER.items():
        if total not in totals:
            continue
        divisor = totals[total]
        sum_of = f"USD/h ÷ {divisor.unit}, all accelerators = {usd:,.2f} ÷ {divisor.known:,.4g}"
        inputs = {"accelerator_count": counted, figure: accelerator.origin.of(figure)}
        found[key] = cost(1 / divisor.known, f"USD/h per {divisor.unit}", sum_of, **inputs)
    return found


def _derived(sum_of: str, inputs: Mapping[str, Provenance]) -> Provenance:
    """Exact arithmetic: dated by the span of its inputs, from a user's layer where any of them is."""
    assumed = [key for key, origin in inputs.items() if origin.level is Level.ASSUMED]
    note = "".join(f"; {key} is assumed" for key in assumed)
    layers = [origin.layer for origin in inputs.values() if origin.layer != SHIPPED]
    as_of = AsOf.spanning(origin.as_of for origin in inputs.values())
    return Provenance(Level.DERIVED, sum_of + note, as_of, layers[0] if layers else SHIPPED)
