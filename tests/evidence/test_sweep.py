"""What was measured here: when it is a curve, when it only calibrates, and how far it reaches."""

from collections.abc import Callable, Sequence
from dataclasses import replace

import pytest

from advisor.advice.advise import Knowledge
from advisor.catalog.load import Catalog
from advisor.evidence.best import Basis, best_basis
from advisor.evidence.calibration import mean_efficiency
from advisor.evidence.points import EvidencePoint
from advisor.evidence.stack import Stack
from advisor.performance.replica_model import ReplicaModel, RequestShape
from advisor.quantities.provenance import Level
from evidence.points import measured, stack

Ask = Callable[..., Basis]
CHAT = RequestShape(512, 256)
SWEEP = [measured(1, 60.0), measured(4, 200.0), measured(16, 450.0)]


@pytest.fixture
def basis_with(catalog: Catalog, knowledge: Knowledge) -> Ask:
    def ask(points: Sequence[EvidencePoint], shape: RequestShape = CHAT, checkpoint: str = "bf16") -> Basis:
        asked = stack(catalog, "L40S-48GB", checkpoint=checkpoint)
        return best_basis(asked, shape, [*knowledge.points, *points], catalog)

    return ask


def test_three_loads_of_this_stack_and_shape_are_a_measured_curve(basis_with: Ask, catalog: Catalog) -> None:
    decode = basis_with(SWEEP).decode
    assert decode.provenance.level is Level.MEASURED
    assert decode.curve is not None
    assert decode.curve.step_ms(4) == pytest.approx(20.0, rel=0.1)
    share, _ = mean_efficiency(SWEEP, catalog)
    assert decode.value == pytest.approx(share)


def test_the_curve_is_trusted_to_twice_its_largest_load(basis_with: Ask) -> None:
    assert basis_with(SWEEP).most_streams == 32


@pytest.mark.parametrize("loads", [1, 2])
def test_too_few_loads_tell_no_curve_and_calibrate(basis_with: Ask, loads: int) -> None:
    decode = basis_with(SWEEP[:loads]).decode
    assert (decode.provenance.level, decode.curve) == (Level.CALIBRATED, None)
    assert decode.sigma >= 0.15


def test_a_sweep_at_another_shape_calibrates_only(basis_with: Ask) -> None:
    decode = basis_with(SWEEP, RequestShape(8192, 256)).decode
    assert (decode.provenance.level, decode.curve) == (Level.CALIBRATED, None)


def test_one_more_run_at_one_load_does_not_displace_a_sweep(basis_with: Ask) -> None:
    later = measured(8, 310.0, run="run-2", day="2026-11-20")
    basis = basis_with([*SWEEP, later])
    assert {point.load_value for point in basis.points} == {1, 4, 8, 16}


def test_a_load_measured_again_counts_by_its_newest_run(basis_with: Ask) -> None:
    again = measured(4, 240.0, run="run-2", day="2026-11-20")
    assert again in basis_with([again, *SWEEP]).points
    assert SWEEP[1] not in basis_with([again, *SWEEP]).points


def test_a_long_prompt_trial_does_not_enter_the_curve_of_short_ones(basis_with: Ask) -> None:
    long = measured(64, 100.0, run="run-2", day="2026-11-20", input_tokens=4096)
    basis = basis_with([*SWEEP, long])
    assert (basis.decode, basis.most_streams) == (basis_with(SWEEP).decode, 32)


def test_the_doubt_is_the_widest_of_floor_interval_misfit_and_a_single_repetition(basis_with: Ask) -> None:
    smooth = [measured(n, n * 1e3 / (10 + n)) for n in (1, 4, 16)]
    assert basis_with(smooth).decode.sigma == pytest.approx(0.03)
    assert basis_with([*smooth[:2], replace(smooth[2], interval=0.196)]).decode.sigma == pytest.approx(0.1)
    assert basis_with([*smooth[:2], replace(smooth[2], interval=None)]).decode.sigma == pytest.approx(0.07)
    rough = [measured(1, 100.0), measured(4, 100.0), measured(8, 700.0), measured(16, 600.0)]
    assert basis_with(rough).decode.sigma > 0.2


