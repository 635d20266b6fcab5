"""What the README shows is what the program does today."""

import re
import shlex
from pathlib import Path

import pytest

from advisor.cli.main import main
from advisor.cli.parser import COMMANDS

_ROOT = Path(__file__).parents[1]
_README = (_ROOT / "README.md").read_text(encoding="utf-8")
_SESSIONS = re.findall(r"```console\n\$ advisor (.*?)\n(.*?)```", _README, re.DOTALL)
_LIVE = ("bench",)
"""Commands whose output holds measured times."""


def block(after: str, language: str) -> str:
    """The first fenced block of a language behind some words."""
    found = re.search(rf"{re.escape(after)}.*?```{language}\n(.*?)```", _README, re.DOTALL)
    assert found is not None
    return found[1]


def test_it_shows_commands() -> None:
    assert len(_SESSIONS) >= 4


@pytest.mark.parametrize(("command", "shown"), [each for each in _SESSIONS if not each[0].startswith(_LIVE)])
def test_its_output_is_ours(
    command: str,
    shown: str,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    if "recheck" in command:
        first = next(each for each, _ in _SESSIONS if "--out" in each)
        main(shlex.split(first))
        capsys.readouterr()
    main(shlex.split(command))
    written = [line.rstrip() for line in capsys.readouterr().out.splitlines()]
    for line in shown.splitlines():
        if line != "…":
            assert line in written


def test_every_command_that_it_names_exists() -> None:
    named = set(re.findall(r"`advisor ([a-z]+)", _README))
    assert named <= set(COMMANDS)


def test_its_overlay_adds_an_instance(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    (tmp_path / "prices").mkdir()
    (tmp_path / "instances.toml").write_text(block("`instances.toml`:", "toml"), encoding="utf-8")
    (tmp_path / "prices" / "us-east-1.csv").write_text(block("`prices/us-east-1.csv`:", "csv"), encoding="utf-8")
    assert main(["catalog", "show", "lab.4xl40s", "--catalog", str(tmp_path)]) == 0
    shown = capsys.readouterr().out
    assert "$6.40" in shown
    flags = ["--model", "llama-4-scout", "--checkpoint", "fp8", "--instance", "lab.4xl40s"]
    assert main(["fit", *flags, "--catalog", str(tmp_path)]) == 0


def test_its_discount_applies(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    (tmp_path / "discounts.toml").write_text(block("`discounts.toml`", "toml"), encoding="utf-8")
    assert main(["catalog", "show", "p5.48xlarge", "--catalog", str(tmp_path)]) == 0
    assert "$48.44" in capsys.readouterr().out


def test_its_picture_is_there() -> None:
    (picture,) = re.findall(r"!\[.*?\]\((.*?)\)", _README)
    assert (_ROOT / picture.replace("%5B", "[").replace("%5D", "]")).is_file()
