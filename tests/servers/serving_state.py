"""A server that says of its own memory what a test wants: vLLM's and SGLang's pages, without an engine behind them."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from .raw import Connection, Request, Script, json_answer, whole

CAPTURES = Path(__file__).parent / "captures"
METRICS_TYPE = "text/plain; version=1.0.0; charset=utf-8"

LABELS_0_33: Mapping[str, str] = {
    "block_size": "16",
    "cache_dtype": "auto",
    "enable_prefix_caching": "True",
    "gpu_memory_utilization": "0.92",
    "kv_cache_max_concurrency": "47.0",
    "kv_cache_memory_bytes": "None",
    "kv_cache_size_tokens": "6160384",
    "num_cpu_blocks": "None",
    "num_gpu_blocks": "439400",
    "num_gpu_blocks_override": "None",
    "sliding_window": "None",
    "user_specified_block_size": "False",
}
"""Some of the labels of `vllm:cache_config_info` under vLLM 0.33, with made-up figures."""

OLDER = ("block_size", "cache_dtype", "gpu_memory_utilization", "num_gpu_blocks", "num_gpu_blocks_override")
"""Those of them that vLLM 0.9 already had."""


def cache_config(engines: Sequence[str] = ("0",), **labels: str) -> str:
    """A page with one row for each data-parallel engine."""
    given = {**LABELS_0_33, **labels}
    rows = [
        f"vllm:cache_config_info{{{_written(given | ({'engine': engine} if engine else {}))}}} 1.0"
        for engine in engines
    ]
    return "\n".join(
        [
            "# HELP vllm:num_requests_running Number of requests in model execution batches.",
            "# TYPE vllm:num_requests_running gauge",
            'vllm:num_requests_running{engine="0",model_name="scout"} 0.0',
            "# HELP vllm:cache_config_info Information of the LLMEngine CacheConfig",
            "# TYPE vllm:cache_config_info gauge",
            *rows,
            "",
        ]
    )


def _written(labels: Mapping[str, str]) -> str:
    return ",".join(f'{name}="{value}"' for name, value in sorted(labels.items()))


def model_entry(name: str, max_model_len: int | None = 131_072, **more: Any) -> dict[str, Any]:
    return {"id": name, "object": "model", "owned_by": "vllm", "root": name, "max_model_len": max_model_len, **more}


@dataclass(slots=True)
class ServingState:
    """A script for `RawServer`. None for a page that the server does not have.

    faults: what to do instead for a path that ends so. key: what every page wants.
    """

    metrics: str | None = field(default_factory=cache_config)
    models: Sequence[Mapping[str, Any]] | None = field(default_factory=lambda: (model_entry("scout"),))
    version: Mapping[str, Any] | None = field(default_factory=lambda: {"version": "0.33.0"})
    state: Mapping[str, Any] | None = None
    """SGLang's /server_info."""
    faults: Mapping[str, Script] = field(default_factory=dict)
    key: str | None = None
    simulated: bool = False

    def __call__(self, connection: Connection, request: Request) -> object:
        for tail, fault in self.faults.items():
            if request.path.endswith(tail):
                return fault(connection, request)
        connection.send(self._page(request))
        return True

    def _page(self, request: Request) -> bytes:
        extra = {"x-advisor-simulated": "1"} if self.simulated else {}
        if self.key is not None and request.headers.get("authorization") != f"Bearer {self.key}":
            return json_answer({"error": "Unauthorized"}, 401)
        if request.path.endswith("/metrics") and self.metrics is not None:
            return whole(self.metrics.encode(), kind=METRICS_TYPE, fields=extra)
        pages: dict[str, object] = {
            "/v1/models": {"object": "list", "data": list(self.models)} if self.models is not None else None,
            "/version": self.version,
            "/server_info": self.state,
        }
        for tail, page in pages.items():
            if request.path.endswith(tail) and page is not None:
                return json_answer(page, fields=extra)
        return json_answer({"detail": "Not Found"}, 404)


def captured_vllm() -> ServingState:
    """What vLLM 0.32.0 answered on a CPU, word for word; of its metrics an excerpt."""
    models = json.loads((CAPTURES / "vllm_0_32_models.json").read_text())
    return ServingState(
        metrics=(CAPTURES / "vllm_0_32_metrics.txt").read_text(), models=models["data"], version={"version": "0.32.0"}
    )
