"""Every figure of an instance as it is written for people, with its origin."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from advisor.catalog.records.hardware import Accelerator, Instance
from advisor.fit.platforms.gates import computes_fp8
from advisor.quantities import text
from advisor.quantities.provenance import UNKNOWN, Level, Provenance
from advisor.workflows.catalog.rows import InstanceRow

_WITHOUT_PRICE = Provenance(Level.UNKNOWN, "it rests on a price, and none is known")
_WITHOUT_RATE = Provenance(Level.UNKNOWN, "it rests on a figure of the chip that nobody has published")
Better = Literal["", "more", "less"]


@dataclass(frozen=True, slots=True)
class Figure:
    """One figure of an instance as written for people; "no data", with an unknown origin, where nobody knows it.

    applies is False for a chip's figure on an instance without one: the value is empty then. amount is the
    figure as a number where instances can be ranked by it; better says which way. beneath: what lower layers
    say where they disagree, as (layer, value) pairs.
    """

    label: str
    value: str
    origin: Provenance
    applies: bool = True
    amount: float | None = None
    better: Better = ""
    beneath: tuple[tuple[str, str], ...] = ()


def figures_of(row: InstanceRow) -> list[Figure]:
    """Every figure of an instance and its chip with its origin, in the same order for every instance."""
    return [*_chip_figures(row), *_totals(row), *_machine_figures(row)]


def cost_figures(row: InstanceRow) -> list[Figure]:
    """What a month and a unit of each total costs, for the row's way of buying."""
    return [_derived(row, label, key, text.usd, "less") for label, key in _COSTS]


def best_of(figures: Sequence[Figure]) -> frozenset[int]:
    """Which of the same figure of several instances are the best; none where all are equal, or nothing is better."""
    amounts = [figure.amount for figure in figures]
    known = [amount for amount in amounts if amount is not None]
    if not figures or not figures[0].better or len(known) < 2 or len(set(known)) == 1:
        return frozenset()
    best = max(known) if figures[0].better == "more" else min(known)
    return frozenset(at for at, amount in enumerate(amounts) if amount == best)


_COSTS = (
    ("USD per month, 730 h", "usd_per_month"),
    ("USD/h per accelerator", "usd_per_accelerator_hour"),
    ("USD/h per GiB, usable", "usd_per_gib_hour"),
    ("USD/h per TB/s", "usd_per_tb_per_s_hour"),
    ("USD/h per BF16 PFLOP/s", "usd_per_dense_bf16_pflops_hour"),
)

_CHIP: Sequence[tuple[str, str, Callable[[Any], str], Better]] = (
    ("memory each, usable", "memory_gib", "{:,.2f} GiB".format, "more"),
    ("memory each, marketing", "memory_marketing_gb", "{:,g} GB".format, ""),
    ("memory each, EC2 API", "memory_api_mib", "{:,} MiB".format, ""),
    ("memory each, driver", "memory_driver_mib", "{:,} MiB".format, ""),
    ("memory type", "memory_type", str, ""),
    ("memory bandwidth each", "memory_bandwidth_gb_per_s", "{:,g} GB/s".format, "more"),
    ("BF16 dense each", "bf16_dense_tflops", "{:,g} TFLOP/s".format, "more"),
    ("FP8 dense each", "fp8_dense_tflops", "{:,g} TFLOP/s".format, "more"),
    ("interconnect", "interconnect_name", str, ""),
    ("link each, one direction", "link_gb_per_s", "{:,g} GB/s".format, "more"),
)

_TOTALS: Sequence[tuple[str, str, Callable[[Any], str]]] = (
    ("memory all, usable", "memory_total_gib", "{:,.1f} GiB".format),
    ("memory bandwidth all", "memory_bandwidth_total_tb_per_s", "{:,.4g} TB/s".format),
    ("BF16 dense all", "bf16_dense_total_pflops", "{:,.4g} PFLOP/s".format),
)

_MACHINE: Sequence[tuple[str, str, Callable[[Any], str], Better]] = (
    ("vCPU", "vcpus", "{:,}".format, "more"),
    ("host memory", "memory_gib", "{:,g} GiB".format, "more"),
    ("local NVMe", "local_nvme_gb", "{:,g} GB".format, "more"),
    ("network", "network_gbps", "{:,g} Gbit/s".format, "more"),
)


def _chip_figures(row: InstanceRow) -> list[Figure]:
    instance, accelerator = row.instance, row.accelerator
    origin = instance.origin
    found = [
        _figure("accelerator", "accelerator", instance, str)
        if instance.accelerator
        else Figure("accelerator", "none", origin.of("accelerator")),
        _figure("accelerators", "accelerator_count", instance, str),
    ]
    for label, key, write, better in _CHIP:
        if accelerator is None:
            found.append(Figure(label, "", origin.default, applies=False))
        elif key == "fp8_dense_tflops" and computes_fp8(accelerator) is False:
            # Nobody publishes a figure for what a chip cannot do, and that is no gap in the data.
            found.append(Figure(label, "none", accelerator.origin.of("compute_capability")))
        else:
            found.append(_figure(label, key, accelerator, write, better))
    if accelerator is None or accelerator.kind != "neuron":
        found.append(Figure("logical cores each", "", origin.default, applies=False))
    else:
        found.append(_figure("logical cores each", "logical_cores", accelerator, str))
    return found


def _totals(row: InstanceRow) -> list[Figure]:
    return [_derived(row, label, key, write, "more") for label, key, write in _TOTALS]


def _machine_figures(row: InstanceRow) -> list[Figure]:
    instance = row.instance
    found = [_figure(label, key, instance, write, better) for label, key, write, better in _MACHINE]
    found.append(_figure("EFA", "efa", instance, lambda has: "yes" if has else "no"))
    quota = "none" if instance.quota == "none" else f"{instance.vcpus:,} vCPU of {instance.quota}"
    return [*found, Figure("quota", quota, instance.origin.of("quota"))]


def _derived(row: InstanceRow, label: str, key: str, write: Callable[[float], str], better: Better) -> Figure:
    found = row.derived.get(key)
    if found is not None:
        return Figure(label, write(found.known), found.provenance, amount=found.known, better=better)
    if row.accelerator is None and key != "usd_per_month":
        return Figure(label, "", row.instance.origin.default, applies=False, better=better)
    is_total = key in {total for _, total, _ in _TOTALS}
    return Figure(label, text.NO_DATA, _WITHOUT_RATE if is_total or row.price else _WITHOUT_PRICE, better=better)


def _figure(
    label: str, key: str, record: Instance | Accelerator, write: Callable[[Any], str], better: Better = ""
) -> Figure:
    value, origin = getattr(record, key), record.origin
    beneath = tuple((said.layer, _said(said.value, write)) for said in origin.beneath.get(key, ()))
    if value is None:
        return Figure(label, text.NO_DATA, UNKNOWN, better=better, beneath=beneath)
    amount = float(value) if better else None
    return Figure(label, write(value), origin.of(key), amount=amount, better=better, beneath=beneath)


def _said(value: Any, write: Callable[[Any], str]) -> str:
    return text.NO_DATA if value is None else write(value)
