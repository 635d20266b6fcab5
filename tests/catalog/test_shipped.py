"""The shipped catalogue: complete, cross-referenced, every figure with a source."""

import csv
import subprocess
import sys
import tomllib
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from advisor.catalog.commands import serve_programs
from advisor.catalog.known_facts import known_facts
from advisor.catalog.layers import read_toml, shipped_root
from advisor.catalog.load import Catalog, load_catalog
from advisor.catalog.prices import UNPLACED
from advisor.catalog.records.hardware import RATES
from advisor.catalog.records.prices import Price
from advisor.errors import InputError, UnknownIdError
from advisor.quantities.provenance import Level

SIZES = {
    "g5": "48xlarge",
    "g6": "4xlarge 12xlarge 16xlarge 24xlarge 48xlarge",
    "g6e": "xlarge 2xlarge 4xlarge 8xlarge 12xlarge 16xlarge 24xlarge 48xlarge",
    "g7": "2xlarge 4xlarge 8xlarge 12xlarge 24xlarge 48xlarge",
    "g7e": "2xlarge 4xlarge 8xlarge 12xlarge 24xlarge 48xlarge",
    "gr6": "4xlarge 8xlarge",
    "inf2": "xlarge 8xlarge 24xlarge 48xlarge",
    "p4d": "24xlarge",
    "p4de": "24xlarge",
    "p5": "4xlarge 48xlarge",
    "p5e": "48xlarge",
    "p5en": "48xlarge",
    "p6-b200": "48xlarge",
    "p6-b300": "48xlarge",
    "r8g": "48xlarge metal-48xl",
    "trn1": "2xlarge 32xlarge",
    "trn1n": "32xlarge",
    "trn2": "3xlarge 48xlarge",
    "trn2u": "48xlarge",
}
TYPES = {f"{family}.{size}" for family, sizes in SIZES.items() for size in sizes.split()}
READ = {
    ("on_demand", "list"): 375 + 9 + 3 - 1,
    ("on_demand", "rounded"): 1,
    ("spot", "min"): 228,
    ("spot", "max"): 190,
    ("capacity_block", "list"): 197,
    ("savings_plan", "list"): 3 + 2,
    ("reserved", "list"): 1,
}
"""Price rows of the collection that the catalogue was made from, 1,008 in all: on-demand prices, their history and
their second readings, one of them rounded; spot by the cheapest and the dearest zone; plans by payment."""


_OURS = "us-east-1 list price of 2026-07-20 times the region's multiplier: "
"""How a row begins that we worked out for a region in which an instance was offered after the lists were read."""


@pytest.fixture(scope="module")
def rows(catalog: Catalog) -> list[Price]:
    """Every price row, those included whose region nobody could name."""
    return [row for region in (*catalog.prices.regions(), UNPLACED) for row in catalog.prices.rows(region)]


def test_every_instance_type_is_there_in_the_file_of_its_family(catalog: Catalog) -> None:
    assert set(catalog.instances) == TYPES
    assert len(TYPES) == 48
    for path in (shipped_root() / "instances").iterdir():
        assert {name.partition(".")[0] for name in tomllib.loads(path.read_text(encoding="utf-8"))} == {path.stem}


def test_ultraservers_are_records_of_their_own_and_no_instances(catalog: Catalog) -> None:
    servers = {server.id: server.accelerator_count for server in catalog.ultraservers.values()}
    assert servers == {
        "u-p6e-gb200x36": 36,
        "u-p6e-gb200x72": 72,
        "trn3-ultraserver-gen1": 64,
        "trn3-ultraserver-gen2": 144,
    }


def test_no_price_row_that_was_read_is_missing(rows: list[Price]) -> None:
    read = [row for row in rows if not row.provenance.source.startswith(_OURS)]
    assert Counter((row.option, row.statistic) for row in read) == READ
    assert sum(READ.values()) == 1_008


def test_every_record_says_where_and_when_it_was_read(catalog: Catalog) -> None:
    origins = [record.origin for record in catalog.instances.values()]
    origins += [record.origin for record in catalog.accelerators.values()]
    origins += [record.origin for record in catalog.models.values()]
    assert all(origin.default.source and origin.default.as_of for origin in origins)


