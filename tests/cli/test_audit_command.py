"""`advisor audit`: reports by id or file, claims picked and shown in full, other content, pasted commands."""

import json
from pathlib import Path

import pytest

from advisor.cli.main import main
from advisor.export.audit_contract import Audit

README = Path(__file__).parents[2] / "README.md"


def run(capsys: pytest.CaptureFixture[str], *argv: str) -> tuple[int, str, str]:
    code = main(["audit", *argv])
    captured = capsys.readouterr()
    return code, captured.out, captured.err


@pytest.fixture
def own(tmp_path: Path) -> Path:
    """The example of the README, as a user would copy it."""
    _, _, rest = README.read_text(encoding="utf-8").partition("A report of your own")
    path = tmp_path / "mine.toml"
    path.write_text(rest.partition("```toml\n")[2].partition("```")[0], encoding="utf-8")
    return path


def test_the_readmes_own_report_is_audited(capsys: pytest.CaptureFixture[str], own: Path) -> None:
    code, out, _ = run(capsys, str(own), "--json")
    document = json.loads(out)
    verdicts = {claim["id"]: (claim["verdict"], claim["recomputed"]) for claim in document["claims"]}
    assert code == 0
    assert verdicts["throughput/roofline"] == ("ok", pytest.approx(2165, rel=1e-3))
    assert verdicts["cost"] == ("ok", pytest.approx(16.99, abs=0.01))
    assert verdicts["month"] == ("ok", pytest.approx(80358, abs=1))
    assert [entry["text"] for entry in document["entries"]] == ["prefix caching is on"]
    own.write_text(own.read_text(encoding="utf-8").replace("value = 17.0", "value = 0.85"), encoding="utf-8")
    assert run(capsys, str(own), "--strict")[0] == 1


def test_without_a_report_every_one_is_summed_up(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = run(capsys)
    assert code == 0
    for name in ("llama-4-serving-2026-02", "trainium-inferentia-2025-12", "graviton-llama-3-2"):
        assert f"({name})" in out
    assert "158 claims: 58 ok, 1 rounding, 42 wrong, 35 impossible, 16 false fact, 1 suspicious, 5 unverifiable" in out
    assert "98.32 /" not in out


def test_a_claim_is_shown_with_its_arithmetic_in_full(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = run(capsys, "--claim", "scout.cost.A", "--strict")
    assert code == 1
    for words in ("98.32 / (4,200 * 3600) * 1e6 = 6.503", "32,131 tokens/s that the claim needs", "line 206"):
        assert words in out
    assert "impossible" in run(capsys, "--claim", "scout.throughput.A.1")[1]


def test_verdicts_pick_claims_of_all_reports(capsys: pytest.CaptureFixture[str]) -> None:
    _, out, _ = run(capsys, "--verdict", "rounding,false fact", "--json")
    document = json.loads(out)
    assert {claim["verdict"] for claim in document["claims"]} == {"rounding", "false_fact"}
    assert len({claim["report"] for claim in document["claims"]}) == 3
    assert sum(report["counts"]["ok"] for report in document["reports"]) > 50
    only = run(capsys, "--report", "trainium-inferentia-2025-12", "--verdict", "wrong")[1]
    assert only == "No claim has such a verdict.\n"


def test_what_a_report_says_is_printed_by_topic(capsys: pytest.CaptureFixture[str]) -> None:
    _, out, _ = run(capsys, "graviton-llama-3-2", "--entries", "security")
    assert "internal VPC addresses only" in out
    assert "max-num-seqs" not in out
    assert "max-num-seqs 256" in run(capsys, "graviton-llama-3-2", "--entries")[1]


@pytest.mark.parametrize(
    ("command", "code", "words"),
    [
        ("vllm serve meta-llama/Llama-4-Scout-17B-16E-Instruct --max-model-len 131072", 0, "nothing in it is refused"),
        ("vllm serve meta-llama/Llama-4-Scout-17B-16E --max-model-len 1000000", 1, "262,144 tokens"),
        ("pip install vllm[neuron]", 1, "no extra 'neuron'"),
    ],
)
def test_a_pasted_command_is_checked(capsys: pytest.CaptureFixture[str], command: str, code: int, words: str) -> None:
    found, out, _ = run(capsys, "--command", command, "--strict")
    assert found == code
    assert words in " ".join(out.split())


@pytest.mark.parametrize(
    ("argv", "words"),
    [
        (("llama-4-serving",), "Did you mean llama-4-serving-2026-02"),
        (("--verdict", "bad"), "there is no verdict 'bad'"),
        (("--claim", "scout.cost.Z"), "Did you mean scout.cost."),
        (("--entries", "tunning"), "Did you mean tuning"),
        (("absent.toml",), "there is no such file"),
        (("llama-4-serving-2026-02", "--command", "vllm serve x"), "Leave the report out"),
    ],
)
def test_a_slip_says_what_is_right(capsys: pytest.CaptureFixture[str], argv: tuple[str, ...], words: str) -> None:
    code, _, err = run(capsys, *argv)
    assert code == 2
    assert words in err


def test_the_document_keeps_its_contract(capsys: pytest.CaptureFixture[str]) -> None:
    document = Audit.model_validate(json.loads(run(capsys, "--json")[1]))
    assert [report.id for report in document.reports] == sorted(report.id for report in document.reports)
    assert sum(sum(report.counts.values()) for report in document.reports) == len(document.claims)


def test_a_report_named_twice_is_audited_once(capsys: pytest.CaptureFixture[str]) -> None:
    name = "trainium-inferentia-2025-12"
    _, out, _ = run(capsys, name, "--report", name, "--json")
    assert [report["id"] for report in json.loads(out)["reports"]] == [name]
