"""The JSON contracts as types: one model a document. Keys are added, never renamed.

Their JSON Schemas are generated from here, shipped under `schemas/`, and printed by `advisor schema`.
Documents are built elsewhere, without these models, since importing them costs start-up time.
"""

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from advisor.quantities.provenance import Level

Number = int | float


class Beneath(BaseModel):
    """What a lower layer of the catalogue says of a figure that a higher one states differently."""

    layer: str
    value: Any
    source: str | None = None
    as_of: str | None = None


class Origin(BaseModel):
    """Where a number comes from; the key of the map is a JSON pointer, and holds for everything below it."""

    level: Level
    source: str
    as_of: str | None = Field(None, description="ISO date, or from/to")
    low: Number | None = None
    high: Number | None = None
    layer: str | None = None
    beneath: list[Beneath] | None = Field(None, description="what lower layers say, where layers disagree")


class Document(BaseModel):
    """What every document carries."""

    model_config = ConfigDict(populate_by_name=True)
    schema_: str = Field(alias="schema")
    provenance: dict[str, Origin]


class ReasonDocument(BaseModel):
    code: str
    severity: Literal["error", "warning", "info"]
    message: str
    params: dict[str, Any]
    source: str


class Parallelism(BaseModel):
    tensor_parallel_size: int
    pipeline_parallel_size: int
    devices_used: int
    valid_tensor_parallel_sizes: list[int]


class PerDevice(BaseModel):
    """Bytes on one device. null: nobody has published it."""

    usable_bytes: Number
    budget_bytes: Number
    weights_bytes: Number = Field(description="without the RoPE table")
    rope_table_bytes: Number
    activation_bytes: Number | None
    non_torch_bytes: Number | None
    cuda_graph_bytes: Number | None
    kv_cache_bytes: Number = Field(description="available for the KV cache")
    kv_needed_bytes: Number = Field(description="for max(1, concurrency) requests at context")
    margin_bytes: Number
    band_bytes: Number


class KvCache(BaseModel):
    hybrid: bool
    dtype: str
    bytes_per_token_per_device: Number
    blocks: int | None
    capacity_tokens: int
    max_context_tokens: int
    max_concurrency_at_context: Number


class Alternatives(BaseModel):
    hybrid_on: KvCache | None
    hybrid_off: KvCache | None


class Fit(Document):
    model: str
    checkpoint: str
    instance: str
    engine: str
    verdict: Literal["fits", "tight", "does_not_fit", "invalid", "unsupported"]
    context_tokens: int
    concurrency: int
    parallelism: Parallelism
    per_device: PerDevice | None
    kv_cache: KvCache | None
    alternatives: Alternatives
    reasons: list[ReasonDocument]
    serve_argv: list[str]
    serve_env: dict[str, str]


class Fits(BaseModel):
    schema_: str = Field(alias="schema")
    fits: list[Fit]


class PriceRow(BaseModel):
    instance_type: str
    region: str
    purchase_option: str
    term: str | None
    payment: str | None
    statistic: str
    usd_per_hour: Number
    as_of: str
    source: str
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


AuditVerdictName = Literal["ok", "rounding", "wrong", "suspicious", "impossible", "false_fact", "unverifiable"]


class AuditRow(BaseModel):
    id: str
    report: str
    section: str
    check: str
    text: str
    inputs: dict[str, Number | str]
    formula: str
    claimed: Number
    recomputed: Number | None
    unit: str
    also: dict[str, Number]
    verdict: AuditVerdictName
    reasons: list[ReasonDocument]
    note: str
    source_line: int | None


class AuditSection(BaseModel):
    section: str
    counts: dict[AuditVerdictName, int]


class AuditReport(BaseModel):
    id: str
    title: str
    author: str
    as_of: str
    location: str
    note: str
    counts: dict[AuditVerdictName, int]
    sections: list[AuditSection]


class AuditEntry(BaseModel):
    id: str
    report: str
    topic: str
    section: str
    text: str
    claims: list[str]
    verdicts: list[AuditVerdictName]
    note: str
    source_line: int | None


class Audit(Document):
    reports: list[AuditReport]
    claims: list[AuditRow]
    entries: list[AuditEntry]


class ChartAnswer(BaseModel):
    """What one column says: a number or a word; both null: nobody knows."""

    value: Number | None
    words: str | None
    unit: str
    bound: Literal["at_most", "at_least"] | None = Field(description="the number is a limit, not a figure")
    low: Number | None
    high: Number | None
    formula: str | None
    inputs: dict[str, Number | str]
    reasons: list[ReasonDocument]


class ChartRow(BaseModel):
    id: str | None
    label: str
    scenario: str | None
    as_published: ChartAnswer
    recomputed: ChartAnswer
    best_evidence: ChartAnswer
    published_over_recomputed: Number | None
    published_over_best_evidence: Number | None
    verdict: Literal["ok", "rounding", "wrong", "suspicious", "impossible", "false_fact", "unverifiable"]
    source_line: int | None


class ChartGroup(BaseModel):
    title: str
    unit: str | None = Field(description="of the group's numbers, where they have one in common")
    note: str | None
    rows: list[ChartRow]


class ReportChart(BaseModel):
    id: str
    title: str
    note: str | None
    groups: list[ChartGroup]


class Chart(Document):
    """Charts of a published report, each row as published, recomputed, and by the best evidence."""

    report: str
    charts: list[ReportChart]


class LoadDocument(BaseModel):
    kind: Literal["concurrency", "rate", "max_load"]
    value: Number | None


class EvidenceLoad(BaseModel):
    """Requests in flight, per second or of a batch; or as many as the engine, or the benchmark's limits, allow."""

    kind: Literal["concurrency", "rate", "batch", "max_load", "slo_bound", "unstated"]
    value: Number | None


class EvidenceRow(BaseModel):
    model: str
    checkpoint: str
    accelerator: str
    devices: int | None = Field(description="null: the source does not state it; 0: the built-in endpoint")
    tensor_parallel_size: int | None
    engine: str
    engine_version: str
    input_tokens: int | None
    output_tokens: int | None
    load: EvidenceLoad
    metric: str
    value: Number
    unit: str
    statistic: str
    level: Level
    source: str
    as_of: str | None
    run_id: str | None
    note: str | None
    source_id: str | None = Field(None, description="an entry of sources.toml")
    location: str | None = Field(None, description="where the source is")
    place: str | None = Field(None, description="the file or row of the figure within the source")
    dataset: str | None = Field(None, description="the prompts, where they are not of one length")
    caveats: list[str] = Field([], description="what must be known before the figure is compared with others")


class Evidence(Document):
    evidence: list[EvidenceRow]


class ErrorDetail(BaseModel):
    """What was wrong, where, and what would be right."""

    code: str
    message: str
    file: str | None
    line: int | None
    key: str | None
    hint: str | None


class Error(ErrorDetail):
    """What stands on stdout instead of a document when a command fails with --json."""

    schema_: str = Field(alias="schema")


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


class RecheckChange(BaseModel):
    key: str
    before: str
    now: str


class RecheckFile(BaseModel):
    file: str
    holds: bool
    changes: list[RecheckChange]
    error: ErrorDetail | None = Field(None, description="why the file cannot be used; holds is false then")


class Recheck(BaseModel):
    schema_: str = Field(alias="schema")
    files: list[RecheckFile]
