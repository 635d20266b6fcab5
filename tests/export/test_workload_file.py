"""Workload files: their settings, and their mistakes by file, line and key."""

from pathlib import Path

import pytest

from advisor.errors import InputError
from advisor.export.workload_file import read_workload


def test_a_workload_file_gives_its_settings(tmp_path: Path) -> None:
    path = tmp_path / "workload.toml"
    path.write_text('[workload]\nmodel = "llama-4-scout"\npeak_rps = 4\nslo_ttft_ms_p95 = 400\n', encoding="utf-8")
    assert read_workload(path) == {"model": "llama-4-scout", "peak_rps": 4.0, "slo_ttft_ms_p95": 400.0}


@pytest.mark.parametrize(
    ("line", "key", "complaint"),
    [
        ("peek_rps = 4", "workload.peek_rps", "Did you mean peak_rps"),
        ('peak_rps = "four"', "workload.peak_rps", "valid number"),
        ('mode = "sometimes"', "workload.mode", "Use one of online, batch"),
        ("regions_allowed = [3]", "workload.regions_allowed", "valid string"),
        ("input_tokens_p50 = 3.5", "workload.input_tokens_p50", "valid integer"),
        ("slo_ttft_ms_p95 = -5", "workload.slo_ttft_ms_p95", "above 0, got -5"),
        ("peak_rps = inf", "workload.peak_rps", "not a finite number"),
        ("growth = nan", "workload.growth", "not a finite number"),
        ("budget_usd = 0", "workload.budget_usd", "above 0"),
        ("batch_input_tokens = -1", "workload.batch_input_tokens", "at least 0"),
        ('owned = {"p4d.24xlarge" = -4}', "workload.owned", "at least 0"),
        ('engine = "vllm\\u001b[2J"', "workload.engine", "control characters"),
    ],
)
def test_a_mistake_names_file_line_and_key(tmp_path: Path, line: str, key: str, complaint: str) -> None:
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
