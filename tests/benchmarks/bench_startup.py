"""How long a command takes to answer, and the app to paint, beside a bare interpreter and a bare app.

    uv run python tests/benchmarks/bench_startup.py [--rounds 9]

Rounds take turns, so that a busy machine slows both sides. Printed are medians of ratios; the budgets are
those of the design. Not a test: nothing here passes or fails.
"""

import argparse
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from statistics import median

_BARE = ["-c", "pass"]
_COMMAND = "import sys; sys.argv[1:] = {argv!r}; from advisor.__main__ import main; sys.exit(main())"
_COMMANDS = {
    "--version": (["--version"], 4.0),
    "fit": (["fit", "--model", "llama-4-scout", "--instance", "p5.48xlarge"], 12.0),
    "fit --json": (["fit", "--model", "llama-4-scout", "--instance", "p5.48xlarge", "--json"], 12.0),
}
BARE_APP = """
import time
from textual.app import App
from textual.widgets import Static
class Bare(App):
    def compose(self):
        yield Static("one widget")
    def on_ready(self):
        self.exit(time.monotonic())
print(Bare().run(headless=True, size=(80, 24)))
"""
OUR_APP = """
import time
from advisor.tui.app import AdvisorApp, make_app
AdvisorApp.on_ready = lambda self: self.exit(time.monotonic())
print(make_app().run(headless=True, size=(80, 24)))
"""


def main() -> None:
    parser = argparse.ArgumentParser(description="Ratios of start-up times.")
    parser.add_argument("--rounds", type=int, default=9)
    rounds = parser.parse_args().rounds
    with a_home_of_its_own():
        print(f"{'what':<14}{'ratio':>8}{'budget':>8}   beside")
        for name, (argv, budget) in _COMMANDS.items():
            ratio = compared(["-c", _COMMAND.format(argv=argv)], _BARE, rounds, elapsed_s)
            print(f"{name:<14}{ratio:>8.2f}{budget:>8.1f}   a bare interpreter")
        ratio = compared(["-c", OUR_APP], ["-c", BARE_APP], rounds, painted_s)
        print(f"{'first paint':<14}{ratio:>8.2f}{1.6:>8.1f}   a Textual app of one widget")


@contextmanager
def a_home_of_its_own() -> Iterator[None]:
    """An empty home for the processes that are timed, whose second start finds compiled modules, as a user's does."""
    with tempfile.TemporaryDirectory() as home:
        os.environ |= {"XDG_DATA_HOME": home, "XDG_CONFIG_HOME": home, "TEXTUAL_ANIMATIONS": "none"}
        os.environ |= {"PYTHONPYCACHEPREFIX": f"{home}/compiled"}
        os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
        yield


def compared(ours: list[str], theirs: list[str], rounds: int, timed: Callable[[list[str]], float]) -> float:
    """Median over rounds of our time over theirs, after one round that only fills caches."""
    ratios = [timed(ours) / timed(theirs) for _ in range(rounds + 1)]
    return median(ratios[1:])


def elapsed_s(arguments: list[str]) -> float:
    """Wall time of one interpreter."""
    begun = time.perf_counter()
    subprocess.run([sys.executable, *arguments], stdout=subprocess.DEVNULL, check=True)
    return time.perf_counter() - begun


def painted_s(arguments: list[str]) -> float:
    """From the start of an interpreter to the moment that its app says it stood on the screen."""
    begun = time.monotonic()
    done = subprocess.run([sys.executable, *arguments], capture_output=True, text=True, check=True)
    return float(done.stdout.split()[-1]) - begun


if __name__ == "__main__":
    main()
