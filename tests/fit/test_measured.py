"""Which observation of an engine's memory counts for a question."""

from dataclasses import replace

import pytest

from advisor.fit.memory.measured import MemoryStack, choose
from advisor.quantities.provenance import Level
from advisor.quantities.units import GIB
from fit.memories import BLOCK, STACK, seen


def test_nothing_seen_is_nothing_chosen() -> None:
    assert choose(STACK, ()) is None


@pytest.mark.parametrize(
    "other",
    [
        replace(STACK, engine="sglang"),
        replace(STACK, engine_version="0.32.1"),
        replace(STACK, accelerator="H200-141GB"),
        replace(STACK, tensor_parallel_size=1),
    ],
)
def test_another_engine_minor_version_accelerator_or_a_single_device_does_not_count(other: MemoryStack) -> None:
    assert choose(STACK, [seen(other)]) is None


def test_a_patch_release_and_another_degree_count_as_siblings() -> None:
    sibling = seen(replace(STACK, engine_version="0.33.2", tensor_parallel_size=4))
    chosen = choose(STACK, [sibling])
    assert chosen is not None
    assert (chosen.memory, chosen.is_same_stack) == (sibling, False)


def test_what_was_simulated_never_counts() -> None:
    assert choose(STACK, [seen(level=Level.SIMULATED)]) is None


def test_the_very_stack_comes_before_a_newer_sibling() -> None:
    same, sibling = seen(day="2026-11-01"), seen(replace(STACK, checkpoint="fp8"), day="2026-11-20")
    chosen = choose(STACK, [sibling, same])
    assert chosen is not None
    assert (chosen.memory, chosen.is_same_stack) == (same, True)


def test_of_several_of_one_stack_the_newest_counts_unless_its_doubt_is_large() -> None:
    old, new = seen(day="2026-11-01"), seen(day="2026-11-20", doubt=4 * BLOCK)
    vague = seen(day="2026-11-21", doubt=GIB / 2)
    chosen = choose(STACK, [new, vague, old])
    assert chosen is not None
    assert chosen.memory is new


def test_the_others_of_the_same_kind_are_told_and_siblings_of_a_stack_are_not_of_its_kind() -> None:
    old, new, sibling = seen(day="2026-11-01"), seen(), seen(replace(STACK, checkpoint="fp8"), day="2026-11-22")
    chosen = choose(STACK, [old, new, sibling])
    assert chosen is not None
    assert (chosen.memory, chosen.others) == (new, (old,))


def test_seeing_the_same_again_has_the_same_id() -> None:
    assert seen().id == replace(seen(), blocks=1, beside_bytes=1.0, observed_at="2027-01-01T00:00:00Z").id
    assert seen().id != seen(replace(STACK, gpu_memory_utilization=0.9)).id
    assert seen().id != seen(level=Level.SIMULATED).id
