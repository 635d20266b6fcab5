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
from advisor.export.workload_file import read_workload


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
        assert str(place[-1]) in line or (value is None and str(place[0]) in line)
    assert error.line is not None or key in ("pool", "cost")


def test_a_file_without_a_pick_needs_no_pool(tmp_path: Path) -> None:
    path = tmp_path / "rec.toml"
    assert main(["recommend", "--budget-usd", "10/month", "--out", str(path)]) == 1
    assert read_recommendation(path)["status"] == "none"


@pytest.mark.parametrize(
    ("line", "key", "complaint"),
    [
        ("slo_ttft_ms_p95 = -5", "workload.slo_ttft_ms_p95", "above 0, got -5"),
        ("peak_rps = inf", "workload.peak_rps", "not a finite number"),
        ("growth = nan", "workload.growth", "not a finite number"),
        ("budget_usd = 0", "workload.budget_usd", "above 0"),
        ("batch_input_tokens = -1", "workload.batch_input_tokens", "at least 0"),
        ('owned = {"p4d.24xlarge" = -4}', "workload.owned", "at least 0"),
        ('engine = "vllm\\u001b[2J"', "workload.engine", "control characters"),
    ],
)
def test_a_number_that_no_workload_has_is_refused_in_its_file(
    tmp_path: Path, line: str, key: str, complaint: str
) -> None:
    path = tmp_path / "workload.toml"
    path.write_text(f"# ours\n[workload]\n{line}\n", encoding="utf-8")
    with pytest.raises(InputError) as raised:
        read_workload(path)
    assert (raised.value.file, raised.value.line, raised.value.key) == (str(path), 3, key)
    assert complaint in raised.value.sentence()


def test_a_workload_that_is_no_table_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "workload.toml"
    path.write_text("workload = 3\n", encoding="utf-8")
    with pytest.raises(InputError, match="must be a table"):
        read_workload(path)


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
