"""A question under a server's own settings: what is taken, what is denied, and a published log as the judge."""

from dataclasses import replace
from pathlib import Path

import pytest

from advisor.catalog.load import Catalog
from advisor.fit.proof.compare import Outcome, Setting
from advisor.fit.proof.observed import Observed
from advisor.workflows.check_fit_against_server import observe_log
from advisor.workflows.fit import fit
from advisor.workflows.fit_question import FitQuestion
from advisor.workflows.verify_fit import Verified, verify_fit

SCOUT = FitQuestion(model="llama-4-scout", instance="p5.48xlarge")
LOG = Path(__file__).parents[1] / "fit" / "logs" / "vllm_0_19_0_scout_tp4.log"


@pytest.fixture
def log() -> Observed:
    return observe_log(LOG)


def setting(found: Verified, name: str) -> Setting:
    return next(each for each in found.comparison.settings if each.name == name)


def denied(found: Verified) -> list[str]:
    return [each.name for each in found.comparison.settings if each.is_denied]


def test_a_published_log_of_scout_agrees_within_a_percent(catalog: Catalog, log: Observed) -> None:
    found = verify_fit(catalog, SCOUT, log, stated=())
    assert found.comparison.outcome is Outcome.AGREES
    errors = {line.quantity: abs(line.relative_error or 0.0) for line in found.comparison.lines}
    assert errors["weights_bytes"] < 0.005
    for quantity in ("kv_cache_blocks", "kv_cache_tokens", "max_concurrency", "kv_cache_bytes"):
        assert errors[quantity] < 0.01


def test_what_nobody_states_is_taken_from_the_log(catalog: Catalog, log: Observed) -> None:
    found = verify_fit(catalog, replace(SCOUT, concurrency=64), log, stated=())
    request = found.result.request
    assert (request.engine_version, request.tensor_parallel_size, request.context_tokens) == ("0.19.0", 4, 8192)
    assert (request.gpu_memory_utilization, request.max_num_seqs, request.concurrency) == (0.95, 1024, 1)
    assert setting(found, "tensor_parallel_size").is_taken
    assert setting(found, "checkpoint") == Setting("checkpoint", None, "bf16", "bf16")
    assert setting(found, "hybrid_kv") == Setting("hybrid_kv", None, True, True)


@pytest.mark.parametrize(
    ("changes", "name"),
    [
        ({"tensor_parallel_size": 8}, "tensor_parallel_size"),
        ({"gpu_memory_utilization": 0.9}, "gpu_memory_utilization"),
        ({"engine": "vllm@0.33"}, "engine"),
        ({"checkpoint": "fp8"}, "checkpoint"),
        ({"kv_dtype": "fp8"}, "kv_dtype"),
        ({"context_tokens": 131_072}, "max_model_len"),
        ({"model": "llama-4-maverick"}, "model"),
    ],
)
def test_what_is_stated_and_denied_is_a_finding(
    catalog: Catalog, log: Observed, changes: dict[str, object], name: str
) -> None:
    question = replace(SCOUT, **changes)  # type: ignore[arg-type]
    found = verify_fit(catalog, question, log, stated=changes)
    assert denied(found) == [name]
    assert found.comparison.outcome is Outcome.DIFFERS
    assert found.comparison.reasons[0].code == "compared_setting_denied"


@pytest.mark.parametrize(
    "changes",
    [
        {"engine": "vllm"},
        {"engine": "vllm@0.19"},
        {"engine": "vllm@0.19.0"},
        {"context_tokens": 4096},
        {"kv_dtype": "auto"},
    ],
)
def test_what_is_stated_and_true_is_none(catalog: Catalog, log: Observed, changes: dict[str, object]) -> None:
    found = verify_fit(catalog, replace(SCOUT, **changes), log, stated=changes)  # type: ignore[arg-type]
    assert denied(found) == []
    assert found.comparison.outcome is Outcome.AGREES


def test_a_development_version_counts_as_its_release(catalog: Catalog, log: Observed) -> None:
    found = verify_fit(catalog, SCOUT, replace(log, engine_version="0.19.0rc2.dev3+g1234567"), stated=())
    assert found.result.request.engine_version == "0.19.0"


def test_without_a_version_the_stated_one_holds(catalog: Catalog, log: Observed) -> None:
    found = verify_fit(catalog, replace(SCOUT, engine="vllm@0.20.0"), replace(log, engine_version=None), stated=())
    assert found.result.request.engine_version == "0.20.0"


def test_blocks_of_another_size_are_compared_as_such(catalog: Catalog, log: Observed) -> None:
    half = Observed("http://server", engine="vllm", engine_version="0.33.0", max_model_len=8192, started=True)
    found = {
        size: verify_fit(catalog, SCOUT, replace(half, blocks=1, block_tokens=size), stated=()) for size in (16, 128)
    }
    predicted = {size: each.comparison.lines[0].predicted for size, each in found.items()}
    assert predicted[16] / predicted[128] == pytest.approx(8, rel=1e-3)
    assert setting(found[128], "block_tokens").is_taken


def test_vllm_before_neuron_is_not_the_engine_that_is_judged(catalog: Catalog) -> None:
    told = Observed("http://server", engine="vllm", engine_version="0.16.0", max_model_len=8192, blocks=4, started=True)
    found = verify_fit(catalog, FitQuestion("llama-4-scout", "trn2.48xlarge"), told, stated=())
    assert found.result.request.engine.id == "neuron"
    assert found.comparison.outcome is Outcome.PROVES_NOTHING


def test_a_limit_of_batched_tokens_that_its_concurrency_gives_away_is_taken(catalog: Catalog) -> None:
    as_run = replace(SCOUT, engine="vllm@0.33.0", context_tokens=131_072, max_num_batched_tokens=16_384)
    cache = fit(catalog, as_run).kv_cache
    assert cache is not None
    told = Observed(
        "http://server",
        engine="vllm",
        engine_version="0.33.0",
        max_model_len=131_072,
        started=True,
        blocks=cache.blocks,
        block_tokens=16,
        kv_cache_tokens=cache.capacity_tokens,
        kv_cache_max_concurrency=cache.max_concurrency_at_context,
    )
    found = verify_fit(catalog, SCOUT, told, stated=())
    assert setting(found, "max_num_batched_tokens") == Setting("max_num_batched_tokens", None, 16_384, 16_384)
    assert all(line.error == 0 for line in found.comparison.lines)
