"""Mistakes in an overlay: each is an InputError that says where it stands, and none is silently ignored."""

import tomllib
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
import tomli_w
from hypothesis import given
from hypothesis import strategies as st

from advisor.catalog.layers import read_csv, read_toml, shipped_root
from advisor.catalog.load import Catalog, load_catalog
from advisor.errors import InputError

HEADER = "instance_type,option,term,payment,statistic,usd_per_hour,as_of,level,source\n"
LAB = """
["my.lab"]
accelerator = "H100-80GB"
accelerator_count = 4
vcpus = 64
memory_gib = 512
network_gbps = 100
quota = "none"
purchase_options = ["on_demand"]
regions = ["mars-north-1"]
source = "our own lab"
as_of = 2026-11-01
"""


def overlay(tmp_path: Path, name: str, text: str) -> Path:
    path = tmp_path / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


def read_all(catalog: Catalog) -> None:
    """Every room of a catalogue, since each is read when it is first asked for."""
    assert catalog.accelerators
    assert catalog.instances
    assert catalog.models
    assert catalog.engines
    assert catalog.managed
    assert catalog.prices.rows("us-east-1")


@pytest.mark.parametrize(
    ("line", "key", "complaint"),
    [
        ("accelerator_count = -8", "accelerator_count", "at least 0, got -8"),
        ("accelerator_count = 0", "accelerator_count", "has at least 1"),
        ("memory_gib = 0", "memory_gib", "above 0, got 0"),
        ("network_gbps = -1", "network_gbps", "above 0, got -1"),
        ("memory_gib = inf", "memory_gib", "not a finite number"),
        ("memory_gib = nan", "memory_gib", "not a finite number"),
        ('accelerator = "H100-80G"', "accelerator", "Did you mean H100-80GB"),
        ('quota = "none\\u001b[2J"', "quota", "control characters"),
        ("provenance = 3", "provenance", "a table of source"),
        ("source = 3", "", "source is text"),
    ],
)
def test_a_figure_that_no_instance_has_names_file_line_and_key(
    tmp_path: Path, line: str, key: str, complaint: str
) -> None:
    path = overlay(tmp_path, "instances.toml", f'\n["p5.48xlarge"]\n{line}\n')
    with pytest.raises(InputError) as raised:
        read_all(load_catalog([tmp_path]))
    error = raised.value
    assert complaint in error.sentence()
    assert (error.file, error.key) == (str(path), f"p5.48xlarge.{key}".rstrip("."))
    assert error.line == (3 if key else 2)


@pytest.mark.parametrize(
    ("name", "text", "complaint"),
    [
        ("managed.toml", "[bedrock-llama-4-scout]\nusd_per_million_input_tokens = -1\n", "above 0, got -1"),
        ("managed.toml", '[bedrock-llama-4-scout]\nmodel = "llama-4-scot"\n', "Did you mean llama-4-scout"),
        ("models/own.toml", "[llama-4-scout.checkpoints.fp8]\nscale_group = -1\n", "at least 0, got -1"),
        ("instances.toml", '["r8g.48xlarge"]\naccelerator_count = 2\n', "none is named"),
        ("instances.toml", '["a\\u001bb"]\nvcpus = 2\n', "no name for a record"),
        ("sources.toml", "[ours]\ntitle = 3\n", "a table of text"),
        ("sources.toml", '[ours]\ntitle = "x"\n', "the key location is missing"),
    ],
)
def test_other_records_are_checked_too(tmp_path: Path, name: str, text: str, complaint: str) -> None:
    path = overlay(tmp_path, name, text)
    with pytest.raises(InputError) as raised:
        read_all(load_catalog([tmp_path]))
    assert complaint in raised.value.sentence()
    assert raised.value.file == str(path)


def test_a_figure_of_a_nested_record_is_named_whole(tmp_path: Path) -> None:
    path = overlay(tmp_path, "models/own.toml", "\n[llama-4-scout.checkpoints.fp8]\nscale_group = -1\n")
    with pytest.raises(InputError) as raised:
        _ = load_catalog([tmp_path]).models
    error = raised.value
    assert (error.file, error.line) == (str(path), 3)
    assert error.key == "llama-4-scout.checkpoints.fp8.scale_group"


@pytest.mark.parametrize(
    ("row", "key", "complaint"),
    [
        ("p5.48xlage,on_demand,,,list,4,2026-01-01,specified,x", "instance_type", "Did you mean p5.48xlarge"),
        ("p5.48xlarge,on_demand,,,list,-4,2026-01-01,specified,x", "usd_per_hour", "positive number"),
        ("p5.48xlarge,on_demand,3y,,list,4,2026-01-01,specified,x", "term", "'3y' is none of empty"),
        ("p5.48xlarge,savings_plan,,,list,4,2026-01-01,specified,x", "term", "is none of 1y, 3y"),
        ("p5.48xlarge,savings_plan,3y,nothing,list,4,2026-01-01,specified,x", "payment", "empty, no_upfront"),
        ("p5.48xlarge,on_demand,,,list,free,2026-01-01,specified,x", "usd_per_hour", "'free' is no number. It is USD"),
        ("p5.48xlarge,on_demand,,,list,4,yesterday,specified,x", "as_of", "It is a date like 2026-07-20"),
        ("p5.48xlarge,on_demand,,,list,4,2026-11-01,specified, ", "source", "Say what was read"),
        ("p5.48xlarge,on_demand,,,list,4,2026-01-01,sure,x", "level", "It is one of measured, published"),
        ("p5.48xlarge,spot,,,p50,4,2026-01-01,specified,x", "statistic", "none of list, rounded, min, max, mean"),
        ('p5.48xlarge,on_demand,,,list,4,2026-01-01,"unclosed', None, "Is a quote left open?"),
    ],
)
def test_a_price_row_that_says_nothing_names_line_and_column(
    tmp_path: Path, row: str, key: str | None, complaint: str
) -> None:
    good = "p5.48xlarge,on_demand,,,list,41,2026-01-01,specified,x\n"
    path = overlay(tmp_path, "prices/us-east-1.csv", f"{HEADER}{good}{row}\n")
    with pytest.raises(InputError) as raised:
        load_catalog([tmp_path]).prices.rows("us-east-1")
    error = raised.value
    assert (error.file, error.line, error.key) == (str(path), 3, key)
    assert complaint in error.sentence()


