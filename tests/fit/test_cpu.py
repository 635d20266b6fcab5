"""An instance without accelerators: a plain refusal, with the figures that show why."""

from dataclasses import replace

import pytest

from advisor.catalog.load import Catalog
from advisor.fit.check import check_fit
from advisor.fit.result import Verdict
from advisor.wording.reasons import sentence
from advisor.workflows.fit import fit
from advisor.workflows.fit_question import FitQuestion

R8G = FitQuestion("llama-4-scout", "r8g.48xlarge")


def test_a_cpu_instance_is_no_serving_choice_though_its_memory_would_hold_scout(catalog: Catalog) -> None:
    result = fit(catalog, R8G)
    assert result.verdict is Verdict.UNSUPPORTED
    assert [reason.code for reason in result.reasons] == ["no_accelerator", "cpu_memory_holds", "cpu_decode_bound"]
    assert result.per_device is None
    assert result.serve_argv == ()


def test_its_fastest_decode_is_bandwidth_by_bytes_of_a_step(catalog: Catalog) -> None:
    """17.17 billion active parameters, less the embedding, at 2 bytes and 1,075 GB/s: 33 tokens/s at most."""
    bound = fit(catalog, replace(R8G, context_tokens=1)).reasons[2]
    assert bound.params["read_bytes"] == pytest.approx(2 * (17.17e9 - 1.03e9), rel=0.005)
    assert bound.params["tokens_per_s"] == pytest.approx(33.3, rel=0.01)
    assert bound.source.startswith("modelled")
    assert "upper bound" in sentence(bound)


def test_a_quantised_checkpoint_reads_less_and_a_longer_context_more(catalog: Catalog) -> None:
    def read(**changes: object) -> float:
        return float(fit(catalog, replace(R8G, **changes)).reasons[2].params["read_bytes"])  # type: ignore[arg-type]

    assert read(checkpoint="w4a16") < read(checkpoint="fp8") < read() < read(context_tokens=1_000_000)


def test_maverick_at_long_context_is_short_of_memory_with_the_numbers(catalog: Catalog) -> None:
    room = fit(
        catalog, FitQuestion("llama-4-maverick", "r8g.48xlarge", context_tokens=1_048_576, concurrency=8)
    ).reasons[1]
    assert room.code == "cpu_memory_short"
    assert "748.0 GiB" in sentence(room)


def test_an_unknown_bandwidth_stays_unknown(catalog: Catalog) -> None:
    request = fit(catalog, R8G).request
    unknown = check_fit(replace(request, instance=replace(request.instance, memory_bandwidth_gb_per_s=None)))
    assert unknown.reasons[2].code == "cpu_bandwidth_unknown"
    assert "tokens_per_s" not in unknown.reasons[2].params
