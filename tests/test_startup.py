"""What a command loads before it answers: heavy libraries only where they are used."""

import subprocess
import sys

import pytest

_HEAVY = {"numpy", "httpx", "pydantic", "uvicorn", "textual"}


def loaded_by(statement: str) -> set[str]:
    """The heavy libraries in memory after a statement, in a fresh interpreter."""
    script = f"{statement}\nimport sys\nprint(*({_HEAVY!r} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    return set(done.stdout.splitlines()[-1].split())


@pytest.mark.parametrize(
    "argv",
    [
        ["--version"],
        ["fit", "--model", "llama-4-scout", "--instance", "p5.48xlarge", "--json"],
        ["catalog", "list", "--json"],
        ["audit", "--json"],
        ["recheck", "--help"],
        ["bench", "run", "--help"],
    ],
)
def test_a_command_loads_nothing_heavy(argv: list[str]) -> None:
    run = "from advisor.cli.main import main\ntry:\n    main({argv!r})\nexcept SystemExit:\n    pass"
    assert loaded_by(run.format(argv=argv)) == set()


def test_the_app_opens_without_numbers_and_network() -> None:
    assert loaded_by("import advisor.tui.app") == {"textual"}


@pytest.mark.parametrize("room", ["catalog", "fit", "anatomy", "evidence", "advice", "export", "workflows", "wording"])
def test_no_room_below_the_screens_loads_them(room: str) -> None:
    every = (
        "import pkgutil, importlib, advisor.{room} as room\n"
        "for each in pkgutil.iter_modules(room.__path__):\n"
        "    importlib.import_module(f'advisor.{room}.{{each.name}}')"
    )
    assert "textual" not in loaded_by(every.format(room=room))
