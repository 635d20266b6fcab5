"""Files that users edit: a mistake is named by file, line and key, and writing one never leaves half of it."""

from copy import deepcopy
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from advisor.cli.main import main
from advisor.errors import InputError
from advisor.export.document import Document
from advisor.export.files import write_atomically
from advisor.export.recommendation_file import read_recommendation, write_recommendation


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Document:
    """A recommendation as the command line writes it."""
    path = tmp_path_factory.mktemp("whole") / "rec.toml"
    assert main(["recommend", "--peak-rps", "5", "--slo", "ttft_p95_ms=500", "--out", str(path)]) == 0
    return read_recommendation(path)


def written(tmp_path: Path, changed: Document) -> Path:
    path = tmp_path / "rec.toml"
    write_recommendation(changed, path)
    return path


@pytest.mark.parametrize(
    ("place", "value", "key", "complaint"),
    [
        (("pool", 0, "instances"), "two", "pool[0].instances", "valid integer"),
        (("pool", 0, "instances"), "2", "pool[0].instances", "valid integer"),
        (("pool", 0, "serve_argv"), "vllm serve", "pool[0].serve_argv", "valid array"),
        (("pool", 0, "model"), None, "pool[0].model", "missing"),
        (("pool",), None, "pool", "needs a [[pool]]"),
        (("pool",), [], "pool", "needs a [[pool]]"),
        (("pool", 0, "region"), "us\x1b[2J", "pool[0].region", "control characters"),
        (("claim", 1, "level"), "guessed", "claim[1].level", "measured"),
        (("claim", 1, "value"), "much", "claim[1].value", "valid integer"),
        (("claim", 1, "value"), float("nan"), "claim[1].value", "not a finite number"),
        (("claim", 1, "source"), "two\nlines", "claim[1].source", "control characters"),
        (("price", 0, "as_of"), date(2026, 7, 20), "price[0].as_of", "written as text"),
        (("review_by",), "soon", "review_by", "no date"),
        (("cost", "usd_per_month"), None, "cost", "a pick needs its cost"),
        (("workload", "peak_rps"), float("inf"), "workload.peak_rps", "not a finite number"),
        (("workload", "peak_rps"), -1.0, "workload.peak_rps", "above 0"),
        (("workload", "peek_rps"), 1.0, "workload.peek_rps", "Did you mean peak_rps"),
        (("workload", "output_tokens_p50"), None, "workload.output_tokens_p50", "missing"),
        (("workload", "mode"), None, "workload.mode", "missing"),
        (("workload", "defaulted"), 3, "workload.defaulted", "a list of the keys"),
        (("workload", "defaulted"), ["nothing"], "workload.defaulted[0]", "no key of a workload"),
        (("workload", "defaulted"), [3], "workload.defaulted[0]", "no key of a workload"),
        (("pool", 0, "purchase"), "stolen", "pool[0].purchase", "'stolen' is none of on_demand"),
        (("price", 0, "as_of"), "soon", "price[0].as_of", "no date"),
        (("claim", 0, "as_of"), "", "claim[0].as_of", "no date"),
        (("verify", 0, "model"), "llama-4-maverick", "verify[0].model", "no [[pool]] serves"),
        (("alternative", 0, "usd_per_month"), None, "alternative[0]", "needs its cost"),
        (("cost", "utilisation_at_mean_load"), None, "cost.utilisation_at_mean_load", "missing"),
        (("managed", 0, "usd_per_month"), 0.0, "managed[0].usd_per_month", "above 0"),
        (("managed", 0), {"model": "m", "service": "s"}, "managed[0]", "or why it is excluded"),
        (("status",), "sure", "status", "recommended"),
    ],
)
def test_a_file_that_breaks_its_contract_is_refused_with_file_line_and_key(
    tmp_path: Path, whole: Document, place: tuple[str | int, ...], value: Any, key: str, complaint: str
) -> None:
    changed = deepcopy(whole)
    inner: Any = changed
    for part in place[:-1]:
        inner = inner[part]
    if value is None:
        del inner[place[-1]]
    else:
        inner[place[-1]] = value
    path = written(tmp_path, changed)
    with pytest.raises(InputError) as raised:
        read_recommendation(path)
    error = raised.value
    assert (error.file, error.key) == (str(path), key)
    assert complaint in error.sentence()
    if error.line is not None:
        line = path.read_text(encoding="utf-8").splitlines()[error.line - 1]
        assert str(place[-1]) in line or str(place[0]) in line
    assert error.line is not None or key == "pool"


@pytest.mark.parametrize(
    "flags",
    [
        "",
        "--model llama-4-maverick --region any --buy on_demand,spot,capacity_block,plan_3y",
        "--model both",
        "--model both --peak-rps 20 --region eu-central-1 --slo ttft_p95_ms=500,itl_p95_ms=50",
        "--model unsure --region us-east-2",
        "--mode batch --batch-input-tokens 1e9 --batch-output-tokens 1e8 --deadline 12h --runs-per-month 4",
        "--mode batch --batch-input-tokens 1e9 --batch-output-tokens 1e8 --buy spot --model both",
        "--owned p4d.24xlarge=4 --redundancy multi_az --growth 2 --stack portable --images",
        "--budget-usd 10/month",
        "--residency eu --region eu --precision-floor bf16 --context 131072",
        "--stack neuron_too --allow-unsupported --objective lowest_latency",
    ],
)
def test_whatever_is_written_is_read_again(flags: str, tmp_path: Path) -> None:
    path = tmp_path / "rec.toml"
    assert main(["recommend", *flags.split(), "--out", str(path)]) in (0, 1)
    read_recommendation(path)
    assert main(["recheck", str(path)]) == 0
    assert main(["recommend", "--from", str(path), "--frozen"]) in (0, 1)


def test_an_answer_out_of_scope_is_read_again(tmp_path: Path) -> None:
    (tmp_path / "workload.toml").write_text("out_of_scope = true\n", encoding="utf-8")
    path = tmp_path / "rec.toml"
    assert main(["recommend", "--workload", str(tmp_path / "workload.toml"), "--out", str(path)]) == 1
    assert read_recommendation(path)["status"] == "out_of_scope"


def test_a_file_without_a_pick_needs_no_pool(tmp_path: Path) -> None:
    path = tmp_path / "rec.toml"
    assert main(["recommend", "--budget-usd", "10/month", "--out", str(path)]) == 1
    assert read_recommendation(path)["status"] == "none"


def test_a_file_keeps_its_mode_and_a_link_stays_a_link(tmp_path: Path) -> None:
    target, link = tmp_path / "real.toml", tmp_path / "link.toml"
    target.write_text("old", encoding="utf-8")
    target.chmod(0o640)
    link.symlink_to(target.name)
    write_atomically(link, "new")
    assert link.is_symlink()
    assert target.read_text(encoding="utf-8") == "new"
    assert target.stat().st_mode & 0o777 == 0o640
    write_atomically(tmp_path / "fresh.toml", "new")
    assert (tmp_path / "fresh.toml").stat().st_mode & 0o777 == 0o644


def test_text_that_cannot_be_encoded_leaves_the_old_file_and_no_draft(tmp_path: Path) -> None:
    path = tmp_path / "rec.toml"
    path.write_text("old", encoding="utf-8")
    with pytest.raises(UnicodeEncodeError):
        write_atomically(path, "half a pair: \udcff")
    assert [each.name for each in tmp_path.iterdir()] == ["rec.toml"]
    assert path.read_text(encoding="utf-8") == "old"
