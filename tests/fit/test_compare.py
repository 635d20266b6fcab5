"""Predicted against observed: what agrees, what differs, and what proves nothing."""

from dataclasses import replace
from typing import Any

import pytest

from advisor.catalog.load import Catalog
from advisor.fit.proof.compare import Comparison, Outcome, Setting, compare
from advisor.fit.proof.observed import Observed
from advisor.fit.result import FitResult
from advisor.quantities.units import GIB
from advisor.workflows.fit import fit
from advisor.workflows.fit_question import FitQuestion

LENGTH = 131_072


@pytest.fixture
def result(catalog: Catalog) -> FitResult:
    """Scout on 8 × H100 at 131,072 tokens."""
    question = FitQuestion(
        model="llama-4-scout", instance="p5.48xlarge", engine="vllm@0.33.0", context_tokens=LENGTH, concurrency=4
    )
    return fit(catalog, question)


def as_predicted(result: FitResult, **changes: Any) -> Observed:
    """A server that says of itself exactly what was predicted, but for the changes."""
    device, cache = result.per_device, result.kv_cache
    assert device is not None
    assert cache is not None
    told = Observed(
        source="http://server",
        engine="vllm",
        started=True,
        max_model_len=LENGTH,
        usable_bytes=device.usable_bytes,
        weights_bytes=device.loaded_bytes,
        activation_bytes=device.activation_bytes,
        non_torch_bytes=device.non_torch_bytes,
        cuda_graph_bytes=device.cuda_graph_bytes,
        kv_cache_bytes=device.kv_cache_bytes,
        blocks=cache.blocks,
        kv_cache_tokens=cache.capacity_tokens,
        kv_cache_max_concurrency=cache.max_concurrency_at_context,
    )
    return replace(told, **changes)


def codes(comparison: Comparison) -> list[str]:
    return [reason.code for reason in comparison.reasons]


def test_a_server_as_predicted_agrees_in_every_line(result: FitResult) -> None:
    found = compare(result, as_predicted(result))
    assert found.outcome is Outcome.AGREES
    assert [line.quantity for line in found.lines] == [
        "usable_bytes",
        "weights_bytes",
        "activation_bytes",
        "non_torch_bytes",
        "cuda_graph_bytes",
        "kv_cache_bytes",
        "kv_cache_blocks",
        "kv_cache_tokens",
        "max_concurrency",
    ]
    assert all(line.error == 0 and line.relative_error == 0 and line.within for line in found.lines)


def test_the_band_is_the_same_in_bytes_blocks_tokens_and_requests(result: FitResult) -> None:
    device, cache = result.per_device, result.kv_cache
    assert device is not None
    assert cache is not None
    assert cache.blocks is not None
    assert cache.block_bytes is not None
    for share, outcome in ((0.99, Outcome.AGREES), (1.01, Outcome.DIFFERS)):
        off = share * device.band_bytes / device.kv_cache_bytes
        told: dict[str, Any] = {
            "blocks": round(cache.blocks * (1 - off)),
            "kv_cache_tokens": round(cache.capacity_tokens * (1 - off)),
            "kv_cache_max_concurrency": cache.max_concurrency_at_context * (1 - off),
        }
        for name, value in told.items():
            assert compare(result, as_predicted(result, **{name: value})).outcome is outcome, name
    line = compare(result, as_predicted(result)).line("kv_cache_blocks")
    assert line is not None
    assert line.limit * cache.block_bytes == pytest.approx(device.band_bytes, rel=1e-3)


def test_blocks_that_agree_with_another_concurrency_point_to_the_scheduler(result: FitResult) -> None:
    told = as_predicted(result)
    assert told.kv_cache_max_concurrency is not None
    found = compare(result, replace(told, kv_cache_max_concurrency=told.kv_cache_max_concurrency * 1.5))
    assert (found.outcome, codes(found)) == (Outcome.DIFFERS, ["compared_concurrency_differs"])


def test_an_error_is_how_much_too_high_the_prediction_is(result: FitResult) -> None:
    cache = result.kv_cache
    assert cache is not None
    assert cache.blocks is not None
    line = compare(result, as_predicted(result, blocks=cache.blocks - 1000)).line("kv_cache_blocks")
    assert line is not None
    assert line.error == 1000
    assert line.relative_error == pytest.approx(1000 / (cache.blocks - 1000))


