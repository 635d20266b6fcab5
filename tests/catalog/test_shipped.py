"""The shipped catalogue: complete, cross-referenced, every figure with a source."""

import csv
import subprocess
import sys
from pathlib import Path

import pytest

from advisor.catalog.layers import shipped_root
from advisor.catalog.load import Catalog, load_catalog
from advisor.quantities.provenance import Level

SCENARIOS = ("p5.48xlarge", "p4d.24xlarge", "g6e.48xlarge", "trn2.48xlarge", "inf2.48xlarge")
OTHERS = (
    "p5en.48xlarge",
    "p5.4xlarge",
    "p4de.24xlarge",
    "p6-b200.48xlarge",
    "g7e.12xlarge",
    "g7e.24xlarge",
    "g7e.48xlarge",
    "trn1.32xlarge",
    "r8g.48xlarge",
)


def test_the_scenario_instances_and_their_neighbours_are_there(catalog: Catalog) -> None:
    assert set(catalog.instances) == {*SCENARIOS, *OTHERS}


def test_every_record_says_where_and_when_it_was_read(catalog: Catalog) -> None:
    origins = [record.origin for record in catalog.instances.values()]
    origins += [record.origin for record in catalog.accelerators.values()]
    origins += [record.origin for record in catalog.models.values()]
    assert all(origin.default.source and origin.default.as_of for origin in origins)


def test_every_price_row_is_dated_and_sourced(catalog: Catalog) -> None:
    rows = [row for region in catalog.prices.regions() for row in catalog.prices.rows(region)]
    assert len(rows) > 400
    assert all(row.provenance.as_of and row.provenance.source and row.usd_per_hour > 0 for row in rows)
    assert {row.instance_type for row in rows} <= set(catalog.instances)


def test_every_source_id_in_a_price_file_is_listed() -> None:
    import tomllib

    root = shipped_root()
    known = set(tomllib.loads((root / "sources.toml").read_text(encoding="utf-8")))
    for path in (root / "prices").glob("*.csv"):
        with path.open(encoding="utf-8", newline="") as file:
            assert {row["source"] for row in csv.DictReader(file)} <= known, path.name


@pytest.mark.parametrize("region", ["us-east-1", "us-east-2", "us-west-2", "eu-central-1"])
def test_on_demand_prices_of_the_home_regions(catalog: Catalog, region: str) -> None:
    unpriced = [
        name
        for name, instance in catalog.instances.items()
        if instance.offered_in(region, "on_demand") and catalog.prices.find(name, region, "on_demand") is None
    ]
    assert unpriced == []


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
    assert set(doubled.instances) == {*SCENARIOS, *OTHERS}
    assert len(doubled.models) == 2
    assert doubled.accelerators
    assert doubled.engines
    assert doubled.managed