def test_a_measurement_recalibrates_its_siblings(basis_with: Ask) -> None:
    assert basis_with(SWEEP, checkpoint="fp8").decode.provenance.level is Level.CALIBRATED
    assert basis_with([], checkpoint="fp8").decode.provenance.level is Level.MODELLED


def test_what_was_measured_on_this_very_stack_is_not_diluted_by_siblings(basis_with: Ask, catalog: Catalog) -> None:
    sibling = [replace(point, checkpoint="fp8", value=point.value * 2) for point in SWEEP]
    own = SWEEP[:2]
    decode = basis_with([*own, *sibling]).decode
    assert decode.value == pytest.approx(mean_efficiency(own, catalog)[0])


def test_a_curve_far_from_every_other_source_is_a_conflict_and_keeps_the_others(basis_with: Ask) -> None:
    slow = [replace(point, value=point.value / 100) for point in SWEEP]
    basis = basis_with(slow)
    assert basis.decode.provenance.level is Level.MEASURED
    assert [other.provenance.level for other in basis.others] == [Level.MODELLED]
    (conflict, *_) = basis.conflicts
    assert conflict.other.level is Level.MODELLED
    assert conflict.ratio > 10


def test_prefill_is_calibrated_from_the_first_token_at_one_request(basis_with: Ask) -> None:
    alone = [measured(1, 400.0, metric="ttft_ms"), measured(1, 16.0, metric="itl_ms")]
    prefill = basis_with([*SWEEP, *alone]).prefill
    assert prefill.provenance.level is Level.CALIBRATED
    assert 0 < prefill.value < 1
    assert basis_with(SWEEP).prefill.provenance.level is Level.MODELLED


def test_a_calibrated_prefill_takes_as_long_as_the_first_token_that_it_is_from(
    basis_with: Ask, catalog: Catalog
) -> None:
    basis = basis_with([*SWEEP, measured(1, 400.0, metric="ttft_ms"), measured(1, 16.0, metric="itl_ms")])
    model = ReplicaModel(stack(catalog, "L40S-48GB").replica, CHAT, basis.decode, basis.prefill)
    assert model.prefill_ms == pytest.approx(400.0 - 16.0)


def test_what_others_published_of_a_stack_calibrates_its_prefill(catalog: Catalog, knowledge: Knowledge) -> None:
    model, engine = catalog.model("llama-4-scout"), catalog.engine("optimum-neuron")
    trainium = catalog.accelerator("Trainium2")
    asked = Stack(model, model.checkpoints["bf16"], trainium, engine, engine.default_version, 64)
    basis = best_basis(asked, RequestShape(1500, 250), knowledge.points, catalog)
    predicted = ReplicaModel(asked.replica, RequestShape(1500, 250), basis.decode, basis.prefill)
    assert basis.prefill.provenance.level is Level.CALIBRATED
    assert predicted.first_token_ms == pytest.approx(575.0, rel=0.02)


def test_a_rate_of_one_request_a_second_is_not_one_request_in_flight(basis_with: Ask) -> None:
    paced = [
        replace(measured(1, value, metric=metric), load="rate")
        for metric, value in (("ttft_ms", 9_000.0), ("itl_ms", 40.0))
    ]
    assert basis_with([*SWEEP, *paced]).prefill.provenance.level is Level.MODELLED


@pytest.mark.parametrize(
    "change",
    [
        {"value": 0.0},
        {"value": float("nan")},
        {"value": 1e9},
        {"output_tokens": 0},
        {"load_value": 0.0},
        {"devices": 0},
    ],
)
def test_a_figure_that_cannot_be_is_not_computed_with(basis_with: Ask, change: dict[str, float]) -> None:
    impossible = [replace(point, **change) for point in SWEEP]  # type: ignore[arg-type]
    assert basis_with(impossible) == basis_with([])


def test_a_version_that_is_no_number_is_not_this_version(basis_with: Ask) -> None:
    nightly = [replace(point, engine_version="nightly") for point in SWEEP]
    assert basis_with(nightly).decode.provenance.level is not Level.MEASURED
