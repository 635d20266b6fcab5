"""Published measurements, the efficiencies fitted on them, and which evidence wins."""

from dataclasses import replace

import pytest

from advisor.advice.advise import Knowledge
from advisor.catalog.load import Catalog
from advisor.evidence.best import best_basis
from advisor.evidence.calibration import decode_efficiency, drift, mean_efficiency, replica_of
from advisor.evidence.points import EvidencePoint, steady_throughputs
from advisor.performance.replica_model import RequestShape
from advisor.performance.roofline import decode_limit_tokens_per_s
from advisor.quantities.provenance import AsOf, Level, Provenance
from evidence.points import measured, stack

EFFICIENCIES = {
    ("llama-4-scout", "H100-80GB"): (0.354, 0.352, 0.347),
    ("llama-4-maverick", "H100-80GB"): (0.365, 0.353, 0.301),
    ("llama-4-scout", "H200-141GB"): (0.280, 0.267, 0.275),
    ("llama-4-maverick", "H200-141GB"): (0.286, 0.281, 0.301),
}


def vllm_points(knowledge: Knowledge) -> list[EvidencePoint]:
    return [point for point in knowledge.points if point.engine == "vllm"]


def test_every_published_row_names_a_known_accelerator_and_a_source(catalog: Catalog, knowledge: Knowledge) -> None:
    assert all(point.provenance.source for point in knowledge.points)
    assert {point.accelerator for point in knowledge.points} - set(catalog.accelerators) == {"GB200-192GB"}
    assert {point.level for point in knowledge.points} == {Level.PUBLISHED}


@pytest.mark.parametrize(("model", "accelerator"), list(EFFICIENCIES))
def test_efficiencies_of_the_twelve_published_vllm_points(
    catalog: Catalog, knowledge: Knowledge, model: str, accelerator: str
) -> None:
    points = [point for point in vllm_points(knowledge) if (point.model, point.accelerator) == (model, accelerator)]
    computed = [decode_efficiency(point, catalog) for point in points]
    assert computed == pytest.approx(EFFICIENCIES[model, accelerator], abs=0.0015)


@pytest.mark.parametrize("accelerator", ["H100-80GB", "H200-141GB"])
def test_one_efficiency_per_gpu_predicts_all_twelve_points_within_the_stated_error(
    catalog: Catalog, knowledge: Knowledge, accelerator: str
) -> None:
    points = [point for point in vllm_points(knowledge) if point.accelerator == accelerator]
    efficiency, _ = mean_efficiency(points, catalog)
    for point in points:
        prompt, answer = point.shape
        context = prompt + answer / 2
        limit = decode_limit_tokens_per_s(replica_of(point, catalog), point.load_value or 0, context)
        assert -0.07 <= efficiency * limit / point.value - 1 <= 0.15


def test_a_max_load_figure_never_supports_a_step_time(knowledge: Knowledge) -> None:
    assert all(point.load == "concurrency" for point in steady_throughputs(knowledge.points))


def test_a_gpu_with_points_is_calibrated_and_one_without_is_modelled(catalog: Catalog, knowledge: Knowledge) -> None:
    chat = RequestShape(512, 256)
    known = best_basis(stack(catalog, "H100-80GB"), chat, knowledge.points, catalog)
    unknown = best_basis(stack(catalog, "L40S-48GB"), chat, knowledge.points, catalog)
    assert known.decode.provenance.level is Level.CALIBRATED
    assert unknown.decode.provenance.level is Level.MODELLED
    assert known.prefill.provenance.level is Level.MODELLED


def test_the_published_shape_itself_is_published_evidence(catalog: Catalog, knowledge: Knowledge) -> None:
    basis = best_basis(stack(catalog, "H100-80GB", "0.8.3"), RequestShape(1000, 1000), knowledge.points, catalog)
    assert basis.decode.provenance.level is Level.PUBLISHED
    assert basis.decode.value == pytest.approx(0.354, abs=0.001)
    assert basis.decode.sigma < 0.1


