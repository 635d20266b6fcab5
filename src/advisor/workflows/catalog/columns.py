"""The figures by which rows can be sorted and filtered, each under one key for flags, files and screens."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from advisor.catalog.records.hardware import Accelerator
from advisor.errors import UnknownIdError
from advisor.fit.platforms.gates import computes_fp8
from advisor.workflows.catalog.rows import InstanceRow

Value = float | str | bool


@dataclass(frozen=True, slots=True)
class Column:
    """One figure of a row. `of` gives None where it is not known, or where it is a chip's and there is none."""

    key: str
    of: Callable[[InstanceRow], Value | None]
    aliases: tuple[str, ...] = ()
    is_of_chip: bool = False

    def applies(self, row: InstanceRow) -> bool:
        return row.accelerator is not None or not self.is_of_chip

    def number(self, row: InstanceRow) -> float | None:
        """The figure as a number; None where it is none."""
        value = self.of(row)
        return None if value is None or isinstance(value, str) else float(value)


def _chip(key: str, read: Callable[[Accelerator], Value | None], *aliases: str) -> Column:
    return Column(key, lambda row: None if row.accelerator is None else read(row.accelerator), aliases, is_of_chip=True)


def _derived(key: str) -> Callable[[InstanceRow], Value | None]:
    return lambda row: row.derived[key].value if key in row.derived else None


def _total(key: str, *aliases: str) -> Column:
    return Column(key, _derived(key), aliases, is_of_chip=key != "usd_per_month")


def _link(row: InstanceRow) -> str | None:
    """The kind of link; a single accelerator has nobody to link to."""
    if row.accelerator is None:
        return None
    return row.accelerator.interconnect if row.instance.accelerator_count > 1 else "none"


def _has_fp8(chip: Accelerator) -> bool | None:
    """Whether its arithmetic knows FP8: by the compute capability, and of a chip without one by a published rate."""
    return computes_fp8(chip) if chip.compute_capability is not None else chip.fp8_dense_tflops is not None or None


def _marketed_total(row: InstanceRow) -> float | None:
    return None if row.accelerator is None else row.instance.accelerator_count * row.accelerator.memory_marketing_gb


def _priced_on(row: InstanceRow) -> str | None:
    as_of = None if row.price is None else row.price.as_of
    return None if as_of is None else as_of.end.isoformat()


COLUMNS: Mapping[str, Column] = {
    column.key: column
    for column in (
        Column("instance_type", lambda row: row.instance.id, ("instance", "name", "type")),
        Column("family", lambda row: row.instance.family),
        _chip("vendor", lambda chip: chip.vendor),
        _chip("accelerator", lambda chip: chip.name, "chip"),
        Column("accelerator_count", lambda row: row.instance.accelerator_count, ("count", "n", "gpus", "accelerators")),
        _chip("memory_each_gib", lambda chip: chip.memory_gib, "each", "memory_each", "vram"),
        _chip("memory_each_gb", lambda chip: chip.memory_marketing_gb),
        _total("memory_total_gib", "memory_total", "memory", "mem", "total", "all"),
        Column("memory_total_gb", _marketed_total, is_of_chip=True),
        _chip("memory_bandwidth_gb_per_s", lambda chip: chip.memory_bandwidth_gb_per_s, "bandwidth", "bandwidth_each"),
        _total("memory_bandwidth_total_tb_per_s", "bandwidth_total"),
        _chip("bf16_dense_tflops", lambda chip: chip.bf16_dense_tflops, "bf16", "tflops"),
        _total("bf16_dense_total_pflops", "pflops"),
        _chip("fp8", _has_fp8),
        _chip("fp8_dense_tflops", lambda chip: chip.fp8_dense_tflops),
        Column("interconnect", _link, ("link",), is_of_chip=True),
        _chip("link_gb_per_s", lambda chip: chip.link_gb_per_s),
        Column("efa", lambda row: row.instance.efa),
        Column("vcpus", lambda row: row.instance.vcpus, ("vcpu", "cpu")),
        Column("host_memory_gib", lambda row: row.instance.memory_gib, ("ram", "host_memory")),
        Column("local_nvme_gb", lambda row: row.instance.local_nvme_gb, ("nvme",)),
        Column("network_gbps", lambda row: row.instance.network_gbps, ("network", "net")),
        Column("usd_per_hour", lambda row: row.usd_per_hour, ("price", "usd")),
        _total("usd_per_month", "month"),
        _total("usd_per_accelerator_hour", "price_each"),
        _total("usd_per_gib_hour", "per_gib"),
        _total("usd_per_tb_per_s_hour", "per_tb", "per_tb_per_s"),
        _total("usd_per_dense_bf16_pflops_hour", "per_pflops"),
        Column("price_as_of", _priced_on, ("as_of", "age")),
    )
}
"""In the order in which a picker offers them."""


def column_named(wanted: str) -> Column:
    """By key or alias, with hyphens or underscores. UnknownIdError, with the nearest, for another name."""
    key = wanted.strip().lower().replace("-", "_")
    for column in COLUMNS.values():
        if key == column.key or key in column.aliases:
            return column
    raise UnknownIdError(
        "column", wanted, [*COLUMNS, *(name for column in COLUMNS.values() for name in column.aliases)]
    )
