"""The check of a catalogue: each rule fails a catalogue that breaks it, and the one that ships breaks none."""

import json
import shutil
from pathlib import Path

import jsonschema
import pytest

from advisor.catalog.complaints import Lenient
from advisor.catalog.layers import SHIPPED, Layer, Layers, shipped_root
from advisor.catalog.load import Catalog, load_catalog
from advisor.cli.main import main
from advisor.export.schemas import schema_text
from advisor.workflows.check_catalog import Checked, check_catalog
from today import TODAY

HEADER = "instance_type,option,term,payment,statistic,usd_per_hour,as_of,level,source\n"
_LEFT_OUT = shutil.ignore_patterns("published", "reports", "charts")
"""What the rules do not look at, left out so that a copy is quickly read."""


def checked(root: Path, *, max_age_days: int | None = None) -> Checked:
    layers = Layers([Layer(SHIPPED, root)], Lenient(), is_thorough=True)
    return check_catalog(Catalog(layers, TODAY), TODAY, max_age_days)


def over(overlay: Path, *, max_age_days: int | None = None) -> Checked:
    catalog = load_catalog([overlay], None, TODAY, Lenient(), is_thorough=True)
    return check_catalog(catalog, TODAY, max_age_days)


def codes(found: Checked, severity: str) -> list[str]:
    return [finding.code for finding in found.findings if finding.severity == severity]


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A copy of the catalogue to break."""
    return Path(shutil.copytree(shipped_root(), tmp_path / "catalog", ignore=_LEFT_OUT))


def edited(root: Path, file: str, before: str, after: str) -> None:
    path = root / file
    text = path.read_text(encoding="utf-8")
    assert text.count(before) >= 1, f"{before!r} stands no more in {file}"
    path.write_text(text.replace(before, after, 1), encoding="utf-8")


def appended(root: Path, file: str, text: str) -> None:
    with (root / file).open("a", encoding="utf-8") as open_file:
        open_file.write(text)


def test_the_catalogue_that_ships_has_no_mistake() -> None:
    found = checked(shipped_root())
    assert [finding.error.sentence() for finding in found.findings if finding.severity == "error"] == []
    assert set(codes(found, "warning")) <= {"old_price", "old_kind", "region_apart"}
    assert (found.instances, found.prices > 1_000) == (48, True)


SPOT = "g6e.48xlarge,spot,,,min,9,2026-01-21/2026-05-18,published,skypilot-v9"
EAST, ROW = "prices/us-east-2.csv", "g6e.48xlarge,on_demand,,,list,30.13118,2026-01-21/2026-05-18,specified,skypilot-v9"
CHIPS = "accelerators.toml"
ENGINES = "engines.toml"
GATE = 'format = "fp8"\nsince = "0.9.2"\nruns_from = 8.0\nnative_from = 8.9'


@pytest.mark.parametrize(
    ("file", "before", "after", "code", "place"),
    [
        (EAST, ROW, ROW.replace("30.13118", "30.2"), "family_multiplier", "g6e.48xlarge.usd_per_hour"),
        ("prices/eu-central-1.csv", "list,5.7543,", "list,5.8,", "derived_price", "g6.12xlarge.usd_per_hour"),
        (EAST, ROW, f"{ROW}\n{ROW}", "duplicate_price", "g6e.48xlarge.as_of"),
        (EAST, ROW, f"{ROW}\n{ROW.replace('g6e.48', 'p5e.48')}", "not_sold_so", "p5e.48xlarge.option"),
        (EAST, ROW, f"{ROW}\ng6e.48xlarge,capacity_block,,,list,9,2026-07-22,specified,skypilot-v9", "not_sold_so", ""),
        ("prices/eu-west-3.csv", HEADER, f"{HEADER}{SPOT}\n", "not_offered", "g6e.48xlarge.instance_type"),
        (EAST, "min,7.4063,", "min,7.9,", "spot_order", "g6e.48xlarge.usd_per_hour"),
        (EAST, ROW, ROW.replace("skypilot-v9", "skypilot-v8"), "unknown_source", "source"),
        (EAST, ROW, ROW.replace("skypilot-v9", ""), "unreadable", "source"),
        (EAST, ROW, ROW.replace("30.13118", "0"), "unreadable", "usd_per_hour"),
        (ENGINES, GATE, GATE.replace("0.9.2", "0.8.3"), "version_order", "vllm.gates[7].since"),
        (ENGINES, GATE, GATE.replace("0.9.2", "soon"), "version_unreadable", "vllm.gates[7].since"),
        (ENGINES, GATE, GATE.replace("8.9", "7.5"), "gate_range", "vllm.gates[7].native_from"),
        (ENGINES, GATE, GATE.replace("runs_from = 8.0\n", ""), "gate_range", "vllm.gates[7].native_from"),
        (ENGINES, 'since = "2.27.1"', 'since = "2.25"', "version_order", "neuron.releases[1].since"),
        (ENGINES, "reserved_gib = 18", "reserved_gib = 18\ndevice_gib_below = 200", "share_range", "device_gib_below"),
        (
            ENGINES,
            'model = "llama-4-maverick"',
            'model = "llama-4-mavrick"',
            "unknown_model",
            "published_runs[3].model",
        ),
        (ENGINES, 'family = "inf2"', 'family = "inf3"', "unknown_family", "documented_parallel[2].family"),
        (EAST, ROW, ROW.replace("g6e.48", "g6e.49"), "unreadable", "instance_type"),
        (CHIPS, "memory_gib = 44.39", "memory_gib = 45.0", "usable_memory", "L40S-48GB.memory_gib"),
        (CHIPS, "memory_gib = 96\n", "memory_gib = 512\n", "usable_memory", "Trainium2.memory_gib"),
        (CHIPS, "memory_marketing_gb = 48", "memory_marketing_gb = 64", "driver_memory", "L40S-48GB"),
        (CHIPS, "memory_api_mib = 45776", "memory_api_mib = 91552", "api_memory", "L40S-48GB.memory_api_mib"),
        (CHIPS, 'level = "claimed"\nsource = "EC2 API', 'source = "EC2 API', "api_memory", "Trainium2"),
        (CHIPS, "bf16_dense_tflops = 989", "bf16_dense_tflops = 1979", "sparse_rate", "H100-80GB.fp8_dense_tflops"),
        (CHIPS, '"L40S"', '"L40S", "H100"', "duplicate_alias", "L40S-48GB.aliases"),
        ("instances/g6e.toml", "network_gbps = 400\n", "network_gbps = 1600\n", "network_cards", "g6e.48xlarge"),
        (
            "managed.toml",
            'model = "llama-4-scout"',
            'model = "llama-4-scut"',
            "unreadable",
            "bedrock-llama-4-scout.model",
        ),
        ("interruptions.csv", "published,spot-advisor-2025-06", "published,", "no_source", "source"),
        ("engines.toml", 'source = "', 'source = "no-such-id', "unknown_source", "source"),
        ("engines.toml", "default_version = ", "defalt_version = ", "unreadable", "defalt_version"),
        ("interruptions.csv", "p5.48xlarge,us-east-1,>20%", "p5.48xlarge,us-east-1,often", "unreadable", "band"),
        ("decision-tree.toml", 'next = "', 'next = "no', "unreadable", ""),
        ("sources.toml", "location = ", "place = ", "unreadable", "place"),
    ],
)
def test_a_rule_fails_a_catalogue_that_breaks_it_and_says_where(
    root: Path, file: str, before: str, after: str, code: str, place: str
) -> None:
    edited(root, file, before, after)
    found = checked(root)
    assert set(codes(found, "error")) == {code}
    worst = found.findings[0].error
    assert worst.file == str(root / file)
    assert worst.line is not None or not place
    assert place in (worst.key or "")
    assert not found.holds


def test_a_record_in_two_files_of_one_layer_is_a_mistake(root: Path) -> None:
    shutil.copy(root / "instances" / "trn2.toml", root / "instances" / "trn2-again.toml")
    found = checked(root)
    assert set(codes(found, "error")) == {"duplicate_record"}
    assert found.findings[0].error.file == str(root / "instances" / "trn2.toml")


def test_a_record_without_a_date_is_a_mistake(root: Path) -> None:
    edited(root, "instances/trn2.toml", "as_of = 2026-10-27\n", "")
    assert codes(checked(root), "error") == ["no_date"]


@pytest.mark.parametrize("day", ['"october"', "[2026-10-27, 2026-01-01]", "2026-10-27T10:00:00", "10"])
def test_what_is_no_date_is_named_with_what_would_be_right(root: Path, day: str) -> None:
    edited(root, "instances/trn2.toml", "as_of = 2026-10-27\n", f"as_of = {day}\n")
    found = [each.error for each in checked(root).findings if (each.error.file or "").endswith("trn2.toml")]
    assert "before it starts" in found[0].message or "date like 2026-07-20" in found[0].message


def test_every_mistake_is_found_and_not_only_the_first(root: Path) -> None:
    edited(root, EAST, ROW, ROW.replace("30.13118", "free"))
    edited(root, EAST, "min,13.4628,", "min,low,")
    edited(root, "instances/g6e.toml", "vcpus = 4\n", 'vcpus = "four"\n')
    appended(root, "sources.toml", "[broken\n")
    found = checked(root)
    files = {Path(finding.error.file or "").name for finding in found.findings if finding.severity == "error"}
    assert files >= {"us-east-2.csv", "g6e.toml", "sources.toml"}
    rows = [finding for finding in found.findings if (finding.error.file or "").endswith("us-east-2.csv")]
    assert {27, 71} <= {finding.error.line for finding in rows if finding.code == "unreadable"}


@pytest.mark.parametrize(
    ("file", "before", "after", "code"),
    [
        (EAST, "min,7.4063,", "min,2.4,", "spot_floor"),
        (EAST, "max,7.8443,", "max,31,", "spot_above_list"),
        (EAST, ROW, ROW.replace("2026-01-21/2026-05-18", "2027-01-01"), "future_price"),
        (
            EAST,
            "p5.48xlarge,capacity_block,,,list,41.528",
            "p5.48xlarge,capacity_block,,,list,415.28",
            "plan_above_list",
        ),
        (CHIPS, '"L40S"', '"L40S", "L40S"', "repeated_alias"),
        ("sources.toml", "[", '[never-cited]\ntitle = "t"\nlocation = "l"\n\n[', "uncited_source"),
        ("prices/ap-southeast-5.csv", ",specified,", ",derived,", "derived_without_basis"),
    ],
)
def test_what_only_deserves_a_look_is_a_warning(root: Path, file: str, before: str, after: str, code: str) -> None:
    text = (root / file).read_text(encoding="utf-8")
    count = -1 if code == "derived_without_basis" else 1
    (root / file).write_text(text.replace(before, after, count), encoding="utf-8")
    found = checked(root)
    assert found.holds, [finding.error.sentence() for finding in found.findings if finding.severity == "error"]
    assert code in codes(found, "warning")


def test_ages_are_errors_only_where_an_age_is_stated(root: Path) -> None:
    assert checked(root).holds
    assert set(codes(checked(root, max_age_days=5_000), "error")) == set()
    found = checked(root, max_age_days=365)
    assert set(codes(found, "error")) == {"too_old"}
    assert "older than 365 days" in found.findings[0].error.message


def test_a_negotiated_price_off_the_multiplier_is_only_looked_at(tmp_path: Path) -> None:
    prices = tmp_path / "prices" / "us-east-2.csv"
    prices.parent.mkdir()
    prices.write_text(f"{HEADER}g6e.48xlarge,on_demand,,,list,20,2026-11-01,specified,our contract\n")
    found = over(tmp_path)
    assert found.holds
    assert "family_multiplier" in codes(found, "warning")


def test_an_overlay_may_say_where_an_instance_is_to_be_had(tmp_path: Path) -> None:
    (tmp_path / "instances.toml").write_text('["p5.48xlarge"]\nregions = ["us-east-1", "eu-nort-1"]\n')
    found = over(tmp_path)
    assert found.holds
    error = next(finding.error for finding in found.findings if finding.code == "unheard_region")
    assert (error.line, error.key) == (2, "p5.48xlarge.regions")
    assert "nothing else is sold in eu-nort-1. Did you mean eu-north-1" in error.sentence()


def test_a_discount_that_has_ended_is_told(tmp_path: Path) -> None:
    (tmp_path / "discounts.toml").write_text(
        '[old]\npercent = 12\nvalid_until = 2026-01-31\nsource = "contract 42"\nas_of = 2025-11-01\n'
    )
    found = over(tmp_path)
    assert found.holds
    assert "ended_discount" in codes(found, "warning")


def test_the_command_lists_what_is_wrong_and_exits_1(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "instances.toml").write_text('["my.lab"]\nvcpus = "many"\n["p5.48xlarge"]\naccelerator = "H100-80G"\n')
    (tmp_path / "price.csv").write_text("")
    assert main(["catalog", "check", "--catalog", str(tmp_path)]) == 1
    shown = capsys.readouterr().out
    assert "line 4, p5.48xlarge.accelerator: there is no accelerator 'H100-80G'. Did you mean H100-80GB" in shown
    assert "3 errors" in shown.splitlines()[-1]
    assert main(["catalog", "check", "--catalog", str(tmp_path), "--json"]) == 1
    document = json.loads(capsys.readouterr().out)
    jsonschema.validate(document, json.loads(schema_text("check")))
    assert (document["holds"], document["errors"]) == (False, 3)


def test_the_command_passes_what_ships_and_counts_the_warnings(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["catalog", "check"]) == 0
    assert "48 instances" in capsys.readouterr().out.splitlines()[-1]
    assert main(["catalog", "check", "--max-age", "30"]) == 1