def test_an_efficiency_from_another_version_is_never_called_15_percent(catalog: Catalog, knowledge: Knowledge) -> None:
    chat = RequestShape(512, 256)
    same = best_basis(stack(catalog, "H100-80GB", "0.8.3"), chat, knowledge.points, catalog)
    later = best_basis(stack(catalog, "H100-80GB", "0.33.0"), chat, knowledge.points, catalog)
    assert same.decode.sigma == pytest.approx(0.15, abs=0.01)
    assert later.decode.sigma > 0.5
    assert drift("0.33.0", "0.32.0") == pytest.approx(0.35)
    assert drift("0.33.0", "0.8.3") == 0.5


def test_simulated_figures_change_no_answer(catalog: Catalog, knowledge: Knowledge) -> None:
    chat = RequestShape(512, 256)
    origin = Provenance(Level.SIMULATED, "the built-in endpoint", AsOf.parse("2026-11-18"), "ledger")
    simulated = [replace(measured(n, 10_000.0 * n), provenance=origin) for n in (1, 4, 16)]
    without = best_basis(stack(catalog, "L40S-48GB"), chat, knowledge.points, catalog)
    beside = best_basis(stack(catalog, "L40S-48GB"), chat, [*knowledge.points, *simulated], catalog)
    assert beside == without


def test_sources_that_disagree_beyond_their_doubts_are_a_conflict(catalog: Catalog, knowledge: Knowledge) -> None:
    published = next(point for point in vllm_points(knowledge) if point.accelerator == "H100-80GB")
    absurd = replace(
        published, value=published.value * 20, input_tokens=512, output_tokens=256, engine_version="0.33.0"
    )
    basis = best_basis(stack(catalog, "H100-80GB"), RequestShape(1000, 1000), [absurd], catalog)
    assert basis.conflicts
    assert basis.conflicts[0].ratio < 0.2


def test_a_published_figure_of_another_group_size_only_calibrates(catalog: Catalog, knowledge: Knowledge) -> None:
    four = replace(stack(catalog, "H200-141GB", "0.8.3"), tensor_parallel_size=4)
    basis = best_basis(four, RequestShape(1000, 1000), knowledge.points, catalog)
    assert basis.decode.provenance.level is Level.CALIBRATED


def test_figures_of_several_versions_are_fitted_apart(catalog: Catalog, knowledge: Knowledge) -> None:
    old = [point for point in vllm_points(knowledge) if point.accelerator == "H100-80GB"]
    doubled = [replace(point, engine_version="0.32.0", value=point.value * 2) for point in old]
    basis = best_basis(stack(catalog, "H100-80GB"), RequestShape(512, 256), [*old, *doubled], catalog)
    alone, _ = mean_efficiency(doubled, catalog)
    assert basis.decode.value == pytest.approx(alone)
    assert "0.32.0" in basis.decode.provenance.source and "0.8.3" not in basis.decode.provenance.source
    assert basis.decode.sigma_shared == pytest.approx(drift("0.33.0", "0.32.0"))


def test_a_version_that_nobody_states_has_the_most_doubt() -> None:
    assert drift("0.33.0", "unstated") == 0.5


def test_a_figure_of_a_model_that_the_catalogue_lost_is_no_evidence(catalog: Catalog, knowledge: Knowledge) -> None:
    strange = [replace(measured(n, 100.0 * n), model="llama-5") for n in (1, 4, 16)]
    odd = [replace(measured(n, 100.0 * n), checkpoint="int3") for n in (1, 4, 16)]
    chat = RequestShape(512, 256)
    without = best_basis(stack(catalog, "L40S-48GB"), chat, knowledge.points, catalog)
    assert best_basis(stack(catalog, "L40S-48GB"), chat, [*knowledge.points, *strange, *odd], catalog) == without
