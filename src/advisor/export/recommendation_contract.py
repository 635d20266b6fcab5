"""The recommendation file's contract. An absent key means unknown: TOML has no null."""

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from advisor.quantities.provenance import Level

Number = int | float


class Sourced(BaseModel):
    level: Level
    source: str
    as_of: str | None = None


class Pool(BaseModel):
    """What to run: one pool, or one for each model."""

    model: str
    instance_type: str
    region: str
    purchase: str
    instances: int = Field(description="with redundancy")
    instances_low: int | None = None
    instances_high: int | None = None
    serving_instances: int = Field(description="without redundancy")
    replicas_per_instance: int
    checkpoint: str
    checkpoint_repository: str
    checkpoint_revision: str | None = None
    engine: str
    tensor_parallel_size: int
    serve_argv: list[str] = []
    serve_env: dict[str, str] = {}
    quota: str | None = Field(None, description="name of the EC2 quota; absent where it is not known")
    quota_vcpus: int
    run_hours: Number | None = Field(None, description="of a batch; the cost's own is the longest of all pools")


class Cost(BaseModel):
    """Dollars, three per-token figures together. A batch has usd_per_run, online work usd_per_month."""

    usd_per_month: Number | None = None
    usd_per_month_low: Number | None = None
    usd_per_month_high: Number | None = None
    usd_per_run: Number | None = None
    usd_per_run_low: Number | None = None
    usd_per_run_high: Number | None = None
    run_hours: Number | None = None
    usd_per_million_output_tokens_at_capacity: Number | None = None
    usd_per_million_output_tokens_at_slo: Number | None = None
    usd_per_million_output_tokens_at_traffic: Number | None = None
    usd_per_request: Number | None = None
    utilisation_at_mean_load: Number | None = None
    excludes: list[str]


class Managed(BaseModel):
    model: str
    service: str
    usd_per_month: Number | None = None
    usd_per_run: Number | None = None
    break_even_output_tokens_per_month: Number | None = None
    break_even_within_capacity: bool | None = Field(None, description="whether the instances carry as many")
    excluded: str | None = None
    usd_per_million_input_tokens: Number | None = None
    usd_per_million_output_tokens: Number | None = None
    level: Level | None = None
    source: str | None = None
    as_of: str | None = None


class WeakestLink(BaseModel):
    claim: str
    level: Level
    measured_claims: int = Field(description="claims computed from a sweep measured here")
    claims: int


class Verify(BaseModel):
    """The benchmark that would confirm the pick."""

    model: str
    scope: Literal["one_replica", "fleet"]
    rate_rps: Number
    concurrency: int
    min_requests: int
    minutes: Number
    usd: Number
    state: Literal["confirmed", "refuted"] | None = Field(None, description="of this pool, where there are several")


class Claim(Sourced):
    id: str
    value: Number
    low: Number | None = None
    high: Number | None = None
    unit: str
    limit: Number | None = None
    status: Literal["meets", "undecided", "misses"] | None = None
    model: str | None = None


class HoldsWhile(BaseModel):
    variable: str
    op: Literal["<=", ">="]
    limit: Number
    becomes: str
    model: str | None = None


class PriceUsed(Sourced):
    instance_type: str
    region: str
    purchase: str
    usd_per_hour: Number
    usd_per_hour_low: Number | None = None
    usd_per_hour_high: Number | None = None
    model: str | None = None


class EvidenceUsed(Sourced):
    about: str
    used: bool
    value: Number | None = None
    low: Number | None = None
    high: Number | None = None
    unit: str | None = None
    model: str | None = None


class Alternative(BaseModel):
    instance_type: str
    region: str
    purchase: str
    instances: int
    checkpoint: str
    engine: str
    tensor_parallel_size: int
    usd_per_month: Number | None = None
    usd_per_run: Number | None = None
    tied: bool
    dominated: bool
    level: Level
    targets: dict[str, str] = {}
    model: str | None = None


class Rejected(BaseModel):
    instance_type: str
    gate: str
    code: str
    message: str
    margin: Number | None = None
    model: str | None = None


class PublishedAdvice(BaseModel):
    source: str
    text: str
    pick: str
    verdict: str
    message: str | None = Field(None, description="why the pick is rejected here")
    line: int | None = None
    model: str | None = None


class Notice(BaseModel):
    code: str
    prominent: bool
    message: str
    source: str | None = None
    model: str | None = None


class Compared(BaseModel):
    model: str
    status: str
    instance_type: str | None = None
    instances: int | None = None
    usd_per_month: Number | None = None
    usd_per_month_low: Number | None = None
    usd_per_month_high: Number | None = None
    usd_per_run: Number | None = None
    usd_per_run_low: Number | None = None
    usd_per_run_high: Number | None = None
    run_hours: Number | None = None


class Recommendation(BaseModel):
    """One answer, as JSON document and as TOML file."""

    model_config = ConfigDict(populate_by_name=True)
    schema_: Literal["advisor.recommendation/1"] = Field(alias="schema")
    id: str
    status: Literal["recommended", "not_distinguishable", "none", "out_of_scope"]
    state: Literal["unverified", "confirmed", "refuted"]
    review_by: str | None = None
    pick_hash: str = Field(description="of what is picked: it survives new prices and evidence")
    content_hash: str = Field(description="of everything else in the file: an edited file has another")
    provenance: dict[str, Any] = Field(description="advisor and catalog versions; in JSON also origins by pointer")
    workload: dict[str, Any]
    pool: list[Pool] = []
    cost: Cost | None = None
    managed: list[Managed] = []
    weakest_link: list[WeakestLink] = []
    verify: list[Verify] = []
    claim: list[Claim] = []
    holds_while: list[HoldsWhile] = []
    price: list[PriceUsed] = []
    evidence: list[EvidenceUsed] = []
    alternative: list[Alternative] = []
    rejected: list[Rejected] = []
    near_miss: list[Rejected] = []
    published_advice: list[PublishedAdvice] = []
    notice: list[Notice] = []
    compared: list[Compared] = []
