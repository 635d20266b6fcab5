"""Accelerator chips and EC2 instance types."""

from dataclasses import dataclass
from typing import Literal

from advisor.catalog.records.origin import Origin
from advisor.errors import InputError

AcceleratorKind = Literal["gpu", "neuron"]


Interconnect = Literal["nvlink", "neuronlink", "pcie"]


PurchaseOption = Literal["on_demand", "spot", "capacity_block", "savings_plan", "reserved"]


PURCHASE_OPTIONS: tuple[PurchaseOption, ...] = ("on_demand", "spot", "capacity_block", "savings_plan", "reserved")


WeightFormat = Literal["bf16", "fp8", "int4", "nvfp4"]


Rate = Literal["memory_bandwidth_gb_per_s", "bf16_dense_tflops", "link_gb_per_s"]


RATES: tuple[Rate, ...] = ("memory_bandwidth_gb_per_s", "bf16_dense_tflops", "link_gb_per_s")
"""What a roofline is drawn from."""


@dataclass(frozen=True, slots=True)
class Accelerator:
    """One accelerator chip. Figures are per chip, dense (no sparsity), link rates per direction.

    memory_gib is what a process can allocate (CUDA-visible for GPUs), the only one of the four memory
    figures that fit uses; the other three are shown beside it. None means unknown.
    """

    id: str
    name: str
    vendor: str
    kind: AcceleratorKind
    architecture: str
    memory_gib: float
    memory_marketing_gb: float
    memory_type: str
    interconnect: Interconnect
    interconnect_name: str
    origin: Origin
    memory_bandwidth_gb_per_s: float | None = None
    bf16_dense_tflops: float | None = None
    link_gb_per_s: float | None = None
    memory_api_mib: int | None = None
    memory_driver_mib: int | None = None
    fp8_dense_tflops: float | None = None
    int8_dense_tops: float | None = None
    fp4_dense_tflops: float | None = None
    compute_capability: float | None = None
    logical_cores: int = 1
    """Neuron: logical cores per chip at the default LNC, each with its own memory bank."""
    physical_cores: int = 1
    aliases: tuple[str, ...] = ()

    @property
    def unknown_rates(self) -> tuple[Rate, ...]:
        """Rates that nobody has published, without which no time can be computed for the chip."""
        return tuple(key for key in RATES if getattr(self, key) is None)

    def rate(self, key: Rate) -> float:
        """A rate that a computation needs. InputError where nobody has published it."""
        value: float | None = getattr(self, key)
        if value is None:
            hint = "An overlay's accelerators.toml can state it."
            raise InputError(f"nobody has published {key} of {self.name}", key=f"{self.id}.{key}", hint=hint)
        return value

    def dense_tflops(self, weight_format: WeightFormat) -> float:
        """Peak rate for weights of this format, per chip; a format without arithmetic of its own runs at BF16.

        InputError where nobody has published it.
        """
        if weight_format == "fp8" and self.fp8_dense_tflops is not None:
            return self.fp8_dense_tflops
        if weight_format == "nvfp4" and self.fp4_dense_tflops is not None:
            return self.fp4_dense_tflops
        return self.rate("bf16_dense_tflops")


@dataclass(frozen=True, slots=True)
class Instance:
    """One EC2 instance type. accelerator is None for a CPU instance; None elsewhere is unknown."""

    id: str
    vcpus: int
    memory_gib: float
    network_gbps: float
    quota: str
    purchase_options: tuple[PurchaseOption, ...]
    regions: tuple[str, ...]
    origin: Origin
    accelerator: str | None = None
    accelerator_count: int = 0
    local_nvme_gb: float | None = None
    efa: bool | None = None
    efa_interfaces: int | None = None
    cpu_architecture: str = "x86_64"
    capacity_block_regions: tuple[str, ...] = ()
    memory_bandwidth_gb_per_s: float | None = None
    """Host memory bandwidth; given for CPU instances only."""
    note: str = ""

    @property
    def family(self) -> str:
        return self.id.partition(".")[0]

    def offered_in(self, region: str, option: PurchaseOption) -> bool:
        """Whether AWS sells this instance that way in the region, price known or not."""
        if option not in self.purchase_options:
            return False
        return region in (self.capacity_block_regions if option == "capacity_block" else self.regions)

    def sold_in(self, region: str) -> tuple[PurchaseOption, ...]:
        """Every way in which AWS sells it in the region, price known or not."""
        return tuple(option for option in self.purchase_options if self.offered_in(region, option))