def test_prices_that_are_no_text_name_the_file(tmp_path: Path) -> None:
    path = overlay(tmp_path, "prices/us-east-1.csv", "")
    path.write_bytes(HEADER.encode() + b"p5.48xlarge,\xff\n")
    with pytest.raises(InputError, match="not UTF-8") as raised:
        load_catalog([tmp_path]).prices.rows("us-east-1")
    assert raised.value.file == str(path)


def test_a_price_file_is_named_after_a_region(tmp_path: Path) -> None:
    path = overlay(tmp_path, "prices/us-esat-1.csv", HEADER)
    with pytest.raises(InputError, match="no region 'us-esat-1'") as raised:
        load_catalog([tmp_path])
    assert "us-east-1" in raised.value.sentence()
    assert raised.value.file == str(path)


def test_a_region_of_ones_own_may_have_prices(tmp_path: Path) -> None:
    overlay(tmp_path, "instances.toml", LAB)
    overlay(tmp_path, "prices/mars-north-1.csv", f"{HEADER}my.lab,on_demand,,,list,4,2026-01-01,specified,x\n")
    price = load_catalog([tmp_path]).prices.find("my.lab", "mars-north-1", "on_demand")
    assert price is not None
    assert price.usd_per_hour == 4


@pytest.mark.parametrize(
    ("name", "complaint"),
    [
        ("instance.toml", "Did you mean instances.toml"),
        ("instances.tml", "Did you mean instances.toml"),
        ("price/us-east-1.csv", "Did you mean prices/"),
        ("prices/us-east-1.toml", "prices/ holds files named *.csv"),
        ("prices/2026/us-east-1.csv", "prices/ holds files named *.csv"),
        ("models/scout.json", "models/ holds files named *.toml"),
        ("data.bin", "It reads accelerators.toml"),
    ],
)
def test_a_file_that_nothing_would_read_is_named(tmp_path: Path, name: str, complaint: str) -> None:
    overlay(tmp_path, name, "")
    with pytest.raises(InputError, match="reads no such") as raised:
        load_catalog([tmp_path])
    assert complaint in raised.value.sentence()
    assert str(raised.value.file).startswith(str(tmp_path))


@pytest.mark.parametrize("name", ["README.md", "NOTICE", ".git/config", "notes.txt", "prices/README", ".DS_Store"])
def test_notes_may_lie_beside_the_data(tmp_path: Path, name: str) -> None:
    overlay(tmp_path, name, "")
    read_all(load_catalog([tmp_path]))


def test_the_shipped_catalogue_holds_only_what_is_read() -> None:
    load_catalog([shipped_root()])


def test_an_accelerator_may_be_named_by_an_alias(tmp_path: Path) -> None:
    overlay(tmp_path, "instances.toml", LAB.replace("H100-80GB", "H100-SXM-80GB"))
    catalog = load_catalog([tmp_path])
    chip = catalog.accelerator_of(catalog.instance("my.lab"))
    assert chip is not None
    assert chip.id == "H100-80GB"


def test_a_source_of_ones_own_is_cited_safely(tmp_path: Path) -> None:
    overlay(tmp_path, "instances.toml", LAB.replace("our own lab", "a\\u001b[2J\\nb"))
    assert load_catalog([tmp_path]).instance("my.lab").origin.default.source == "a [2J b"


def _keys(table: dict[str, Any], place: tuple[str, ...] = ()) -> list[tuple[str, ...]]:
    found = [(*place, key) for key in table]
    return found + [
        deeper for key, value in table.items() if isinstance(value, dict) for deeper in _keys(value, (*place, key))
    ]


_FILES = ("accelerators.toml", "ultraservers.toml", "engines.toml", "managed.toml", "sources.toml")
_PLACES = [
    (name, place)
    for name in (*_FILES, "instances/p5.toml", "models/llama-4-scout.toml")
    for place in _keys(tomllib.loads((shipped_root() / name).read_text(encoding="utf-8")))
]
_ANYTHING = st.sampled_from(
    [3, -1, 0, 2.5, float("inf"), "x", "", [], ["x"], [3], {}, {"a": 1}, True, date(2026, 1, 1), [{"a": 1}]]
)


@given(st.sampled_from(_PLACES), st.sampled_from(["", "source", "as_of", "level", "provenance"]), _ANYTHING)
def test_whatever_stands_in_an_overlay_is_taken_or_refused_by_file(
    where: tuple[str, tuple[str, ...]], bookkeeping: str, value: Any
) -> None:
    name, place = where
    place = (place[0], bookkeeping) if bookkeeping else place
    document: Any = value
    for key in reversed(place):
        document = {key: document}
    with TemporaryDirectory() as folder:
        path = overlay(Path(folder), name, tomli_w.dumps(document))
        try:
            read_all(load_catalog([Path(folder)]))
        except InputError as error:
            assert error.file == str(path)


def test_a_file_that_cannot_be_opened_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="it cannot be read: Is a directory") as caught:
        read_toml(tmp_path)
    assert caught.value.file == str(tmp_path)
    with pytest.raises(InputError, match="it cannot be read: Is a directory"):
        list(read_csv(tmp_path, ["a"]))
