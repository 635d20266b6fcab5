"""A user's own files over ours: merged by key, every mistake named by file, table, key and line."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from advisor.catalog.load import load_catalog, overlay_directories
from advisor.catalog.toml_lines import line_of
from advisor.errors import InputError, UnknownIdError
from advisor.quantities.provenance import Level

OWN_INSTANCE = """
["my.lab"]
accelerator = "H100-80GB"
accelerator_count = 4
vcpus = 64
memory_gib = 512
network_gbps = 100
quota = "none"
purchase_options = ["on_demand"]
regions = ["us-east-1"]
source = "our own lab"
as_of = 2026-11-01
"""


def overlay(tmp_path: Path, **files: str) -> Path:
    for name, text in files.items():
        path = tmp_path / name.replace("__", "/").replace("_toml", ".toml").replace("_csv", ".csv")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return tmp_path


def test_one_key_changes_one_figure_and_no_other(tmp_path: Path) -> None:
    root = overlay(
        tmp_path, accelerators_toml='[H100-80GB]\nmemory_gib = 78.5\nsource = "our log"\nas_of = 2026-11-01\n'
    )
    catalog = load_catalog([root])
    changed, shipped = catalog.accelerator("H100-80GB"), load_catalog().accelerator("H100-80GB")
    assert changed.memory_gib == 78.5
    assert changed.memory_bandwidth_gb_per_s == shipped.memory_bandwidth_gb_per_s
    origin = changed.origin.of("memory_gib")
    assert (origin.source, origin.layer) == ("our log", str(root))
    assert changed.origin.of("memory_bandwidth_gb_per_s").layer == "shipped"


def test_an_instance_of_ones_own_joins_the_catalogue(tmp_path: Path) -> None:
    catalog = load_catalog([overlay(tmp_path, instances_toml=OWN_INSTANCE)])
    assert catalog.instance("my.lab").accelerator_count == 4
    assert catalog.instance("my.lab").origin.default.source == "our own lab"


def test_a_folder_of_instances_adds_and_changes_them_in_whatever_file(tmp_path: Path) -> None:
    changed = '["p5.48xlarge"]\nvcpus = 96\nsource = "our own count"\n'
    root = overlay(tmp_path, instances__lab_toml=OWN_INSTANCE, instances__ours_toml=changed)
    catalog = load_catalog([root])
    assert catalog.instance("p5.48xlarge").vcpus == 96
    assert catalog.instance("p5.48xlarge").memory_gib == 2048
    assert catalog.instance("my.lab").accelerator_count == 4


def test_an_interruption_band_of_ones_own_holds_over_the_shipped_one(tmp_path: Path) -> None:
    header = "instance_type,region,band,as_of,level,source\n"
    row = "p5.48xlarge,us-east-1,5-10%,2026-11-01,published,our own fleet\n"
    found = load_catalog([overlay(tmp_path, interruptions_csv=header + row)]).interruptions
    assert found["p5.48xlarge", "us-east-1"].band == "5-10%"
    assert found["p4d.24xlarge", "us-west-2"].band == ">20%"


@pytest.mark.parametrize(
    ("row", "key", "complaint"),
    [
        ("p5.48xlage,us-east-1,<5%,2026-11-01,published,x", "instance_type", "Did you mean p5.48xlarge"),
        ("p5.48xlarge,us-east-1,7%,2026-11-01,published,x", "band", "one of <5%, 5-10%"),
        ("p5.48xlarge,us-east-1,<5%,soon,published,x", "as_of", "is no date like 2026-07-20"),
        ("p5.48xlarge,us-east-1,<5%,2026-11-01,guessed,x", "level", "not a valid Level"),
    ],
)
def test_an_interruption_row_that_cannot_be_is_named_by_line_and_column(
    tmp_path: Path, row: str, key: str, complaint: str
) -> None:
    root = overlay(tmp_path, interruptions_csv=f"instance_type,region,band,as_of,level,source\n{row}\n")
    with pytest.raises(InputError) as raised:
        _ = load_catalog([root]).interruptions
    assert (raised.value.file, raised.value.line, raised.value.key) == (str(root / "interruptions.csv"), 2, key)
    assert complaint in raised.value.sentence()


def test_a_source_may_add_what_was_found_to_the_id_of_a_listed_one(tmp_path: Path) -> None:
    text = '["p5.48xlarge"]\nvcpus = 96\nsource = "moto-5_2_5: half of them"\n'
    told = load_catalog([overlay(tmp_path, instances_toml=text)]).instance("p5.48xlarge").origin.of("vcpus").source
    assert told == "EC2 DescribeInstanceTypes as recorded in moto 5.2.5 (2026-10-27): half of them"


def test_an_ultraserver_names_a_chip_that_is_there(tmp_path: Path) -> None:
    root = overlay(tmp_path, ultraservers_toml='[trn3-ultraserver-gen1]\naccelerator = "Trainium33"\nsource = "x"\n')
    with pytest.raises(UnknownIdError, match="Trainium33"):
        _ = load_catalog([root]).ultraservers


def test_a_negotiated_price_holds_over_the_list_whatever_its_date(tmp_path: Path) -> None:
    header = "instance_type,option,term,payment,statistic,usd_per_hour,as_of,level,source\n"
    row = "p5.48xlarge,on_demand,,,list,41.5,2026-01-01,specified,contract 42\n"
    root = overlay(tmp_path, **{"prices__us-east-1_csv": header + row})
    price = load_catalog([root]).prices.find("p5.48xlarge", "us-east-1", "on_demand")
    assert price is not None
    assert (price.usd_per_hour, price.provenance.source, price.provenance.layer) == (41.5, "contract 42", str(root))


@pytest.mark.parametrize(
    ("text", "line", "key", "complaint"),
    [
        ('["p5.48xlarge"]\nvcpu = 3\n', 2, "p5.48xlarge.vcpu", "unknown key. Did you mean vcpus"),
        ('["p5.48xlarge"]\n\nvcpus = "many"\n', 3, "p5.48xlarge.vcpus", "valid integer"),
        ('["my.lab"]\nvcpus = 3\n', 1, "my.lab", "is missing"),
        ('["p5.48xlarge"]\nlevel = "guessed"\nvcpus = 3\n', 1, "p5.48xlarge", "not a valid Level"),
        (
            '["p5.48xlarge"]\nas_of = "soon"\nvcpus = 3\n',
            1,
            "p5.48xlarge",
            "is no date like 2026-07-20",
        ),
    ],
)
def test_a_mistake_names_file_line_and_key(tmp_path: Path, text: str, line: int, key: str, complaint: str) -> None:
    root = overlay(tmp_path, instances_toml=text)
    with pytest.raises(InputError) as raised:
        _ = load_catalog([root]).instances
    error = raised.value
    assert (error.file, error.line, error.key) == (str(root / "instances.toml"), line, key)
    assert complaint in error.sentence()


def test_broken_toml_names_the_file(tmp_path: Path) -> None:
    root = overlay(tmp_path, instances_toml='["p5.48xlarge"\n')
    with pytest.raises(InputError, match="not valid TOML") as raised:
        _ = load_catalog([root]).instances
    assert raised.value.file == str(root / "instances.toml")


@pytest.mark.parametrize(
    ("row", "key"),
    [
        ("p5.48xlarge,on_demand,,,list,0,2026-01-01,specified,x", "usd_per_hour"),
        ("p5.48xlarge,on_demand,,,list,free,2026-01-01,specified,x", "usd_per_hour"),
        ("p5.48xlarge,sometimes,,,list,1,2026-01-01,specified,x", "option"),
        ("p5.48xlarge,on_demand,,,list,1,last week,specified,x", "as_of"),
        ("p5.48xlarge,on_demand,,,list,1,2026-01-01,sure,x", "level"),
        ("p5.48xlarge,on_demand,,,list,1", None),
    ],
)
def test_a_price_row_that_cannot_be_read_names_line_and_column(tmp_path: Path, row: str, key: str | None) -> None:
    header = "instance_type,option,term,payment,statistic,usd_per_hour,as_of,level,source\n"
    root = overlay(tmp_path, **{"prices__us-east-1_csv": f"{header}{row}\n"})
    with pytest.raises(InputError) as raised:
        load_catalog([root]).prices.rows("us-east-1")
    assert (raised.value.line, raised.value.key) == (2, key)


def test_an_instance_on_an_unknown_accelerator_suggests_a_known_one(tmp_path: Path) -> None:
    root = overlay(tmp_path, instances_toml=OWN_INSTANCE.replace("H100-80GB", "H100-80G"))
    with pytest.raises(UnknownIdError, match="no accelerator") as raised:
        _ = load_catalog([root]).instances
    assert raised.value.suggestions[0] == "H100-80GB"


def test_an_overlay_without_a_date_keeps_the_level_specified(tmp_path: Path) -> None:
    root = overlay(tmp_path, accelerators_toml="[H100-80GB]\nmemory_gib = 78.5\n")
    origin = load_catalog([root]).accelerator("H100-80GB").origin.of("memory_gib")
    assert origin.level is Level.SPECIFIED
    assert origin.source == "overlay accelerators.toml"


def test_overlays_are_found_in_order_configuration_environment_flag(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    own = tmp_path / "config" / "catalog"
    own.mkdir(parents=True)
    monkeypatch.setenv("ADVISOR_CATALOG", str(tmp_path / "env"))
    stated = tmp_path / "flag"
    assert overlay_directories(stated, tmp_path / "config") == [own, tmp_path / "env", stated]
    with pytest.raises(InputError, match="not a directory"):
        load_catalog([stated])


@given(st.lists(st.sampled_from(["a", "b.c", 'd"e', "f g"]), min_size=1, max_size=3), st.integers(0, 5))
def test_the_line_of_a_key_is_found_however_tables_are_quoted(path: list[str], blank_lines: int) -> None:
    quoted = ".".join('"' + part.replace('"', '\\"') + '"' for part in path)
    text = "\n" * blank_lines + f"[{quoted}]\nother = 1\nwanted = 2\n"
    assert line_of(text, [*path, "wanted"]) == blank_lines + 3
    assert line_of(text, [*path, "absent"]) == blank_lines + 1
    assert line_of(text, ["elsewhere"]) is None


def test_the_line_in_an_array_of_tables_is_that_of_the_right_table() -> None:
    text = "[[pool]]\nx = 1\n[[pool]]\nx = 2\n[pool.deep]\ny = 3\n[[pool.part]]\nz = 1\n[[pool.part]]\nz = 2\n"
    assert line_of(text, ["pool", 0, "x"]) == 2
    assert line_of(text, ["pool", 1, "x"]) == 4
    assert line_of(text, ["pool", 1, "deep", "y"]) == 6
    assert line_of(text, ["pool", 1, "part", 1, "z"]) == 10
    assert line_of(text, ["pool", 1, "absent"]) == 3
    assert line_of(text, ["pool", 7]) is None or line_of(text, ["pool", 7]) == 1
    assert line_of(text, ["pool", "x"]) == 2, "without a number, the first"
