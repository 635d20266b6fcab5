"""Tables for any width: numbers whole, text wrapped, the least important left out by name."""

import io
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from advisor.cli.main import main
from advisor.cli.output import Output
from advisor.cli.table import Cell, Column, Row, blocks, write_table
from cli.support import Terminal

COLUMNS = (
    Column("instance"),
    Column("note", flows=True),
    Column("USD/h", right=True),
    Column("vCPU", right=True, drop=2),
    Column("link", drop=1),
    Column("why", below=True),
)
ROWS: tuple[Row, ...] = (
    ("p5.48xlarge", "eight of them in one box", "$1,234.56", "192", "nvlink", "because a sentence takes more room"),
    ("g6e", "", "$3.00", "9", "pcie", ""),
)


def written(width: int, monkeypatch: pytest.MonkeyPatch, rows: tuple[Row, ...] = ROWS) -> tuple[list[str], str]:
    monkeypatch.setenv("COLUMNS", str(width))
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("NO_COLOR", "1")
    out, err = Terminal(), io.StringIO()
    write_table(COLUMNS, rows, Output(stdout=out, stderr=err))
    return re.sub(r"\x1b\[[0-9;]*m", "", out.getvalue()).splitlines(), err.getvalue()


def test_with_room_every_row_is_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    lines, complaints = written(200, monkeypatch)
    assert [re.split(r"  +", line.strip()) for line in lines] == [
        ["instance", "note", "USD/h", "vCPU", "link", "why"],
        list(ROWS[0]),
        ["g6e", "$3.00", "9", "pcie"],
    ]
    assert complaints == ""


def test_numbers_stand_under_each_other(monkeypatch: pytest.MonkeyPatch) -> None:
    lines, _ = written(200, monkeypatch)
    assert lines[1].index("$1,234.56") + len("$1,234.56") == lines[2].index("$3.00") + len("$3.00")


def test_sentences_move_below_before_anything_is_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    lines, complaints = written(70, monkeypatch)
    assert lines[2] == "    because a sentence takes more room"
    assert "nvlink" in lines[1]
    assert complaints == ""
    assert len(lines) == 4, "an empty sentence takes no line"


def test_the_least_important_goes_first_and_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    lines, complaints = written(50, monkeypatch)
    assert complaints == "advisor: no room for vCPU in 50 columns; --json has everything\n"
    assert "nvlink" in "".join(lines)
    lines, complaints = written(42, monkeypatch)
    assert "no room for vCPU, link in 42" in complaints
    assert "$1,234.56" in "".join(lines)


@given(st.integers(36, 200))
def test_no_line_is_wider_than_the_terminal_and_no_number_is_cut(width: int) -> None:
    with pytest.MonkeyPatch.context() as monkeypatch:
        lines, _ = written(width, monkeypatch)
    assert max(map(len, lines)) <= width
    assert any("$1,234.56" in line for line in lines)
    assert [line.rstrip() for line in lines] == lines


def test_what_cannot_be_shown_is_measured_as_it_is_written(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "100")
    out = io.StringIO()  # no encoding: ASCII
    write_table([Column("a"), Column("b")], [("≤ ×", "1"), ("x\x1b[2J", "2"), ("two\nlines", "3")], Output(stdout=out))
    assert out.getvalue().splitlines() == ["a          b", "<= x       1", "x[2J       2", "two lines  3"]


def test_columns_that_do_not_go_side_by_side_follow_each_other(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "40")
    label, columns = Column("figure"), [Column(name, right=True) for name in ("one", "two", "three")]
    rows: list[Row] = [
        ("memory", "12 GiB", "1,234,567 GiB", "5 GiB"),
        ("quota", *[Cell("very long " * 5, flows=True)] * 3),
    ]
    assert blocks(label, columns, rows, Output(stdout=io.StringIO())) == [[0], [1], [2]]
    monkeypatch.setenv("COLUMNS", "59")
    assert blocks(label, columns, rows, Output(stdout=io.StringIO())) == [[0, 1], [2]]


@pytest.mark.parametrize(
    "command",
    [
        "catalog list",
        "catalog list --region us-east-2",
        "catalog list --purchase savings_plan --sort usd_per_dense_bf16_pflops_hour",
        "catalog show p5en.48xlarge",
        "catalog show p5.48xlarge",
        "catalog show trn2.48xlarge --region us-east-2",
        "catalog compare p5.48xlarge g7e.48xlarge trn2.48xlarge r8g.48xlarge",
        "catalog prices p5.48xlarge",
        "fit --model llama-4-scout --all",
        "audit",
        "audit llama-4-serving-2026-02",
        "audit graviton-llama-3-2 --entries",
        "evidence list",
    ],
)
def test_every_table_fits_a_terminal_of_80_columns(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, command: str
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    assert main(command.split()) == 0
    lines = capsys.readouterr().out.splitlines()
    assert max(map(len, lines)) <= 80
    assert not [line for line in lines if "…" in line]


def test_a_comparison_shows_every_instance_at_any_width(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    names = ["p5.48xlarge", "g7e.48xlarge", "trn2.48xlarge", "p4d.24xlarge"]
    for width in ("60", "80", "200"):
        monkeypatch.setenv("COLUMNS", width)
        assert main(["catalog", "compare", *names, names[0]]) == 0
        shown = capsys.readouterr().out
        assert [shown.count(name) for name in names] == [1, 1, 1, 1]
        for figure in ("3,350 GB/s ■", "467.8 TFLOP/s ≡", "524,288 MiB ✗", "$21.96 ■"):
            assert figure in shown


def test_sources_are_numbered_where_there_is_no_room_beside(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    assert main(["catalog", "show", "p5.48xlarge"]) == 0
    shown = capsys.readouterr().out
    assert "[1] EC2 DescribeInstanceTypes" in shown
    monkeypatch.delenv("COLUMNS")
    assert main(["catalog", "show", "p5.48xlarge"]) == 0
    row = next(line for line in capsys.readouterr().out.splitlines() if line.startswith("price on demand"))
    assert "$55.04" in row
    assert "karpenter" in row
