"""Every example of every `--help` runs as it is written; those that need a live endpoint are parsed."""

import argparse
import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from advisor.cli.main import main
from advisor.cli.parser import COMMANDS, build_parser

_LIVE = ("bench run", "bench show", "bench resume", "verify", "simulate", "catalog refresh", "evidence forget")
"""They need an endpoint, what was made on one, or the network."""


def parsers(parser: argparse.ArgumentParser) -> Iterator[argparse.ArgumentParser]:
    """A command and its actions."""
    yield parser
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            for each in action.choices.values():
                yield from parsers(each)


def command(name: str) -> argparse.ArgumentParser:
    top = build_parser(name, "")
    (actions,) = (action for action in top._actions if isinstance(action, argparse._SubParsersAction))
    found: argparse.ArgumentParser = actions.choices[name]
    return found


EXAMPLES = [
    (each.prog.removeprefix("advisor "), (each.epilog or "").removeprefix("example:\n  "))
    for name in COMMANDS
    for each in parsers(command(name))
]


def test_every_command_and_action_has_one() -> None:
    assert len(EXAMPLES) > len(COMMANDS) + 6
    for prog, example in EXAMPLES:
        assert example.startswith(f"advisor {prog}"), "the example is one of this very command"


@pytest.mark.parametrize(("prog", "example"), [each for each in EXAMPLES if each[0].startswith(_LIVE)])
def test_one_that_needs_an_endpoint_is_read(prog: str, example: str) -> None:
    argv = shlex.split(example.replace("\\\n", " "))[1:]
    arguments = build_parser(argv[0], "").parse_args(argv)
    assert callable(arguments.run)


@pytest.mark.parametrize(("prog", "example"), [each for each in EXAMPLES if not each[0].startswith((*_LIVE, "bench"))])
def test_one_that_needs_none_runs(prog: str, example: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "deploy").mkdir()
    assert main(["recommend", "--out", "deploy/rec.toml"]) == 0
    script = f'advisor() {{ {shlex.quote(sys.executable)} -m advisor "$@"; }}\n{example}'
    done = subprocess.run(["bash", "-c", script], capture_output=True, text=True)
    expected = 1 if "--strict" in example else 0
    assert done.returncode == expected, done.stderr


def test_no_help_is_wider_than_the_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    for name in COMMANDS:
        for each in parsers(command(name)):
            assert max(map(len, each.format_help().splitlines())) <= 80, each.prog


def test_a_group_of_actions_shows_its_help(capsys: pytest.CaptureFixture[str]) -> None:
    for name in ("catalog", "bench", "evidence"):
        assert main([name]) == 2
        assert "example:" in capsys.readouterr().out
