"""What was measured takes the place of the catalogue's overheads, and moves with the settings."""

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from advisor.fit.check import check_fit
from advisor.fit.memory.measured import MeasuredMemory
from advisor.fit.request import FitRequest
from advisor.fit.result import FitResult
from advisor.quantities.provenance import Level
from advisor.quantities.units import GIB
from fit.memories import BLOCK, STACK, seen
from fit.stacks import request


def beside(result: FitResult) -> float:
    """What the result keeps beside weights and RoPE table."""
    assert result.overheads is not None
    return result.overheads.budgeted_bytes


def available(result: FitResult) -> float:
    assert result.per_device is not None
    return result.per_device.kv_cache_bytes


def asked(*measured: MeasuredMemory, checkpoint: str = "bf16") -> FitResult:
    return check_fit(request(checkpoint=checkpoint, measured=measured))


def with_parts() -> MeasuredMemory:
    """As a start-up log states it."""
    return replace(
        seen(beside_gib=7.0),
        weights_bytes=27.9 * GIB,
        activation_bytes=3.5 * GIB,
        non_torch_bytes=2.0 * GIB,
        cuda_graph_bytes=1.2 * GIB,
    )


@given(beside_gib=st.floats(0.0, 12.0))
@settings(max_examples=20, deadline=None)
def test_the_very_stack_is_predicted_as_it_was_seen(beside_gib: float) -> None:
    result = asked(seen(beside_gib=beside_gib))
    assert beside(result) == pytest.approx(beside_gib * GIB, abs=1.0)
    assert result.per_device is not None
    assert result.per_device.band_bytes == 1 * GIB


def test_without_a_measurement_nothing_changes() -> None:
    plain, other = check_fit(request()), asked(seen(replace(STACK, accelerator="H200-141GB")))
    assert other.per_device == plain.per_device
    assert other.reasons == plain.reasons


def test_a_lump_is_a_correction_beside_the_modelled_parts() -> None:
    plain, result = check_fit(request()), asked(seen(beside_gib=7.0))
    assert plain.per_device is not None and result.per_device is not None
    assert result.per_device.activation_bytes == plain.per_device.activation_bytes
    assert result.per_device.correction_bytes == pytest.approx(7.0 * GIB - beside(plain))
    assert plain.per_device.correction_bytes is None


def test_the_parts_of_a_log_take_the_place_of_the_modelled_ones() -> None:
    device = asked(with_parts()).per_device
    assert device is not None
    assert (device.activation_bytes, device.non_torch_bytes) == (3.5 * GIB, 2.0 * GIB)
    assert device.cuda_graph_bytes == 1.2 * GIB
    assert device.correction_bytes == pytest.approx(0.3 * GIB), "what the parts leave unsaid of the whole"


def test_a_sibling_takes_the_parts_and_not_what_they_leave_unsaid() -> None:
    device = asked(with_parts(), checkpoint="fp8").per_device
    assert device is not None
    assert (device.activation_bytes, device.correction_bytes) == (3.5 * GIB, None)


def test_a_sibling_is_corrected_by_as_much_as_the_stack_that_was_seen() -> None:
    plain, result = check_fit(request(checkpoint="fp8")), asked(seen(beside_gib=7.0), checkpoint="fp8")
    assert beside(result) - beside(plain) == pytest.approx(7.0 * GIB - beside(check_fit(request())))


def test_other_settings_move_a_measurement_by_what_the_model_says_of_them() -> None:
    measured = (seen(beside_gib=7.0),)
    narrow = request(max_num_seqs=256, max_num_batched_tokens=2048)
    moved = beside(check_fit(replace(narrow, measured=measured))) - 7.0 * GIB
    assert moved == pytest.approx(beside(check_fit(narrow)) - beside(check_fit(request())))
    assert moved < 0


def test_more_overhead_than_the_catalogue_s_leaves_less_cache() -> None:
    plain = available(check_fit(request()))
    assert available(asked(seen(beside_gib=9.0))) < plain < available(asked(seen(beside_gib=4.0)))


def test_the_reasons_say_whose_overheads_they_are() -> None:
    by_code = {reason.code: reason for reason in asked(seen()).reasons}
    assert by_code["overheads_measured"].params["day"] == "2026-11-20"
    assert by_code["overheads_measured"].params["place"] == "http://10.0.0.7:8000"
    assert "overheads_measured_elsewhere" in {reason.code for reason in asked(seen(), checkpoint="fp8").reasons}


def test_measurements_that_disagree_are_shown_as_a_conflict() -> None:
    old, new = seen(beside_gib=9.0, day="2026-11-01"), seen(beside_gib=6.0)
    result = asked(old, new)
    assert beside(result) == pytest.approx(6.0 * GIB)
    (conflict,) = [reason for reason in result.reasons if reason.code == "overheads_conflict"]
    assert conflict.params["apart_bytes"] == pytest.approx(3.0 * GIB)


def test_other_settings_are_allowed_for_before_two_measurements_are_a_conflict() -> None:
    """At 64 sequences an engine keeps 1.1 GiB less than at 1,024."""
    narrow = replace(STACK, max_num_seqs=64)
    less = beside(check_fit(request())) - beside(check_fit(request(max_num_seqs=64)))
    assert less > GIB
    same = seen(narrow, beside_gib=7.0 - less / GIB, day="2026-11-01")
    assert "overheads_conflict" not in {reason.code for reason in asked(same, seen(beside_gib=7.0)).reasons}


def test_every_part_says_that_it_was_measured() -> None:
    overheads = asked(with_parts()).overheads
    assert overheads is not None
    assert {part.origin.level for part in overheads.parts if part is not None} == {Level.MEASURED}
    lump = asked(seen()).overheads
    assert lump is not None and lump.correction is not None
    assert lump.correction.origin.level is Level.MEASURED
    assert (lump.correction.high - lump.correction.low) == 2 * BLOCK


def test_a_request_that_varies_its_degree_takes_the_measurement_that_is_its_own() -> None:
    """Searches and remedies replace the degree of a request; what was measured must not follow them blindly."""
    four = seen(replace(STACK, tensor_parallel_size=4), beside_gib=9.0, day="2026-11-19")
    base: FitRequest = request(measured=(seen(beside_gib=6.0), four))
    assert beside(check_fit(base)) == pytest.approx(6.0 * GIB)
    assert beside(check_fit(replace(base, tensor_parallel_size=4))) == pytest.approx(9.0 * GIB)
