"""The contracts of the catalogue's documents: instances, prices, and what `check` finds."""

from typing import Literal

from pydantic import BaseModel, Field

from advisor.export.contracts import Document, ErrorDetail, Number
from advisor.quantities.provenance import Level


class ListedPrice(BaseModel):
    """One price, and of what it is the price."""

    instance_type: str
    region: str
    purchase_option: str
    term: str | None
    payment: str | None
    statistic: str
    usd_per_hour: Number
    as_of: str
    source: str


class PriceRow(ListedPrice):
    level: Level
    layer: str = Field(description="shipped, or the directory of an overlay")
    age: Literal["fresh", "older_than_the_rest", "past_its_rule"]
    age_days: int = Field(description="since the last day on which it may have been read")
    age_rule_days: int = Field(description="how old a price of its kind may be")


class Prices(Document):
    prices: list[PriceRow]


class AcceleratorFigures(BaseModel):
    name: str
    vendor: str
    kind: Literal["gpu", "neuron"]
    architecture: str
    memory_gib: Number = Field(description="what a process can allocate, per chip")
    memory_marketing_gb: Number
    memory_type: str
    memory_bandwidth_gb_per_s: Number | None
    bf16_dense_tflops: Number | None
    interconnect: str
    interconnect_name: str
    link_gb_per_s: Number | None
    memory_api_mib: int | None
    memory_driver_mib: int | None
    fp8_dense_tflops: Number | None
    int8_dense_tops: Number | None
    fp4_dense_tflops: Number | None
    compute_capability: Number | None
    logical_cores: int
    physical_cores: int
    aliases: list[str]


class DerivedFigures(BaseModel):
    memory_total_gib: Number | None = Field(description="usable, all accelerators")
    memory_bandwidth_total_tb_per_s: Number | None
    bf16_dense_total_pflops: Number | None
    fp8_dense_total_pflops: Number | None
    usd_per_month: Number | None = Field(description="730 hours")
    usd_per_accelerator_hour: Number | None
    usd_per_gib_hour: Number | None = Field(description="per GiB of usable accelerator memory")
    usd_per_tb_per_s_hour: Number | None = Field(description="per TB/s of memory bandwidth")
    usd_per_dense_bf16_pflops_hour: Number | None


class OfferRow(BaseModel):
    purchase_option: str = Field(description="a way in which it is sold in the document's region")
    payment: str | None = Field(description="of a plan: the manner of paying that costs least")
    usd_per_hour: Number | None = Field(description="null: sold so, and no price is known")
    low: Number | None = Field(description="of a spot market: the cheapest zone")
    high: Number | None = Field(description="of a spot market: the dearest zone")
    age: str | None = Field(description="fresh, older_than_the_rest or past_its_rule; null without a price")
    age_days: int | None
    age_rule_days: int | None
    interruption_band: str | None = Field(
        description="of a spot market: the share taken back in a month; null: unknown"
    )


class InstanceRow(BaseModel):
    instance_type: str
    family: str
    vcpus: int
    memory_gib: Number = Field(description="host memory")
    network_gbps: Number
    quota: str
    purchase_options: list[str]
    regions: list[str]
    accelerator: str | None
    accelerator_count: int
    local_nvme_gb: Number | None
    efa: bool | None
    efa_interfaces: int | None
    cpu_architecture: str
    capacity_block_regions: list[str]
    memory_bandwidth_gb_per_s: Number | None
    note: str
    accelerator_figures: AcceleratorFigures | None
    usd_per_hour: Number | None = Field(
        description="bought as the document's purchase_option says, in its region; null: no price is known"
    )
    price: PriceRow | None = Field(description="the price row it rests on; of a spot market that of the cheapest zone")
    derived: DerivedFigures
    offers: list[OfferRow]
    sold_as: list[str] = Field(description="purchase options in the document's region, priced or not")


class FilterCount(BaseModel):
    filter: str
    removed: int = Field(description="instances that it does not keep")
    unknown: int = Field(description="those of them whose figure is not known")
    left_without: int = Field(description="instances that all other filters keep")


class UltraServerRow(BaseModel):
    id: str
    name: str
    accelerator_name: str
    accelerator_count: int
    accelerator: str | None = Field(description="id of the chip; null: its specification was not read")
    servers: int | None
    vcpus: int | None
    memory_gib: Number | None = Field(description="host memory")
    network_gbps: Number | None
    link_name: str
    purchase_options: list[str]
    capacity_block_regions: list[str]
    note: str


class Catalog(Document):
    region: str
    purchase_option: str = Field(description="on_demand unless --purchase was given")
    filters: list[FilterCount]
    instances: list[InstanceRow]
    ultraservers: list[UltraServerRow] = Field(description="the one that was asked for by name; no instance types")


class CheckFinding(ErrorDetail):
    severity: Literal["error", "warning"]


class Check(BaseModel):
    """What is wrong with a catalogue; holds is false where any finding is an error."""

    schema_: str = Field(alias="schema")
    holds: bool
    instances: int = Field(description="that could be read")
    prices: int = Field(description="rows that could be read, older ones included")
    errors: int
    warnings: int
    findings: list[CheckFinding]
