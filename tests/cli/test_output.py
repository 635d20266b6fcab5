"""What reaches a terminal or a pipe: no control characters, no character it cannot show, no noise when it closes."""

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.table import Table
from rich.text import Text

import advisor
from advisor.cli.main import main
from advisor.cli.output import Output
from advisor.errors import CONTROLS
from advisor.quantities.provenance import Level
from advisor.wording.glyphs import in_ascii
from cli.support import Terminal

SOURCES = Path(advisor.__file__).parent
HOSTILE = "a\x1b[31m\x9b2J\x07\u202eb\u2066c\udcff"


def run(argv: Sequence[str], **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "advisor", *argv],
        capture_output=True,
        text=True,
        env={**os.environ, **environment},
    )


def test_lines_tables_notes_and_documents_carry_no_control_characters(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm-256color")
    out, err = Terminal(), Terminal()
    output = Output(stdout=out, stderr=err)
    output.line(HOSTILE)
    output.note(HOSTILE)
    output.document({"name": HOSTILE})
    table = Table(HOSTILE)
    table.add_row(Text(HOSTILE, style="red"))
    output.console.print(table)
    output.console.print(Text(HOSTILE))
    written = out.getvalue() + err.getvalue()
    assert "a[31m2Jbc" in written
    assert "\x1b[31m2Jbc" not in written
    assert "\x1b[31ma[31m2Jbc" in written  # our own red is still red
    assert not CONTROLS.search(written.replace("\x1b", ""))
    assert json.loads(out.getvalue().split("\n", 1)[1].partition("}")[0] + "}") == {"name": HOSTILE}


@given(st.text(max_size=60))
def test_no_text_steers_the_terminal(text: str) -> None:
    out = Terminal()
    output = Output(stdout=out)
    output.line(text)
    output.document({text: text})
    assert not CONTROLS.search(out.getvalue())


@given(st.text(max_size=60), st.sampled_from(["ascii", "latin-1", "cp1252"]))
def test_any_text_can_be_written_on_a_narrow_terminal(text: str, encoding: str) -> None:
    out = Terminal(encoding)
    output = Output(stdout=out)
    output.line(text)
    output.console.print(Text(text))
    out.getvalue().encode(encoding)


def test_ascii_keeps_the_sense() -> None:
    assert in_ascii("2 × p5 — 80 % ≤ 1…2 – é “x” 中") == '2 x p5 - 80 % <= 1...2 - e "x" ?'
    assert in_ascii("".join(level.glyph for level in Level)) == "".join(level.ascii_glyph for level in Level)


@pytest.mark.parametrize("package", ["cli", "wording", "quantities"])
def test_every_sign_of_ours_has_a_twin_in_ascii(package: str) -> None:
    written = {sign for path in (SOURCES / package).rglob("*.py") for sign in path.read_text(encoding="utf-8")}
    assert [sign for sign in written if sign != "?" and in_ascii(sign) == "?"] == []


@pytest.mark.parametrize(
    "argv",
    [
        ("fit", "--model", "llama-4-scout", "--instance", "p5.48xlarge"),
        ("fit", "--model", "llama-4-scout", "--instance", "p5.48xlarge", "--json"),
        ("recommend",),
        ("catalog", "show", "p5.48xlarge"),
        ("audit",),
        ("recommend", "--help"),
        ("fit", "--model", "nö", "--instance", "p5.48xlarge"),
    ],
)
def test_every_command_runs_on_an_ascii_terminal(argv: Sequence[str]) -> None:
    done = run(argv, LC_ALL="C", PYTHONIOENCODING="ascii", PYTHONUTF8="0")
    assert done.returncode in (0, 2), done.stderr
    assert (done.stdout + done.stderr).isascii()
    assert "defect" not in done.stderr


@pytest.mark.parametrize("argv", ["audit", "catalog list", "fit --model llama-4-scout --all", "audit --json", "--help"])
def test_a_reader_that_goes_away_ends_the_command_quietly(argv: str) -> None:
    """`sleep` makes the reader leave before anything is written, so that the first write fails."""
    script = f"{sys.executable} -m advisor {argv} | true; echo ${{PIPESTATUS[0]}}"
    slow = f"sh -c 'sleep 0.3; exec {sys.executable} -m advisor {argv}' | true; echo ${{PIPESTATUS[0]}}"
    for each in (script, slow):
        done = subprocess.run(["bash", "-c", each], capture_output=True, text=True, check=True)
        assert done.stderr == ""
    assert done.stdout.split() == ["141"]


def test_a_pipe_gets_one_line_a_row_and_columns_are_honoured(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert main(["audit", "llama-4-serving-2026-02"]) == 0
    whole = capsys.readouterr().out
    rows = [line for line in whole.splitlines() if line.startswith(("ok ", "wrong ", "false fact ", "impossible "))]
    assert len(rows) >= 70
    monkeypatch.setenv("COLUMNS", "70")
    assert main(["audit", "llama-4-serving-2026-02"]) == 0
    assert max(map(len, capsys.readouterr().out.splitlines()[2:-2])) <= 70


def test_the_card_goes_on_deeper_than_a_line_began(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "60")
    assert main(["recommend", "--region", "eu-central-1"]) == 0
    card = capsys.readouterr().out.partition("\nServe\n")[0].splitlines()
    assert max(map(len, card)) <= 60
    assert [line.rstrip() for line in card] == card
    start = next(at for at, line in enumerate(card) if line.startswith("  ! "))
    assert card[start + 1].startswith("    ")
    below = card[card.index("Does not serve") + 1 : card.index("Weakest link") - 1]
    begins = [len(line) - len(line.lstrip()) for line in below]
    assert set(begins) == {2, 4}
    assert begins[0] == 2


class TestDefects:
    """An exception that nobody expected is no answer."""

    @pytest.fixture(autouse=True)
    def broken(self, monkeypatch: pytest.MonkeyPatch) -> None:
        def fail(*_: object, **__: object) -> None:
            raise RuntimeError("half\na \x1b[31mthing sk-secret-value")

        monkeypatch.setenv("MY_KEY", "sk-secret-value")
        monkeypatch.setattr("advisor.cli.commands.schema.schema_text", fail)

    def test_it_is_one_sentence_and_exits_70(self, capsys: pytest.CaptureFixture[str]) -> None:
        assert main(["schema", "fit"]) == 70
        complaint = capsys.readouterr().err
        assert complaint.startswith("advisor: this is a defect of advisor: RuntimeError: half a [31mthing")
        assert "ADVISOR_TRACEBACK=1" in complaint
        assert complaint.count("\n") == 1

    def test_with_json_it_is_a_document(self, capsys: pytest.CaptureFixture[str]) -> None:
        assert main(["schema", "fit", "--json"]) == 70
        assert json.loads(capsys.readouterr().out)["code"] == "defect"

    def test_the_traceback_is_shown_to_who_asks(
        self, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("ADVISOR_TRACEBACK", "1")
        assert main(["schema", "fit"]) == 70
        complaint = capsys.readouterr().err
        assert "Traceback (most recent call last)" in complaint
        assert main(["schema", "absent"]) == 70

    def test_a_key_that_an_exception_repeats_is_masked(
        self, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def fail(*_: object) -> None:
            raise RuntimeError("bad header sk-secret-value")

        monkeypatch.setenv("ADVISOR_TRACEBACK", "1")
        monkeypatch.setattr("advisor.cli.commands.bench.open_catalog", fail)
        for flags in (("--api-key-env", "MY_KEY"), ("--api-key-env=MY_KEY",)):
            assert main(["bench", "run", "--endpoint", "h", *flags]) == 70
            written = capsys.readouterr()
            assert "bad header ***" in written.err
            assert "sk-secret-value" not in written.err + written.out


def test_an_error_of_the_user_has_a_traceback_too_where_it_is_asked_for(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("ADVISOR_TRACEBACK", "1")
    assert main(["recheck", "--frozen", str(tmp_path / "absent.toml")]) == 2
    assert main(["schema", "nosuch"]) == 2
    assert "Traceback" in capsys.readouterr().err
