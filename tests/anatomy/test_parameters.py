import pytest

from advisor.anatomy.cache import attended_tokens, kv_bytes_per_token, kv_heads_per_device
from advisor.anatomy.parameters import checkpoint_bytes, parameters, rope_table_bytes
from advisor.anatomy.work import attention_flops, token_flops, weight_traffic
from advisor.catalog.load import Catalog
from advisor.quantities.units import GIB


@pytest.mark.parametrize(
    ("model", "total"),
    [("llama-4-scout", 108_641_793_536), ("llama-4-maverick", 401_583_781_376)],
)
def test_parameters_equal_the_published_element_count_to_the_last_digit(
    catalog: Catalog, model: str, total: int
) -> None:
    assert parameters(catalog.model(model).architecture).total == total


@pytest.mark.parametrize(
    ("component", "scout", "maverick"),
    [
        ("routed_experts", 96_636_764_160, 386_547_056_640),
        ("shared_experts", 6_039_797_760, 3_019_898_880),
        ("dense_ffn", 0, 6_039_797_760),
        ("attention", 3_019_898_880, 3_019_898_880),
        ("router", 3_932_160, 15_728_640),
        ("norms", 496_640, 496_640),
        ("embedding", 1_034_485_760, 1_034_485_760),
        ("vision", 850_960_896, 850_960_896),
        ("projector", 20_971_520, 20_971_520),
    ],
)
def test_parameters_by_component(catalog: Catalog, component: str, scout: int, maverick: int) -> None:
    assert getattr(parameters(catalog.model("llama-4-scout").architecture), component) == scout
    assert getattr(parameters(catalog.model("llama-4-maverick").architecture), component) == maverick


@pytest.mark.parametrize(
    ("model", "checkpoint", "size", "tolerance"),
    [
        ("llama-4-scout", "bf16", 217_283_587_072, 0),
        ("llama-4-scout", "fp8", 114_640_055_296, 1e-4),
        ("llama-4-scout", "w4a16", 64_873_065_472, 0),
        ("llama-4-maverick", "bf16", 803_167_562_752, 0),
        ("llama-4-maverick", "fp8", 416_752_626_688, 0),
        ("llama-4-maverick", "w4a16", 215.9e9, 1e-3),
    ],
)
def test_checkpoint_sizes(catalog: Catalog, model: str, checkpoint: str, size: float, tolerance: float) -> None:
    record = catalog.model(model)
    computed = checkpoint_bytes(record.architecture, record.checkpoints[checkpoint])
    assert computed == pytest.approx(size, rel=tolerance, abs=0)


def test_the_rope_table_follows_the_models_maximum_and_not_the_context(catalog: Catalog) -> None:
    assert rope_table_bytes(catalog.model("llama-4-scout").architecture) == 2.5 * GIB
    assert rope_table_bytes(catalog.model("llama-4-maverick").architecture) == 0.25 * GIB


def test_kv_bytes_and_replication_beyond_eight_heads(catalog: Catalog) -> None:
    arch = catalog.model("llama-4-scout").architecture
    assert kv_bytes_per_token(arch) == 196_608
    assert kv_bytes_per_token(arch, "fp8") == 98_304
    assert [kv_heads_per_device(arch, tp) for tp in (1, 2, 4, 8, 16, 64)] == [8, 4, 2, 1, 1, 1]


def test_a_hybrid_cache_keeps_one_chunk_in_local_layers(catalog: Catalog) -> None:
    arch = catalog.model("llama-4-scout").architecture
    assert attended_tokens(arch, 8192, hybrid=True) == 8192
    assert attended_tokens(arch, 1_000_000, hybrid=True) == pytest.approx((12 * 1_000_000 + 36 * 8192) / 48)
    assert attended_tokens(arch, 1_000_000, hybrid=False) == 1_000_000


def test_active_parameters_of_one_text_token(catalog: Catalog) -> None:
    scout, maverick = (catalog.model(name) for name in ("llama-4-scout", "llama-4-maverick"))
    assert token_flops(scout.architecture, scout.checkpoints["bf16"]).total_flops / 2 == pytest.approx(
        16.14e9, rel=1e-3
    )
    assert token_flops(maverick.architecture, maverick.checkpoints["bf16"]).total_flops / 2 == pytest.approx(
        16.15e9, rel=1e-3
    )


def test_weights_read_per_step_grow_with_the_experts_hit(catalog: Catalog) -> None:
    scout = catalog.model("llama-4-scout")
    traffic = weight_traffic(scout.architecture, scout.checkpoints["bf16"])
    steps = [traffic.step_bytes(streams) for streams in (1, 2, 8, 32, 1000)]
    assert steps == sorted(steps)
    assert steps[0] == traffic.same_expert_bytes()
    assert steps[-1] == pytest.approx(traffic.total_bytes, rel=1e-6)


def test_cached_tokens_save_less_than_a_shorter_prompt_would(catalog: Catalog) -> None:
    arch = catalog.model("llama-4-scout").architecture
    cached = attention_flops(arch, 200_000, 160_000)
    shorter = attention_flops(arch, 40_000)
    assert shorter < cached < attention_flops(arch, 200_000)