def test_weights_may_differ_by_less_than_the_band(result: FitResult) -> None:
    device = result.per_device
    assert device is not None
    weights = device.loaded_bytes
    found = compare(result, as_predicted(result, weights_bytes=weights + 0.5 * GIB))
    assert found.outcome is Outcome.DIFFERS
    assert "compared_weights_differ" in codes(found)
    assert compare(result, as_predicted(result, weights_bytes=weights * 1.004)).outcome is Outcome.AGREES


def test_a_device_of_another_size_is_named(result: FitResult) -> None:
    found = compare(result, as_predicted(result, usable_bytes=139.8 * GIB))
    assert (found.outcome, codes(found)) == (Outcome.DIFFERS, ["compared_other_device"])


@pytest.mark.parametrize("name", ["blocks", "kv_cache_tokens", "kv_cache_max_concurrency", "kv_cache_bytes"])
def test_one_figure_of_the_cache_is_enough(result: FitResult, name: str) -> None:
    told = as_predicted(result)
    only = Observed("http://server", started=True, max_model_len=LENGTH)
    found = compare(result, replace(only, **{name: getattr(told, name)}))
    assert (found.outcome, len(found.lines)) == (Outcome.AGREES, 1)


def test_without_a_figure_of_the_cache_nothing_is_proved(result: FitResult) -> None:
    told = as_predicted(result, blocks=None, kv_cache_tokens=None, kv_cache_max_concurrency=None, kv_cache_bytes=None)
    found = compare(result, told)
    assert (found.outcome, codes(found)) == (Outcome.PROVES_NOTHING, ["compared_cache_untold"])


def test_without_the_length_tokens_and_requests_are_of_nothing(result: FitResult) -> None:
    found = compare(result, as_predicted(result, max_model_len=None))
    assert found.line("kv_cache_blocks") is not None
    assert found.line("kv_cache_tokens") is None
    assert found.line("max_concurrency") is None


def test_a_simulated_endpoint_proves_nothing_whatever_it_says(result: FitResult) -> None:
    found = compare(result, as_predicted(result, simulated=True, blocks=1))
    assert (found.outcome, codes(found)[0]) == (Outcome.PROVES_NOTHING, "compared_simulated")
    assert found.lines


def test_a_cache_of_numbers_of_unknown_size_proves_nothing(result: FitResult) -> None:
    found = compare(result, as_predicted(result, cache_dtype="nvfp4", blocks=1))
    assert (found.outcome, codes(found)[0]) == (Outcome.PROVES_NOTHING, "compared_dtype_unknown")


class TestStatements:
    def test_a_setting_that_the_server_denies_is_a_finding(self, result: FitResult) -> None:
        denied = Setting("gpu_memory_utilization", 0.9, 0.95, 0.95)
        found = compare(result, as_predicted(result), (denied,))
        assert (found.outcome, codes(found)) == (Outcome.DIFFERS, ["compared_setting_denied"])
        assert found.reasons[0].params == {"setting": "gpu_memory_utilization", "stated": "0.9", "told": "0.95"}

    def test_a_setting_that_nobody_states_is_taken(self, result: FitResult) -> None:
        taken = Setting("kv_dtype", None, "fp8", "fp8")
        assert (taken.is_taken, taken.is_denied) == (True, False)
        assert compare(result, as_predicted(result), (taken,)).outcome is Outcome.AGREES

    def test_what_neither_tells_is_named_as_assumed(self, result: FitResult) -> None:
        unknown = [
            Setting(name, None, None, None) for name in ("engine", "tensor_parallel_size", "checkpoint", "max_num_seqs")
        ]
        assert codes(compare(result, as_predicted(result), unknown)) == [
            "compared_engine_assumed",
            "compared_tp_assumed",
            "compared_checkpoint_assumed",
            "compared_scheduler_assumed",
        ]