def test_every_price_row_is_dated_and_sourced(catalog: Catalog, rows: list[Price]) -> None:
    assert all(row.provenance.as_of and row.provenance.source and row.usd_per_hour > 0 for row in rows)
    assert {row.instance_type for row in rows} <= {*catalog.instances, *catalog.ultraservers}


def test_every_source_id_in_a_price_file_is_listed() -> None:
    root = shipped_root()
    known = set(tomllib.loads((root / "sources.toml").read_text(encoding="utf-8")))
    for path in (root / "prices").glob("*.csv"):
        with path.open(encoding="utf-8", newline="") as file:
            assert {row["source"].partition(": ")[0] for row in csv.DictReader(file)} <= known, path.name


@pytest.mark.parametrize("region", ["us-east-1", "us-east-2", "us-west-2", "eu-central-1"])
def test_on_demand_prices_of_the_home_regions(catalog: Catalog, region: str) -> None:
    unpriced = {
        instance.family
        for name, instance in catalog.instances.items()
        if instance.offered_in(region, "on_demand") and catalog.prices.find(name, region, "on_demand") is None
    }
    assert unpriced <= {"g7", "g5"}, "g7 is listed in us-east-1 only, and of g5 no multiplier is known everywhere"


def test_no_list_price_is_a_value_and_not_a_zero(catalog: Catalog) -> None:
    assert catalog.prices.find("trn2.48xlarge", "us-east-2", "on_demand") is None
    block = catalog.prices.find("trn2.48xlarge", "us-east-2", "capacity_block")
    assert block is not None
    assert block.usd_per_hour == 35.7608


def test_the_newest_row_holds(catalog: Catalog) -> None:
    price = catalog.prices.find("p5.48xlarge", "us-east-1", "on_demand")
    assert price is not None
    assert (price.usd_per_hour, str(price.provenance.as_of)) == (55.04, "2026-07-20")
    older = {row.usd_per_hour for row in catalog.prices.rows("us-east-1") if row.instance_type == "p5.48xlarge"}
    assert 98.32 in older


def test_a_price_by_family_multiplier_is_marked_as_derived(catalog: Catalog) -> None:
    price = catalog.prices.find("g7e.48xlarge", "eu-central-1", "on_demand")
    assert price is not None
    assert price.provenance.level is Level.DERIVED


def test_usable_memory_is_below_what_the_driver_reports(catalog: Catalog) -> None:
    for accelerator in catalog.accelerators.values():
        if accelerator.memory_driver_mib is not None:
            assert accelerator.memory_gib < accelerator.memory_driver_mib / 1024


def test_the_wrong_memory_of_the_ec2_api_is_shown_and_not_used(catalog: Catalog) -> None:
    trainium = catalog.accelerator("Trainium2")
    assert trainium.memory_api_mib == 524_288
    assert trainium.memory_gib == 96


def test_memory_that_fit_uses_says_of_every_gpu_where_it_was_seen(catalog: Catalog) -> None:
    for accelerator in catalog.accelerators.values():
        seen = accelerator.origin.of("memory_gib")
        assert seen.level in (Level.PUBLISHED, Level.ASSUMED) or accelerator.kind == "neuron", accelerator.id
        assert seen != accelerator.origin.default or accelerator.kind == "neuron"


@pytest.mark.parametrize(
    ("accelerator", "figure"),
    [
        ("A10G-24GB", "bf16_dense_tflops"),
        ("A100-40GB", "memory_bandwidth_gb_per_s"),
        ("L4-24GB", "memory_bandwidth_gb_per_s"),
        ("RTX-PRO-6000-SE-96GB", "bf16_dense_tflops"),
        ("RTX-PRO-4500-32GB", "memory_gib"),
    ],
)
def test_a_figure_that_no_datasheet_vouches_for_is_not_called_specified(
    catalog: Catalog, accelerator: str, figure: str
) -> None:
    assert catalog.accelerator(accelerator).origin.of(figure).level in (Level.ASSUMED, Level.DERIVED)


