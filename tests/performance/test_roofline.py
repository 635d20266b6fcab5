"""The roofline against the physical limits that were worked out by hand, and against measured Llama 4 runs."""

import pytest

from advisor.catalog.load import Catalog
from advisor.performance.efficiency import PREFILL_PRIOR, decode_prior
from advisor.performance.roofline import (
    Replica,
    all_reduce_s,
    decode_limit_tokens_per_s,
    prefill_s,
    same_expert_limit_tokens_per_s,
)

_SCENARIOS = {
    "A": ("H100-80GB", 8),
    "B": ("A100-40GB", 8),
    "C": ("L40S-48GB", 8),
    "D": ("Trainium2", 64),
    "E": ("Inferentia2", 24),
}


def replica(
    catalog: Catalog, accelerator: str, tp: int, model: str = "llama-4-scout", checkpoint: str = "bf16"
) -> Replica:
    record = catalog.model(model)
    return Replica(
        record.architecture, record.checkpoints[checkpoint], catalog.accelerator(accelerator), tp, hybrid_kv=False
    )


@pytest.mark.parametrize(
    ("scenario", "limits", "extreme"),
    [
        ("A", (827, 1659, 2165, 2928, 4453), 23_889),
        ("B", (384, 770, 1005, 1359, 2067), 11_089),
        ("C", (213, 428, 558, 755, 1148), 6_161),
        ("D", (1433, 2872, 3748, 5069, 7710), 41_360),
        ("E", (326, 654, 853, 1154, 1755), 9_413),
    ],
)
def test_physical_limits_of_the_five_scenarios(
    catalog: Catalog, scenario: str, limits: tuple[float, ...], extreme: float
) -> None:
    machine = replica(catalog, *_SCENARIOS[scenario])
    computed = [decode_limit_tokens_per_s(machine, streams, 576) for streams in (1, 4, 8, 16, 32)]
    assert computed == pytest.approx(limits, rel=2e-3)
    assert same_expert_limit_tokens_per_s(machine, 32, 576) == pytest.approx(extreme, rel=1e-3)


def test_prefill_cannot_beat_one_read_of_the_weights(catalog: Catalog) -> None:
    machine = replica(catalog, "H100-80GB", 8)
    assert prefill_s(machine, 1, 0, 1.0) >= 213e9 / 26.8e12


def test_a_cached_prefix_is_not_the_same_as_a_shorter_prompt(catalog: Catalog) -> None:
    machine = replica(catalog, "H100-80GB", 8)
    cached = prefill_s(machine, 200_000, 160_000, PREFILL_PRIOR.value)
    shorter = prefill_s(machine, 40_000, 0, PREFILL_PRIOR.value)
    assert 1.5 < cached / shorter < 3.5


def test_pcie_machines_pay_for_their_all_reduces(catalog: Catalog) -> None:
    assert all_reduce_s(replica(catalog, "L40S-48GB", 8), 32) > 3 * all_reduce_s(replica(catalog, "H100-80GB", 8), 32)
    assert all_reduce_s(replica(catalog, "H100-80GB", 1), 32) == 0
    assert not decode_prior(catalog.accelerator("L40S-48GB")).communication_inside
    assert decode_prior(catalog.accelerator("H100-80GB")).communication_inside


def test_neuron_has_a_prior_of_its_own(catalog: Catalog) -> None:
    assert (
        decode_prior(catalog.accelerator("Trainium2")).value
        < 0.1 * decode_prior(catalog.accelerator("H100-80GB")).value
    )
