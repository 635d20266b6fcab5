"""The command line as its users type it: answers, exit codes, and mistakes that say what would be right."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from advisor.cli.main import main
from advisor.cli.parser import COMMANDS
from advisor.export.schemas import schema_text


def run(*argv: str) -> int:
    return main(argv)


def document(capsys: pytest.CaptureFixture[str]) -> dict[str, object]:
    captured = capsys.readouterr()
    loaded: dict[str, object] = json.loads(captured.out)
    return loaded


def test_old_prices_are_marked_and_the_marks_explained(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("catalog", "list", "--region", "eu-central-1") == 0
    shown = capsys.readouterr()
    assert "■! 2025-03-02" in shown.out
    assert "! older than the other prices of its kind" in shown.err
    assert "prices to 2026-07" in shown.err
    assert run("catalog", "prices", "p5.48xlarge") == 0
    shown = capsys.readouterr()
    assert "!" not in shown.out
    assert "Spot prices are of 2026-05 and hold 1 day" in shown.err


def test_every_price_of_a_document_says_where_it_is_from_and_how_old(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("catalog", "show", "p5.48xlarge", "--json") == 0
    row = json.loads(capsys.readouterr().out)["instances"][0]
    assert row["price"].items() >= {"as_of": "2026-07-20", "level": "specified", "layer": "shipped"}.items()
    assert row["price"].items() >= {"age": "fresh", "age_days": 123, "age_rule_days": 365}.items()
    assert row["sold_as"] == ["on_demand", "spot", "capacity_block", "savings_plan", "reserved"]
    assert run("catalog", "prices", "p5.48xlarge", "--region", "us-east-1", "--json") == 0
    found = json.loads(capsys.readouterr().out)
    assert {price["age"] for price in found["prices"]} == {"fresh", "past_its_rule"}


@pytest.mark.parametrize(
    ("flags", "code", "verdict"),
    [
        (("--instance", "p5.48xlarge"), 0, "FITS"),
        (("--instance", "p5.4xlarge"), 1, "DOES NOT FIT"),
        (("--instance", "p5.48xlarge", "--tp", "16"), 1, "INVALID"),
        (("--instance", "inf2.48xlarge"), 1, "UNSUPPORTED"),
    ],
)
def test_fit_answers_with_verdict_reason_and_exit_code(
    capsys: pytest.CaptureFixture[str], flags: tuple[str, ...], code: int, verdict: str
) -> None:
    assert run("fit", "--model", "llama-4-scout", *flags) == code
    assert capsys.readouterr().out.startswith(verdict)


def test_fit_over_everything_lists_every_instance(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("fit", "--model", "llama-4-maverick", "--all", "--json") == 0
    fits = document(capsys)["fits"]
    assert isinstance(fits, list)
    assert len({(fit["instance"], fit["checkpoint"]) for fit in fits}) == 48 * 4


def test_recommend_prints_the_card_and_writes_the_file(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    out = tmp_path / "rec.toml"
    assert run("recommend", "--peak-rps", "2", "--slo", "ttft_p95_ms=500", "--out", str(out)) == 0
    card = capsys.readouterr().out
    for heading in (
        "RUN LLAMA 4 SCOUT",
        "Rests on",
        "Cost",
        "Managed alternative",
        "Weakest link",
        "Holds while",
        "Serve",
    ):
        assert heading in card
    assert run("recheck", str(out)) == 0
    assert run("recheck", "--frozen", str(out)) == 0
    assert run("recommend", "--from", str(out), "--frozen") == 0
    assert card.splitlines()[0] in capsys.readouterr().out


def test_a_workload_file_with_flags_over_it(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    path = tmp_path / "workload.toml"
    path.write_text('[workload]\npeak_rps = 5\nregions_allowed = ["eu-central-1"]\n', encoding="utf-8")
    assert run("recommend", "--workload", str(path), "--peak-rps", "7", "--json") == 0
    workload = document(capsys)["workload"]
    assert isinstance(workload, dict)
    assert (workload["peak_rps"], workload["regions_allowed"]) == (7.0, ["eu-central-1"])


def test_recommend_says_why_an_instance_is_not_the_pick(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("recommend", "--why", "p5.4xlarge") == 0
    assert "memory" in capsys.readouterr().out
    assert run("recommend", "--why", "g7e.12xlarge") == 0
    assert "is the pick" in capsys.readouterr().out


def test_nothing_feasible_exits_1(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("recommend", "--budget-usd", "10/month") == 1
    assert "NOTHING MEETS EVERYTHING" in capsys.readouterr().out


def test_a_batch_in_the_words_of_the_command_line(capsys: pytest.CaptureFixture[str]) -> None:
    batch = ("--mode", "batch", "--batch-input-tokens", "1.8e9", "--batch-output-tokens", "200M", "--deadline", "12h")
    assert run("recommend", *batch, "--buy", "on_demand,spot", "--budget-usd", "3000/run", "--json") == 0
    cost = document(capsys)["cost"]
    assert isinstance(cost, dict)
    assert 50 < cost["usd_per_run"] < 1000


def test_catalog_commands(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("catalog", "list", "--region", "us-east-2") == 0
    assert "no list price; sold as spot, Capacity Block" in capsys.readouterr().out
    assert run("catalog", "show", "p5.48xlarge") == 0
    shown = capsys.readouterr().out
    assert "karpenter" in shown
    assert "?  unknown" in next(line for line in shown.splitlines() if "price reserved" in line)
    assert run("catalog", "compare", "p5.48xlarge", "trn2.48xlarge", "--region", "us-east-2") == 0
    assert "trn2.48xlarge in us-east-2: no list price; sold as spot, Capacity Block" in capsys.readouterr().out
    assert run("catalog", "prices", "trn2.48xlarge", "--region", "us-east-2") == 0
    assert "us-east-2: no list price; sold as spot, Capacity Block" in capsys.readouterr().out
    assert run("catalog", "prices", "trn2.48xlarge", "--json") == 0
    prices = document(capsys)["prices"]
    assert isinstance(prices, list)
    assert {row["purchase_option"] for row in prices} == {"capacity_block", "spot"}


def test_catalog_list_filters_sorts_and_limits(capsys: pytest.CaptureFixture[str]) -> None:
    flags = ("--vendor", "nvidia", "--fp8", "--memory-total", "600-", "--sort", "usd_per_gib_hour:desc", "--limit", "2")
    assert run("catalog", "list", *flags, "--json") == 0
    found = document(capsys)
    rows = found["instances"]
    assert isinstance(rows, list)
    ratios = [row["derived"]["usd_per_gib_hour"] for row in rows]
    assert len(rows) == 2
    assert ratios == sorted(ratios, reverse=True)
    assert found["purchase_option"] == "on_demand"


def test_catalog_list_prices_another_way_of_buying_and_keeps_what_is_sold_so(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert run("catalog", "list", "--purchase", "capacity_block", "--region", "us-east-2", "--json") == 0
    rows = document(capsys)["instances"]
    assert isinstance(rows, list)
    prices = {row["instance_type"]: row["usd_per_hour"] for row in rows}
    assert prices["trn2.48xlarge"] == pytest.approx(35.7608)
    assert "g7e.48xlarge" not in prices


def test_a_filter_that_leaves_nothing_is_named_with_the_way_out(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("catalog", "list", "--accelerator", "H100", "--price=-1") == 1
    shown = capsys.readouterr()
    assert shown.out == ""
    assert "--price -1 removes" in shown.err
    assert "the figure is not known; without it 2 would be left" in shown.err
    assert "--accelerator H100 removes" in shown.err


def test_eighty_gib_leaves_out_the_80_gb_chips_and_says_so(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("catalog", "list", "--memory-each", "80") == 0
    shown = capsys.readouterr()
    assert "p5.48xlarge" not in shown.out
    assert "leaves out A100-80GB, H100-80GB" in shown.err
    assert run("catalog", "list", "--memory-each", "80GB-") == 0
    assert "p5.48xlarge" in capsys.readouterr().out


def test_a_comparison_marks_the_best_and_has_every_way_of_buying(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("catalog", "compare", "p5en.48xlarge", "g7e.48xlarge") == 0
    lines = {line.partition("  ")[0]: line for line in capsys.readouterr().out.splitlines()}
    assert "▸ 139.80 GiB" in lines["memory each, usable"]
    assert "▸ $33.14" in lines["USD/h on demand"]
    assert "$27.34" in lines["USD/h 3-year savings plan, no upfront"]
    assert "not sold this way" in lines["USD/h Capacity Block"]
    assert "▸ $0.0436" in lines["USD/h per GiB, usable"]


def test_audit_recomputes_and_strict_exits_1(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("audit") == 0
    assert "158 claims: 58 ok" in capsys.readouterr().out
    assert run("audit", "--strict", "--json") == 1
    assert document(capsys)["schema"] == "advisor.audit/1"


def test_a_chart_of_a_report_is_a_table_and_a_document(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("audit", "llama-4-serving-2026-02", "--chart", "ttft") == 0
    assert "≥ 7.97" in capsys.readouterr().out
    assert run("audit", "llama-4-serving-2026-02", "--chart", "ttft", "--json", "--strict") == 0
    shown: Any = document(capsys)
    assert shown["schema"] == "advisor.chart/1"
    assert shown["charts"][0]["groups"][0]["rows"][0]["as_published"]["value"] == 120


def test_a_chart_is_one_of_one_report(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("audit", "llama-4-serving-2026-02", "--chart", "ttfb") == 2
    assert "Did you mean ttft" in capsys.readouterr().err


def test_evidence_is_filtered_by_names_that_published_tables_use(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("evidence", "list", "--accelerator", "H100-SXM-80GB", "--engine", "vllm", "--json") == 0
    rows = document(capsys)["evidence"]
    assert isinstance(rows, list)
    assert len(rows) == 6
    assert {row["level"] for row in rows} == {"published"}


def test_a_drift_may_be_a_percentage_or_a_share(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    out = tmp_path / "rec.toml"
    assert run("recommend", "--out", str(out)) == 0
    for share in ("10%", "0.1", "1", "150%"):
        assert run("recheck", str(out), "--max-cost-drift", share) == 0


def test_an_unreadable_file_does_not_keep_the_others_from_being_checked(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    good, absent, broken = tmp_path / "good.toml", tmp_path / "absent\x1b[31m.toml", tmp_path / "broken.toml"
    assert run("recommend", "--out", str(good)) == 0
    unknown = good.read_text(encoding="utf-8").replace('"us-east-1"', '"us-mars-1"')
    broken.write_text(unknown, encoding="utf-8")
    capsys.readouterr()
    assert run("recheck", str(absent), str(broken), str(good)) == 2
    written = capsys.readouterr()
    assert [line.rpartition(": ")[2] for line in written.out.splitlines()] == ["cannot be used"] * 2 + ["holds"]
    assert "there is no such file" in written.err
    assert "broken.toml" in written.err
    assert "Did you mean us-east-1" in written.err
    assert "\x1b" not in written.err + written.out
    assert run("recheck", str(absent), str(good), "--json") == 2
    found = document(capsys)
    jsonschema.validate(found, json.loads(schema_text("recheck")))
    files = found["files"]
    assert isinstance(files, list)
    first, second = files
    assert (first["holds"], first["error"]["message"]) == (False, "there is no such file")
    assert (second["holds"], second["error"]) == (True, None)


def test_a_mistake_is_looked_for_in_what_is_parsed_not_in_the_process(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "argv", ["pytest", "--nothing"])
    assert run("fit", "--model", "llama-4-scout", "--instanse", "p5.48xlarge") == 2
    assert "Did you mean --instance" in capsys.readouterr().err


def test_schema_prints_what_is_shipped(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("schema", "recommendation") == 0
    assert document(capsys)["$id"] == "advisor.recommendation-1.schema.json"


@pytest.mark.parametrize(
    ("argv", "complaint"),
    [
        (("fitt",), "Did you mean fit?"),
        (("fit",), "required: --model"),
        (("fit", "--model", "llama-4-scout"), "no instance was named"),
        (("fit", "--model", "llama-4-scot", "--instance", "p5.48xlarge"), "Did you mean llama-4-scout"),
        (("fit", "--model", "llama-4-scout", "--instance", "p5.48xlarge", "--tp", "eight"), "not a whole number"),
        (("recommend", "--slo", "ttft=500"), "Write it like ttft_p95_ms=500"),
        (("recommend", "--budget-usd", "3000"), "3000/run or 60000/month"),
        (("recommend", "--region", "eu-centrl-1"), "Did you mean eu-central-1"),
        (("recommend", "--from", "absent.toml"), "no such file"),
        (("recommend", "--frozen"), "--frozen needs --from"),
        (("recheck", "absent.toml", "--max-cost-drift", "10"), "10 would be 1000%: write 10% or 0.1"),
        (("recheck", "absent.toml", "--max-cost-drift", "some"), "not a share like 10%"),
        (("recheck", "absent.toml", "--max-cost-drft", "10%"), "Did you mean --max-cost-drift"),
        (("catalog", "show", "p5.48xlage"), "Did you mean p5.48xlarge"),
        (("catalog", "list", "--catalog", "absent"), "not a directory"),
        (("catalog", "list", "--sort", "usd_per_gib"), "Did you mean usd_per_gib_hour"),
        (("catalog", "list", "--accelerator", "H10O"), "Did you mean H100"),
        (("catalog", "list", "--family", "p55"), "Did you mean p5"),
        (("catalog", "list", "--price", "40"), "Write 40- for at least that, or -40 for at most"),
        (("catalog", "list", "--memory-total", "600-500"), "'600-500' ends before it starts"),
        (("catalog", "list", "--region", "eu-centrl-1"), "Did you mean eu-central-1"),
        (("audit", "absent.toml"), "no such file"),
        (("schema", "recomendation"), "Did you mean recommendation"),
    ],
)
def test_a_mistake_is_one_sentence_with_the_way_out(
    capsys: pytest.CaptureFixture[str], argv: tuple[str, ...], complaint: str
) -> None:
    assert run(*argv) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.count("\n") == 1
    assert complaint in captured.err


def test_with_json_an_error_is_a_document_too(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("fit", "--model", "llama-4-scout", "--instance", "p5.48xlage", "--json") == 2
    error = document(capsys)
    assert (error["schema"], error["code"]) == ("advisor.error/1", "unknown_id")
    assert "p5.48xlarge" in str(error["hint"])


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_has_help_with_an_example(capsys: pytest.CaptureFixture[str], name: str) -> None:
    with pytest.raises(SystemExit) as stopped:
        run(name, "--help")
    assert stopped.value.code == 0
    assert "example:\n  advisor " in capsys.readouterr().out


def test_without_a_terminal_the_bare_command_prints_help_and_exits_2() -> None:
    done = subprocess.run([sys.executable, "-m", "advisor"], capture_output=True, text=True, stdin=subprocess.DEVNULL)
    assert done.returncode == 2
    assert "commands:" in done.stdout


def test_a_reader_that_goes_away_is_no_error() -> None:
    command = f"{sys.executable} -m advisor audit | head -1"
    done = subprocess.run(["bash", "-c", command], capture_output=True, text=True, check=True)
    assert "AWS Graviton4 for 70% Less Than EC2" in done.stdout
    assert done.stderr == ""


def test_an_ascii_terminal_gets_ascii_glyphs() -> None:
    environment = {"PYTHONIOENCODING": "ascii", "PATH": ""}
    argv = [sys.executable, "-m", "advisor", "catalog", "list"]
    done = subprocess.run(argv, capture_output=True, text=True, env=environment, check=True)
    assert "# 2026-07-20" in done.stdout


@pytest.mark.parametrize(
    ("argv", "absent"),
    [
        (["--version"], {"numpy", "httpx", "pydantic", "rich", "textual", "tomli"}),
        (
            ["fit", "--model", "llama-4-scout", "--instance", "p5.48xlarge", "--json"],
            {"numpy", "httpx", "pydantic", "rich"},
        ),
        (["catalog", "list"], {"numpy", "httpx", "pydantic", "textual"}),
    ],
)
def test_start_up_loads_no_heavy_library(argv: list[str], absent: set[str]) -> None:
    script = (
        "import sys\n"
        "from advisor.cli.main import main\n"
        f"try: main({argv!r})\n"
        "except SystemExit: pass\n"
        "print('LOADED', sorted(sys.modules), file=sys.stderr)\n"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    loaded = done.stderr.partition("LOADED ")[2]
    assert not {name for name in absent if f"'{name}'" in loaded}
