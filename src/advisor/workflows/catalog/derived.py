"""What follows from an instance's price and hardware by arithmetic, each figure with the sum that gave it."""

from collections.abc import Mapping

from advisor.catalog.layers import SHIPPED
from advisor.catalog.records import Accelerator, Instance
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


def _totals(instance: Instance, accelerator: Accelerator) -> dict[str, Quantity]:
    count, counted = instance.accelerator_count, instance.origin.of("accelerator_count")

    def total(key: str, each: float, unit: str, scale: float = 1.0, reads: str = "") -> Quantity:
        sum_of = f"accelerators × {reads or f'{unit} each'} = {count} × {each:,g}"
        origin = _derived(sum_of, {"accelerator_count": counted, key: accelerator.origin.of(key)})
        return Quantity(count * each / scale, unit, origin)

    bandwidth, rate = accelerator.memory_bandwidth_gb_per_s, accelerator.bf16_dense_tflops
    found = {
        "memory_total_gib": total("memory_gib", accelerator.memory_gib, "GiB"),
        "memory_bandwidth_total_tb_per_s": total(
            "memory_bandwidth_gb_per_s", bandwidth, "TB/s", 1_000.0, "GB/s each ÷ 1,000"
        ),
        "bf16_dense_total_pflops": total("bf16_dense_tflops", rate, "PFLOP/s", 1_000.0, "TFLOP/s each ÷ 1,000"),
    }
    if accelerator.fp8_dense_tflops is not None:
        found["fp8_dense_total_pflops"] = total(
            "fp8_dense_tflops", accelerator.fp8_dense_tflops, "PFLOP/s", 1_000.0, "TFLOP/s each ÷ 1,000"
        )
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