class TestCachesOfAStatedSize:
    def test_they_say_nothing_of_memory(self, result: FitResult) -> None:
        found = compare(result, as_predicted(result, kv_pinned=True, blocks=1000, kv_cache_bytes=None))
        assert (found.outcome, codes(found)) == (Outcome.PROVES_NOTHING, ["compared_pinned"])

    def test_their_blocks_are_arithmetic(self, result: FitResult) -> None:
        assert result.kv_cache is not None
        assert result.kv_cache.block_bytes is not None
        blocks = int(GIB // result.kv_cache.block_bytes)
        pinned = as_predicted(result, kv_pinned=True, kv_cache_bytes=float(GIB), blocks=blocks)
        assert compare(result, pinned).outcome is Outcome.PROVES_NOTHING
        assert compare(result, replace(pinned, blocks=4 * blocks)).outcome is Outcome.DIFFERS


class TestStarts:
    def failed(self, result: FitResult, **changes: Any) -> Observed:
        told = Observed("vllm.log", engine="vllm", started=False, failure="kv_cache_short", max_model_len=LENGTH)
        return replace(told, **changes)

    def test_a_failure_where_one_request_should_fit_differs(self, result: FitResult) -> None:
        found = compare(result, self.failed(result))
        assert (found.outcome, codes(found)) == (Outcome.DIFFERS, ["compared_fails_nevertheless"])

    def test_what_a_request_needs_is_arithmetic(self, result: FitResult) -> None:
        assert result.per_device is not None
        needed = result.per_device.kv_needed_bytes / 4
        line = compare(result, self.failed(result, kv_needed_bytes=needed)).line("kv_needed_bytes")
        assert line is not None
        assert line.within
        assert not replace(line, observed=needed + 0.1 * GIB).within

    def test_a_failure_that_was_predicted_agrees(self, catalog: Catalog) -> None:
        # vllm-project/vllm issue 16118: Maverick FP8 on 8 × H100 at its full length, 0.8.3
        refused = fit(
            catalog,
            FitQuestion(
                model="llama-4-maverick",
                checkpoint="fp8",
                instance="p5.48xlarge",
                engine="vllm@0.8.3",
                context_tokens=1_048_576,
            ),
        )
        told = Observed(
            "vllm.log",
            engine="vllm",
            started=False,
            failure="kv_cache_short",
            max_model_len=1_048_576,
            kv_needed_bytes=24.0 * GIB,
            kv_cache_bytes=9.97 * GIB,
        )
        found = compare(refused, told)
        assert (found.outcome, found.reasons) == (Outcome.AGREES, ())
        needed = found.line("kv_needed_bytes")
        assert needed is not None
        assert needed.predicted / GIB == pytest.approx(24.0, abs=0.01)

    def test_a_server_that_should_not_have_come_up_differs(self, catalog: Catalog) -> None:
        question = FitQuestion(model="llama-4-scout", instance="p5.48xlarge", tensor_parallel_size=1)
        too_small = fit(catalog, question)
        found = compare(too_small, Observed("http://server", started=True, kv_cache_bytes=10.0 * GIB))
        assert found.outcome is Outcome.DIFFERS
        assert codes(found)[0] == "compared_starts_nevertheless"

    def test_a_server_that_runs_need_not_hold_a_request_of_its_length(self, result: FitResult) -> None:
        assert result.per_device is not None
        assert result.kv_cache is not None
        short = replace(
            result,
            per_device=replace(result.per_device, kv_needed_bytes=8 * result.per_device.kv_cache_bytes),
            kv_cache=replace(result.kv_cache, max_concurrency_at_context=0.5),
        )
        found = compare(short, as_predicted(short))
        assert (found.outcome, codes(found)) == (Outcome.AGREES, ["compared_holds_no_request"])

    def test_a_server_that_runs_what_was_ruled_out_differs(self, catalog: Catalog) -> None:
        question = FitQuestion(model="llama-4-scout", instance="p5.48xlarge", tensor_parallel_size=16)
        found = compare(fit(catalog, question), Observed("http://server", started=True))
        assert (found.outcome, codes(found)[0]) == (Outcome.DIFFERS, "compared_runs_nevertheless")

    @pytest.mark.parametrize(
        ("failure", "code"), [("memory_taken", "compared_memory_taken"), ("other", "compared_start_failed")]
    )
    def test_other_failures_prove_nothing(self, result: FitResult, failure: Any, code: str) -> None:
        found = compare(result, self.failed(result, failure=failure))
        assert (found.outcome, codes(found)) == (Outcome.PROVES_NOTHING, [code])