def test_a_rate_that_nobody_published_is_unknown_and_computing_with_it_says_so(catalog: Catalog) -> None:
    accelerator = catalog.accelerator("RTX-PRO-4500-32GB")
    assert accelerator.unknown_rates == RATES
    assert [each.id for each in catalog.accelerators.values() if each.unknown_rates] == [accelerator.id]
    with pytest.raises(InputError) as raised:
        accelerator.rate("memory_bandwidth_gb_per_s")
    assert raised.value.key == "RTX-PRO-4500-32GB.memory_bandwidth_gb_per_s"
    assert "An overlay" in raised.value.sentence()


def test_a_name_of_a_chip_is_the_name_of_one_chip(catalog: Catalog) -> None:
    names = Counter(name for each in catalog.accelerators.values() for name in (each.id, *each.aliases))
    assert [name for name, count in names.items() if count > 1] == []


def test_published_hardware_names_map_to_canonical_ids(catalog: Catalog) -> None:
    assert catalog.accelerator("H100-SXM-80GB").id == "H100-80GB"
    assert catalog.accelerator("trn2.48xlarge (Trainium2)").id == "Trainium2"


def test_models_carry_their_licence_notices_with_a_source(catalog: Catalog) -> None:
    for model in catalog.models.values():
        assert {"eu_multimodal", "monthly_users", "attribution"} == {notice.code for notice in model.notices}
        assert all(notice.source for notice in model.notices)


def test_loading_touches_neither_pydantic_nor_numpy_nor_another_region() -> None:
    script = (
        "import sys\n"
        "from advisor.catalog.load import load_catalog\n"
        "catalog = load_catalog()\n"
        "catalog.instances, catalog.models, catalog.engines, catalog.prices.current('us-east-1')\n"
        "assert list(catalog.prices._regions) == ['us-east-1']\n"
        "print(sorted({'pydantic', 'numpy', 'httpx', 'textual', 'rich'} & set(sys.modules)))\n"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_one_instance_needs_the_file_of_its_family_and_no_other(monkeypatch: pytest.MonkeyPatch) -> None:
    read: list[str] = []

    def reading(path: Path) -> dict[str, Any]:
        read.append(f"{path.parent.name}/{path.name}")
        return read_toml(path)

    monkeypatch.setattr("advisor.catalog.layers.read_toml", reading)
    catalog = load_catalog()
    assert catalog.instance("p5.48xlarge") is catalog.instance("p5.48xlarge")
    assert [name for name in read if name.startswith("instances/")] == ["instances/p5.toml"]


@pytest.mark.parametrize("wanted", ["p5.49xlarge", "p5*.48xlarge", "../instances/p5.48xlarge", "/p5.48xlarge", ""])
def test_an_instance_that_is_not_there_is_named_whatever_was_asked_for(wanted: str) -> None:
    with pytest.raises(UnknownIdError):
        load_catalog().instance(wanted)


def test_the_checkout_serves_the_catalogue_when_nothing_is_packaged() -> None:
    assert shipped_root() == Path(__file__).parents[2] / "catalog"


def test_a_packaged_catalogue_is_preferred(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    package = tmp_path / "advisor"
    (package / "_catalog").mkdir(parents=True)
    monkeypatch.setattr("advisor.catalog.layers.__file__", str(package / "catalog" / "layers.py"))
    assert shipped_root() == package / "_catalog"


def test_every_record_passes_the_strict_validation_that_overlays_get(tmp_path: Path) -> None:
    """Laying the shipped files over themselves sends every record through Pydantic."""
    from advisor.catalog.load import Catalog as Loaded

    doubled: Loaded = load_catalog([shipped_root()])
    assert set(doubled.instances) == TYPES
    assert doubled.ultraservers
    assert doubled.interruptions
    assert len(doubled.models) == 2
    assert doubled.accelerators
    assert doubled.engines
    assert doubled.managed
    assert known_facts(doubled.layers)["r8g.neuron_cores"].values == (0,)
    assert "--device" in serve_programs(doubled.layers)["vllm"].removed
