"""How the columns of the catalogue are headed and written, the same in the command line and the app."""

from collections.abc import Mapping
from dataclasses import dataclass

from advisor.quantities import text
from advisor.workflows.catalog.columns import COLUMNS, Value
from advisor.workflows.catalog.rows import InstanceRow


@dataclass(frozen=True, slots=True)
class Heading:
    """heading stands over a column, with its unit; title is what a list of columns says. form writes a number."""

    heading: str
    title: str
    form: str = ""
    right: bool = True


HEADINGS: Mapping[str, Heading] = {
    "instance_type": Heading("instance", "instance type", right=False),
    "family": Heading("family", "instance family", right=False),
    "vendor": Heading("vendor", "vendor of the accelerator", right=False),
    "accelerator": Heading("accelerator", "accelerator", right=False),
    "accelerator_count": Heading("n", "accelerators"),
    "memory_each_gib": Heading("GiB each", "memory of one accelerator, usable, GiB", ",.1f"),
    "memory_each_gb": Heading("GB each", "memory of one accelerator, as marketed, GB", ",g"),
    "memory_total_gib": Heading("GiB all", "memory of all accelerators, usable, GiB", ",.0f"),
    "memory_total_gb": Heading("GB all", "memory of all accelerators, as marketed, GB", ",g"),
    "memory_bandwidth_gb_per_s": Heading("GB/s each", "memory bandwidth of one accelerator, GB/s", ",g"),
    "memory_bandwidth_total_tb_per_s": Heading("TB/s all", "memory bandwidth of all accelerators, TB/s", ",.1f"),
    "bf16_dense_tflops": Heading("TFLOP/s each", "dense BF16 of one accelerator, TFLOP/s", ",g"),
    "bf16_dense_total_pflops": Heading("PFLOP/s all", "dense BF16 of all accelerators, PFLOP/s", ",.2f"),
    "fp8": Heading("FP8", "FP8 arithmetic", right=False),
    "fp8_dense_tflops": Heading("FP8 TFLOP/s", "dense FP8 of one accelerator, TFLOP/s", ",g"),
    "interconnect": Heading("link", "link between accelerators", right=False),
    "link_gb_per_s": Heading("link GB/s", "link of one accelerator, one direction, GB/s", ",g"),
    "efa": Heading("EFA", "Elastic Fabric Adapter", right=False),
    "vcpus": Heading("vCPU", "vCPU", ",d"),
    "host_memory_gib": Heading("RAM GiB", "host memory, GiB", ",g"),
    "local_nvme_gb": Heading("NVMe GB", "local NVMe, GB", ",g"),
    "network_gbps": Heading("net Gbit/s", "network, Gbit/s", ",g"),
    "usd_per_hour": Heading("USD/h", "price, USD per hour", ",.2f"),
    "usd_per_month": Heading("USD/month", "price of a month of 730 hours, USD", ",.0f"),
    "usd_per_accelerator_hour": Heading("USD/h each", "price of one accelerator, USD per hour", ",.3f"),
    "usd_per_gib_hour": Heading("USD/GiB·h", "price of a GiB of usable memory, USD per hour", ".4f"),
    "usd_per_tb_per_s_hour": Heading("USD/TB/s·h", "price of a TB/s of memory bandwidth, USD per hour", ",.3f"),
    "usd_per_dense_bf16_pflops_hour": Heading("USD/PFLOP/s·h", "price of a dense BF16 PFLOP/s, USD per hour", ",.2f"),
    "price_as_of": Heading("as of", "age of the price", right=False),
}
"""By the key of the column."""


def cell(key: str, row: InstanceRow) -> str:
    """The figure as it stands in a column; empty where it is not known or does not apply."""
    if key == "accelerator":
        return chip_name(row)
    if key == "accelerator_count" and row.accelerator is None:
        return ""
    value = COLUMNS[key].of(row)
    return "" if value is None else written(key, value)


def written(key: str, value: Value) -> str:
    """A value of a column as text, without its unit, which stands in the heading."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    return value if isinstance(value, str) else format(value, HEADINGS[key].form)


def chip_name(row: InstanceRow) -> str:
    """The accelerator without its vendor; AWS chips and GPUs alike."""
    return "none" if row.accelerator is None else row.accelerator.name.removeprefix(f"{row.accelerator.vendor} ")


def bound(value: float) -> str:
    """The end of a range as people wrote it: 80, 7.5."""
    return text.count(value) if value == int(value) else f"{value:,g}"
