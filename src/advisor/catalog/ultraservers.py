"""UltraServers: sold whole, and no EC2 instance types."""

from dataclasses import dataclass

from advisor.catalog.records.hardware import PurchaseOption
from advisor.catalog.records.origin import Origin


@dataclass(frozen=True, slots=True)
class UltraServer:
    """Several instances that the accelerators' own link joins, sold whole; no EC2 instance type. None is unknown.

    accelerator is the catalogue's id of the chip, where its specification was read.
    """

    id: str
    name: str
    accelerator_name: str
    accelerator_count: int
    origin: Origin
    accelerator: str | None = None
    servers: int | None = None
    vcpus: int | None = None
    memory_gib: float | None = None
    network_gbps: float | None = None
    link_name: str = ""
    purchase_options: tuple[PurchaseOption, ...] = ()
    capacity_block_regions: tuple[str, ...] = ()
    note: str = ""
